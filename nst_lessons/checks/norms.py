"""How the two normalisations of 08_real_time are examined."""

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
    """A function of x: combine(x, mean and standard deviation of each channel of each picture)."""
    return lambda x: combine(x, x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True, correction=0))


def _strength(tried: Tried) -> str | None:
    """Which of mean and variance is not what it should be."""
    got = tried.found[-1]
    if got.mean((2, 3)).abs().max() > 1e-2:
        return f"the mean of each channel of each picture should be 0; of the first it is {got[0, 0].mean():.4g} in yours."
    if (got.var((2, 3), correction=0) - 1).abs().max() > 1e-2:
        return f"the variance of each channel should be 1; of the first it is {got[0, 0].var(correction=0):.4g} in yours."
    return None


examine_instance_norm = SameAs(
    _instance_norm,
    [
        (torch.tensor([[[[0.0, 2.0]], [[5.0, 1.0]]], [[[4.0, 4.5]], [[1.0, 2.0]]]]),),
        (unlike_channels(2, 3, 7, 5, seed=0),),
        (unlike_channels(3, 2, 5, 7, seed=1),),
    ],
    {
        "that is batch normalisation: leave the batch's axis 0 out of mean and variance.": lambda x: _normal(x, (0, 2, 3)),
        "mean and variance are taken over the channels too: each channel has its own.": lambda x: _normal(x, (1, 2, 3)),
        "mean and variance of everything at once: axes 2 and 3 alone are wanted.": lambda x: _normal(x, (0, 1, 2, 3)),
        "mean and variance across the channels of one pixel: axes 2 and 3 are wanted.": lambda x: _normal(x, (1,)),
        "mean and variance of each row: axes 2 and 3 TOGETHER are wanted.": lambda x: _normal(x, (3,)),
        "mean and variance of each column: axes 2 and 3 TOGETHER are wanted.": lambda x: _normal(x, (2,)),
        "mean and variance across the batch: axes 2 and 3 are wanted.": lambda x: _normal(x, (0,)),
        "the mean is gone, and the strength still as it was: divide by the standard deviation.": _of_moments(
            lambda x, m, d: x - m
        ),
        "you divide by the variance: its square root is wanted.": _of_moments(lambda x, m, d: (x - m) / (d**2 + 1e-5)),
        "you multiply by the standard deviation: divide by it.": _of_moments(lambda x, m, d: (x - m) * d),
        "the variance divides by HW - 1: give `correction=0`.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)
        ),
        "you divide by the variance, and it divides by HW - 1: take its root, and give `correction=0`.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True)
        ),
        "the mean is still there: take it away before you divide.": _of_moments(lambda x, m, d: x / d),
        "mind the brackets: all of `x - mean` is divided.": _of_moments(lambda x, m, d: x - m / d),
        "the mean is taken away, not added.": _of_moments(lambda x, m, d: (x + m) / d),
        "the root of the mean square still holds the mean: the deviation is that of `x - mean`.": lambda x: (
            (x - x.mean((2, 3), keepdim=True)) / x.square().mean((2, 3), keepdim=True).sqrt()
        ),
        "the picture is stretched to its least and largest value: mean and deviation are wanted.": lambda x: (
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
    """Which of scale and shift is not what it should be."""
    (_, gamma, beta, mix), got = (one.double() for one in tried.inputs[-1]), tried.found[-1]
    if not alike(got.mean((2, 3)), mix @ beta, 1e-2):
        return "the mean of each channel of your result should be the mixed shift, (mix @ beta), and is not."
    if not alike(got.std((2, 3), correction=0), mix @ gamma, 1e-2):
        return "the deviation of each channel of your result should be the mixed scale, (mix @ gamma), and is not."
    return None


examine_conditional_norm = SameAs(
    _conditional_norm,
    [_styles(1, 2, 2, 2), _styles(2, 3, 4, 0), _styles(3, 5, 2, 1)],
    {
        "gamma is the scale and beta the shift: they are exchanged.": lambda x, g, b, m: _conditional_norm(x, b, g, m),
        "x is not normalised: take its own mean and deviation away first, with F.instance_norm.": lambda x, g, b, m: _scaled(
            x, m @ g, m @ b
        ),
        "that is batch normalisation: `F.instance_norm` is wanted.": lambda x, g, b, m: _scaled(
            _normal(x, (0, 2, 3)), m @ g, m @ b
        ),
        "only the style with the largest share counts: all of them are wanted, by their shares.": lambda x, g, b, m: (
            _conditional_norm(x, g, b, _strongest(m))
        ),
        "only the first style counts: all of them are wanted, by their shares.": lambda x, g, b, m: _conditional_norm(
            x, g[:1], b[:1], 0 * m[:, :1] + 1
        ),
        "all styles count alike: weight them by `mix`.": lambda x, g, b, m: _conditional_norm(
            x, g, b, torch.full_like(m, 1 / m.shape[1])
        ),
        "all styles count once: weight them by `mix`.": lambda x, g, b, m: _conditional_norm(x, g, b, torch.ones_like(m)),
        "the shift is missing: add the mixed beta.": lambda x, g, b, m: _conditional_norm(x, g, 0 * b, m),
        "the scale is missing: multiply by the mixed gamma.": lambda x, g, b, m: _conditional_norm(x, 0 * g + 1, b, m),
        "the style is missing: that is x normalised. Scale and shift come AFTER it, or they are lost.": lambda x, g, b, m: (
            _instance_norm(x)
        ),
        "the shift is added, not taken away.": lambda x, g, b, m: _conditional_norm(x, g, -b, m),
        "mind the brackets: the shift is added after the scale has multiplied.": lambda x, g, b, m: (
            (m @ g)[:, :, None, None] * (_instance_norm(x) + (m @ b)[:, :, None, None])
        ),
        "every picture has its own row of `mix`: you give all of them that of the first.": lambda x, g, b, m: _conditional_norm(
            x, g, b, m[:1].expand_as(m)
        ),
        "every picture has its own row of `mix`: you give all of them the mean.": lambda x, g, b, m: _conditional_norm(
            x, g, b, m.mean(0, keepdim=True).expand_as(m)
        ),
        "the mix is scaled with gamma twice: beta is mixed in the same way.": lambda x, g, b, m: _conditional_norm(x, g, g, m),
    },
    axes=("BCHW", "SC", "SC", "BS"),
    also=[_scale_and_shift],
    wants="a tensor of the shape of x",
)
