"""The loop of Neural Style Transfer (Gatys et al. 2015, arXiv 1508.06576): a canvas whose pixels are optimised.

`transfer` is the loop, a generator of one `Step` an iteration; `stylize` runs it with callbacks and keeps the best.
"""

import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import torch

from nst_lessons.canvas import OPTIMIZERS, enlarge, to_canvas, to_image
from nst_lessons.colour import luminance, match_colours, match_luminance
from nst_lessons.images import fit, load_image, resize
from nst_lessons.machine import check_memory
from nst_lessons.objective import CONTENT_LAYER, Losses, Objective, Weights
from nst_lessons.progress_bars import quick, shortened
from nst_lessons.settings import MIN_SIZE, coarse_to_fine, regions_of, shares_of
from nst_lessons.start import FEED_FORWARD, feed_forward, first_image
from nst_lessons.step import Step, averaged, recoloured
from nst_lessons.vgg import VGG, default_vgg

COARSER = 0.5  # the weight of the loss at each smaller size, beside 1 at the size that is worked on


@dataclass(frozen=True)
class Result:
    """The best picture of a run, on the CPU, every step without its picture, and why it stopped early, if it did."""

    image: torch.Tensor
    history: list[Step]
    stopped: str | None = None


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
    style_scale: float = 1.0,
    masks: Sequence[object] | None = None,
    colours: str = "style",
    average: float = 0.0,
    content_layer: str = CONTENT_LAYER,
    init: object = "content",
    optimizer: str = "lbfgs",
    extra: Callable[[torch.Tensor], torch.Tensor] | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Optimise a picture so that VGG sees the content of one and the style of another; yields a `Step` an iteration.

    content, style: anything `load_image` reads, of any sizes; several styles are a list, with their shares in
    `style_weights`. size: the long side of the result. steps: how many in all (see `coarse_to_fine`);
    schedule: [(size, steps), ...] instead of both; [(512, 300)] is one size, as in Gatys 2015.
    init: "content", "noise", "style" (noise with the style's mean and deviation of each colour), a picture, or what a
    method without optimising makes: "universal" (any style), "realtime" (bundled styles by their names).
    optimizer: "lbfgs", as Gatys, or "adam". seed: of the noise.
    style_scale: the style's long side in units of the picture's, 0.25 to 4: larger makes larger strokes (Gatys 2017).
    masks: a grey picture for each style, white where it is wanted, resized to the photo (Gatys 2017, arXiv 1611.07865).
    colours: the "style"'s; or the photo's, by "luminance" alone or with the style's colours "matched" to the photo's
    (see `nst_lessons.colour`). average: from 0 (none) to below 1, the share of the steps so far in a step's picture, a
    running average; its losses stay those of the last iterate. extra: one more loss, a function of the picture (1, 3, h, w)
    at the size that is worked on, which gives a scalar; it is added as it is, and at that size alone.

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
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"There is no optimizer {optimizer!r} here: choose {' or '.join(OPTIMIZERS)}.")
    if colours not in ("style", "luminance", "matched"):
        raise ValueError(f"There are no colours {colours!r} here: choose style, luminance or matched.")
    if not 0.25 <= style_scale <= 4 or not 0 <= average < 1:
        raise ValueError(f"style_scale is {style_scale} and average {average}: give 0.25 to 4, and 0 to below 1.")
    vgg = default_vgg() if vgg is None else vgg
    for name in (content_layer, *weights.layers):
        vgg.check_layer(name)
    schedule = [(size, shortened(steps)) for size, steps in (schedule[:1] if quick() else schedule)]
    largest = max(size for size, _ in schedule)
    styles = list(style) if isinstance(style, list | tuple) else [style]
    rough = [load_image(picture, min(largest, 1024)) for picture in (content, *styles)]
    sizes = [largest] + [round(largest * style_scale)] * len(styles)
    shapes = [fit(picture.shape[-2:], size) for picture, size in zip(rough, sizes, strict=True)]
    check_memory(shapes, vgg.device, vgg.dtype)  # not yet enlarged
    shares = shares_of(style_weights, len(styles))
    if isinstance(init, str) and init in FEED_FORWARD:
        init = feed_forward(init, content, styles, shares, masks, schedule[0][0], vgg)
    content, *styles = (load_image(picture, size) for picture, size in zip((content, *styles), sizes, strict=True))
    regions = regions_of(masks, len(styles), content)
    photo = content
    if colours == "luminance":
        content, styles = luminance(photo), [match_luminance(one, photo) for one in styles]
    elif colours == "matched":
        styles = [match_colours(one, photo) for one in styles]
    first = first_image(init, content, styles[0], seed)
    if colours == "luminance":
        first = luminance(first)
    content, first, regions = content.to(vgg.device), first.to(vgg.device), [mask.to(vgg.device) for mask in regions]
    styles = [(one.to(vgg.device), share) for one, share in zip(styles, shares, strict=True)]
    make = OPTIMIZERS[optimizer]
    steps = _run(vgg, content, styles, weights, schedule, content_layer, first, make, style_scale, regions, extra)
    steps = averaged(steps, average) if average else steps
    return recoloured(steps, photo.to(vgg.device)) if colours == "luminance" else steps


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


