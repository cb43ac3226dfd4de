"""Run the loop of Neural Style Transfer (Gatys et al. 2015, arXiv 1508.06576), which optimises the pixels of a canvas.

`transfer` is the loop and yields one `Step` per iteration. `stylize` runs it with callbacks and keeps the best picture.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch

from nst_lessons.canvas import enlarge, to_canvas
from nst_lessons.descent import paint
from nst_lessons.files import as_path
from nst_lessons.images import load_image, resize
from nst_lessons.kept import Kept
from nst_lessons.objective import CONTENT_LAYER, Objective, Weights
from nst_lessons.settings import Pictures, Settings, coarse_to_fine, pairs_of, weights_of
from nst_lessons.sizes import fit
from nst_lessons.step import Result, Step, averaged, drive, recoloured
from nst_lessons.tiles import overhead, tiles_of
from nst_lessons.vgg import VGG, vgg_of
from nst_lessons.waiting import leaving_cores


def transfer(
    content: object,
    style: object,
    *,
    vgg: VGG | None = None,
    weights: Weights | dict | None = None,
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
    tile: int | None = None,
    folder: str | os.PathLike | None = None,
) -> Iterator[Step]:
    """Optimise a picture so that VGG sees a photo's content and a painting's style in it. Yields one `Step` per iteration.

    content: the photo, in any size: anything that `load_image` reads
    style: the painting, given the same way, or a list of several
    vgg: the network, by default VGG19 in the number type that is quickest on the best device
    weights: `Weights`, which you may change during the run, or a dictionary of its fields
    size: the long side of the result in pixels, 32 or more; above 1024, no painting is enlarged beyond its own resolution
    steps: the number of iterations in all, by default 93 (see `coarse_to_fine`)
    schedule: [(size, steps), ...] instead of both; [(512, 300)] is one size, as in Gatys 2015
    style_weights: the share of each style, by default equal
    style_scale: the style's long side divided by the picture's, 0.25 to 4; larger makes larger strokes (Gatys 2017)
    masks: a grey picture per style, resized to the photo, white where the style belongs (Gatys 2017, arXiv 1611.07865)
    colours: the "style"'s, or the photo's, by "luminance" (paints in grey) or "matched" (recolours the style; see `colour`)
    average: share of past pictures in the running average, 0 (off) to below 1; the losses are the current iterate's
    content_layer: the layer for the content loss
    init: "content", "noise", "style" (noise with the style's mean and deviation of each colour), or a picture, such as one
    made without optimising (`one_pass.universal`, `one_pass.realtime`)
    optimizer: "lbfgs", as in Gatys 2015, or "adam"; at sizes in tiles, "lbfgs" stands for `canvas.Momentum`
    extra: function of the current picture (1, 3, h, w) that returns a scalar; added unweighted, at the current size only
    seed: of the noise
    tile: work in tiles of at most so many pixels on a side, margins included (see `tiles`); by default only if the whole does
    not fit into memory, or takes more than 3 GB on a CPU. The gradient is the same, but takes about twice as long
    folder: where each finished size but the last is kept, as a PNG. Another run with the same options continues from there
    (it cannot see whether `extra` is the same)

    Raises ValueError for bad input, at once, and FloatingPointError when a loss is no longer finite.
    Departures from Gatys 2015: Sizes go from coarse to fine. Each also counts the losses at the smaller sizes, at half their
    weight, so that large strokes stay. At the first size, L-BFGS moves long waves more easily (`canvas.LongWavesFirst`), unless
    the run starts from a given picture. Pooling is max unless `vgg` has another. Each pixel is (1 + sin u) / 2 with u free, so
    every measured picture can be saved as it is.
    """
    weights = weights_of(weights)
    settings = Settings(
        content=content,
        style=style,
        schedule=coarse_to_fine(size, steps) if schedule is None else schedule,
        style_weights=style_weights,
        style_scale=style_scale,
        masks=masks,
        colours=colours,
        average=average,
        content_layer=content_layer,
        init=init,
        optimizer=optimizer,
        extra=extra,
        seed=seed,
        tile=tile,
    )
    folder = None if folder is None else as_path(folder, "The folder")
    vgg = vgg_of(vgg)
    for name in (content_layer, *weights.layers):
        vgg.check_layer(name)
    pictures = settings.load(vgg, tiles=True)
    run = leaving_cores(_run(vgg, weights, settings, pictures, folder and _kept(folder, vgg, settings, pictures)))
    run = averaged(run, average) if average else run
    return run if pictures.colours is None else recoloured(run, pictures.colours)


def stylize(
    content: object,
    style: object,
    *,
    callback: Callable | Sequence[Callable] | None = None,
    weights: Weights | dict | None = None,
    **options,
) -> Result:
    """Run `transfer(content, style, weights=weights, **options)` to its end and return the best picture.

    content, style, weights, options: as for `transfer`
    callback: one or more functions that are called with each `Step`; one that returns False stops the run

    Ctrl-C (a notebook's stop button) and a loss that is not finite stop the run, too, and the best picture so far is
    returned. "Best" means the lowest loss at the last size and with the last weights, since other losses cannot be compared.
    If the run stops at a smaller size, its picture is enlarged to the final size. If a run ends early,
    `callback.finish(last_step)` is called where it exists.
    """
    weights = weights_of(weights)
    if options.get("schedule") is not None:
        options["schedule"] = pairs_of(options["schedule"])
    history, best, measured_by = [], None, None

    def keep(step: Step) -> None:
        nonlocal best, measured_by
        history.append(replace(step, image=None))
        if (step.size, weights) != measured_by:
            best, measured_by = step, (step.size, deepcopy(weights))
        elif step.loss < best.loss:
            best = step

    stopped = drive(transfer(content, style, weights=weights, **options), keep, callback)
    return Result(full_size(best.image.cpu(), content, **options), history, stopped)


def full_size(image, content, *, size=512, schedule=None, **_) -> torch.Tensor:
    """Enlarge `image` to the final size if the run has stopped at a smaller one."""
    size = size if schedule is None else schedule[-1][0]
    small = max(image.shape[-2:])
    return image if small == size else enlarge(image, load_image(content, size), load_image(content, small))


def _run(vgg: VGG, weights: Weights, settings: Settings, pictures: Pictures, kept: Kept | None) -> Iterator[Step]:
    """Yield the steps of a run, size by size."""
    index, seconds, objectives, photo, image = 0, 0.0, [], pictures.content, pictures.first
    work = [part for size, steps in settings.schedule for part in _work(size, steps, pictures)]
    rates = deque(maxlen=9)  # seconds per unit of work
    for number, (size, steps) in enumerate(settings.schedule, 1):
        start = time.perf_counter()
        last_photo, photo = photo, resize(pictures.content, size)
        image = enlarge(image, photo, last_photo) if objectives else resize(image, tuple(photo.shape[-2:]))
        sides = [min(round(size * settings.style_scale), max(one.shape[-2:])) for one, _ in pictures.styles]
        styles = [(resize(one, side), share) for side, (one, share) in zip(sides, pictures.styles, strict=True)]
        here = Objective(vgg, photo, styles, list(weights.layers), settings.content_layer, pictures.masks, pictures.tile)
        objectives = [objective for objective in objectives if objective.shape < here.shape] + [here]
        keeps, so_far = kept and number < len(settings.schedule), settings.schedule[:number]
        if keeps and (finished := kept.load(size, (so_far, weights))) is not None:
            image, index = finished.to(vgg.device), index + steps
            continue
        canvas, image = to_canvas(image), None  # of a large size, one picture less
        for measured in paint(canvas, objectives, weights, settings, steps, first=number == 1):
            image = measured["image"]
            seconds += time.perf_counter() - start
            rates.append((time.perf_counter() - start) / work[index])
            index += 1
            remaining = median(rates) * sum(work[index:])
            yield Step(index=index, total=len(work), seconds=seconds, remaining=remaining, **measured)
            start = time.perf_counter()
        if keeps:
            image = kept.save(image, size, (so_far, weights)).to(vgg.device)


def _kept(folder: Path, vgg: VGG, settings: Settings, pictures: Pictures) -> Kept:
    """Return what keeps the finished sizes of this run."""
    tensors = [pictures.content, pictures.first, *pictures.masks, *(one for one, _ in pictures.styles)]
    options = (settings.shares, settings.style_scale, settings.colours, settings.content_layer, settings.optimizer)
    return Kept(folder, tensors, (vgg.arch, vgg.dtype, str(vgg.steps["pool1"]), *options))


def _work(size: int, steps: int, pictures: Pictures) -> list[float]:
    """Return how long each step of a size takes, in units of a pixel of the whole picture.

    The last step needs no gradient: 0.4 of a step; in tiles a fourth, as are the photo's features, before the first step.
    """
    factor = overhead(tiles_of(fit(pictures.content.shape[-2:], size), pictures.tile))
    work = [factor * size**2] * steps
    if factor > 1:
        work[0] += factor * size**2 / 4
    work[-1] -= factor * size**2 * (0.75 if factor > 1 else 0.6)
    return work
