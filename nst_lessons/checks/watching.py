"""Watch a whole run of style transfer without knowing a name in it: networks, Gram matrices, losses, optimisers.

Every tensor that a network or a tensor operation makes carries `seen`, the set of its `Trace`s: what it was computed from.
"""

import re
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

from nst_lessons.checks.loops import leaves_of
from nst_lessons.checks.trial import Wrong
from nst_lessons.vgg import VGG

PLAIN = ("checks", "vgg", "fast", "convolve", "images", "progress_bars")  # modules of the package that a reader may use
RELUS = ("relu", "relu_")
POOLS = ("max_pool2d", "avg_pool2d")


@dataclass(frozen=True)
class Trace:
    """One thing that a tensor was computed from.

    origin: "photo", "painting", "canvas" (the gradient reaches it), "cut" (the canvas without its gradient) or "other".
    layer: such as "relu4_2", "" for the picture itself. kind: "picture", "features", "gram", or a wrong Gram matrix: "pieces"
    (channels cut into pieces), "positions" (H*W x H*W).
    """

    origin: str
    layer: str = ""
    kind: str = "picture"


@dataclass
class Seen:
    """What happened in a run."""

    traces: set[Trace] = field(default_factory=set)  # of all features and Gram matrices
    passes: list[tuple[str, int]] = field(default_factory=list)  # through a network: the origin, and how many losses before it
    pictures: list[torch.Tensor] = field(default_factory=list)  # that went into the network with a gradient
    leaves: list[torch.Tensor] = field(default_factory=list)  # the variables behind those pictures
    losses: list[tuple[float, frozenset[Trace]]] = field(default_factory=list)  # one for each gradient that was computed
    moved: list[torch.Tensor] = field(default_factory=list)  # variables of the optimisers that took a step
    clamped: bool = False  # between the variables and the network
    piled_up: bool = False
    hanging: bool = False  # a target kept its graph


