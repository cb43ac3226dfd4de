"""Inputs and mistakes that exercises of several lessons share. Mistakes are {message: wrong function}."""

from collections.abc import Callable

import torch

Mistakes = dict[str, Callable]


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers in [0, 1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers with mean 0 and variance 1."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def unlike_channels(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random x (B, C, H, W), each channel of each picture with a mean and a deviation of its own."""
    scale, shift = 0.5 + 3 * uniform(2, *shape[:2], 1, 1, seed=seed)
    return scale * normal(*shape, seed=seed + 100) + 2 * shift


# The squared distance in units of the target's energy: lesson 02's content loss, lesson 03's style loss


def relative(value: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The sum of the squared differences, divided by the target's sum of squares."""
    return (value - target).square().sum() / target.square().sum()


def relative_mistakes(v: str, t: str) -> Mistakes:
    """The usual mistakes about `relative`, where the exercise calls the value `v` and the target `t`."""
    return {
        f"divide by the target's own sum of squares, the sum of {t}², so that layers can be compared.": lambda a, b: (
            (a - b).square().sum()
        ),
        f"that is the mean of the squared differences: divide it by the mean of {t}², or take both as sums.": lambda a, b: (
            (a - b).square().mean()
        ),
        "the paper's 1/2 has no place here: the loss is one sum divided by the other.": lambda a, b: relative(a, b) / 2,
        "above is a mean and below a sum: take both as sums, or both as means.": lambda a, b: relative(a, b) / a.numel(),
        "above is a sum and below a mean: take both as sums, or both as means.": lambda a, b: relative(a, b) * a.numel(),
        f"you divide by the sum of squares of {v}: it changes while the picture changes; the target {t} stays.": lambda a, b: (
            (a - b).square().sum() / a.square().sum()
        ),
        "square the differences: as they are, those above 0 and those below cancel.": lambda a, b: (
            (a - b).sum() / b.square().sum()
        ),
        "square each difference first, and add up afterwards: you add up first, so that they cancel.": lambda a, b: (
            (a - b).sum().square() / b.square().sum()
        ),
        f"square each difference, and each value of {t}, before you add up: you add up first.": lambda a, b: (
            (a - b).sum().square() / b.sum().square()
        ),
        f"square {t} too: below stands the sum of {t}².": lambda a, b: (a - b).square().sum() / b.sum(),
        f"below, square each value of {t} first, and add up afterwards.": lambda a, b: (
            (a - b).square().sum() / b.sum().square()
        ),
        f"`norm()` is the square root of the sum of squares: below, its square is wanted, the sum of {t}².": lambda a, b: (
            (a - b).square().sum() / b.norm()
        ),
        "that is the square root of it: the lesson takes the squares as they are.": lambda a, b: relative(a, b).sqrt(),
        "those are absolute differences: square them instead.": lambda a, b: (a - b).abs().sum() / b.abs().sum(),
        "those are absolute differences: square them instead, as below.": lambda a, b: (a - b).abs().sum() / b.square().sum(),
        f"you divide place by place: divide the sum of the squares by ONE number, the sum of {t}².": lambda a, b: (
            ((a - b) / b).square().sum()
        ),
        f"you divide place by place: divide the mean of the squares by ONE number, the mean of {t}².": lambda a, b: (
            ((a - b) / b).square().mean()
        ),
        f"a distance is a difference: {v} - {t}, not a sum of the two.": lambda a, b: relative(-a, b),
        f"take the difference {v} - {t} first, and square it: you square first.": lambda a, b: (
            (a.square() - b.square()).sum() / b.square().sum()
        ),
        f"only the target's sum of squares stands below, without that of {v}.": lambda a, b: (
            (a - b).square().sum() / (a.square().sum() + b.square().sum())
        ),
        "that compares the two largest values: compare the sums of all squares.": lambda a, b: (
            (a - b).square().max() / b.square().max()
        ),
        f"the squares of {t} are taken as they are: yours takes the mean of {t} away first.": lambda a, b: (
            (a - b).square().sum() / (b - b.mean()).square().sum()
        ),
        f"below stands the SUM of all {t}², not the largest of them.": lambda a, b: (a - b).square().sum() / b.square().max(),
        "all squared differences are added up, not only the largest taken.": lambda a, b: (
            (a - b).square().max() / b.square().sum()
        ),
        "that is the largest difference alone: add up all of them.": lambda a, b: (a - b).abs().max(),
    }


# The Gram matrix: of (C, H, W) in lesson 03, of (B, C, H, W) in lesson 06


def gram(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrix (..., C, C) of features (..., C, H, W), divided by C*H*W."""
    return torch.einsum("...chw,...dhw->...cd", features, features) / values(features)


def values(features: torch.Tensor) -> int:
    """C*H*W of features (..., C, H, W)."""
    return features.shape[-3:].numel()


def of_positions(features: torch.Tensor) -> torch.Tensor:
    """The product that compares positions instead of channels."""
    return features.flatten(-2).mT @ features.flatten(-2) / values(features)


def of_pieces(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrix of "rows" that `reshape` cuts out of the channels."""
    rows = features.reshape(*features.shape[:-3], -1, features.shape[-3])  # (..., H*W, C), but each row a piece of one channel
    return rows.mT @ rows / values(features)


def of_mixed_rows(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrix of rows that are made of (H, W, C) without turning the axes back."""
    rows = features.movedim(-3, -1).reshape(*features.shape[:-3], features.shape[-3], -1)
    return rows @ rows.mT / values(features)


def _centred(features: torch.Tensor) -> torch.Tensor:
    return features - features.mean((-2, -1), keepdim=True)


def _per_channel(features: torch.Tensor) -> torch.Tensor:
    return features / features.flatten(-2).norm(dim=-1)[..., None, None]


GRAM_MISTAKES: Mistakes = {
    "your matrix is not divided: the lesson divides by C*H*W.": lambda f: gram(f) * values(f),
    "your matrix is divided by H*W only: the lesson divides by C*H*W.": lambda f: gram(f) * f.shape[-3],
    "your matrix is divided by C only: the lesson divides by C*H*W.": lambda f: gram(f) * f.shape[-2:].numel(),
    "your matrix compares positions, not channels: it should be C x C. Which factor is transposed?": of_positions,
    "your matrix compares positions, not channels, and is not divided. Which factor is transposed?": lambda f: (
        of_positions(f) * values(f)
    ),
    "the rows of your matrix F are no channels: `reshape` after `permute` mixes them. Flatten the last axes.": of_mixed_rows,
    "you have subtracted the mean: that is the covariance. The Gram matrix keeps it.": lambda f: gram(_centred(f)),
    "you have subtracted the mean: that is the covariance. The Gram matrix keeps it, and is divided by C*H*W.": lambda f: (
        gram(_centred(f)) * values(f) / (f.shape[-2:].numel() - 1)
    ),
    "you add up each channel first and multiply then: multiply position by position, then add up.": lambda f: (
        f.sum((-2, -1))[..., None] * f.sum((-2, -1))[..., None, :] / values(f)
    ),
    "you take the mean of each channel and multiply then: multiply position by position, then add up.": lambda f: (
        f.mean((-2, -1))[..., None] * f.mean((-2, -1))[..., None, :]
    ),
    "each channel is divided by its own length first: then its strength is lost. Divide once, by C*H*W.": lambda f: (
        gram(_per_channel(f)) * values(f)
    ),
}
