"""Compute a frozen 3x3 convolution by the implementation that is quickest on this machine.

There are three: PyTorch's own (oneDNN's), NNPACK's, and Winograd's algorithm as a few matrix products. Which one is quickest
depends on the shape, the number of threads and the processor. So each is timed once on a small piece, as `cudnn.benchmark`
does, and the choice is kept, also on disk. With as many threads, the same seed then gives the same picture tomorrow.
"""

import json
import os
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.files import replacing
from nst_lessons.machine import processor
from nst_lessons.winograd import evaluate, winograd

PIECE = (16 * 512, 24 * 512)  # height and width of the piece that is timed, times its channels: all pieces take about as long
MANY_WEIGHTS = 2**19  # a larger kernel is read from memory at each call, since other layers fill the cache in between
TOLERANCE = 1e-3  # never choose an implementation that differs by more from the direct one
STRIP = 2**21  # values of a map that NNPACK gets at once


class FrozenConv(nn.Conv2d):
    """A convolution that is never trained: kernel (O, I, 3, 3), bias (O,), padding 1. Calling it runs PyTorch's own."""

    def __init__(self, kernel: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__(kernel.shape[1], kernel.shape[0], kernel_size=3, padding=1, device="meta")
        self.weight, self.bias = (nn.Parameter(value, requires_grad=False) for value in (kernel, bias))
        self._flipped = self._evaluated = None

    def _apply(self, fn, *arguments, **options):  # what was made from the kernel is made again where it moves to
        self._flipped = self._evaluated = None
        return super()._apply(fn, *arguments, **options)

    def flipped(self) -> torch.Tensor:
        """Return the kernel of the backward pass (I, O, 3, 3), made once."""
        if self._flipped is None:
            self._flipped = self.weight.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)
        return self._flipped

    def evaluated(self) -> torch.Tensor:
        """Return the kernel for `winograd` (36, I, O), computed once."""
        if self._evaluated is None:
            self._evaluated = evaluate(self.weight.float())
        return self._evaluated


def convolve(conv: FrozenConv, x: torch.Tensor, back: bool = False) -> torch.Tensor:
    """Return conv(x) for x (B, I, H, W). With `back`, turn a gradient for the output (B, O, H, W) into that for the input.

    x may have any layout in memory. If the kernel has its channels last, so does the result.
    Raises ValueError if NST_CONV is set to anything but direct, nnpack or winograd, and RuntimeError if NNPACK is forced but
    cannot run.
    """
    return _WAYS[_chosen(conv, x, back)](conv, x, back)


def way_forced() -> str | None:
    """Return the implementation that the environment variable NST_CONV names, if any: for tests and bug reports."""
    name = os.environ.get("NST_CONV")
    if name and name not in _WAYS:
        raise ValueError(f"NST_CONV is {name!r}: choose {', '.join(_WAYS)}, or leave it unset.")
    return name or None


@cache
def nnpack_available() -> bool:
    """Return whether this build of PyTorch has NNPACK and this processor can run it. The first call initialises NNPACK."""
    available = getattr(torch, "_nnpack_available", None)
    return bool(available and available()) and hasattr(torch, "_nnpack_spatial_convolution")


def _direct(conv, x, back):
    return F.conv2d(x, conv.flipped(), padding=1) if back else F.conv2d(x, conv.weight, conv.bias, padding=1)


def _nnpack(conv, x, back):
    if not nnpack_available():
        raise RuntimeError("This PyTorch has no NNPACK, or NNPACK refuses this processor: leave NST_CONV unset.")
    kernel, bias = (conv.flipped(), None) if back else (conv.weight, conv.bias)
    height, width = x.shape[-2:]
    strip = max(8, STRIP // (kernel.shape[0] * width))  # rows at a time: NNPACK works in twice the memory of what it is given
    out = x.new_empty(len(x), height, width, len(kernel)).permute(0, 3, 1, 2)
    for top in range(0, height, strip):
        above, bottom = min(top, 1), min(top + strip, height)
        part = x[:, :, top - above : bottom + 1].contiguous()  # with one row more on each side, whose results are left out
        out[:, :, top:bottom] = torch._nnpack_spatial_convolution(part, kernel, bias, 1, 1)[:, :, above : above + bottom - top]
    return out


def _winograd(conv, x, back):
    return winograd(x, conv.evaluated(), None if back else conv.bias, back)


_WAYS = {"direct": _direct, "nnpack": _nnpack, "winograd": _winograd}


def _chosen(conv: FrozenConv, x: torch.Tensor, back: bool) -> str:
    """Return the name of the quickest implementation for this shape on this machine."""
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return "direct"
    if forced := way_forced():
        return forced
    batch, channels, *_ = x.shape
    result = conv.in_channels if back else conv.out_channels
    if min(channels, result) <= 3:  # a picture's colours: there is little to multiply
        return "direct"
    height, width = (side // max(channels, result) for side in PIECE)
    piece = x[:, :, :height, :width]
    bits = piece[0, 0].numel().bit_length()  # so maps of about the same size share a choice
    key = f"{torch.get_num_threads()} threads, {channels} to {result}, {batch} of up to 2^{bits} positions"
    choices = _choices()
    if key not in choices:
        choices[key] = _quickest(conv, piece.contiguous(memory_format=torch.channels_last), back)
        _keep(choices)
    return choices[key]


def _quickest(conv: FrozenConv, x: torch.Tensor, back: bool) -> str:
    """Time each implementation, and return the name of the quickest that agrees with the direct one on x."""
    conv.flipped(), conv.evaluated()  # computed once, so not timed
    expected, best = None, {}
    for name, way in _WAYS.items():
        try:
            found, seconds = _timed(lambda way=way: way(conv, x, back), cold=conv.weight.numel() > MANY_WEIGHTS)
        except RuntimeError:  # there is no NNPACK, or too little memory
            continue
        expected = found if expected is None else expected
        if (found - expected).norm() <= TOLERANCE * expected.norm():
            best[name] = seconds
    return min(best, key=best.get)


def _timed(function: Callable[[], torch.Tensor], cold: bool) -> tuple[torch.Tensor, float]:
    """Return what the function returns, and the seconds of the quickest of up to five calls, within about 0.01 s.

    cold: empty the processor's cache before each call, as the other layers of a network do.
    """
    calls, end = [], time.perf_counter() + 0.01
    while not calls or (len(calls) < 5 and time.perf_counter() < end):
        if cold:
            _other_data().sum()
        start = time.perf_counter()
        found = function()
        calls.append(time.perf_counter() - start)
    return found, min(calls)


@cache
def _other_data() -> torch.Tensor:
    """Return as much data as a processor's cache holds. Reading it evicts everything else."""
    return torch.ones(2**23)


@cache
def _choices() -> dict[str, str]:
    """Return the earlier choices on this machine, by shape; empty if none can be read."""
    try:
        found = json.loads(_kept_in().read_text())
        return {key: name for key, name in found.items() if name in _WAYS}
    except (OSError, ValueError, AttributeError):
        return {}


def _keep(choices: dict[str, str]) -> None:
    path = _kept_in()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(choices, indent=0))
    except OSError:  # the home folder cannot be written: measure again next time
        pass


def _kept_in() -> Path:
    import pooch  # here, so that `import nst_lessons` stays quick

    machine = f"{torch.__version__}-{torch.backends.cpu.get_cpu_capability()}-{processor()}"  # computers may share a home
    return Path(pooch.os_cache("nst_lessons")) / f"convolutions-{re.sub('[^A-Za-z0-9.+]+', '-', machine)}.json"
