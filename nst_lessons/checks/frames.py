"""Examine the two distances between frames in 09_moving_pictures."""

import torch

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.probes import grows


def _columns(*rows: list[float]) -> torch.Tensor:
    """Make a picture (1, C, 1, W) from one row per channel."""
    return torch.tensor(rows)[None, :, None, :]


def _flicker(frame: torch.Tensor, before: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return ((frame - before).abs() * mask).sum() / (frame.shape[1] * mask.sum())


def _pair(height: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Return two frames (1, 3, H, W) and a mask (1, 1, H, W) of zeros and ones."""
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
        "the mask is missing: a pixel that was hidden before cannot flicker.": lambda f, b, m: (f - b).abs().mean(),
        "hidden pixels count as zeros in your mean: divide by the number of visible values.": lambda f, b, m: (
            (f - b).abs() * m
        ).mean(),
        "each visible pixel has three colours: divide by three times the mask's sum.": lambda f, b, m: 3 * _flicker(f, b, m),
        "mind the brackets: `/ 3 * mask.sum()` divides by 3 and multiplies by the sum.": lambda f, b, m: (
            ((f - b).abs() * m).sum() / 3 * m.sum()
        ),
        "that is the sum: divide it by the number of visible values.": lambda f, b, m: ((f - b).abs() * m).sum(),
        "you square the difference: take its absolute value.": lambda f, b, m: _flicker((f - b).square(), 0 * b, m),
        "that is the root of the mean square: take the mean of the absolute values.": lambda f, b, m: _flicker(
            (f - b).square(), 0 * b, m
        ).sqrt(),
        "without `abs`, darker and brighter pixels cancel.": lambda f, b, m: ((f - b) * m).sum() / (3 * m.sum()),
        "take `abs` before you sum, not after: otherwise darker and brighter pixels cancel.": lambda f, b, m: (
            ((f - b) * m).sum().abs() / (3 * m.sum())
        ),
        "take `abs` of each colour's difference before you sum over the colours.": lambda f, b, m: (
            ((f - b).sum(1, keepdim=True).abs() * m).sum() / (3 * m.sum())
        ),
        "that is the mean over the HIDDEN pixels: 1 in the mask means visible.": lambda f, b, m: _flicker(f, b, 1 - m),
        "you divide by the number of hidden values: divide by the number of visible ones.": lambda f, b, m: (
            ((f - b).abs() * m).sum() / (3 * (1 - m).sum())
        ),
        "divide by the number of visible values, not of all pixels.": lambda f, b, m: ((f - b).abs() * m).sum() / m.numel(),
        "you sum all differences: multiply them by the mask first.": lambda f, b, m: (f - b).abs().sum() / (3 * m.sum()),
        "take the difference of the two frames, not their sum.": lambda f, b, m: _flicker(f, -b, m),
        "you mask only one of the frames: mask their difference.": lambda f, b, m: (f * m - b).abs().sum() / (3 * m.sum()),
        "you take only the largest of the three colours: average all three.": lambda f, b, m: (
            ((f - b).abs().amax(1, keepdim=True) * m).sum() / m.sum()
        ),
        "you take the length of each colour difference: take the mean of its three absolute values.": lambda f, b, m: (
            ((f - b).norm(dim=1, keepdim=True) * m).sum() / m.sum()
        ),
        "that is the largest difference: take the mean.": lambda f, b, m: ((f - b).abs() * m).max(),
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
        "the weights c are missing: hidden pixels must be free to change.": lambda x, b, c: (x - b).square().mean(),
        "a sum grows with the picture: divide by D, the number of values.": lambda x, b, c: (c * (x - b).square()).sum(),
        "the absolute difference is the flicker: for the loss, square it.": lambda x, b, c: (c * (x - b).abs()).mean(),
        "square the differences: otherwise positive and negative ones cancel.": lambda x, b, c: (c * (x - b)).mean(),
        "do not square c: it multiplies the square.": lambda x, b, c: (c * (x - b)).square().mean(),
        "square each difference BEFORE you take the mean.": lambda x, b, c: (c * (x - b)).mean().square(),
        "equation (7) divides by D, the number of all values, not of the visible ones.": lambda x, b, c: (
            (c * (x - b).square()).sum() / (3 * c.sum())
        ),
        "equation (7) divides by D, the number of all values, not by the sum of c.": lambda x, b, c: (
            (c * (x - b).square()).sum() / c.sum()
        ),
        "D is the number of all values, three for each pixel.": lambda x, b, c: 3 * _temporal_loss(x, b, c),
        "that is the square root of the loss: leave the root out.": lambda x, b, c: _temporal_loss(x, b, c).sqrt(),
        "that is the largest value: take the mean.": lambda x, b, c: (c * (x - b).square()).max(),
        "leave out the 1/2: the loss is the mean itself.": lambda x, b, c: _temporal_loss(x, b, c) / 2,
        "the weights are inverted: c is 1 where a pixel was visible.": lambda x, b, c: _temporal_loss(x, b, 1 - c),
        "c multiplies the squared difference, not one of the two frames.": lambda x, b, c: (c * x - b).square().mean(),
        "c multiplies the squared difference, not the frame before.": lambda x, b, c: (x - c * b).square().mean(),
        "take the difference of the two frames, not their sum.": lambda x, b, c: _temporal_loss(x, -b, c),
        "subtract first, then square: you square first.": lambda x, b, c: (c * (x.square() - b.square())).mean(),
        "use c as it is, also between 0 and 1: you turn it into 0 or 1.": lambda x, b, c: ((c > 0.5) * (x - b).square()).mean(),
        "c weights each pixel: multiply by c itself, not by its mean.": lambda x, b, c: c.mean() * (x - b).square().mean(),
        "multiply each square by c: adding c does not weight it.": lambda x, b, c: (c + (x - b).square()).mean(),
    },
    axes=("1CHW", "1CHW", "11HW"),
    gradient=("x",),
    never=("temporal_loss",),
    also=[grows("x", "before", 4)],
    wants="one number, 0 if x equals the frame before wherever c is not 0",
)