def _run(vgg, content, styles, weights, schedule, content_layer, image, make_optimizer, scale, masks, extra) -> Iterator[Step]:
    index, seconds, total, objectives, photo = 0, 0.0, sum(steps for _, steps in schedule), [], content
    work = [size**2 for size, steps in schedule for _ in range(steps)]  # a step's time goes with its pixels
    rates = deque(maxlen=9)  # seconds for a unit of work
    for size, steps in schedule:
        start = time.perf_counter()
        last_photo, photo = photo, resize(content, size)
        image = enlarge(image, photo, last_photo) if objectives else resize(image, tuple(photo.shape[-2:]))
        paintings = [(resize(one, round(size * scale)), share) for one, share in styles]
        here = Objective(vgg, photo, paintings, list(weights.layers), content_layer, masks)
        objectives = [objective for objective in objectives if objective.shape < here.shape] + [here]
        canvas, used, optimizer = to_canvas(image), None, None
        for _ in range(steps):
            weights.check()
            if repr(weights) != used:  # what an optimiser has learned of another loss misleads it
                used, optimizer = repr(weights), make_optimizer([canvas])
            began = time.perf_counter()
            image, losses, loss, added = _iterate(canvas, objectives, weights, optimizer, extra)
            seconds += time.perf_counter() - start
            rates.append((time.perf_counter() - began) / work[index])
            index += 1
            yield _step(index, total, image, losses, loss, added, seconds, median(rates) * sum(work[index:]))
            start = time.perf_counter()


def _iterate(canvas, objectives, weights, optimizer, extra) -> tuple[torch.Tensor, Losses, float, float]:
    """One step of the optimiser; returns the picture that was measured (before the step), its losses, their sum and `extra`."""
    *coarser, here = objectives
    seen = {}

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        image = to_image(canvas)
        losses = here(image, weights)
        loss = losses.total(weights)
        for objective in coarser:
            loss = loss + COARSER * objective(resize(image, objective.shape), weights).total(weights)
        added = extra(image) if extra else image.new_zeros(())
        loss = loss / (1 + COARSER * len(coarser)) + added
        loss.backward()
        seen.update(image=image.detach(), losses=losses, loss=loss.item(), added=added.item())
        return loss

    optimizer.step(closure)
    if not abs(seen["loss"]) < float("inf"):
        raise FloatingPointError(
            f"The loss became {seen['loss']} and the run was stopped: lower the weights (content {weights.content:g}, "
            f"style {weights.style:g}, tv {weights.tv:g})."
        )
    return seen["image"], seen["losses"], seen["loss"], seen["added"]


def _step(index, total, image, losses, loss, added, seconds, remaining) -> Step:
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
        extra=added,
    )
