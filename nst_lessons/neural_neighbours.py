"""Paint with neural neighbours (Kolkin et al. 2022, arXiv 2203.13215): every place imitates a place of the painting.

The style is no statistic here, up to `LARGE` pixels. Above that, a few steps of `transfer` sharpen the enlarged result.
`match` is the loop and yields one `Step` per iteration; `neighbours` runs it with callbacks.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median

import torch
import torch.nn.functional as F

from nst_lessons.canvas import enlarge, from_pyramid, to_canvas, to_image, to_pyramid
from nst_lessons.images import fit, load_image, resize, shape_of
from nst_lessons.loop import full_size, transfer
from nst_lessons.machine import return_freed_memory, tile_needed
from nst_lessons.matching import LAYERS, as_rows, matched, matched_loss, quarter, resized, stacked
from nst_lessons.progress_bars import quick
from nst_lessons.settings import LARGE, MIN_SIZE, Pictures, Settings, pairs_of, shared_out
from nst_lessons.sizes import MIN_SIDE, real, whole
from nst_lessons.step import Result, Step, drive, recoloured
from nst_lessons.vgg import VGG, vgg_of

RATE, FADE = 6e-3, 0.1  # of Adam, in the canvas' variables; its share at the end of a size: large steps leave a weave of pixels
TURNED = 256  # up to this size the painting is also seen turned by 90, 180 and 270 degrees
PLACES = 8192  # of a painting that are compared, at most
SHARPEN = {"content": 5.0}  # weights above `LARGE`: the content is the enlarged result, and its shapes stay
REMATCH = 5  # at the last size, match anew after so many steps


def match(
    content: object,
    style: object,
    *,
    alpha: float = 0.75,
    size: int = 512,
    steps: int | None = None,
    schedule: Sequence[tuple[int, int]] | None = None,
    style_weights: Sequence[float] | None = None,
    style_scale: float = 1.0,
    masks: Sequence[object] | None = None,
    colours: str = "style",
    init: object = "content",
    seed: int = 0,
    vgg: VGG | None = None,
    folder: str | os.PathLike | None = None,
) -> Iterator[Step]:
    """Optimise a picture so that each of its places looks to VGG like a place of the painting. Yields a `Step` per iteration.

    content, style, size, schedule, style_weights, style_scale, masks, colours, init, seed, vgg: as for `transfer`. Sizes above
    1024 are not matched: there, `transfer` paints with the enlarged result as its content and its start
    alpha: how much of the photo stays, 0 to 1. It is the photo's share in what is matched (the rest is what is painted so
    far), and how much of its detail each larger size starts with. At the first size the photo alone is matched
    steps: the number of iterations in all, by default 185 for 512 pixels (see `doubling`)
    folder: where the finished sizes are kept that `transfer` paints

    A step's `style` and `loss` is `matching.matched_loss`, at the last size the mean over the layers. `content` is the same
    towards the photo's own columns, at the last size those of the deepest layer.
    Several styles are matched one by one, and a place imitates their mean. Outside of all masks it imitates the photo.
    Departures from the paper: no flipped painting; the pixels stay in [0, 1]; in the last steps each layer is compared at
    its own size if that is below a quarter of the picture. Raises ValueError for bad input.
    """
    alpha = real(alpha, "alpha")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}: give a number from 0 (little of the photo stays) to 1 (most of it).")
    schedule = doubling(size, steps) if schedule is None else pairs_of(schedule)
    matched_sizes, larger = ([pair for pair in schedule if (pair[0] > LARGE) is large] for large in (False, True))
    if not matched_sizes:
        raise ValueError(f"Neighbours are matched up to {LARGE} pixels: begin the schedule {schedule} with a smaller size.")
    options = {"style_weights": style_weights, "style_scale": style_scale, "masks": masks, "colours": colours, "seed": seed}
    settings = Settings(content=content, style=style, schedule=matched_sizes, init=init, **options)
    vgg = vgg_of(vgg)
    pictures = settings.load(vgg)
    run = _run(vgg, settings, pictures, alpha, larger)
    run = run if pictures.colours is None else recoloured(run, pictures.colours)
    if not larger or quick():
        return run
    tile_needed([fit(shape_of(content), larger[-1][0])], vgg.device, vgg.dtype)  # raises now rather than after the matching
    return _sharpened(run, content, alpha, larger, style, vgg=vgg, folder=folder, **options)


def neighbours(content: object, style: object, *, callback: Callable | Sequence[Callable] | None = None, **options) -> Result:
    """Run `match(content, style, **options)` to its end and return its last picture.

    It is not the one with the lowest loss, since targets change during a run.
    content, style, options: as for `match`
    callback, and what stops a run: as for `stylize`. If a run stops at a smaller size, its picture is enlarged.
    """
    history, last = [], None

    def keep(step: Step) -> None:
        nonlocal last
        history.append(replace(step, image=None))
        last = step

    stopped = drive(match(content, style, **options), keep, callback)
    return Result(full_size(last.image.cpu(), content, **options), history, stopped)


def doubling(size: int, steps: int | None = None) -> list[tuple[int, int]]:
    """Return the default schedule [(size, steps), ...]: from 64 pixels or a little more, each size twice the one before.

    steps: the total, by default 25 at `size`, 40 at the size before, and 60 at each smaller one. Above `LARGE` pixels, where
    no neighbours are matched, each size has 10
    """
    size = whole(size, "The size", MIN_SIZE, "the long side in pixels, ")
    sizes = [size]
    while sizes[0] >= 128:
        sizes.insert(0, sizes[0] // 2)
    larger = sum(one > LARGE for one in sizes)
    shares = ([12] * len(sizes) + [8, 5] + [2] * larger)[-len(sizes) :]
    steps = 5 * sum(shares) if steps is None else whole(steps, "The number of steps", 1)
    return shared_out(steps, sizes, shares)


class Targets:
    """What each position of a picture should look like, at one size.

    vgg: the network
    photo: (1, 3, H, W)
    styles: pairs of a painting (1, 3, h, w) and its share
    masks: one (1, 1, H, W) per style, or none
    together: compare all layers stacked, or each by itself
    seed: of the choice of places, if the painting has more than `PLACES`
    """

    def __init__(
        self, vgg: VGG, photo: torch.Tensor, styles: Sequence, masks: Sequence[torch.Tensor], together: bool, seed: int
    ) -> None:
        self.vgg, self.masks, self.together, self.seed = vgg, masks, together, seed
        self.shares = [share for _, share in styles]
        with torch.no_grad():
            self.photo = self.columns(photo)
            self.keys = [self._keys(painting) for painting, _ in styles]  # {layers: rows} per style

    def columns(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the columns (1, C, h, w) of a picture by the name of their layer, or all together as "hypercolumns"."""
        features, (height, width) = self.vgg(picture, LAYERS), quarter(picture)
        if self.together:
            return {"hypercolumns": stacked(features, (height, width))}
        return {name: resized(f, (min(height, f.shape[-2]), min(width, f.shape[-1]))) for name, f in features.items()}

    def match(self, query: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the targets of `query`, which has the shape of `columns`."""
        with torch.no_grad():
            return {name: self._mixed(name, columns.detach()) for name, columns in query.items()}

    def _keys(self, painting: torch.Tensor) -> dict[str, torch.Tensor]:
        turns = range(4 if max(painting.shape[-2:]) <= TURNED else 1)
        seen = [self.columns(painting.rot90(turn, (2, 3))) for turn in turns]
        return {name: self._some(torch.cat([as_rows(columns[name]) for columns in seen])) for name in seen[0]}

    def _some(self, rows: torch.Tensor) -> torch.Tensor:
        """Return at most `PLACES` of the rows, chosen at random: neighbours in the painting hardly differ."""
        chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(self.seed))[:PLACES]
        return rows[chosen.to(rows.device)]

    def _mixed(self, name: str, query: torch.Tensor) -> torch.Tensor:
        found = [matched(query, keys[name]) for keys in self.keys]
        if len(found) == 1 and not self.masks:
            return found[0]
        masks = [F.interpolate(mask, query.shape[-2:], mode="area") for mask in self.masks] or [query.new_ones(1, 1, 1, 1)]
        weights = [share * mask for share, mask in zip(self.shares, masks * (len(found) // len(masks)), strict=True)]
        mixed = sum(weight * F.normalize(target) for weight, target in zip(weights, found, strict=True))
        mixed = mixed / sum(weights).clamp_min(1e-6)
        return F.normalize(self.photo[name]).lerp(mixed, torch.cat(masks).amax(0, keepdim=True))


def _run(vgg: VGG, settings: Settings, pictures: Pictures, alpha: float, later: Sequence[tuple[int, int]]) -> Iterator[Step]:
    """Yield the steps of a run, size by size; at the last one, each layer is matched by itself. later: sizes still to come."""
    work = [size**2 for size, steps in [*settings.schedule, *later] for _ in range(steps)]  # time grows with the pixels
    index, seconds, rates, photo, image = 0, 0.0, deque(maxlen=9), None, pictures.first
    for number, (size, steps) in enumerate(settings.schedule, 1):
        start = time.perf_counter()
        return_freed_memory()
        last_photo, photo = photo, _at_size(pictures.content, size)
        share, image = 1.0, resize(image, tuple(photo.shape[-2:]))  # of the photo in what is matched
        if last_photo is not None:
            share, image = alpha, image.lerp(enlarge(image, photo, last_photo), alpha)
        styles = [(_at_size(one, round(size * settings.style_scale)), part) for one, part in pictures.styles]
        together = number < len(settings.schedule)
        targets = Targets(vgg, photo, styles, pictures.masks, together, settings.seed)
        for measured in _paint(image, targets, share, steps):
            image = measured["image"]
            seconds += time.perf_counter() - start
            rates.append((time.perf_counter() - start) / work[index])
            index += 1
            remaining = median(rates) * sum(work[index:])
            yield Step(index=index, total=len(work), seconds=seconds, remaining=remaining, tv=0.0, **measured)
            start = time.perf_counter()


def _paint(image: torch.Tensor, targets: Targets, share: float, steps: int) -> Iterator[dict[str, object]]:
    """Move `image` towards its targets, which are matched once or, if each layer is matched by itself, again and again.

    share: of the photo in what is matched at first. Later it is the picture alone.
    """
    pyramid = to_pyramid(to_canvas(image))
    optimizer = torch.optim.Adam(pyramid, lr=RATE)
    fading = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, FADE, max(1, steps - 1))
    target = {}
    for number in range(steps):
        image = to_image(from_pyramid(pyramid))
        columns = targets.columns(image)
        if number % (steps if targets.together else REMATCH) == 0:
            for name, column in columns.items():  # one by one: each needs as much memory again
                target |= targets.match({name: column.detach().lerp(targets.photo[name], 0 if number else share)})
        losses = {name: matched_loss(columns[name], target[name]) for name in columns}
        loss = sum(losses.values()) / len(losses)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        fading.step()
        deepest = list(columns)[-1]
        content = matched_loss(columns[deepest].detach(), targets.photo[deepest]).item()
        del columns  # or they would lie beside the next ones
        yield {
            "size": tuple(image.shape[-2:]),
            "loss": loss.item(),
            "content": content,
            "style": loss.item(),
            "style_by_layer": {name: value.item() for name, value in losses.items()},
            "image": image.detach(),
        }


def _sharpened(
    run: Iterator[Step], content: object, alpha: float, schedule: list[tuple[int, int]], style: object, **options
) -> Iterator[Step]:
    """Yield the steps of a matched run, and then those of `transfer` at the sizes of `schedule`, from the enlarged result."""
    for last in run:
        yield last
    photo, smaller = (load_image(content, size) for size in (schedule[-1][0], max(last.size)))
    result = last.image.cpu()
    start = resize(result, tuple(photo.shape[-2:])).lerp(enlarge(result, photo, smaller), alpha)
    del photo  # of a large picture, each copy counts
    # start is given as a picture, not as "content", since its long waves are right already
    for step in transfer(start, style, init=start, schedule=schedule, weights=SHARPEN, **options):
        yield replace(step, index=last.index + step.index, total=last.total, seconds=last.seconds + step.seconds)


def _at_size(picture: torch.Tensor, size: int) -> torch.Tensor:
    """Resize a picture to a long side of `size`, or more if the short side would be too small for VGG."""
    long, short = max(picture.shape[-2:]), min(picture.shape[-2:])
    return resize(picture, max(size, -(-MIN_SIDE * long // short)))
