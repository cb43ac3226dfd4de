"""Answers in lesson 05."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch


def _y(image):
    return (image * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _by_a_table(a, b):
    there = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    back = torch.tensor([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])
    painted, photo = (torch.einsum("ij,bjhw->bihw", there, image) for image in (a, b))
    return torch.einsum("ij,bjhw->bihw", back, torch.cat([painted[:, :1], photo[:, 1:]], dim=1))


def _by_channels(a, b):
    ya, yb = (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2] for x in (a, b))
    return torch.stack([b[:, i] - yb + ya for i in range(3)], dim=1)


def _keeps_in_place(a, b):
    b -= _y(b)
    b += _y(a)
    return b


def _rows(h, w, n):
    mask = torch.zeros(1, 1, h, w)
    mask[:, :, : max(n, 0)] = 1
    return mask


RIGHT = {
    "05.keep_colours": [
        _by_channels,
        _by_a_table,
        lambda a, b: b + _y(a - b),
        lambda a, b: b - _y(b) + _y(a),
        lambda a, b: (b - _y(b) + _y(a)).numpy(),
        lambda a, b: b + torch.einsum("bchw,c->bhw", a - b, torch.tensor([0.299, 0.587, 0.114]))[:, None],
    ],
    "05.stroke_size": [
        ("0.5", {0.5: 0.03, 1: 0.02, 2: 0.01}),
        (torch.tensor(0.5), {0.5: 0.03, 1: 0.02, 2: 0.01}),
        (np.float32(2), {0.5: 0.01, 1: 0.02, 2: 0.03}),
        (2.0, {0.5: 0.01, 1: 0.02, 2: 0.03}),
        ("1/2", {0.5: 0.03, 1: 0.02, 2: 0.01}),
    ],
    "05.share": [
        Decimal("0.75"),
        Fraction(3, 4),
        np.longdouble(0.75),
        np.float16(0.75),
        0.75,
        "0.75",
        "3/4",
        np.float32(0.75),
        torch.tensor(0.75),
        [0.75],
        torch.tensor([0.75]),
        np.array(0.75),
    ],
    "05.upper_mask": [
        lambda h, w, s: _rows(h, w, round(s * h)),
        lambda h, w, s: _rows(h, w, round(s * h)).bool(),
        lambda h, w, s: torch.cat([torch.ones(1, 1, n := round(s * h), w), torch.zeros(1, 1, h - n, w)], dim=2),
        lambda h, w, s: np.pad(np.ones((1, 1, round(s * h), w)), ((0, 0), (0, 0), (0, h - round(s * h)), (0, 0))),
        lambda h, w, s: [[[[float(y < round(s * h))] * w for y in range(h)]]],
        lambda h, w, s: _rows(h, w, int(s * h + 0.5)) if (s * h) % 1 != 0.5 else _rows(h, w, round(s * h)),
    ],
}

WRONG = {
    "05.keep_colours": {
        "overwritten": [_keeps_in_place],
        "formula": [
            lambda a, b: a - _y(a) + _y(b),
            lambda a, b: b + _y(a),
            lambda a, b: b - _y(b),
            lambda a, b: _y(a).expand(1, 3, -1, -1),
            lambda a, b: _y(a),
            lambda a, b: b * _y(a) / _y(b),
            lambda a, b: b - b.mean(1, keepdim=True) + a.mean(1, keepdim=True),
            lambda a, b: (b - _y(b) + _y(a)).clamp(0, 1),
            lambda a, b: b - _y(a) + _y(b),
            lambda a, b: a,
            lambda a, b: b,
            lambda a, b: (a + b) / 2,
            lambda a, b: a + b - _y(b),
            lambda a, b: b + _y(a).mean() - _y(b).mean(),
            lambda a, b: b + a.mean() - b.mean(),
            lambda a, b: b - _y(b.flip(1)) + _y(a.flip(1)),
            lambda a, b: (b - _y(b) + _y(a))[0],
            lambda a, b: b - 0.587 * b + 0.587 * a,
            lambda a, b: torch.cat([a[:, :1], b[:, 1:]], dim=1),
            lambda a, b: a.sum(1, keepdim=True) + b - b.sum(1, keepdim=True),
            lambda a, b: 2 * b - _y(b) + _y(a),
            lambda a, b: b - _y(b) + 0.5 * _y(a),
        ],
        "torch's words": [
            lambda a, b: b - (b * torch.tensor([0.299, 0.587, 0.114])).sum(1, keepdim=True),
            lambda a, b: b - (b * [0.299, 0.587, 0.114]).sum(1),
            lambda a, b: b - 0.299 * b.R,
            lambda a, b: a @ torch.tensor([0.299, 0.587, 0.114]),
        ],
    },
    "05.stroke_size": {
        "formula": [
            (2, {0.5: 0.03, 1: 0.02, 2: 0.01}),
            (1, {0.5: 0.03, 1: 0.02, 2: 0.01}),
            (0.5, {0.5: 0.01, 1: 0.02, 2: 0.03}),
        ],
        "spelling": [
            (5, {0.5: 0.03, 1: 0.02, 2: 0.01}),
            ("fine", {0.5: 0.03, 1: 0.02, 2: 0.01}),
            (None, {0.5: 0.03, 1: 0.02, 2: 0.01}),
        ],
        "container": [([0.5], {0.5: 0.03, 1: 0.02, 2: 0.01}), (0.5, 0.03), (len, {0.5: 0.03, 1: 0.02, 2: 0.01})],
    },
    "05.share": {
        "range": [75, 3, 25, 4, -0.75, 1.5, 300, "75", "75%"],
        "formula": [0.25, 1 / 3, 0.5, 2 / 3, 1, 0, 0.3, 0.6, 0.8, 0.7, "1/4"],
        "container": [[0.25, 0.75], "three quarters", None, len, (1, 3), {1: 0.75}],
    },
    "05.upper_mask": {
        "few cases": [
            lambda h, w, s: _rows(h, w, int(s * h)),
            lambda h, w, s: _rows(h, w, math.ceil(s * h)),
            lambda h, w, s: _rows(h, w, math.floor(s * h)),
            lambda h, w, s: _rows(h, w, int(s * h) + 1),
        ],
        "formula": [
            lambda h, w, s: 1 - _rows(h, w, round(s * h)),
            lambda h, w, s: _rows(h, w, round(s * h)).flip(2),
            lambda h, w, s: _rows(h, w, round(s * w)),
            lambda h, w, s: _rows(w, h, round(s * w)).mT,
            lambda h, w, s: _rows(h, w, round(s * h)) * 255,
            lambda h, w, s: _rows(h, w, round(s * h)) - 1,
            lambda h, w, s: _rows(h, w, round((1 - s) * h)),
            lambda h, w, s: _rows(h, w, h),
            lambda h, w, s: _rows(h, w, 0),
            lambda h, w, s: _rows(h, w, h // 2),
            lambda h, w, s: _rows(h, w, round(s)),
            lambda h, w, s: torch.full((1, 1, h, w), s),
            lambda h, w, s: _rows(h, w, round(s * h))[0, 0],
            lambda h, w, s: _rows(h, w, round(s * h)).expand(1, 3, h, w),
            lambda h, w, s: _rows(w, h, round(s * h)),
            lambda h, w, s: torch.linspace(1, 0, h).view(1, 1, h, 1).expand(1, 1, h, w),
            lambda h, w, s: (torch.rand(1, 1, h, w) < s).float(),
            lambda h, w, s: round(s * h),
            lambda h, w, s: _rows(h, w, round(s * h)) - _rows(h, w, round(s * h) - 1),
        ],
        "torch's words": [
            lambda h, w, s: torch.zeros(1, 1, h, w)[:, :, : s * h],
            lambda h, w, s: torch.zeros(h, w)[1, 1, 1],
            lambda h, w, s: torch.ones(s * h, w),
            lambda h, w, s: np.zeros((h, w))[99],
        ],
    },
}
