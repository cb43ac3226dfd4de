import torch

import nst_lessons as nst
from nst_lessons.checks import lesson_03
from tests.checks import Case, puzzles


def _stub(features):
    """The Gram matrix."""
    ...


def _crashing(features):
    return features @ torch.zeros(999, 2)


def _style_stub(G, A):
    """The style loss."""
    ...


def _who_stub(G, painters):
    """The name of the painter."""
    ...


def _distance(G, A):
    return ((G - A).norm() / A.norm()) ** 2


def _nearest(G, painters):
    names = list(painters)
    return names[int(torch.tensor([_distance(G, painters[name]) for name in names]).argmin())]


CASES = {
    "gram": Case(
        right=[
            lambda f: torch.tensordot(f, f, ([1, 2], [1, 2])) / f.numel(),
            lambda f: torch.stack([torch.stack([(a * b).mean() for a in f]) for b in f]) / len(f),
        ],
        wrong=[
            (lambda f: f.flatten(1) @ f.flatten(1).T, "not divided"),
            (lambda f: torch.tensordot(f, f, ([1, 2], [1, 2])) / (f.shape[1] * f.shape[2]), "by H*W only"),
            (lambda f: f.flatten(1).T @ f.flatten(1) / f.numel(), "positions, not channels"),
            (lambda f: f.permute(1, 2, 0).reshape(len(f), -1) @ f.permute(1, 2, 0).reshape(len(f), -1).T / f.numel(), "mixes"),
            (lambda f: f.reshape(-1, len(f)).T @ f.reshape(-1, len(f)) / f.numel(), "into pieces"),
            (lambda f: torch.cov(f.flatten(1), correction=0) / len(f), "subtracted the mean"),
            (lambda f: f.mean((1, 2)), "axis is missing"),
            (lambda f: nst.gram_matrix(f[None])[0], "do it yourself"),
            (lambda f: "C x C", "returns the text"),
        ],
        stub=_stub,
        crashing=_crashing,
    ),
    "by_hand": Case(
        right=[[[0.75, 0.25], [0.25, 1.25]], torch.tensor([[6.0, 2.0], [2.0, 10.0]]) / 8],
        wrong=[
            ([[6, 2], [2, 10]], "now divide"),
            ([[1.5, 0.5], [0.5, 2.5]], "H*W only"),
            ([[0.75, 0], [0, 1.25]], "not 0 here"),
            ([[0.75, 0.25], [0.3, 1.25]], "1 of 4 numbers"),
            (0.75, "yours is one number"),
            ("G", "the text 'G'"),
        ],
        stub=...,
        crashing=None,
    ),
    "style_loss": Case(
        right=[lambda G, A: ((G - A) ** 2).mean() / (A**2).mean(), _distance],
        wrong=[
            (lambda G, A: ((G - A) ** 2).sum(), "so that layers can be compared"),
            (lambda G, A: torch.nn.functional.mse_loss(G, A), "mean of the squared"),
            (lambda G, A: (G - A).sum() / (A * A).sum(), "cancel"),
            (lambda G, A: ((G - A) ** 2).sum() / (G * G).sum(), "sum of squares of G"),
            (lambda G, A: (G - A).norm() / A.norm(), "square root"),
            (lambda G, A: (G - A) ** 2, "should be one number"),
        ],
        stub=_style_stub,
        crashing=lambda G, A: G.no_such_method(),
    ),
    "shuffle": Case(
        right=["same", " Same "],
        wrong=[
            ("different", "order of its terms"),
            ("zero", "none is lost"),
            ("transposed", "keep their places"),
            (7, "none of"),
        ],
        stub=...,
        crashing=None,
    ),
    "who_painted": Case(
        right=[_nearest, lambda G, p: sorted((float(_distance(G, A)), name) for name, A in p.items())[0][1]],
        wrong=[
            (lambda G, p: max(p, key=lambda name: _distance(G, p[name])), "farthest"),
            (lambda G, p: min(_distance(G, A) for A in p.values()), "the NAME"),
            (lambda G, p: next(iter(p)), "always the first name"),
            (lambda G, p: "Monet", "always returns 'Monet'"),
            (lambda G, p: min(p, key=lambda name: ((G - p[name]) ** 2).sum()), "undivided"),
        ],
        stub=_who_stub,
        crashing=lambda G, p: p["nobody"],
    ),
}
CASES |= puzzles.cases(lesson_03)
