"""Answers in lesson 06."""

import numpy as np
import torch

import nst_lessons as nst
from tests.checks.lesson_06 import RIGHT as BEDS
from tests.checks.lesson_06 import _swapped


def _gram(f):
    return f.flatten(2) @ f.flatten(2).mT / f[0].numel()


RIGHT = {
    "06.diagnosis": [
        {str(bed): name for bed, name in BEDS.items()},
        {f"bed {bed}": name for bed, name in BEDS.items()},
        {**BEDS, 2: "normalize"},
        {float(bed): f" {name.title()} " for bed, name in BEDS.items()},
        {np.int64(bed): np.str_(name) for bed, name in BEDS.items()},
        {**BEDS, 1: "in-place", 7: "the size"},
    ],
    "06.gram": [
        lambda f: torch.einsum("bchw,bdhw->bcd", f, f) / f[0].numel(),
        lambda f: torch.stack([x.flatten(1) @ x.flatten(1).T / x.numel() for x in f]),
        lambda f: torch.bmm(x := f.view(*f.shape[:2], -1), x.transpose(1, 2)) / (f.shape[1] * f.shape[2] * f.shape[3]),
        lambda f: (x := f.permute(0, 2, 3, 1).flatten(1, 2)).mT @ x / f[0].numel(),
        lambda f: (f[:, :, None] * f[:, None]).mean((3, 4)) / f.shape[1],
    ],
    "06.alpha_for": [
        lambda alpha, draft, final: alpha * np.prod(draft) / np.prod(final),
        lambda alpha, draft, final: alpha / (final[0] * final[1] / (draft[0] * draft[1])),
        lambda a, d, f: a * (d[0] / f[0]) * (d[1] / f[1]),
        lambda a, d, f: a * torch.tensor(d).prod() / torch.tensor(f).prod(),
    ],
}

WRONG = {
    "06.diagnosis": {
        "formula": [
            *(
                _swapped(pair)
                for pair in ((1, 2), (1, 3), (1, 4), (1, 5), (2, 3), (2, 5), (3, 6), (3, 7), (4, 8), (5, 8), (6, 7), (6, 8))
            ),
            *(_swapped((1, 2), (3, 4)), _swapped((1, 8), (2, 7), (3, 6), (4, 5))),
            dict(zip(BEDS, sorted(BEDS.values()), strict=True)),
        ],
        "spelling": [{**BEDS, 8: "grain"}, {**BEDS, 8: 8}, {**BEDS, 8: ""}, {**BEDS, 3: ["range"]}],
        "container": [
            *(
                list(BEDS.values()),
                tuple(BEDS.values()),
                "clamp",
                3,
                None,
                {},
                {1: "inplace"},
                {**BEDS, 8: ...},
                {**BEDS, 8: None},
            ),
            *({name: bed for bed, name in BEDS.items()}, {bed: "size" for bed in BEDS}, {**BEDS, 8: "size"}),
        ],
    },
    "06.gram": {
        "overwritten": [lambda f: f.div_(f[0].numel() ** 0.5).flatten(2) @ f.flatten(2).mT],
        "gradient": [
            torch.no_grad()(_gram),
            lambda f: _gram(f).detach(),
            lambda f: _gram(f.detach()),
            lambda f: torch.tensor(_gram(f).tolist()),
        ],
        "formula": [
            lambda f: (x := f.reshape(-1, f.shape[1])).T @ x / f.numel(),
            lambda f: ((x := f.reshape(-1, f.shape[1])).T @ x / f.numel())[None],
            lambda f: (x := f.reshape(len(f), -1, f.shape[1])).mT @ x / f[0].numel(),
            lambda f: (x := f.transpose(1, 2).reshape(len(f), f.shape[1], -1)) @ x.mT / f[0].numel(),
            lambda f: f.flatten(2) @ f.flatten(2).mT,
            lambda f: f.flatten(2) @ f.flatten(2).mT / f.numel(),
            lambda f: f.flatten(2) @ f.flatten(2).mT / f[0, 0].numel(),
            lambda f: f.flatten(2) @ f.flatten(2).mT / f.shape[1],
            lambda f: f.flatten(2) @ f.flatten(2).mT / len(f),
            lambda f: f.flatten(2).mT @ f.flatten(2) / f[0].numel(),
            lambda f: f.flatten(1) @ f.flatten(1).T / f[0].numel(),
            lambda f: f[0].flatten(1) @ f[0].flatten(1).T / f[0].numel(),
            lambda f: (x := f.transpose(0, 1).flatten(1)) @ x.T / f.numel(),
            lambda f: _gram(f)[0],
            lambda f: _gram(f).mean(0),
            lambda f: _gram(f[:1]),
            lambda f: _gram(f - f.mean((2, 3), keepdim=True)),
            lambda f: _gram(f).flip(0),
            lambda f: _gram(f).sqrt(),
        ],
        "called": [nst.gram_matrix, lambda f: nst.gram_matrix(f)],
        "torch's words": [
            lambda f: f.flatten(2) @ f.flatten(2) / f[0].numel(),
            lambda f: f.flatten(2) @ f.flatten(2).T / f[0].numel(),
            lambda f: f @ f.mT.flatten(1),
            lambda f: f.flatten(2) @ f.flatten(2).mT / f[0].numel,
            lambda f: torch.bmm(f, f.mT),
            lambda f: f.view(5, 3, -1) @ f.view(2, -1, 7),
        ],
    },
    "06.alpha_for": {
        "formula": [
            lambda a, d, f: a,
            lambda a, d, f: a * f[0] * f[1] / (d[0] * d[1]),
            lambda a, d, f: a * d[0] / f[0],
            lambda a, d, f: a * d[1] / f[1],
            lambda a, d, f: a * max(d) / max(f),
            lambda a, d, f: a * (d[0] + d[1]) / (f[0] + f[1]),
            lambda a, d, f: a * (d[0] / f[0]) ** 2,
            lambda a, d, f: a * (d[0] * d[1] / (f[0] * f[1])) ** 2,
            lambda a, d, f: a * (d[0] * d[1] / (f[0] * f[1])) ** 0.5,
            lambda a, d, f: a / (f[0] * f[1]),
            lambda a, d, f: a * d[0] * d[1],
            lambda a, d, f: d[0] * d[1] / (f[0] * f[1]),
            lambda a, d, f: a * d[0] * f[1] / (f[0] * d[1]),
            lambda a, d, f: a / 9,
            lambda a, d, f: a - f[0] * f[1] + d[0] * d[1],
            lambda a, d, f: a * (f[0] - d[0]) / f[0],
            lambda a, d, f: a * min(d) / min(f),
            lambda a, d, f: a * d[0] * d[0] / (f[0] * f[1]),
            lambda a, d, f: 2 * a * d[0] * d[1] / (f[0] * f[1]),
        ],
        "precedence": [lambda a, d, f: a * d[0] * d[1] / f[0] * f[1], lambda a, d, f: a * d[0] / f[0] * f[1]],
        "torch's words": [
            lambda a, d, f: a * d / f,
            lambda a, d, f: a * d.height,
            lambda a, d, f: a * d[2],
            lambda a, d, f: a * d[0] * d[1] // (f - f),
        ],
    },
}