class Watch(TorchFunctionMode):
    """A context in which `seen` collects what the code does."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self._paused = 0  # inside of a `VGG`, whose own layers are not looked at, and in the hooks below
        self._first: dict[str, torch.Tensor] = {}  # the first picture of each origin that went into the network
        self._flat: dict[tuple[str, str], torch.Tensor] = {}  # the latest features (C, H*W) of each origin and layer
        self._hooks = ExitStack()

    def __enter__(self):
        for hook in (
            register_module_forward_pre_hook(self._before_module),
            register_module_forward_hook(self._after_module),
            register_optimizer_step_pre_hook(self._before_step),
        ):
            self._hooks.callback(hook.remove)
        return super().__enter__()

    def __exit__(self, *error):
        self._hooks.close()
        return super().__exit__(*error)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call a function of torch, and pass on to its result what its arguments were computed from."""
        name = getattr(function, "__name__", "")
        if name in ("backward", "grad") and args and not self._paused:
            self._before_backward(args[0])
        result = function(*args, **(kwargs or {}))
        if not self._paused and name != "__set__":
            given = list(_tensors([*args, *(kwargs or {}).values()]))
            if any(traces_of(one) for one in given):
                for one in _tensors([result]):
                    self._pass_on(name, given, one)
        return result

    def _pass_on(self, name: str, given: list[torch.Tensor], result: torch.Tensor) -> None:
        traces = frozenset().union(*map(traces_of, given))
        origins = [{trace.origin for trace in traces_of(one)} for one in given if one.requires_grad]
        in_network = [trace for trace in traces if trace.kind != "picture"]
        meet = any("canvas" in some for some in origins) and any(some and some <= {"photo", "painting"} for some in origins)
        self.seen.hanging |= bool(meet and in_network)
        if name.rstrip("_") in ("clamp", "clip") and torch.is_grad_enabled() and result.requires_grad and not in_network:
            self.seen.clamped = True
        if not result.requires_grad:
            traces = frozenset(replace(trace, origin="cut") if trace.origin == "canvas" else trace for trace in traces)
        if len(traces) == 1 and in_network:
            (trace,) = traces
            if name in RELUS + POOLS and result.ndim == 4:
                self._note(result, trace.origin, _next_layer(trace.layer, "relu" if name in RELUS else "pool"))
                return
            if trace.kind == "features" and (kind := self._kind_of_product(trace, result)):
                traces = frozenset({replace(trace, kind=kind)})
                self.seen.traces |= traces
        result.seen = traces

    def _kind_of_product(self, trace: Trace, result: torch.Tensor) -> str:
        """Return which Gram matrix, right or wrong, the result of an operation on features is, or "" for none."""
        flat = self._flat.get((trace.origin, trace.layer))
        if flat is None or result.ndim < 2 or result.shape[-1] != result.shape[-2] or result.numel() != result.shape[-1] ** 2:
            return ""
        channels, positions = flat.shape
        if result.shape[-1] == channels:
            matrix = result.detach().reshape(channels, channels).to(flat)
            centred = flat - flat.mean(1, keepdim=True)
            right = any(_proportional(matrix, one @ one.T) for one in (flat, centred))
            return "gram" if right else "pieces"
        return "positions" if result.shape[-1] == positions else ""

    def _before_backward(self, loss: object) -> None:
        loss = next(_tensors([loss]), None)
        if loss is None or not loss.requires_grad:
            return
        canvases = [leaf for leaf in leaves_of(loss) if any(leaf is other for other in self.seen.leaves)]
        self.seen.piled_up |= any(leaf.grad is not None and bool(leaf.grad.any()) for leaf in canvases)
        self.seen.losses.append((loss.detach().sum().item(), traces_of(loss)))

    def _before_step(self, optimizer: torch.optim.Optimizer, *_) -> None:
        self.seen.moved = [one for group in optimizer.param_groups for one in group["params"]]

    def _before_module(self, module: nn.Module, args: tuple) -> None:
        if isinstance(module, VGG):
            self._paused += 1

    def _after_module(self, module: nn.Module, args: tuple, output: object) -> None:
        self._paused += 1
        self._look_at(module, args, output)
        self._paused -= 1 + isinstance(module, VGG)

    def _look_at(self, module: nn.Module, args: tuple, output: object) -> None:
        if isinstance(module, VGG):
            origin = self._start_pass(args[0]) if args else "other"
            for name, features in output.items():
                self._note(features, origin, name)
        elif self._paused == 1 and isinstance(module, nn.Conv2d | nn.ReLU | nn.MaxPool2d | nn.AvgPool2d):
            kind = "conv" if isinstance(module, nn.Conv2d) else "relu" if isinstance(module, nn.ReLU) else "pool"
            inner = [trace for trace in traces_of(args[0]) if trace.kind == "features"]
            if kind == "conv" and module.in_channels == 3:
                self._note(output, self._start_pass(args[0]), "conv1_1")
            elif inner:
                self._note(output, inner[0].origin, _next_layer(inner[0].layer, kind))

    def _start_pass(self, picture: torch.Tensor) -> str:
        """Note that a picture goes into a network, and return its origin."""
        _refuse_the_library()
        origins = {trace.origin for trace in traces_of(picture)}
        if picture.requires_grad:
            origin = "canvas"
            self.seen.pictures.append(picture.detach().clone())
            for leaf in leaves_of(picture):
                leaf.seen = frozenset({Trace("canvas")})
                if not any(leaf is other for other in self.seen.leaves):
                    self.seen.leaves.append(leaf)
        else:
            origin = next((one for one in ("cut", "canvas", "painting", "photo") if one in origins), "other")
            first = self._first.setdefault(origin, picture.detach().clone())
            changed = first.shape == picture.shape and not torch.allclose(first, picture)
            origin = "cut" if origin == "canvas" or (origin in ("photo", "other") and changed) else origin
        self.seen.passes.append((origin, len(self.seen.losses)))
        return origin

    def _note(self, features: torch.Tensor, origin: str, layer: str) -> None:
        origin = "cut" if origin == "canvas" and not features.requires_grad else origin
        trace = Trace(origin, layer, "features")
        features.seen = frozenset({trace})
        self.seen.traces.add(trace)
        self._flat[origin, layer] = features.detach().float().flatten(-2).reshape(features.shape[-3], -1)


def traces_of(value: object) -> frozenset[Trace]:
    """Return what a tensor was computed from."""
    return getattr(value, "seen", frozenset())


def block_of(layer: str) -> int:
    """Return the number of a layer's block: 4 for relu4_2."""
    return int(re.sub(r"\D", "", layer.partition("_")[0]) or 0)


def _next_layer(layer: str, kind: str) -> str:
    """Return the name of the layer of this kind that follows `layer`."""
    block, _, index = re.sub(r"[a-z]", "", layer).partition("_")
    if kind == "pool":
        return f"pool{block}"
    if kind == "relu":
        return f"relu{block}_{index or 1}"
    return f"conv{block}_{int(index) + 1}" if index else f"conv{int(block) + 1}_1"


def _proportional(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.cosine_similarity(one.flatten(), other.flatten(), dim=0).item() > 0.9999


def _tensors(values: Iterable) -> Iterable[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _refuse_the_library() -> None:
    """Raise Wrong if a function of the package that does the reader's work is running."""
    frame = sys._getframe()
    while frame := frame.f_back:
        package, _, module = str(frame.f_globals.get("__name__")).partition(".")
        if package == "nst_lessons" and module and module.partition(".")[0] not in PLAIN:
            raise Wrong(
                f"the library's `{frame.f_code.co_name}` does the work. Write it yourself, without `nst.stylize` and its parts."
            )
