"""How the two distances between frames in 09_moving_pictures are examined."""

import torch

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.probes import grows


def _columns(*rows: list[float]) -> torch.Tensor:
    """A picture (1, C, 1, W) of one row for each channel."""
    return torch.tensor(rows)[None, :, None, :]


def _flicker(frame: torch.Tensor, before: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return ((frame - before).abs() * mask).sum() / (frame.shape[1] * mask.sum())


def _pair(height: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Two frames (1, 3, H, W) and a mask (1, 1, H, W) of zeros and ones."""
    mask = (uniform(1, 1, height, width, seed=seed + 2) > 0.4).float()
    return uniform(1, 3, height, width, seed=seed), uniform(1, 3, height, width, seed=seed + 1), mask


examine_flicker = SameAs(
    _flicker,
    [
        (
            _columns([0.5, 1.0], [0.0, 1.0], [0.25, 0.0]),
            _columns([0.0, 1.0], [0.5, 0.0], [0.25, 0.5]),
            _columns([1.0, 0.0]),
        ),
        _pair(7, 11, 0),
        _pair(13, 5, 10),
    ],
    {
        "the mask is missing: what the frame before did not show is no flicker.": lambda f, b, m: (f - b).abs().mean(),
        "hidden pixels count as zeros in your mean: divide by the number of visible ones.": lambda f, b, m: (
            (f - b).abs() * m
        ).mean(),
        "a visible pixel has three colours: divide by three times the mask's sum.": lambda f, b, m: 3 * _flicker(f, b, m),
        "mind the brackets: `/ 3 * mask.sum()` divides by 3 and multiplies by the sum.": lambda f, b, m: (
            ((f - b).abs() * m).sum() / 3 * m.sum()
        ),
        "that is the sum: divide it by the number of visible values.": lambda f, b, m: ((f - b).abs() * m).sum(),
        "you have squared the difference: its absolute value is wanted.": lambda f, b, m: _flicker((f - b).square(), 0 * b, m),
        "that is the root of the mean square: the mean of the absolute values is wanted.": lambda f, b, m: _flicker(
            (f - b).square(), 0 * b, m
        ).sqrt(),
        "without `abs` darker and brighter cancel.": lambda f, b, m: ((f - b) * m).sum() / (3 * m.sum()),
        "without `abs` darker and brighter cancel: take it before you add up, not after.": lambda f, b, m: (
            ((f - b) * m).sum().abs() / (3 * m.sum())
        ),
        "take `abs` of each colour's difference, before you add up the colours.": lambda f, b, m: (
            ((f - b).sum(1, keepdim=True).abs() * m).sum() / (3 * m.sum())
        ),
        "that is the mean over the HIDDEN pixels: 1 in the mask means visible.": lambda f, b, m: _flicker(f, b, 1 - m),
        "divide by the visible values: yours divides by the hidden ones.": lambda f, b, m: (
            ((f - b).abs() * m).sum() / (3 * (1 - m).sum())
        ),
        "divide by the number of visible values, not by that of all pixels.": lambda f, b, m: (
            ((f - b).abs() * m).sum() / m.numel()
        ),
        "the mask belongs to the difference: all differences are added up in yours.": lambda f, b, m: (
            (f - b).abs().sum() / (3 * m.sum())
        ),
        "a difference is wanted, not a sum of the two frames.": lambda f, b, m: _flicker(f, -b, m),
        "the mask is for both frames: yours hides pixels of one alone.": lambda f, b, m: (
            (f * m - b).abs().sum() / (3 * m.sum())
        ),
        "that is the largest of the three colours: all three count.": lambda f, b, m: (
            ((f - b).abs().amax(1, keepdim=True) * m).sum() / m.sum()
        ),
        "that is the length of a difference of colours: the mean of its three absolute values is wanted.": lambda f, b, m: (
            ((f - b).norm(dim=1, keepdim=True) * m).sum() / m.sum()
        ),
        "that is the largest difference: the mean is wanted.": lambda f, b, m: ((f - b).abs() * m).max(),
    },
    axes=("1CHW", "1CHW", "11HW"),
    never=("flicker",),
    also=[grows("frame", "before", 2)],
    wants="one number, 0 if nothing flickers",
)


def _temporal_loss(x: torch.Tensor, before: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return (c * (x - before).square()).mean()


def _weighted(height: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    return *_pair(height, width, seed)[:2], uniform(1, 1, height, width, seed=seed + 2)


examine_temporal_loss = SameAs(
    _temporal_loss,
    [
        (_columns([0.5, 1.0], [0.0, 1.0], [0.25, 0.0]), _columns([0.0, 0.5], [0.5, 0.0], [0.0, 0.5]), _columns([1.0, 0.5])),
        _weighted(7, 11, 0),
        _weighted(13, 5, 20),
    ],
    {
        "the weights c are missing: what was hidden must be free.": lambda x, b, c: (x - b).square().mean(),
        "a sum grows with the picture: divide by D, the number of values.": lambda x, b, c: (c * (x - b).square()).sum(),
        "the absolute difference is the flicker; the loss squares it.": lambda x, b, c: (c * (x - b).abs()).mean(),
        "square the differences: as they are, those above 0 and those below cancel.": lambda x, b, c: (c * (x - b)).mean(),
        "c stands outside of the square.": lambda x, b, c: (c * (x - b)).square().mean(),
        "square each difference BEFORE you take the mean.": lambda x, b, c: (c * (x - b)).mean().square(),
        "equation (7) divides by D, all values, not by the visible ones.": lambda x, b, c: (
            (c * (x - b).square()).sum() / (3 * c.sum())
        ),
        "equation (7) divides by D, all values, not by the sum of c.": lambda x, b, c: (c * (x - b).square()).sum() / c.sum(),
        "D counts all values, three for each pixel.": lambda x, b, c: 3 * _temporal_loss(x, b, c),
        "that is the square root of it: leave the mean of the squares as it is.": lambda x, b, c: _temporal_loss(
            x, b, c
        ).sqrt(),
        "that is the largest of them: the mean is wanted.": lambda x, b, c: (c * (x - b).square()).max(),
        "no 1/2 here: it is the mean.": lambda x, b, c: _temporal_loss(x, b, c) / 2,
        "the weights are turned round: c is 1 where a pixel was visible, and holds it there.": lambda x, b, c: _temporal_loss(
            x, b, 1 - c
        ),
        "c multiplies the squared difference, not one of the two frames.": lambda x, b, c: (c * x - b).square().mean(),
        "c multiplies the squared difference, not the frame before.": lambda x, b, c: (x - c * b).square().mean(),
        "a difference is wanted, not a sum of the two frames.": lambda x, b, c: _temporal_loss(x, -b, c),
        "take the difference first, and square it: you square first.": lambda x, b, c: (c * (x.square() - b.square())).mean(),
        "c is taken as it is, also between 0 and 1: yours makes yes or no of it.": lambda x, b, c: (
            (c > 0.5) * (x - b).square()
        ).mean(),
        "c weights each pixel: its mean alone is not enough.": lambda x, b, c: c.mean() * (x - b).square().mean(),
        "c weights each pixel in the mean; adding it is no weight.": lambda x, b, c: (c + (x - b).square()).mean(),
    },
    axes=("1CHW", "1CHW", "11HW"),
    gradient=("x",),
    never=("temporal_loss",),
    also=[grows("x", "before", 4)],
    wants="one number, 0 if x equals the frame before wherever c is not 0",
)
