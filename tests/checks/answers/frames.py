"""Answers about the distances between frames, in lesson 09."""

import numpy as np
import torch
import torch.nn.functional as F


def _flicker(f, b, m):
    return ((f - b).abs() * m).sum() / (3 * m.sum())


def _hides_in_place(f, b, m):
    f *= m
    b *= m
    return (f - b).abs().sum() / (3 * m.sum())


def _temporal_in_place(x, b, c):
    x -= b
    return (c * x**2).mean()


RIGHT = {
    "09.flicker": [
        _flicker,
        lambda f, b, m: (f - b).abs()[m.expand_as(f) > 0].mean(),
        lambda f, b, m: (m * (f - b).abs()).sum().item() / (3 * m.sum().item()),
        lambda f, b, m: F.l1_loss(f * m, b * m, reduction="sum") / m.expand_as(f).sum(),
        lambda f, b, m: ((f - b).abs().mean(1, keepdim=True) * m).sum() / m.sum(),
        lambda f, b, m: np.abs(f - b)[m.expand_as(f).bool()].mean(),
        lambda f, b, m: np.float32(_flicker(f, b, m)),
    ],
    "09.temporal_loss": [
        lambda x, b, c: (c * (x - b) ** 2).mean(),
        lambda x, b, c: torch.mean(c * torch.square(x - b)),
        lambda x, b, c: (c * (x - b) ** 2).sum() / x.numel(),
        lambda x, w, c: (c.expand_as(x) * F.mse_loss(x, w, reduction="none")).sum() / (x.shape[1] * x.shape[2] * x.shape[3]),
        lambda x, b, c: ((c.sqrt() * (x - b)) ** 2).mean(),
        lambda x, b, c: (c * (x - b.detach()).pow(2)).mean(dim=(0, 1, 2, 3)),
    ],
}

WRONG = {
    "09.flicker": {
        "overwritten": [_hides_in_place],
        "precedence": [
            lambda f, b, m: ((f - b).abs() * m).sum() / 3 * m.sum(),
            lambda f, b, m: (f - b.abs() * m).sum() / (3 * m.sum()),
        ],
        "formula": [
            lambda f, b, m: (f - b).abs().mean(),
            lambda f, b, m: ((f - b).abs() * m).mean(),
            lambda f, b, m: ((f - b).abs() * m).sum(),
            lambda f, b, m: ((f - b).abs() * m).sum() / m.sum(),
            lambda f, b, m: ((f - b) ** 2 * m).sum() / (3 * m.sum()),
            lambda f, b, m: ((f - b) * m).sum() / (3 * m.sum()),
            lambda f, b, m: ((f - b) * m).sum().abs() / (3 * m.sum()),
            lambda f, b, m: ((f - b).abs() * (1 - m)).sum() / (3 * (1 - m).sum()),
            lambda f, b, m: ((f - b).abs() * m).sum() / m.numel(),
            lambda f, b, m: ((f - b).abs() * m).sum() / (3 * m.numel()),
            lambda f, b, m: ((f - b).abs() * m).sum() / f.numel(),
            lambda f, b, m: ((f - b).abs() * m).max(),
            lambda f, b, m: (f - b).abs().sum() / (3 * m.sum()),
            lambda f, b, m: ((f + b).abs() * m).sum() / (3 * m.sum()),
            lambda f, b, m: ((f - b).abs() * m).sum(1) / 3,
            lambda f, b, m: (f - b).abs() * m,
            lambda f, b, m: ((f - b).abs() * m).sum() / (3 * (m == 0).sum()),
            lambda f, b, m: ((f - b).norm(dim=1) * m[0]).sum() / m.sum(),
            lambda f, b, m: ((f - b).abs().amax(1, keepdim=True) * m).sum() / m.sum(),
            lambda f, b, m: (f * m - b).abs().sum() / (3 * m.sum()),
            lambda f, b, m: (((f - b) ** 2 * m).sum() / (3 * m.sum())).sqrt(),
            lambda f, b, m: 100 * _flicker(f, b, m),
            lambda f, b, m: (f - b).abs()[m.expand_as(f) > 0].median(),
            lambda f, b, m: 1 - _flicker(f, b, m),
        ],
        "torch's words": [
            lambda f, b, m: (f - b).abs()[m > 0].mean(),
            lambda f, b, m: (f - b).abs() @ m.flatten(),
            lambda f, b, m: ((f - b).abs * m).sum(),
            lambda f, b, m: ((f - b).abs() * m).sum() / (3 * m.sum),
        ],
    },
    "09.temporal_loss": {
        "overwritten": [_temporal_in_place],
        "gradient": [
            torch.no_grad()(lambda x, b, c: (c * (x - b) ** 2).mean()),
            lambda x, b, c: (c * (x - b) ** 2).mean().item(),
            lambda x, b, c: (c * (x.detach() - b) ** 2).mean(),
            lambda x, b, c: torch.tensor((c * (x - b) ** 2).mean()),
            lambda x, b, c: np.mean(c.numpy() * (x.numpy() - b.numpy()) ** 2),
        ],
        "precedence": [
            lambda x, b, c: (c * x - b).square().mean(),
            lambda x, b, c: c * (x - b).square().mean(),
            lambda x, b, c: (c * (x - b)).square().mean(),
        ],
        "formula": [
            lambda x, b, c: ((x - b) ** 2).mean(),
            lambda x, b, c: (c * (x - b) ** 2).sum(),
            lambda x, b, c: (c * (x - b).abs()).mean(),
            lambda x, b, c: (c * (x - b)).mean(),
            lambda x, b, c: (c * (x - b) ** 2).sum() / c.sum(),
            lambda x, b, c: (c * (x - b) ** 2).sum() / (3 * c.sum()),
            lambda x, b, c: ((1 - c) * (x - b) ** 2).mean(),
            lambda x, b, c: (c * (x - b) ** 2).mean().sqrt(),
            lambda x, b, c: (c * (x - b) ** 2).mean() / 2,
            lambda x, b, c: 100 * (c * (x - b) ** 2).mean(),
            lambda x, b, c: (c * (x + b) ** 2).mean(),
            lambda x, b, c: (c * (x**2 - b**2)).mean(),
            lambda x, b, c: (c * (x - b) ** 2).sum() / x[0, 0].numel(),
            lambda x, b, c: (c * (x - b) ** 2).mean((2, 3)),
            lambda x, b, c: c * (x - b) ** 2,
            lambda x, b, c: c.mean() * ((x - b) ** 2).mean(),
            lambda x, b, c: (c + (x - b) ** 2).mean(),
            lambda x, b, c: (c * (x - b) ** 2).max(),
            lambda x, b, c: (c * (x - b) ** 2).mean() / (b**2).mean(),
            lambda x, b, c: (c * (x - b) ** 3).mean(),
            lambda x, b, c: ((c > 0.5) * (x - b) ** 2).mean(),
            lambda x, b, c: (c * (x - b) ** 2).mean() + (x - b).abs().mean(),
        ],
        "torch's words": [
            lambda x, b, c: (c[0] @ (x - b) ** 2).mean().norm(9, 9, 9, 9),
            lambda x, b, c: (c.flatten() * (x - b) ** 2).mean(),
            lambda x, b, c: (c * (x - b).square).mean(),
            lambda x, b, c: mean(c * (x - b) ** 2),  # noqa: F821
        ],
    },
}
