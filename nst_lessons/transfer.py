"""The loop of Neural Style Transfer (Gatys et al. 2015, arXiv 1508.06576): a canvas whose pixels are optimised.

`transfer` is the loop, a generator of one `Step` an iteration; `stylize` runs it with callbacks and keeps the best.
"""

import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import torch

from nst_lessons.canvas import enlarge, first_image, to_canvas, to_image
from nst_lessons.fast import best_dtype
from nst_lessons.images import fit, load_image, resize
from nst_lessons.objective import CONTENT_LAYER, Losses, Objective, Weights
from nst_lessons.progress import shortened
from nst_lessons.vgg import VGG, best_device, check_memory

MIN_SIZE = 32
COARSER = 0.5  # the weight of the loss at each smaller size, beside 1 at the size that is worked on


@dataclass(frozen=True)
class Step:
    """One iteration: the losses of `image`, each unweighted but for `loss`."""

    index: int  # 1, 2, ... total
    total: int
    size: tuple[int, int]  # (height, width) of the image
    loss: float  # what is minimised: the weighted sum of the three, averaged with that at the smaller sizes
    content: float
    style: float
    tv: float
    style_by_layer: dict[str, float]
    seconds: float  # of computing since the start
    remaining: float  # seconds to go, estimated
    image: torch.Tensor | None  # (1, 3, H, W), detached; None in a Result's history


@dataclass(frozen=True)
class Result:
    """The best picture of a run, on the CPU, every step without its picture, and why it stopped early, if it did."""

    image: torch.Tensor
    history: list[Step]
    stopped: str | None = None


