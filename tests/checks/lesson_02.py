import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio

import nst_lessons as nst
from nst_lessons.checks import lesson_02
from tests.checks import Case, puzzles


def _stub(F, P):
    """The content loss."""
    ...


def _psnr_stub(image, photo):
    """The decibels."""
    ...


def _map_stub(F, P):
    """The map."""
    ...


def _content_loss(F, P):
    return ((F - P) ** 2).sum() / (P**2).sum()


def _by_scikit_image(image, photo):
    return peak_signal_noise_ratio(photo.numpy(), image.numpy(), data_range=1)


MEASURED = {
    "relu1_1": {"blur": 0.2, "noise": 0.1, "shift": 0.9, "colours": 1.6, "mirror": 1.0},
    "relu5_1": {"blur": 0.4, "noise": 0.2, "shift": 0.35, "colours": 0.3, "mirror": 1.1},
}
NOISY = {"relu1_1": {"blur": 0.1, "noise": 2.0}, "relu5_1": {"blur": 0.4, "noise": 0.1}}
DECIBELS = {"relu1_1": 37.0, "relu2_1": 24.0, "relu3_1": 21.5, "relu4_1": 18.0, "relu5_1": 14.5}
CUT_SHORT = dict.fromkeys(DECIBELS, 12.0)


CASES = {
    "content_loss": Case(
        right=[
            lambda F, P: torch.nn.functional.mse_loss(F, P) / (P**2).mean(),
            lambda F, P: ((F - P).norm() / P.norm()) ** 2,
        ],
        wrong=[
            (lambda F, P: 0.5 * ((F - P) ** 2).sum(), "equation (1) as it stands"),
            (lambda F, P: ((F - P) ** 2).sum(), "target's own sum of squares"),
            (lambda F, P: 0.5 * _content_loss(F, P), "paper's 1/2 does not belong"),
            (lambda F, P: torch.nn.functional.mse_loss(F, P), "mean of the squared"),
            (lambda F, P: torch.nn.functional.mse_loss(F, P) / (P**2).sum(), "divide a mean by a sum"),
            (lambda F, P: ((F - P) ** 2).sum() / (F**2).sum(), "sum of squares of F"),
            (lambda F, P: (F - P).sum() / (P * P).sum(), "cancel"),
            (lambda F, P: (F - P).norm() / P.norm(), "square root"),
            (lambda F, P: torch.nn.functional.l1_loss(F, P) / P.abs().mean(), "absolute"),
            (lambda F, P: (F - P) ** 2, "should be one number"),
            (nst.content_loss, "do it yourself"),
        ],
        stub=_stub,
        crashing=lambda F, P: (F - P[:, :1, :1, :2]).sum(),
    ),
    "psnr": Case(
        right=[
            lambda a, b: -10 * np.log10(np.mean((a.numpy() - b.numpy()) ** 2)),
            lambda a, b: 10 * torch.log10(1 / ((a - b) ** 2).mean()),
            lambda a, b: -20 * torch.nn.functional.mse_loss(a, b).sqrt().log10().item(),
        ],
        wrong=[
            (torch.nn.functional.mse_loss, "mean squared error"),
            (lambda a, b: 10 * torch.nn.functional.mse_loss(a, b).log10(), "the sign"),
            (lambda a, b: -10 * torch.nn.functional.mse_loss(a, b).log(), "natural"),
            (lambda a, b: -20 * torch.nn.functional.mse_loss(a, b).log10(), "twice too large"),
            (lambda a, b: -10 * torch.nn.functional.mse_loss(a, b).sqrt().log10(), "half of what"),
            (lambda a, b: -torch.nn.functional.mse_loss(a, b).log10(), "in front"),
            (lambda a, b: 10 * torch.log10(255**2 / ((a - b) ** 2).mean()), "not 255"),
            (_by_scikit_image, "do it yourself"),
            (lambda a, b: -10 * ((a - b) ** 2).sum().log10(), "SUM"),
            (lambda a, b: -10 * (a - b).abs().mean().log10(), "absolute"),
            (lambda a, b: "27 dB", "returns the text"),
        ],
        stub=_psnr_stub,
        crashing=lambda a, b: peak_signal_noise_ratio(a),
    ),
    "loss_map": Case(
        right=[
            lambda F, P: ((F - P) ** 2).sum(1).squeeze(0) / (P**2).sum(),
            lambda F, P: torch.einsum("bchw,bchw->hw", F - P, F - P) / P.norm() ** 2,
        ],
        wrong=[
            (lambda F, P: ((F - P) ** 2).sum(1)[0], "sums to the content loss"),
            (lambda F, P: ((F - P) ** 2).mean(1)[0] / (P**2).sum(), "mean over the channels"),
            (lambda F, P: (((F - P) ** 2).sum(1) / (P**2).sum(1))[0], "new number at each place"),
            (lambda F, P: ((F - P) ** 2).sum((0, 2, 3)) / (P**2).sum(), "one number per channel"),
            (lambda F, P: _content_loss(F, P), "nothing is left to draw"),
            (lambda F, P: ((F - P) ** 2).sum(1) / (P**2).sum(), "batch of one map"),
            (lambda F, P: (((F - P) ** 2).sum(1)[0] / (P**2).sum()).sqrt(), "square root"),
            (lambda F, P: (F - P) ** 2, "too many axes"),
        ],
        stub=_map_stub,
        crashing=lambda F, P: (F - P)[0].sum(7),
    ),
    "most_moved": Case(
        right=[("colours", "mirror", MEASURED), (" Colours", "MIRROR", MEASURED), ("noise", "blur", NOISY)],
        wrong=[
            (("mirror", "mirror", MEASURED), "first layer, 1 of the changes counts for more than 'mirror'"),
            (("noise", "mirror", MEASURED), "first layer, 4 of the changes count for more than 'noise'"),
            (("colours", "colours", MEASURED), "deep layer, 3 of the changes count for more than 'colours'"),
            (("colours", "shift", MEASURED), "deep layer, 2 of the changes count for more than 'shift'"),
            (("colours", "rotate", MEASURED), "none of the choices"),
            ((3, "mirror", MEASURED), "none of the choices"),
        ],
        stub=(..., ..., MEASURED),
        crashing=None,
    ),
    "first_below": Case(
        right=[
            ("relu4_1", DECIBELS),
            (" RELU4_1", DECIBELS),
            ("relu3_1", {**DECIBELS, "relu3_1": 19.0}),
            ("relu4_1", CUT_SHORT),
        ],
        wrong=[
            (("relu3_1", DECIBELS), "relu3_1 is still a good copy"),
            (("relu1_1", DECIBELS), "relu1_1 is still a good copy"),
            (("relu5_1", DECIBELS), "not the FIRST"),
            (("relu4_2", DECIBELS), "none of the choices"),
            (("relu5_1", dict.fromkeys(DECIBELS, 32.0)), "no layer falls"),
        ],
        stub=(..., DECIBELS),
        crashing=None,
    ),
    "second_noise": Case(
        right=["details", "Details "],
        wrong=[("the same", "dark all over"), ("objects", "must stay"), ("colour", "none of the choices")],
        stub=...,
        crashing=None,
    ),
}
CASES |= puzzles.cases(lesson_02)
