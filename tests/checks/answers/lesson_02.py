"""Answers in lesson 02."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from skimage.metrics import peak_signal_noise_ratio

import nst_lessons as nst
from tests.checks.lesson_02 import DECIBELS
from tests.checks.lesson_02 import MEASURED as MOVED


def _twice(F, P):
    loss = 0
    for f, p in zip(F.flatten(), P.flatten(), strict=True):
        loss = loss + (f - p) ** 2
    return loss / (P * P).sum()


def _writes(F, P):
    F -= P
    return F.square().sum() / P.square().sum()


@torch.no_grad()
def _no_grad(F, P):
    return (F - P).square().sum() / P.square().sum()


def _subtracts(a, b):
    a -= b
    return -10 * a.square().mean().log10()


RIGHT = {
    "02.content_loss": [
        lambda F, P: ((F - P) ** 2).sum() / (P**2).sum(),
        lambda F, P: torch.sum((F - P) ** 2) / torch.sum(P**2),
        lambda F, P: torch.linalg.vector_norm(F - P) ** 2 / torch.linalg.vector_norm(P) ** 2,
        lambda F, P: torch.einsum("bchw,bchw->", F - P, F - P) / torch.einsum("bchw,bchw->", P, P),
        lambda F, P: (F - P).pow(2).mean() / P.pow(2).mean(),
        lambda X, Y: torch.nn.MSELoss(reduction="sum")(X, Y) / Y.square().sum(),
        lambda F, P: (F - P.detach()).square().sum() / P.detach().square().sum().clamp_min(1e-12),
        _twice,
    ],
    "02.psnr": [
        lambda a, b: 10 * torch.log10(1 / F.mse_loss(a, b)),
        lambda a, b: 10 * math.log10(1 / ((a - b) ** 2).mean().item()),
        lambda a, b: -10 * np.log10(((a - b).numpy() ** 2).mean()),
        lambda a, b: 20 * torch.log10(1 / (a - b).square().mean().sqrt()),
        lambda a, b: np.float32(-10 * (a - b).square().mean().log10()),
        lambda a, b: 10 / math.log(10) * -(a - b).square().mean().log(),
        lambda a, b: float(-10 * torch.log10(torch.nn.MSELoss()(b, a))),
    ],
    "02.loss_map": [
        lambda F, P: ((F - P) ** 2).sum(dim=1)[0] / (P**2).sum(),
        lambda F, P: (F - P)[0].pow(2).sum(0) / P.pow(2).sum(),
        lambda F, P: ((F - P) ** 2 / (P**2).sum()).sum((0, 1)),
        lambda F, P: (F - P).norm(dim=1)[0] ** 2 / P.norm() ** 2,
        lambda F, P: (((F - P) ** 2).sum(1) / (P**2).sum()).squeeze(),
        lambda F, P: (((F - P) ** 2).sum(1) / (P**2).sum()).squeeze(0).numpy(),
    ],
    "02.most_moved": [("colors", "Mirror", MOVED), ("the colours", "mirror ", MOVED)],
    "02.first_below": [("Relu4_1", DECIBELS), ("relu4-1 ", DECIBELS)],
    "02.second_noise": ["details", "Detail", "the details"],
}

WRONG = {
    "02.content_loss": {
        "overwritten": [_writes],
        "gradient": [
            _no_grad,
            lambda F, P: ((F - P) ** 2).sum().item() / (P**2).sum().item(),
            lambda F, P: torch.tensor(((F - P) ** 2).sum() / (P**2).sum()),
            lambda F, P: (F.detach() - P).square().sum() / P.square().sum(),
            lambda F, P: float(((F - P) ** 2).sum() / (P**2).sum()),
            lambda F, P: ((F.numpy() - P.numpy()) ** 2).sum() / (P.numpy() ** 2).sum(),
        ],
        "formula": [
            lambda F, P: F - P,
            lambda F, P: (F - P) ** 2 / P**2,
            lambda F, P: ((F - P) ** 2).sum(1) / (P**2).sum(),
            lambda F, P: (P - F).sum() ** 2 / (P**2).sum(),
            lambda F, P: (F - P).abs().mean(),
            lambda F, P: (F - P).norm(),
            lambda F, P: (F / P).square().sum(),
            lambda F, P: ((F - P) ** 2).sum() / F.numel(),
            lambda F, P: 1 - torch.cosine_similarity(F.flatten(), P.flatten(), dim=0),
            lambda F, P: (P**2).sum() / ((F - P) ** 2).sum(),
            lambda F, P: ((F - P) ** 2).sum() / (P**2).sum() * 100,
            lambda F, P: ((F - P) ** 2).max() / (P**2).max(),
            lambda F, P: ((F - P) ** 2).sum() / (P**2).max(),
            lambda F, P: ((F - P) ** 3).sum() / (P**3).sum(),
            lambda F, P: ((F - P) ** 2).sum() / ((P - P.mean()) ** 2).sum(),
            lambda F, P: ((F - P) ** 2).sum() - (P**2).sum(),
            lambda F, P: F.square().sum() / P.square().sum(),
        ],
        "precedence": [lambda F, P: F - P.square().sum() / P.square().sum(), lambda F, P: ((F - P) * 2).sum() / (P * 2).sum()],
        "called": [nst.content_loss, lambda F, P: nst.content_loss(F, P), lambda F, P: nst.style_loss(F, P)],
        "torch's words": [
            lambda F, P: (F - P).square.sum() / P.square().sum(),
            lambda F, P: (F - P).sqare().sum(),
            lambda F, P: (F - P) @ (F - P),
            lambda F, P: F.numpy() @ P,
            lambda F, P: sum((F - P) ** 2) / sum(P**2) if F - P else 0,
        ],
    },
    "02.psnr": {
        "overwritten": [_subtracts],
        "few cases": [
            lambda a, b: 10 * torch.log10(a.max() ** 2 / (a - b).square().mean()),
            lambda a, b: 10 * torch.log10(b.max() ** 2 / (a - b).square().mean()),
            lambda a, b: 20 * torch.log10(b.max() / (a - b).square().mean().sqrt()),
            lambda a, b: peak_signal_noise_ratio(b.numpy(), a.numpy(), data_range=float(b.max() - b.min())),
        ],
        "formula": [
            lambda a, b: 10 * torch.log10((a - b).square().mean()),
            lambda a, b: 10 * torch.log(1 / (a - b).square().mean()),
            lambda a, b: torch.log10(1 / (a - b).square().mean()),
            lambda a, b: 10 * torch.log2(1 / (a - b).square().mean()),
            lambda a, b: 10 * torch.log10(1 / (a - b).abs().mean()),
            lambda a, b: 10 * torch.log10(1 / (a - b).square().sum()),
            lambda a, b: 10 * torch.log10(255**2 / (a - b).square().mean()),
            lambda a, b: 10 * torch.log10(1 / (a - b).square()).mean(),
            lambda a, b: 10 * torch.log10(1 / (a - b).mean()).abs(),
            lambda a, b: 10 / (a - b).square().mean(),
            lambda a, b: 1 / (a - b).square().mean(),
            lambda a, b: 100 - (a - b).square().mean(),
            lambda a, b: 10 * torch.log10(1 + 1 / (a - b).square().mean()),
            lambda a, b: 10 * torch.log10(1 / (a - b).square().mean((0, 1, 2))),
            lambda a, b: (a - b).square(),
            lambda a, b: 10 * torch.log10(1 / (a - b).var()),
        ],
        "precedence": [lambda a, b: 10 * math.log10(1) / (a - b).square().mean(), lambda a, b: a - b.square().mean()],
        "called": [lambda a, b: peak_signal_noise_ratio(b.numpy(), a.numpy(), data_range=1)],
        "torch's words": [lambda a, b: 10 * math.log10(1 / (a - b).square()), lambda a, b: math.log10((a - b).square().mean)],
    },
    "02.loss_map": {
        "formula": [
            lambda F, P: (F - P).square().sum(0) / P.square().sum(),
            lambda F, P: (F - P).square().sum((2, 3)) / P.square().sum(),
            lambda F, P: (F - P).square().sum(1, keepdim=True) / P.square().sum(),
            lambda F, P: (F - P).square().sum(1)[0].T / P.square().sum(),
            lambda F, P: (F - P).square().sum(1)[0].flatten() / P.square().sum(),
            lambda F, P: (F - P).square().sum(-1)[0] / P.square().sum(),
            lambda F, P: (F - P).square().mean(1)[0] / P.square().mean(),
            lambda F, P: (F - P).square().sum(1)[0] / (F - P).square().sum(),
            lambda F, P: (F - P).square().sum(1)[0] / P.sum(),
            lambda F, P: (F - P).square().sum(1)[0] / P.norm(),
            lambda F, P: (F.square().sum(1) - P.square().sum(1))[0] / P.square().sum(),
            lambda F, P: (F - P).square().sum(1)[0] / 2,
            lambda F, P: (F - P).square().sum(),
            lambda F, P: (F - P).norm(dim=1)[0] / P.norm(),
        ],
        "called": [lambda F, P: nst.content_loss(F, P)],
        "torch's words": [
            lambda F, P: (F - P).square().sum(1)[0, 0, 0],
            lambda F, P: (F - P).square().sum(5),
            lambda F, P: F[0] - P[0, 0, 0, 0, 0],
        ],
    },
    "02.most_moved": {
        "formula": [
            ("blur", "mirror", MOVED),
            ("shift", "mirror", MOVED),
            ("colours", "noise", MOVED),
            ("mirror", "colours", MOVED),
        ],
        "spelling": [("green", "mirror", MOVED), ("relu1_1", "relu5_1", MOVED)],
        "container": [(["colours", "mirror"], "mirror", MOVED), ("colours", "mirror", 3), ("colours", None, MOVED)],
    },
    "02.first_below": {
        "formula": [("relu1_1", DECIBELS), ("relu2_1", DECIBELS), ("relu3_1", DECIBELS), ("relu5_1", DECIBELS)],
        "spelling": [("conv4_1", DECIBELS), (4, DECIBELS), (20, DECIBELS)],
        "container": [(["relu4_1", "relu5_1"], DECIBELS), ("relu4_1", 18.0), (None, DECIBELS)],
    },
}
