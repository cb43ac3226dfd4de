"""Settings of a run, read and checked before it starts: schedule, shares of the styles, masks."""

from collections.abc import Sequence

import torch

from nst_lessons.images import load_image, resize

MIN_SIZE = 32


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


def shares_of(style_weights: Sequence[float] | None, count: int) -> list[float]:
    """The styles' shares, which add up to 1."""
    given = [1.0] * count if style_weights is None else list(style_weights)
    if len(given) != count or count == 0:
        raise ValueError(f"There are {count} styles and {len(given)} style weights: give one weight for each style.")
    if not all(0 <= weight < float("inf") for weight in given) or not sum(given):
        raise ValueError(f"The style weights are {given}: give finite numbers from 0 up, not all of them 0.")
    return [weight / sum(given) for weight in given]


def regions_of(masks: Sequence[object] | None, count: int, content: torch.Tensor) -> list[torch.Tensor]:
    """The masks (1, 1, H, W) in [0, 1], of the content's size."""
    if masks is None:
        return []
    if len(masks) != count:
        raise ValueError(f"There are {count} styles and {len(masks)} masks: give one mask for each style.")
    regions = [resize(load_image(mask), tuple(content.shape[-2:])).mean(1, keepdim=True) for mask in masks]
    for number, region in enumerate(regions, 1):
        if region.max() < 0.1:
            raise ValueError(f"Mask {number} is black everywhere: paint white where its style is wanted.")
    return regions
