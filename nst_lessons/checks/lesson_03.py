"""The exercises of 03_style."""

import torch

from nst_lessons.checks.question import Question, same_as


def _features(channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor]:
    """Random features (C, H, W), none negative, as after a ReLU."""
    return (torch.rand(channels, height, width, generator=torch.Generator().manual_seed(seed)),)


def _gram(features: torch.Tensor) -> torch.Tensor:
    return torch.einsum("chw,dhw->cd", features, features) / features.numel()


def _flat(features: torch.Tensor) -> torch.Tensor:
    return features.flatten(1)


def _positions(features: torch.Tensor) -> torch.Tensor:
    return _flat(features).mT @ _flat(features) / features.numel()


def _reshaped(features: torch.Tensor) -> torch.Tensor:
    flat = features.permute(1, 2, 0).reshape(features.shape[0], -1)
    return flat @ flat.mT / features.numel()


gram = Question(
    same_as(
        _gram,
        [_features(3, 4, 5, 0), _features(6, 2, 7, 1), _features(5, 5, 5, 2)],
        [
            ("your matrix is not divided: the lesson divides by C*H*W.", lambda f: _gram(f) * f.numel()),
            ("your matrix is divided by H*W only: the lesson divides by C*H*W.", lambda f: _gram(f) * f.shape[0]),
            ("your matrix is divided by C only: the lesson divides by C*H*W.", lambda f: _gram(f) * f[0].numel()),
            ("your matrix compares positions, not channels: it should be C x C. Which factor is transposed?", _positions),
            (
                "the rows of your matrix F are not channels: `reshape` after `permute` mixes them. Flatten the last two axes "
                "of (C, H, W) as they are.",
                _reshaped,
            ),
            (
                "you have subtracted the mean: that is the covariance. The Gram matrix keeps it.",
                lambda f: _gram(f - f.mean((1, 2), keepdim=True)),
            ),
        ],
    ),
    hints=[
        "Which two axes disappear? Make the features a matrix with one row a channel first.",
        "`F = features.flatten(1)` is (C, H*W). The Gram matrix is a product of F and F transposed, divided by a number.",
    ],
    code="""
    def gram(features):
        F = features.flatten(1)  # (C, H*W)
        return F @ F.T / features.numel()
    """,
    why="row i of F is channel i at all positions, so (F Fᵀ)_ij sums F_i F_j over the positions: where they were is gone.",
)
