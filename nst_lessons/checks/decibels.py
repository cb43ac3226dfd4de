"""Examine the decibels of 02_content."""

import math

import torch

from nst_lessons.checks.cases import normal, relative, uniform
from nst_lessons.checks.examine import SameAs


def _psnr(image: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return -10 * (image - photo).square().mean().log10()


def _decibels(mse: torch.Tensor, peak: torch.Tensor | float = 1.0) -> torch.Tensor:
    return torch.as_tensor(10 * (peak**2 / mse).log10())


def _pictures(noise: float, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a noisy copy and its photo; no pixel of either is 1."""
    photo = 0.1 + 0.6 * uniform(1, 3, 5, width, seed=seed)
    return (photo + noise * normal(1, 3, 5, width, seed=seed)).clamp(0, 0.9), photo


examine_psnr = SameAs(
    _psnr,
    [
        (torch.tensor([0.5, 0.3, 0.4]).view(1, 3, 1, 1), torch.tensor([0.4, 0.2, 0.7]).view(1, 3, 1, 1)),
        *(_pictures(noise, width, seed) for noise, width, seed in ((0.02, 7, 0), (0.1, 4, 1), (0.4, 11, 2))),
    ],
    {
        "that is the mean squared error (MSE). Now take 10 times the base-10 logarithm of 1/MSE.": lambda a, b: (
            (a - b).square().mean()
        ),
        "that is 1/MSE: now take 10 times its base-10 logarithm.": lambda a, b: 1 / (a - b).square().mean(),
        "the sign is wrong: a better picture must have MORE decibels. Take the logarithm of 1/MSE.": lambda a, b: -_psnr(a, b),
        "that is the natural logarithm: use `log10` for decibels.": lambda a, b: _psnr(a, b) * math.log(10),
        "that is the base-2 logarithm: use `log10` for decibels.": lambda a, b: _psnr(a, b) * math.log2(10),
        "twice too large: 20 goes with the root of the mean squared error, 10 with the error itself.": lambda a, b: (
            2 * _psnr(a, b)
        ),
        "your result is half of what it should be: leave out the square root, or use 20 instead of 10.": lambda a, b: (
            _psnr(a, b) / 2
        ),
        "the 10 in front of the logarithm is missing.": lambda a, b: _psnr(a, b) / 10,
        "the 10 in front of the logarithm is missing, and the sign is wrong.": lambda a, b: _psnr(a, b) / -10,
        "the largest value of a pixel is 1 here, not 255: take the logarithm of 1/MSE alone.": lambda a, b: (
            _psnr(a, b) + 20 * math.log10(255)
        ),
        "use 1/MSE: a pixel CAN be as large as 1. The largest in this picture does not matter.": lambda a, b: _decibels(
            (a - b).square().mean(), a.max()
        ),
        "use 1/MSE: a pixel CAN be as large as 1. The largest in this photo does not matter.": lambda a, b: _decibels(
            (a - b).square().mean(), b.max()
        ),
        "you take the SUM of the squares, so a larger picture counts as worse: take the mean.": lambda a, b: _decibels(
            (a - b).square().sum()
        ),
        "those are absolute differences: square them instead.": lambda a, b: _decibels((a - b).abs().mean()),
        "the logarithm is missing: take 10 times the logarithm of 1/MSE.": lambda a, b: 10 / (a - b).square().mean(),
        "a variance subtracts the mean first: square the differences as they are.": lambda a, b: _decibels((a - b).var()),
        "square each difference BEFORE you take the mean.": lambda a, b: _decibels((a - b).mean().square()),
        "that is the mean difference: square each difference first.": lambda a, b: _decibels((a - b).mean().abs()),
        "you take a mean of logarithms: take the mean first, then its logarithm.": lambda a, b: _decibels(
            (a - b).square()
        ).mean(),
        "you average three colours' decibels: take one mean over pixels AND colours, then the log.": lambda a, b: _decibels(
            (a - b).square().mean((0, 2, 3))
        ).mean(),
        "`norm()` is the root of a sum: take the mean of the squares.": lambda a, b: _decibels((a - b).norm()),
        "you use only the largest error: take the mean of all squares.": lambda a, b: _decibels((a - b).square().max()),
        "you divide the error by the photo's sum of squares: take the logarithm of 1/MSE alone.": lambda a, b: _decibels(
            relative(a, b)
        ),
        "mind the brackets: 1 / MSE goes INTO the logarithm.": lambda a, b: 0 * (a - b).mean(),
        "a distance needs the difference (image - photo), not the sum.": lambda a, b: _decibels((a + b).square().mean()),
    },
    axes=("1CHW", "1CHW"),
    never=("peak_signal_noise_ratio", "psnr"),
    wants="one number in decibels, the larger the better the copy",
)
