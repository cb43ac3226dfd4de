"""Provide inputs and mistakes that exercises of several lessons share. Mistakes are {message: wrong function}."""

from collections.abc import Callable

import torch

Mistakes = dict[str, Callable]


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    """Return random numbers in [0, 1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """Return random numbers with mean 0 and variance 1."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def unlike_channels(*shape: int, seed: int = 0) -> torch.Tensor:
    """Return random x (B, C, H, W); each channel of each picture has its own mean and standard deviation."""
    scale, shift = 0.5 + 3 * uniform(2, *shape[:2], 1, 1, seed=seed)
    return scale * normal(*shape, seed=seed + 100) + 2 * shift


# The squared distance divided by the target's sum of squares: lesson 02's content loss, lesson 03's style loss


def relative(value: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the sum of squared differences, divided by the target's sum of squares."""
    return (value - target).square().sum() / target.square().sum()


def relative_mistakes(v: str, t: str) -> Mistakes:
    """Return the usual mistakes about `relative`, in an exercise that calls the value `v` and the target `t`."""
    return _wrong_numerators(v, t) | _wrong_denominators(v, t)


def _wrong_numerators(v: str, t: str) -> Mistakes:
    return {
        "square the differences; otherwise positive and negative ones cancel.": lambda a, b: (a - b).sum() / b.square().sum(),
        "square each difference before you sum; otherwise they cancel.": lambda a, b: (a - b).sum().square() / b.square().sum(),
        f"square each difference, and each value of {t}, before you sum.": lambda a, b: (
            (a - b).sum().square() / b.sum().square()
        ),
        "those are absolute differences: square them instead.": lambda a, b: (a - b).abs().sum() / b.abs().sum(),
        "the numerator sums absolute differences: square them instead.": lambda a, b: (a - b).abs().sum() / b.square().sum(),
        f"a distance needs the difference {v} - {t}, not the sum.": lambda a, b: relative(-a, b),
        f"subtract first, {v} - {t}, then square: you square first.": lambda a, b: (
            (a.square() - b.square()).sum() / b.square().sum()
        ),
        "that compares the two largest squares: compare the sums of all squares.": lambda a, b: (
            (a - b).square().max() / b.square().max()
        ),
        "you take only the largest squared difference: sum all of them.": lambda a, b: (
            (a - b).square().max() / b.square().sum()
        ),
        "that is only the largest difference: sum the squares of all of them.": lambda a, b: (a - b).abs().max(),
        "that is the square root of the loss: leave the root out.": lambda a, b: relative(a, b).sqrt(),
        "the paper's 1/2 does not belong here: the loss is one sum divided by the other.": lambda a, b: relative(a, b) / 2,
    }


def _wrong_denominators(v: str, t: str) -> Mistakes:
    return {
        f"divide by the target's own sum of squares, the sum of {t}², so that layers can be compared.": lambda a, b: (
            (a - b).square().sum()
        ),
        f"that is the mean of the squared differences: divide it by the mean of {t}², or use two sums.": lambda a, b: (
            (a - b).square().mean()
        ),
        "you divide a mean by a sum: use two sums or two means.": lambda a, b: relative(a, b) / a.numel(),
        "you divide a sum by a mean: use two sums or two means.": lambda a, b: relative(a, b) * a.numel(),
        f"you divide by the sum of squares of {v}, which changes with the picture: use the target {t}.": lambda a, b: (
            (a - b).square().sum() / a.square().sum()
        ),
        f"square {t} too: divide by the sum of {t}².": lambda a, b: (a - b).square().sum() / b.sum(),
        f"in the denominator, square each value of {t} before you sum.": lambda a, b: (a - b).square().sum() / b.sum().square(),
        f"`norm()` is the root of the sum of squares: divide by its square, the sum of {t}².": lambda a, b: (
            (a - b).square().sum() / b.norm()
        ),
        f"you divide entry by entry: divide the sum of squares by ONE number, the sum of {t}².": lambda a, b: (
            ((a - b) / b).square().sum()
        ),
        f"you divide entry by entry: divide the mean of the squares by ONE number, the mean of {t}².": lambda a, b: (
            ((a - b) / b).square().mean()
        ),
        f"divide by the target's sum of squares only, without that of {v}.": lambda a, b: (
            (a - b).square().sum() / (a.square().sum() + b.square().sum())
        ),
        f"you subtract the mean of {t} before you square: square {t} as it is.": lambda a, b: (
            (a - b).square().sum() / (b - b.mean()).square().sum()
        ),
        f"divide by the SUM of all {t}², not by the largest.": lambda a, b: (a - b).square().sum() / b.square().max(),
    }


# The Gram matrix: of (C, H, W) in lesson 03, of (B, C, H, W) in lesson 06


def gram(features: torch.Tensor) -> torch.Tensor:
    """Return the Gram matrix (..., C, C) of features (..., C, H, W), divided by C*H*W."""
    return torch.einsum("...chw,...dhw->...cd", features, features) / values(features)


def values(features: torch.Tensor) -> int:
    """Return C*H*W of features (..., C, H, W)."""
    return features.shape[-3:].numel()


def of_positions(features: torch.Tensor) -> torch.Tensor:
    """Compute the product that compares positions instead of channels."""
    return features.flatten(-2).mT @ features.flatten(-2) / values(features)


def of_pieces(features: torch.Tensor) -> torch.Tensor:
    """Compute the Gram matrix of "rows" that `reshape` cuts out of the channels."""
    rows = features.reshape(*features.shape[:-3], -1, features.shape[-3])  # (..., H*W, C), but each row a piece of one channel
    return rows.mT @ rows / values(features)


def of_mixed_rows(features: torch.Tensor) -> torch.Tensor:
    """Compute the Gram matrix of rows cut from (H, W, C) without permuting the axes back."""
    rows = features.movedim(-3, -1).reshape(*features.shape[:-3], features.shape[-3], -1)
    return rows @ rows.mT / values(features)


def _centred(features: torch.Tensor) -> torch.Tensor:
    return features - features.mean((-2, -1), keepdim=True)


def _per_channel(features: torch.Tensor) -> torch.Tensor:
    return features / features.flatten(-2).norm(dim=-1)[..., None, None]


GRAM_MISTAKES: Mistakes = {
    "your matrix is not divided: the lesson divides by C*H*W.": lambda f: gram(f) * values(f),
    "you divide by H*W only: the lesson divides by C*H*W.": lambda f: gram(f) * f.shape[-3],
    "you divide by C only: the lesson divides by C*H*W.": lambda f: gram(f) * f.shape[-2:].numel(),
    "your matrix compares positions, not channels: it should be C x C. Which factor is transposed?": of_positions,
    "your matrix compares positions, not channels, and is not divided. Which factor is transposed?": lambda f: (
        of_positions(f) * values(f)
    ),
    "the rows of your F are not channels: `reshape` after `permute` mixes them. Flatten the last axes instead.": of_mixed_rows,
    "you have subtracted the mean, which gives the covariance. Keep the mean in a Gram matrix.": lambda f: gram(_centred(f)),
    "you have subtracted the mean, which gives the covariance. Keep the mean, and divide by C*H*W.": lambda f: (
        gram(_centred(f)) * values(f) / (f.shape[-2:].numel() - 1)
    ),
    "you sum each channel before you multiply: multiply position by position, then sum.": lambda f: (
        f.sum((-2, -1))[..., None] * f.sum((-2, -1))[..., None, :] / values(f)
    ),
    "you average each channel before you multiply: multiply position by position, then sum.": lambda f: (
        f.mean((-2, -1))[..., None] * f.mean((-2, -1))[..., None, :]
    ),
    "you divide each channel by its own norm, which loses its strength. Divide once, by C*H*W.": lambda f: (
        gram(_per_channel(f)) * values(f)
    ),
}
