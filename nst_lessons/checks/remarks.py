"""What is said of a right answer to the blank page that has a flaw."""

from collections.abc import Sequence

import torch

OUTSIDE = 0.03  # of [0, 1]: more than a start a little inside changes


def remark_on(photo: torch.Tensor, pictures: Sequence[torch.Tensor]) -> str | None:
    """Say what the way to keep the pixels in [0, 1] costs: pixels that are stuck, or a picture that nobody has measured.

    photo: (1, 3, H, W). pictures: what the network got in each step, normalised or not.
    """
    seen = _pixels(photo, pictures)
    if not seen:
        return None
    if any(one.min() < -OUTSIDE or one.max() > 1 + OUTSIDE for one in seen):
        return (
            "all five stages stand. But the network saw values outside [0, 1], and only the end is clamped, so nobody has "
            "measured the picture that you save. Better: compute the pixels from a free u, or clamp after each step."
        )
    moved, ends = (seen[-1] - photo).abs(), (photo == 0) | (photo == 1)
    if moved[ends].mean() < 0.1 * moved[~ends].mean():
        return (
            "all five stages stand. But pixels that are exactly 0 or 1 in the photo hardly move, because your function is flat "
            "there. Better: begin a little inside, with `photo.clamp(0.02, 0.98)`."
        )
    return None


def _pixels(photo: torch.Tensor, pictures: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the pictures that the network saw, without its normalisation; none if the first one was not the photo."""
    flat, first = photo.flatten(2), pictures[0].flatten(2)
    if flat.shape != first.shape:
        return []
    spread = flat - flat.mean(2, keepdim=True)
    slope = (spread * first).sum(2, keepdim=True) / spread.square().sum(2, keepdim=True)
    offset = (first - slope * flat).mean(2, keepdim=True)
    if (first - slope * flat - offset).abs().max() > OUTSIDE * slope.abs().max():
        return []
    return [((one.flatten(2) - offset) / slope).view_as(photo) for one in pictures]
