import torch

import nst_lessons as nst
from tests.checks import Case


def _stub(features):
    """The Gram matrix."""
    ...


def _crashing(features):
    return features @ torch.zeros(999, 2)


CASES = {
    "gram": Case(
        right=[
            lambda f: nst.gram_matrix(f[None])[0],
            lambda f: torch.stack([torch.stack([(a * b).mean() for a in f]) for b in f]) / len(f),
        ],
        wrong=[
            (lambda f: f.flatten(1) @ f.flatten(1).T, "not divided"),
            (lambda f: torch.tensordot(f, f, ([1, 2], [1, 2])) / (f.shape[1] * f.shape[2]), "by H*W only"),
            (lambda f: f.flatten(1).T @ f.flatten(1) / f.numel(), "positions, not channels"),
            (lambda f: f.permute(1, 2, 0).reshape(len(f), -1) @ f.permute(1, 2, 0).reshape(len(f), -1).T / f.numel(), "mixes"),
            (lambda f: torch.cov(f.flatten(1), correction=0) / len(f), "subtracted the mean"),
            (lambda f: f.mean((1, 2)), "shape"),
            (lambda f: "C x C", "gives a str"),
        ],
        stub=_stub,
        crashing=_crashing,
    ),
}