def coarse_to_fine(size: int, steps: int | None = None) -> list[tuple[int, int]]:
    """The default schedule [(size, steps), ...]: `steps` in all, most of them at a quarter of `size`, few at `size`.

    Small pictures lay out the large strokes at a sixteenth of the cost; each larger one adds the finer. 120 steps (80, 30
    and 10) unless said otherwise.
    """
    if not isinstance(size, int) or size < MIN_SIZE:
        raise ValueError(f"The size is {size}: give the long side in pixels, a whole number from {MIN_SIZE} up.")
    steps = 120 if steps is None else steps
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"The number of steps is {steps}: give a whole number from 1 up.")
    sizes = [part for part in (size // 4, size // 2) if part >= 96] + [size]
    shares = (8, 3, 1)[-len(sizes) :]
    counts = [round(steps * share / sum(shares)) for share in shares]
    counts[-1] = steps - sum(counts[:-1])
    return [(part, count) for part, count in zip(sizes, counts, strict=True) if count]


def transfer(
    content: object,
    style: object,
    *,
    vgg: VGG | None = None,
    weights: Weights | None = None,
    size: int = 512,
    steps: int | None = None,
    schedule: Sequence[tuple[int, int]] | None = None,
    style_weights: Sequence[float] | None = None,
    content_layer: str = CONTENT_LAYER,
    init: object = "content",
    optimizer: str = "lbfgs",
    seed: int = 0,
) -> Iterator[Step]:
    """Optimise a picture so that VGG sees the content of one and the style of another; yields a `Step` an iteration.

    content, style: anything `load_image` reads, of any sizes; several styles are a list, with their shares in
    `style_weights`. size: the long side of the result. steps: how many in all (see `coarse_to_fine`);
    schedule: [(size, steps), ...] instead of both; [(512, 300)] is one size, as in Gatys 2015.
    init: "content", "noise", "style" (noise with the style's mean and deviation of each colour), or a picture.
    optimizer: "lbfgs", as Gatys, or "adam". seed: of the noise.

    Departures from Gatys 2015: coarse to fine, each size minding the losses at the smaller ones at half their weight, so
    that large strokes stay; max pooling unless `vgg` has another; and each pixel is (1 + sin u) / 2 with u free, so that
    at every step what is measured can be saved as it is.
    Raises ValueError for bad input, at once, and FloatingPointError when a loss is no longer finite.
    """
    weights = Weights() if weights is None else weights
    weights.check()
    schedule = coarse_to_fine(size, steps) if schedule is None else list(schedule)
    if not schedule or any(size < MIN_SIZE or steps < 1 for size, steps in schedule):
        raise ValueError(f"The schedule is {schedule}: give (size, steps) pairs with sizes from {MIN_SIZE}, steps from 1.")
    if optimizer not in _OPTIMIZERS:
        raise ValueError(f"There is no optimizer {optimizer!r} here: choose {' or '.join(_OPTIMIZERS)}.")
    vgg = VGG(dtype=best_dtype(best_device())) if vgg is None else vgg
    for name in (content_layer, *weights.layers):
        vgg.check_layer(name)
    schedule = [(size, shortened(steps)) for size, steps in schedule]
    largest = max(size for size, _ in schedule)
    styles = list(style) if isinstance(style, list | tuple) else [style]
    rough = [load_image(picture, min(largest, 1024)) for picture in (content, *styles)]
    check_memory([fit(picture.shape[-2:], largest) for picture in rough], vgg)  # before any is enlarged
    content, *styles = (load_image(picture, largest) for picture in (content, *styles))
    shares = _shares(style_weights, len(styles))
    first = first_image(init, content, styles[0], seed)
    content, first = content.to(vgg.device), first.to(vgg.device)
    styles = [(one.to(vgg.device), share) for one, share in zip(styles, shares, strict=True)]
    return _run(vgg, content, styles, weights, schedule, content_layer, first, _OPTIMIZERS[optimizer])


def stylize(content: object, style: object, *, callback: Callable | Sequence[Callable] | None = None, **options) -> Result:
    """Run `transfer(content, style, **options)` to its end and return the best picture.

    callback: one or several functions of a `Step`, called after each; one that returns False stops the run. Ctrl-C
    (the stop button of a notebook) and a loss that is not finite stop it too, and the best picture so far is returned.
    "Best" is the lowest loss at the last size under the last weights: other losses cannot be compared. A run that stops
    at a smaller size gives its picture enlarged to the size asked for. A callback that has a method `finish` is told the
    last step of such a run by it.
    """
    callbacks = [callback] if callable(callback) else list(callback or [])
    weights = options.setdefault("weights", Weights())
    history, last, best, best_key, stopped = [], None, None, None, None
    try:
        for step in transfer(content, style, **options):
            last = step
            history.append(replace(step, image=None))
            key = (step.size, repr(weights))
            if key != best_key or step.loss < best.loss:
                best, best_key = step, key
            if any([call(step) is False for call in callbacks]):  # a list: every callback sees every step
                stopped = "a callback returned False"
                break
    except KeyboardInterrupt:
        if best is None:
            raise
        stopped = "interrupted"
    except FloatingPointError as error:
        if best is None:
            raise
        stopped = str(error)
        warnings.warn(stopped, stacklevel=2)
    if stopped:
        for finish in (call.finish for call in callbacks if hasattr(call, "finish")):
            finish(last)
    return Result(_full_size(best.image.cpu(), content, **options), history, stopped)


def _full_size(image, content, *, size=512, schedule=None, **_) -> torch.Tensor:
    """`image` at the size that was asked for."""
    size = schedule[-1][0] if schedule else size
    small = max(image.shape[-2:])
    return image if small == size else enlarge(image, load_image(content, size), load_image(content, small))


def _run(vgg, content, styles, weights, schedule, content_layer, image, make_optimizer) -> Iterator[Step]:
    index, seconds, total, objectives, photo = 0, 0.0, sum(steps for _, steps in schedule), [], content
    work = [size**2 for size, steps in schedule for _ in range(steps)]  # a step's time goes with its pixels
    rates = deque(maxlen=9)  # seconds for a unit of work
    for size, steps in schedule:
        start = time.perf_counter()
        last_photo, photo = photo, resize(content, size)
        image = enlarge(image, photo, last_photo) if objectives else resize(image, tuple(photo.shape[-2:]))
        here = Objective(vgg, photo, [(resize(s, size), w) for s, w in styles], list(weights.layers), content_layer)
        objectives = [objective for objective in objectives if objective.shape < here.shape] + [here]
        canvas, used, optimizer = to_canvas(image), None, None
        for _ in range(steps):
            weights.check()
            if repr(weights) != used:  # what an optimiser has learned of another loss misleads it
                used, optimizer = repr(weights), make_optimizer([canvas])
            began = time.perf_counter()
            image, losses, loss = _iterate(canvas, objectives, weights, optimizer)
            seconds += time.perf_counter() - start
            rates.append((time.perf_counter() - began) / work[index])
            index += 1
            yield _step(index, total, image, losses, loss, seconds, median(rates) * sum(work[index:]))
            start = time.perf_counter()


def _iterate(canvas, objectives, weights, optimizer) -> tuple[torch.Tensor, Losses, float]:
    """One step of the optimiser; returns the picture that was measured (before the step) and its losses."""
    *coarser, here = objectives
    seen = {}

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        image = to_image(canvas)
        losses = here(image, weights)
        loss = losses.total(weights)
        for objective in coarser:
            loss = loss + COARSER * objective(resize(image, objective.shape), weights).total(weights)
        loss = loss / (1 + COARSER * len(coarser))
        loss.backward()
        seen.update(image=image.detach(), losses=losses, loss=loss.item())
        return loss

    optimizer.step(closure)
    if not abs(seen["loss"]) < float("inf"):
        raise FloatingPointError(
            f"The loss became {seen['loss']} and the run was stopped: lower the weights (content {weights.content:g}, "
            f"style {weights.style:g}, tv {weights.tv:g})."
        )
    return seen["image"], seen["losses"], seen["loss"]


class _LBFGS(torch.optim.LBFGS):
    """One evaluation a step. The first step, when nothing is known of the curvature, moves each u by 0.01 on average.

    torch's own would divide by the sum of the gradients: so little that in bfloat16 only rounding is seen to change.
    """

    def __init__(self, params: list[torch.Tensor]) -> None:
        first = 0.01 * params[0].numel()
        super().__init__(params, lr=first, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)

    def step(self, closure: Callable) -> torch.Tensor:
        loss = super().step(closure)
        self.param_groups[0]["lr"] = 1
        return loss


_OPTIMIZERS = {"lbfgs": _LBFGS, "adam": partial(torch.optim.Adam, lr=0.05)}


def _step(index, total, image, losses, loss, seconds, remaining) -> Step:
    return Step(
        index=index,
        total=total,
        size=tuple(image.shape[-2:]),
        loss=loss,
        content=losses.content.item(),
        style=losses.style.item(),
        tv=losses.tv.item(),
        style_by_layer={name: value.item() for name, value in losses.style_by_layer.items()},
        seconds=seconds,
        remaining=remaining,
        image=image,
    )


def _shares(style_weights: Sequence[float] | None, count: int) -> list[float]:
    """The styles' shares, which add up to 1."""
    given = [1.0] * count if style_weights is None else list(style_weights)
    if len(given) != count or count == 0:
        raise ValueError(f"There are {count} styles and {len(given)} style weights: give one weight for each style.")
    if not all(0 <= weight < float("inf") for weight in given) or not sum(given):
        raise ValueError(f"The style weights are {given}: give finite numbers from 0 up, not all of them 0.")
    return [weight / sum(given) for weight in given]
