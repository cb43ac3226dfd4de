"""Answers in lesson 01."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.checks.lesson_01 import MEASURED


def _by_reduce(layers):
    import functools

    return functools.reduce(lambda state, layer: (state[0] + (layer[0] - 1) * state[1], state[1] * layer[1]), layers, (1, 1))[0]


def _by_numpy(layers):
    kernels, strides = np.array(layers).T
    return 1 + ((kernels - 1) * np.concatenate([[1], np.cumprod(strides)[:-1]])).sum()


def _consuming(layers):
    size, jump = 1, 1
    while layers:
        kernel, stride = layers.pop(0)
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size


def _no_loop(layers):
    kernel, _ = layers[0]
    return kernel


def _returns_early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
        return size


def _no_jump(layers):
    size, jump = 1, 1
    for kernel, _ in layers:
        size += (kernel - 1) * jump
    return size


def _both(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size, jump


def _jump_of_last(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump = stride
    return size


def _multiplied(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size *= kernel * jump
        jump *= stride
    return size


def _grad(u, score_of):
    u = u.clone().requires_grad_()
    score_of(u).backward()
    return u.grad


def _rms(g):
    return g.square().mean().sqrt()


def _in_place(u, score_of, step):
    g = _grad(u, score_of)
    u += step * g / _rms(g)
    return u


def _not_a_leaf(u, score_of, step):
    u = u.requires_grad_().clone()
    score_of(u).backward()
    return u + step * u.grad


def _other_tensor(u, score_of, step):
    v = u.clone().requires_grad_()
    (g,) = torch.autograd.grad(score_of(u), v)
    return v + g


def _no_scalar(u, score_of, step):
    u = u.clone().requires_grad_()
    (u * score_of(u)).backward()
    return u


RIGHT = {
    "01.shape": [
        (512, 20, 30),
        torch.Size((512, 20, 30)),
        np.array([512, 20, 30]),
        "(512, 20, 30)",
        ["512", "20", "30"],
        [512, 160 / 8, 240 / 8],
    ],
    "01.receptive_field": [
        _by_reduce,
        _by_numpy,
        lambda layers: torch.tensor(_by_reduce(layers)),
        lambda layers: np.int64(_by_reduce(layers)),
    ],
    "01.climb": [
        lambda u, s, step: u + step * _grad(u, s) / _rms(_grad(u, s)),
        lambda u, s, step: u + step * _grad(u, s) / torch.sqrt(torch.mean(_grad(u, s) ** 2)),
        lambda u, s, step: (u + step * F.normalize(_grad(u, s).flatten(), dim=0).view_as(u) * u.numel() ** 0.5).detach(),
        lambda u, s, step: u.numpy() + step * (g := _grad(u, s).numpy()) / np.sqrt((g**2).mean()),
        lambda u, s, step: u.double() + step * _grad(u, s) / (_rms(_grad(u, s)) + 1e-12),
    ],
    "01.depth": [(" RELU1_1", "relu4_1", MEASURED), ("relu2_1", "ReLU5_1 ", MEASURED), ("relu1-1", "relu 4_1", MEASURED)],
}

WRONG = {
    "01.shape": {
        "range": [
            (512, 80, 120),
            (512, 40, 60),
            (512, 10, 15),
            (512, 5, 7),
            (512, 160, 240),
            (512, 20, 240),
            (512, 160, 30),
            (512, 53, 80),
        ],
        "formula": [
            (64, 160, 240),
            (256, 40, 60),
            (256, 20, 30),
            (128, 20, 30),
            (1024, 20, 30),
            (3, 20, 30),
            (512, 30, 20),
            (20, 30, 512),
        ],
        "container": [
            512,
            (512, 20),
            (1, 512, 20, 30),
            (512, 600),
            "relu4_1",
            None,
            {"C": 512},
            len,
            [[512, 20, 30]] * 2,
            (512, 20, 30, 1),
        ],
    },
    "01.receptive_field": {
        "overwritten": [_consuming],
        "formula": [
            *(_no_loop, _returns_early, _no_jump, _jump_of_last, _multiplied),
            lambda layers: sum(kernel for kernel, _ in layers),
            lambda layers: 2 * len(layers) + 1,
            lambda layers: max(kernel for kernel, _ in layers),
            lambda layers: 3 ** len(layers),
            lambda layers: 1 + 2 * len(layers) * 2,
            lambda layers: _by_reduce(layers) / 2,
            lambda layers: _by_reduce(layers) * _by_reduce(layers),
            lambda layers: 156,
            lambda layers: 3,
        ],
        "container": [_both, lambda layers: [_by_reduce(layers), 1], lambda layers: print(end="")],
        "torch's words": [lambda layers: layers.sum(), lambda layers: layers[0] * jump, lambda layers: [k - 1 for k in layers]],  # noqa: F821
    },
    "01.climb": {
        "overwritten": [_in_place],
        "formula": [
            lambda u, s, step: u + step,
            lambda u, s, step: u + step * s(u),
            lambda u, s, step: u * step * _grad(u, s) / _rms(_grad(u, s)),
            lambda u, s, step: u + _grad(u, s) / _rms(_grad(u, s)),
            lambda u, s, step: u + step * (_grad(u, s) - _grad(u, s).mean()) / _grad(u, s).std(),
            lambda u, s, step: u + step * _grad(u, s) * _rms(_grad(u, s)),
            lambda u, s, step: u + step * _grad(u, s) / _grad(u, s).sum(),
            lambda u, s, step: u + step * _grad(u, s) / (_grad(u, s) ** 2).sum().sqrt(),
            lambda u, s, step: step * _grad(u, s) / _rms(_grad(u, s)),
            lambda u, s, step: (u + step * _grad(u, s) / _rms(_grad(u, s))).clamp(0, 1),
            lambda u, s, step: u,
            lambda u, s, step: u - step * _grad(u, s),
            lambda u, s, step: u + step * _grad(u, s) / _rms(u),
            lambda u, s, step: u + step * _grad(u, s) / _rms(_grad(u, s)) ** 2,
            lambda u, s, step: u + step**2 * _grad(u, s) / _rms(_grad(u, s)),
        ],
        "torch's words": [
            *(_not_a_leaf, _other_tensor, _no_scalar),
            lambda u, s, step: u + step * torch.autograd.grad(s(u), u)[0],
            lambda u, s, step: u + step * torch.autograd.grad(s(u.requires_grad_()), u) / 2,
            lambda u, s, step: u + step * u.grad,
        ],
        "container": [lambda u, s, step: (u, _grad(u, s)), lambda u, s, step: None],
    },
    "01.depth": {
        "formula": [("relu5_1", "relu5_1", MEASURED), ("relu3_1", "relu4_1", MEASURED), ("relu1_1", "relu2_1", MEASURED)],
        "spelling": [("edge", "eye", MEASURED), ("conv1_1", "conv4_1", MEASURED), (1, 4, MEASURED)],
        "container": [
            (["relu1_1"], "relu4_1", MEASURED),
            ("relu1_1", "relu4_1", None),
            ("relu1_1", ("relu4_1", "relu5_1"), MEASURED),
        ],
    },
}
