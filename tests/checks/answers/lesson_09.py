"""Answers in lesson 09."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.checks.lesson_09 import _by_loops, _by_padding, _modulo, _splat


def _grid(image):
    return torch.meshgrid(*(torch.arange(side) for side in image.shape[1:]), indexing="ij")


def _fetch(rows, columns):
    """A warp whose indices are rows(ys, u, v, H) and columns(xs, u, v, W)."""

    def warp(image, u, v):
        ys, xs = _grid(image)
        return image[:, rows(ys, u, v, image.shape[1]), columns(xs, u, v, image.shape[2])]

    return warp


def _clamp_y(ys, u, v, H):
    return (ys + v).clamp(0, H - 1)


def _clamp_x(xs, u, v, W):
    return (xs + u).clamp(0, W - 1)


def _by_grid_sample(image, u, v):
    ys, xs = _grid(image)
    H, W = image.shape[1:]
    place = torch.stack([2 * (xs + u) / (W - 1) - 1, 2 * (ys + v) / (H - 1) - 1], dim=-1)[None].float()
    return F.grid_sample(image[None], place, mode="nearest", padding_mode="border", align_corners=True)[0]


def _by_flat_index(image, u, v):
    ys, xs = _grid(image)
    W = image.shape[2]
    index = (ys + v).clamp(0, image.shape[1] - 1) * W + (xs + u).clamp(0, W - 1)
    return image.flatten(1)[:, index.flatten()].view_as(image)


def _warp_in_place(image, u, v):
    ys, xs = _grid(image)
    v += ys
    u += xs
    return image[:, v.clamp(0, image.shape[1] - 1), u.clamp(0, image.shape[2] - 1)]


def _overwrites_image(image, u, v):
    image[:] = _by_loops(image, u, v)
    return image


def _energy(flow):
    return (flow**2).sum(1, keepdim=True)


def _seen(left, right):
    """A mask by left(there, back) <= right(energy of there, energy of back)."""
    return lambda back, there: (left(there, back) <= right(_energy(there), _energy(back))).float()


def _sum(t, b):
    return _energy(t + b)


def _right(t, b):
    return 0.01 * (t + b) + 0.5


def _visible(back, there):
    return _seen(_sum, _right)(back, there)


def _visible_in_place(back, there):
    there += back
    return (_energy(there) <= 0.01 * (_energy(there - back) + _energy(back)) + 0.5).float()


RIGHT = {
    "09.shimmer": ["Shimmer", "it shimmers"],
    "09.warp": [
        *(_by_loops, _by_padding, _by_grid_sample, _by_flat_index),
        _fetch(_clamp_y, _clamp_x),
        lambda i, u, v: torch.from_numpy(
            i.numpy()[
                :,
                np.clip(np.arange(i.shape[1])[:, None] + v.numpy(), 0, i.shape[1] - 1),
                np.clip(np.arange(i.shape[2]) + u.numpy(), 0, i.shape[2] - 1),
            ]
        ),
    ],
    "09.visible": [
        _visible,
        lambda b, t: (_energy(t + b) <= 0.01 * (_energy(t) + _energy(b)) + 0.5).int(),
        lambda b, t: ~(_energy(t + b) > 0.01 * (_energy(t) + _energy(b)) + 0.5),
        lambda b, t: torch.where(_energy(t + b) > 0.01 * (_energy(t) + _energy(b)) + 0.5, 0.0, 1.0),
        lambda b, t: 1 - (_energy(t + b) > 0.01 * (_energy(t) + _energy(b)) + 0.5).float(),
        lambda b, t: (
            (t + b).norm(dim=1, keepdim=True) ** 2
            <= 0.01 * (t.norm(dim=1, keepdim=True) ** 2 + b.norm(dim=1, keepdim=True) ** 2) + 0.5
        ).numpy(),
        lambda b, t: (_energy(t + b) < 0.01 * (_energy(t) + _energy(b)) + 0.5).float(),
    ],
    "09.depth": ["Float ", "floats"],
}

WRONG = {
    "09.warp": {
        "overwritten": [_warp_in_place, _overwrites_image],
        "formula": [
            *(_modulo, _splat),
            _fetch(lambda ys, u, v, H: (ys + u).clamp(0, H - 1), lambda xs, u, v, W: (xs + v).clamp(0, W - 1)),
            _fetch(lambda ys, u, v, H: (ys - v).clamp(0, H - 1), lambda xs, u, v, W: (xs - u).clamp(0, W - 1)),
            _fetch(_clamp_y, lambda xs, u, v, W: (xs - u).clamp(0, W - 1)),
            _fetch(lambda ys, u, v, H: (ys - v).clamp(0, H - 1), _clamp_x),
            _fetch(lambda ys, u, v, H: ys, _clamp_x),
            _fetch(_clamp_y, lambda xs, u, v, W: xs),
            _fetch(lambda ys, u, v, H: v.clamp(0, H - 1), lambda xs, u, v, W: u.clamp(0, W - 1)),
            _fetch(lambda ys, u, v, H: (ys + v) % H, _clamp_x),
            _fetch(lambda ys, u, v, H: (ys + v).clamp(0, H - 1), lambda xs, u, v, W: (xs + u) % W),
            _fetch(lambda ys, u, v, H: (ys + v).clamp(1, H - 1), lambda xs, u, v, W: (xs + u).clamp(1, W - 1)),
            _fetch(lambda ys, u, v, H: (ys + v).clamp(0, H - 2), lambda xs, u, v, W: (xs + u).clamp(0, W - 2)),
            _fetch(lambda ys, u, v, H: (ys * v).clamp(0, H - 1), lambda xs, u, v, W: (xs * u).clamp(0, W - 1)),
            _fetch(lambda ys, u, v, H: (ys + v).abs().clamp(max=H - 1), lambda xs, u, v, W: (xs + u).abs().clamp(max=W - 1)),
            _fetch(lambda ys, u, v, H: (ys + 2 * v).clamp(0, H - 1), lambda xs, u, v, W: (xs + 2 * u).clamp(0, W - 1)),
            lambda i, u, v: i,
            lambda i, u, v: i.clone(),
            lambda i, u, v: 0 * i,
            lambda i, u, v: i.roll((int(v[0, 0]), int(u[0, 0])), (1, 2)),
            lambda i, u, v: i.roll(1, 2),
            lambda i, u, v: _by_loops(i, u, v)[None],
            lambda i, u, v: _by_loops(i, u, v).mT,
            lambda i, u, v: _by_loops(i, u, v)[0],
            lambda i, u, v: _by_loops(i, u, v).flip(0),
            lambda i, u, v: i + u + v,
            lambda i, u, v: _by_loops(i, u.float().mean().round().long().expand_as(u), v),
        ],
        "torch's words": [
            _fetch(lambda ys, u, v, H: ys + v + 90, _clamp_x),
            lambda i, u, v: i[:, v.float(), u],
            lambda i, u, v: i[v, u],
            lambda i, u, v: i[:, torch.arange(i.shape[1]) + v, torch.arange(i.shape[2]) + u],
            lambda i, u, v: i.gather(1, v),
            lambda i, u, v: F.grid_sample(i, u),
        ],
    },
    "09.visible": {
        "overwritten": [_visible_in_place],
        "precedence": [_seen(_sum, lambda t, b: 0.01 * t + b + 0.5), _seen(_sum, lambda t, b: 0.01 * (t + b + 0.5))],
        "formula": [
            _seen(lambda t, b: _energy(t - b), _right),
            lambda b, t: 1 - _visible(b, t),
            lambda b, t: (_sum(t, b) > 0.01 * (_energy(t) + _energy(b)) + 0.5).float(),
            _seen(_sum, lambda t, b: 0.01 * (t + b)),
            _seen(_sum, lambda t, b: 0.5 + 0 * t),
            _seen(_sum, lambda t, b: t + b + 0.5),
            _seen(_sum, lambda t, b: 0.1 * (t + b) + 0.5),
            _seen(_sum, lambda t, b: 0.01 * (t + b) - 0.5),
            _seen(_sum, lambda t, b: 0.01 * (t - b) + 0.5),
            _seen(_sum, lambda t, b: 0.01 * t + 0.5),
            _seen(_sum, lambda t, b: 0.01 * b + 0.5),
            _seen(_sum, lambda t, b: 0.01 * (t.sqrt() + b.sqrt()) + 0.5),
            _seen(lambda t, b: _sum(t, b).sqrt(), _right),
            _seen(lambda t, b: _sum(t, b).sqrt(), lambda t, b: 0.01 * (t.sqrt() + b.sqrt()) + 0.5),
            _seen(lambda t, b: (t + b).abs().sum(1, keepdim=True), _right),
            _seen(lambda t, b: (t + b).square().mean(1, keepdim=True), _right),
            _seen(lambda t, b: (t + b).sum(1, keepdim=True) ** 2, _right),
            _seen(lambda t, b: _energy(t) + _energy(b), _right),
            _seen(lambda t, b: (t + b)[:, :1] ** 2, _right),
            lambda b, t: ((t + b) ** 2 <= 0.01 * (t**2 + b**2) + 0.5).float(),
            lambda b, t: _visible(b, t)[0],
            lambda b, t: _visible(b, t)[0, 0],
            lambda b, t: _visible(b, t).expand(1, 3, -1, -1),
            lambda b, t: _visible(b, t) * 255,
            lambda b, t: _sum(t, b),
            lambda b, t: _sum(t, b) - 0.01 * (_energy(t) + _energy(b)) - 0.5,
            lambda b, t: torch.ones_like(_sum(t, b)),
            lambda b, t: torch.sigmoid(_right(_energy(t), _energy(b)) - _sum(t, b)),
            lambda b, t: (_energy(t).sum() + _energy(b).sum() > 0.5).float(),
        ],
        "torch's words": [
            lambda b, t: 1.0 if _sum(t, b) <= 0.5 else 0.0,
            lambda b, t: (_sum(t, b) <= 0.01 * (_energy(t) + _energy(b)) + 0.5).floats(),
            lambda b, t: (b @ t) <= 0.5,
            lambda b, t: not _sum(t, b) > 0.5,
        ],
    },
}
