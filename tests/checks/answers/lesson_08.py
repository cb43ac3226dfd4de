"""Answers in lesson 08."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from tests.checks.lesson_08 import FADED, _by_loops, _counted


def _norm(x, axes=(2, 3), eps=1e-5):
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, keepdim=True, correction=0) + eps).sqrt()


def _norm_in_place(x):
    x -= x.mean((2, 3), keepdim=True)
    return x / (x.square().mean((2, 3), keepdim=True) + 1e-5).sqrt()


def _norm_loops(x, eps=1e-5):
    out = torch.empty_like(x)
    for b in range(x.shape[0]):
        for c in range(x.shape[1]):
            out[b, c] = (x[b, c] - x[b, c].mean()) / math.sqrt(x[b, c].var(correction=0).item() + eps)
    return out


def _wide(v):
    return v[:, :, None, None]


def _scaled_in_place(x, g, b, m):
    x = F.instance_norm(x, use_input_stats=True)
    m /= m.sum(1, keepdim=True) * 2
    return _wide(m @ g) * x + _wide(m @ b)


RIGHT = {
    "08.parameters": [
        _counted,
        lambda i, o, k, s: k * k * i * o + 2 * s * o,
        lambda i, o, k, s: o * (k**2 * i + s + s),
        lambda i, o, k, s: np.int64(k**2 * i * o + 2 * s * o),
        lambda i, o, k, s: float(k**2 * i * o + 2 * s * o),
    ],
    "08.contrast": [("SAME", FADED), ("the same", FADED)],
    "08.instance_norm": [
        *(_norm, _norm_loops),
        lambda x: (x - x.mean((-2, -1), keepdim=True)) / x.std((-2, -1), keepdim=True, unbiased=False),
        lambda x: (
            ((y := x.flatten(2)) - y.mean(2, keepdim=True)).div((y.var(2, correction=0, keepdim=True) + 1e-5).sqrt()).view_as(x)
        ),
        lambda x: (y := x - x.mean((2, 3), keepdim=True)) / (y.square().mean((2, 3), keepdim=True) + 1e-5).sqrt(),
        lambda x: (x - x.mean((2, 3))[:, :, None, None]) * (x.var((2, 3), correction=0) + 1e-5).rsqrt()[:, :, None, None],
        lambda x: (x.numpy() - x.numpy().mean((2, 3), keepdims=True)) / x.numpy().std((2, 3), keepdims=True),
        lambda x: torch.stack([torch.stack([(c - c.mean()) / c.std(correction=0) for c in picture]) for picture in x]),
    ],
    "08.conditional_norm": [
        _by_loops,
        lambda x, g, b, m: _wide(m @ g) * F.instance_norm(x) + _wide(m @ b),
        lambda x, g, b, m: _wide(torch.matmul(m, g)) * _norm(x) + _wide(torch.matmul(m, b)),
        lambda x, g, b, m: sum(
            m[:, s, None, None, None] * (g[s].view(1, -1, 1, 1) * _norm(x) + b[s].view(1, -1, 1, 1)) for s in range(len(g))
        ),
        lambda x, g, b, m: torch.addcmul(
            (m @ b)[..., None, None], (m @ g)[..., None, None], torch.nn.InstanceNorm2d(x.shape[1])(x)
        ),
    ],
    "08.mixing": ["New ", "a new"],
    "08.break_even": [
        lambda t, o, p: t / (o - p),
        lambda t, o, p: -t / (p - o),
        lambda t, o, p: np.float64(t) / (o - p),
        lambda t, o, p: torch.tensor(t / (o - p)),
    ],
}

WRONG = {
    "08.parameters": {
        "formula": [
            lambda i, o, k, s: k * i * o + 2 * s * o,
            lambda i, o, k, s: k * k * i * o,
            lambda i, o, k, s: k * k * i * o + o,
            lambda i, o, k, s: k * k * i * o + 2 * s,
            lambda i, o, k, s: k * k * i * o + s * o,
            lambda i, o, k, s: k * k * i * o + 2 * o,
            lambda i, o, k, s: k * k * i * o + 2 * s * i,
            lambda i, o, k, s: k * k * (i + o) + 2 * s * o,
            lambda i, o, k, s: k * k * i + 2 * s * o,
            lambda i, o, k, s: k * k * o + 2 * s * o,
            lambda i, o, k, s: k**2 * i * o * s + 2 * s * o,
            lambda i, o, k, s: k**2 * i * o * s + 2 * o,
            lambda i, o, k, s: k**2 * i * o + 2 * s * o + o,
            lambda i, o, k, s: k**2 * i * o + 2 * s * i * o,
            lambda i, o, k, s: 2 * s * o,
            lambda i, o, k, s: k**2 * i * o * 2 * s * o,
            lambda i, o, k, s: 2 * k * i * o + 2 * s * o,
            lambda i, o, k, s: k**2 * i * o + 4 * s * o,
            lambda i, o, k, s: k**2 * i * o + s**2 * o,
            lambda i, o, k, s: k**2 * (i * o + 2 * s * o),
            lambda i, o, k, s: (k**2 * i + 1) * o + 2 * s * o,
            lambda i, o, k, s: k**2 + i * o + 2 * s * o,
            lambda i, o, k, s: k**2 * i * o + 2 + s * o,
            lambda i, o, k, s: k**2 * i * o + 2 + s + o,
            lambda i, o, k, s: 36992,
        ],
        "container": [lambda i, o, k, s: (k * k * i * o, 2 * s * o), lambda i, o, k, s: f"{k}", lambda i, o, k: k * k * i * o],
        "torch's words": [
            lambda i, o, k, s: torch.nn.Conv2d(i, o, k).numel(),
            lambda i, o, k, s: sum(torch.nn.Conv2d(i, o, k).parameters()),
            lambda i, o, k, s: k * k * i * o + 2 * styles * o,  # noqa: F821
        ],
    },
    "08.instance_norm": {
        "overwritten": [_norm_in_place],
        "called": [
            *(
                F.instance_norm,
                torch.nn.InstanceNorm2d(3),
                lambda x: torch.nn.InstanceNorm2d(x.shape[1])(x),
                lambda x: F.instance_norm(x, eps=1e-5),
            ),
            lambda x: torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False),
            lambda x: torch.nn.functional.instance_norm(x) * 1.0,
        ],
        "formula": [
            *(
                lambda x: _norm(x, (0, 2, 3)),
                lambda x: _norm(x, (1, 2, 3)),
                lambda x: _norm(x, (0, 1, 2, 3)),
                lambda x: _norm(x, (1,)),
                lambda x: _norm(x, (2,)),
                lambda x: _norm(x, (3,)),
                lambda x: _norm(x, (0,)),
            ),
            lambda x: F.batch_norm(x, None, None, training=True),
            lambda x: x - x.mean((2, 3), keepdim=True),
            lambda x: x / x.std((2, 3), keepdim=True),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True, correction=0),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt(),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.std(),
            lambda x: (x - x.mean()) / x.std((2, 3), keepdim=True, correction=0),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.square().mean((2, 3), keepdim=True).sqrt(),
            lambda x: (x - x.mean((2, 3), keepdim=True)) * x.std((2, 3), keepdim=True, correction=0),
            lambda x: (x - x.amin((2, 3), keepdim=True)) / (x.amax((2, 3), keepdim=True) - x.amin((2, 3), keepdim=True)),
            lambda x: x / x.norm(dim=(2, 3), keepdim=True),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / (x - x.mean((2, 3), keepdim=True)).norm(dim=(2, 3), keepdim=True),
            lambda x: (x - x.median()) / x.std((2, 3), keepdim=True, correction=0),
            lambda x: _norm(x).abs(),
            lambda x: _norm(x, eps=1.0),
            lambda x: _norm(x[:1]),
            lambda x: x.mean((2, 3)),
            lambda x: torch.sigmoid(x),
        ],
        "precedence": [lambda x: x - x.mean((2, 3), keepdim=True) / x.std((2, 3), keepdim=True, correction=0)],
        "torch's words": [
            lambda x: (x - x.mean((2, 3))) / x.std((2, 3)),
            lambda x: (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True).sqrt,
            lambda x: (x - x.mean((3, 4))) / x.std(),
            lambda x: x.mean((2, 3), keepdims=True, correct=0),
        ],
    },
    "08.conditional_norm": {
        "overwritten": [_scaled_in_place],
        "formula": [
            lambda x, g, b, m: _wide(m @ b) * _norm(x) + _wide(m @ g),
            lambda x, g, b, m: _wide(m @ g) * x + _wide(m @ b),
            lambda x, g, b, m: _wide(m @ g) * _norm(x),
            lambda x, g, b, m: _norm(x) + _wide(m @ b),
            lambda x, g, b, m: _norm(x),
            lambda x, g, b, m: _wide(m @ g) * _norm(x, (0, 2, 3)) + _wide(m @ b),
            lambda x, g, b, m: _wide(m @ g) * _norm(x, (1, 2, 3)) + _wide(m @ b),
            lambda x, g, b, m: g[0].view(1, -1, 1, 1) * _norm(x) + b[0].view(1, -1, 1, 1),
            lambda x, g, b, m: g.mean(0).view(1, -1, 1, 1) * _norm(x) + b.mean(0).view(1, -1, 1, 1),
            lambda x, g, b, m: g.sum(0).view(1, -1, 1, 1) * _norm(x) + b.sum(0).view(1, -1, 1, 1),
            lambda x, g, b, m: _wide(g[m.argmax(1)]) * _norm(x) + _wide(b[m.argmax(1)]),
            lambda x, g, b, m: _wide(m[:1] @ g) * _norm(x) + _wide(m[:1] @ b),
            lambda x, g, b, m: _wide(m.flip(0) @ g) * _norm(x) + _wide(m.flip(0) @ b),
            lambda x, g, b, m: _wide(m.softmax(1) @ g) * _norm(x) + _wide(m.softmax(1) @ b),
            lambda x, g, b, m: _wide(m @ g) * (_norm(x) + _wide(m @ b)),
            lambda x, g, b, m: _wide(m @ g) * _norm(x) - _wide(m @ b),
            lambda x, g, b, m: _norm(_wide(m @ g) * x + _wide(m @ b)),
            lambda x, g, b, m: _wide(m @ g) * _norm(x) + _wide(m @ g),
            lambda x, g, b, m: (1 + _wide(m @ g)) * _norm(x) + _wide(m @ b),
            lambda x, g, b, m: _wide(m @ g) / _norm(x) + _wide(m @ b),
            lambda x, g, b, m: _wide((m @ g).softmax(1)) * _norm(x) + _wide(m @ b),
            lambda x, g, b, m: _wide(m @ g) * (x - x.mean((2, 3), keepdim=True)) + _wide(m @ b),
            lambda x, g, b, m: _wide(m**2 @ g) * _norm(x) + _wide(m**2 @ b),
        ],
        "torch's words": [
            lambda x, g, b, m: (m @ g) * F.instance_norm(x) + (m @ b),
            lambda x, g, b, m: _wide(g @ m) * F.instance_norm(x),
            lambda x, g, b, m: _wide(m * g) * F.instance_norm(x),
            lambda x, g, b, m: _wide(m.T @ g) * F.instance_norm(x),
            lambda x, g, b, m: g * F.instance_norm(x) + b,
        ],
    },
    "08.break_even": {
        "precedence": [lambda t, o, p: t / o - p, lambda t, o, p: (t - o) / p],
        "formula": [
            *(
                lambda t, o, p: t / o,
                lambda t, o, p: t / p,
                lambda t, o, p: (o - p) / t,
                lambda t, o, p: t / (p - o),
                lambda t, o, p: t / (o + p),
            ),
            *(
                lambda t, o, p: t * (o - p),
                lambda t, o, p: o - p,
                lambda t, o, p: o / (t - p),
                lambda t, o, p: (t + p) / o,
                lambda t, o, p: (t - p) / o,
            ),
            *(
                lambda t, o, p: math.ceil(t / (o - p)),
                lambda t, o, p: int(t / (o - p)),
                lambda t, o, p: round(t / (o - p)),
                lambda t, o, p: t / (o - p) + 1,
            ),
            *(
                lambda t, o, p: t + p,
                lambda t, o, p: t - o,
                lambda t, o, p: o / p,
                lambda t, o, p: t / o / p,
                lambda t, o, p: 78,
                lambda t, o, p: t / (o / p),
            ),
            *(
                lambda t, o, p: 60 * t / (o - p),
                lambda t, o, p: t / (o - p) / 60,
                lambda t, o, p: t,
                lambda t, o, p: t / (o - 2 * p),
                lambda t, o, p: 2 * t / (o - p),
            ),
        ],
        "container": [lambda t, o, p: f"{t / (o - p):.0f} pictures", lambda t, o: t / o, 78.0],
        "torch's words": [
            lambda t, o, p: t / (o - o),
            lambda t, o, p: training / o,  # noqa: F821
            lambda t, o, p: t(o - p),
            lambda t, o, p: t / [o - p],
        ],
    },
}
