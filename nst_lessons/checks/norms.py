"""Examine the two normalisations of 08_real_time."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from nst_lessons.checks.cases import uniform, unlike_channels
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def _instance_norm(x: torch.Tensor) -> torch.Tensor:
    return _normal(x, (2, 3))


def _normal(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, keepdim=True, correction=0) + 1e-5).sqrt()


def _of_moments(combine: Callable) -> Callable:
    """Make a function of x that returns combine(x, mean, standard deviation), both per channel and picture."""
    return lambda x: combine(x, x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True, correction=0))


def _strength(tried: Tried) -> str | None:
    """Say whether the mean or the variance is wrong."""
    got = tried.found[-1]
    if got.mean((2, 3)).abs().max() > 1e-2:
        return f"the mean of each channel of each picture should be 0; in yours, the first has {got[0, 0].mean():.4g}."
    if (got.var((2, 3), correction=0) - 1).abs().max() > 1e-2:
        return f"the variance of each channel should be 1; in yours, the first has {got[0, 0].var(correction=0):.4g}."
    return None


examine_instance_norm = SameAs(
    _instance_norm,
    [
        (torch.tensor([[[[0.0, 2.0]], [[5.0, 1.0]]], [[[4.0, 4.5]], [[1.0, 2.0]]]]),),
        (unlike_channels(2, 3, 7, 5, seed=0),),
        (unlike_channels(3, 2, 5, 7, seed=1),),
    ],
    {
        "that is batch normalisation: take mean and variance over axes 2 and 3 only, without the batch axis 0.": lambda x: (
            _normal(x, (0, 2, 3))
        ),
        "you take mean and variance over the channels too: each channel has its own.": lambda x: _normal(x, (1, 2, 3)),
        "you take mean and variance of everything at once: use axes 2 and 3 only.": lambda x: _normal(x, (0, 1, 2, 3)),
        "you take mean and variance across the channels of each pixel: use axes 2 and 3.": lambda x: _normal(x, (1,)),
        "you take mean and variance of each row: use axes 2 and 3 TOGETHER.": lambda x: _normal(x, (3,)),
        "you take mean and variance of each column: use axes 2 and 3 TOGETHER.": lambda x: _normal(x, (2,)),
        "you take mean and variance across the batch: use axes 2 and 3.": lambda x: _normal(x, (0,)),
        "you only subtract the mean: also divide by the standard deviation.": _of_moments(lambda x, m, d: x - m),
        "you divide by the variance: divide by its square root.": _of_moments(lambda x, m, d: (x - m) / (d**2 + 1e-5)),
        "you multiply by the standard deviation: divide by it.": _of_moments(lambda x, m, d: (x - m) * d),
        "your variance divides by H*W - 1: pass `correction=0`.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)
        ),
        "divide by the square root of the variance, and pass `correction=0` to divide by H*W instead of H*W - 1.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True)
        ),
        "the mean is still there: subtract it before you divide.": _of_moments(lambda x, m, d: x / d),
        "mind the brackets: divide all of `x - mean`.": _of_moments(lambda x, m, d: x - m / d),
        "you add the mean: subtract it.": _of_moments(lambda x, m, d: (x + m) / d),
        "the root mean square of x still contains the mean: use the standard deviation, that of `x - mean`.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.square().mean((2, 3), keepdim=True).sqrt()
        ),
        "you use the smallest and largest value: use the mean and the standard deviation.": lambda x: (
            (x - x.amin((2, 3), keepdim=True)) / (x.amax((2, 3), keepdim=True) - x.amin((2, 3), keepdim=True))
        ),
    },
    axes=("BCHW",),
    never=("instance_norm",),
    also=[_strength],
    wants="a tensor of the shape of x",
)


def _conditional_norm(x, gamma, beta, mix) -> torch.Tensor:
    return _scaled(_instance_norm(x), mix @ gamma, mix @ beta)


def _scaled(x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    return scale[:, :, None, None] * x + shift[:, :, None, None]


def _styles(batch: int, channels: int, styles: int, seed: int) -> tuple[torch.Tensor, ...]:
    """x (B, C, H, W), gamma and beta (S, C), mix (B, S)."""
    gamma, beta = 3 * uniform(2, styles, channels, seed=seed)
    shares = uniform(batch, styles, seed=seed + 60)
    return unlike_channels(batch, channels, 7, 5, seed=seed), gamma, beta, shares / shares.sum(1, keepdim=True)


def _strongest(mix: torch.Tensor) -> torch.Tensor:
    return F.one_hot(mix.argmax(1), mix.shape[1]).to(mix.dtype)


def _scale_and_shift(tried: Tried) -> str | None:
    """Say whether the scale or the shift is wrong."""
    (_, gamma, beta, mix), got = (one.double() for one in tried.inputs[-1]), tried.found[-1]
    if not alike(got.mean((2, 3)), mix @ beta, 1e-2):
        return "the mean of each channel of your result should be the mixed shift, mix @ beta, but it is not."
    if not alike(got.std((2, 3), correction=0), mix @ gamma, 1e-2):
        return "the standard deviation of each channel should be the mixed scale, mix @ gamma, but in your result it is not."
    return None


examine_conditional_norm = SameAs(
    _conditional_norm,
    [_styles(1, 2, 2, 2), _styles(2, 3, 4, 0), _styles(3, 5, 2, 1)],
    {
        "you swap gamma and beta: gamma is the scale, beta the shift.": lambda x, g, b, m: _conditional_norm(x, b, g, m),
        "x is not normalised: call `F.instance_norm` first.": lambda x, g, b, m: _scaled(x, m @ g, m @ b),
        "that is batch normalisation: use `F.instance_norm`.": lambda x, g, b, m: _scaled(_normal(x, (0, 2, 3)), m @ g, m @ b),
        "you use only the style with the largest share: mix all styles by their shares.": lambda x, g, b, m: _conditional_norm(
            x, g, b, _strongest(m)
        ),
        "you use only the first style: mix all styles by their shares.": lambda x, g, b, m: _conditional_norm(
            x, g[:1], b[:1], 0 * m[:, :1] + 1
        ),
        "all styles count alike in yours: weight them by `mix`.": lambda x, g, b, m: _conditional_norm(
            x, g, b, torch.full_like(m, 1 / m.shape[1])
        ),
        "you just add up all styles: weight them by `mix`.": lambda x, g, b, m: _conditional_norm(x, g, b, torch.ones_like(m)),
        "the shift is missing: add the mixed beta.": lambda x, g, b, m: _conditional_norm(x, g, 0 * b, m),
        "the scale is missing: multiply by the mixed gamma.": lambda x, g, b, m: _conditional_norm(x, 0 * g + 1, b, m),
        "that is x normalised, without a style: scale and shift AFTER you normalise.": lambda x, g, b, m: _instance_norm(x),
        "you subtract the shift: add it.": lambda x, g, b, m: _conditional_norm(x, g, -b, m),
        "mind the brackets: add the shift after you multiply by the scale.": lambda x, g, b, m: (
            (m @ g)[:, :, None, None] * (_instance_norm(x) + (m @ b)[:, :, None, None])
        ),
        "you use the first row of `mix` for all pictures: each picture has its own row.": lambda x, g, b, m: _conditional_norm(
            x, g, b, m[:1].expand_as(m)
        ),
        "you use the mean row of `mix` for all pictures: each picture has its own row.": lambda x, g, b, m: _conditional_norm(
            x, g, b, m.mean(0, keepdim=True).expand_as(m)
        ),
        "you use gamma twice: the shift is made from beta.": lambda x, g, b, m: _conditional_norm(x, g, g, m),
    },
    axes=("BCHW", "SC", "SC", "BS"),
    also=[_scale_and_shift],
    wants="a tensor of the shape of x",
)
