"""Answers in lesson 03."""

import numpy as np
import torch

import nst_lessons as nst


def _by_loops(features):
    C, H, W = features.shape
    G = torch.zeros(C, C)
    for i in range(C):
        for j in range(C):
            G[i, j] = (features[i] * features[j]).sum() / (C * H * W)
    return G


def _in_place(features):
    features /= features.numel() ** 0.5
    return features.flatten(1) @ features.flatten(1).T


def _flat(f):
    return f.flatten(1)


def _loss(G, A):
    return ((G - A) ** 2).sum() / (A**2).sum()


def _loop(G, painters):
    best, least = None, float("inf")
    for name, A in painters.items():
        if (loss := _loss(G, A).item()) < least:
            best, least = name, loss
    return best


def _loop_kept_wrong(G, painters):
    best, least = None, float("inf")
    for name, A in painters.items():
        if _loss(G, A) < least:
            best = name
    return best


def _loop_from_zero(G, painters):
    best, least = None, 0
    for name, A in painters.items():
        if _loss(G, A) < least:
            best, least = name, _loss(G, A)
    return best


def _returns_first(G, painters):
    for name in painters:
        return name


def _popping(G, painters):
    while len(painters) > 1:
        painters.pop(max(painters, key=lambda name: _loss(G, painters[name])))
    return next(iter(painters))


def _nearest(far):
    return lambda G, painters: min(painters, key=lambda name: float(far(G, painters[name])))


RIGHT = {
    "03.gram": [
        lambda f: _flat(f) @ _flat(f).T / f.numel(),
        lambda f: f.view(f.shape[0], -1) @ f.view(f.shape[0], -1).t() / (f.shape[0] * f.shape[1] * f.shape[2]),
        lambda f: torch.einsum("ihw,jhw->ij", f, f) / f.numel(),
        lambda f: torch.mm(f.reshape(len(f), -1), f.reshape(len(f), -1).T).div(f.numel()),
        lambda f: torch.tensordot(f, f, dims=([1, 2], [1, 2])) / f.numel(),
        lambda f: (f[:, None] * f[None]).mean((2, 3)) / len(f),
        lambda f: torch.cov(_flat(f), correction=0) / len(f) + torch.outer(_flat(f).mean(1), _flat(f).mean(1)) / len(f),
        lambda f: (x := f.permute(1, 2, 0).reshape(-1, len(f))).T @ x / f.numel(),
        lambda f: torch.bmm(_flat(f)[None], _flat(f)[None].mT)[0] / f.numel(),
        _by_loops,
    ],
    "03.by_hand": [
        [torch.tensor([0.75, 0.25]), torch.tensor([0.25, 1.25])],
        [np.array([0.75, 0.25]), np.array([0.25, 1.25])],
        np.array([[6, 2], [2, 10]]) / 8,
        ((0.75, 0.25), (0.25, 1.25)),
        [["6/8", "2/8"], ["1/4", "1.25"]],
        [[torch.tensor(0.75), 0.25], [np.float32(0.25), 1.25]],
    ],
    "03.style_loss": [
        _loss,
        lambda G, A: torch.norm(G - A) ** 2 / torch.norm(A) ** 2,
        lambda G, A: torch.nn.functional.mse_loss(G, A, reduction="sum") / A.pow(2).sum(),
        lambda G, A: torch.trace((G - A).T @ (G - A)) / torch.trace(A.T @ A),
        lambda G, A: (G - A).flatten().dot((G - A).flatten()) / A.flatten().dot(A.flatten()),
        lambda G, A: ((G - A) / A.norm()).square().sum(),
    ],
    "03.shuffle": ["the same"],
    "03.who_painted": [
        _loop,
        _nearest(_loss),
        lambda G, p: min(p.items(), key=lambda item: _loss(G, item[1]))[0],
        lambda G, p: list(p)[int(np.argmin([_loss(G, A).item() for A in p.values()]))],
        lambda G, p: np.str_(_loop(G, p)),
        lambda G, p: min(p, key=lambda name: nst.style_loss(G, p[name]).item()),
        _nearest(lambda G, A: (G - A).norm() / A.norm()),
        _nearest(lambda G, A: ((G - A) ** 2).mean() / (A**2).mean()),
    ],
}

WRONG = {
    "03.gram": {
        "overwritten": [_in_place],
        "gradient": [
            torch.no_grad()(lambda f: _flat(f) @ _flat(f).T / f.numel()),
            lambda f: torch.tensor(np.einsum("ihw,jhw->ij", f, f)) / f.numel(),
            lambda f: (x := _flat(f).detach()) @ x.T / f.numel(),
        ],
        "formula": [
            lambda f: _flat(f) @ _flat(f).T,
            lambda f: _flat(f) @ _flat(f).T / len(f),
            lambda f: _flat(f) @ _flat(f).T / f[0].numel(),
            lambda f: _flat(f) @ _flat(f).T / len(f) ** 2,
            lambda f: _flat(f) @ _flat(f).T / f.shape[1],
            lambda f: _flat(f) @ _flat(f).T / f.shape[2],
            lambda f: _flat(f) @ _flat(f).T / f.sum(),
            lambda f: _flat(f) @ _flat(f).T / (_flat(f) @ _flat(f).T).max(),
            lambda f: _flat(f) @ _flat(f).T / f.numel() ** 2,
            lambda f: _flat(f) @ _flat(f).T * f.numel(),
            lambda f: _flat(f).T @ _flat(f),
            lambda f: _flat(f).T @ _flat(f) / f.numel(),
            lambda f: torch.corrcoef(_flat(f)),
            lambda f: torch.cov(_flat(f)),
            lambda f: (x := torch.nn.functional.normalize(_flat(f), dim=1)) @ x.T,
            lambda f: f.mean((1, 2)).outer(f.mean((1, 2))),
            lambda f: f.sum((1, 2)).outer(f.sum((1, 2))) / f.numel(),
            lambda f: (f * f).mean((1, 2)),
            lambda f: (f * f).sum() / f.numel(),
            lambda f: torch.diag((f * f).mean((1, 2)) / len(f)),
            lambda f: (x := f.permute(1, 2, 0).reshape(len(f), -1)) @ x.T / f.numel(),
            lambda f: (x := f.permute(2, 0, 1).reshape(len(f), -1)) @ x.T / f.numel(),
            lambda f: (x := f.reshape(-1, len(f))).T @ x / f.numel(),
            lambda f: (_flat(f) @ _flat(f).T / f.numel()).sqrt(),
            lambda f: (_flat(f) @ _flat(f).T / f.numel()).triu(),
            lambda f: (_flat(f) @ _flat(f).T / f.numel())[None],
            lambda f: (_flat(f) + _flat(f)) @ _flat(f).T / f.numel(),
            lambda f: (x := f[0]) @ x.T / f.numel(),
            lambda f: f @ f.mT / f.numel(),
        ],
        "called": [lambda f: nst.gram_matrix(f), lambda f: nst.gram_matrix(f[None])[0], nst.gram_matrix],
        "torch's words": [
            lambda f: f @ f.T / f.numel(),
            lambda f: _flat(f) @ _flat(f) / f.numel(),
            lambda f: _flat(f) * _flat(f).T,
            lambda f: f.view(3, 20) @ f.view(20, 3),
            lambda f: torch.einsum("chw,cd->cd", f, f),
            lambda f: _flat(f) @ _flat(f).T / f.numel,
            lambda f: _flat(f) @ _flat(f).t / f.numel(),
            lambda f: f.shape(0),
        ],
    },
    "03.by_hand": {
        "range": [[[-6, 2], [2, 10]], [[60, 20], [20, 100]]],
        "formula": [
            *(
                [[6, 2], [2, 10]],
                [[3, 1], [1, 5]],
                [[1.5, 0.5], [0.5, 2.5]],
                [[0.75, 0], [0, 1.25]],
                [[0.75, 0.5], [0.5, 1.25]],
            ),
            *([[0.75, 0.25], [0.5, 1.25]], [[1.25, 0.25], [0.25, 0.75]], [[0.5, 0.25], [0.25, 0.5]], [[16, 16], [16, 16]]),
            *([[2, 2], [2, 2]], [[0, 0.375], [0.125, 0.75]], [[6 / 4, 2 / 4], [2 / 8, 10 / 8]], [[0.75, 0.25], [0.25, 1]]),
            *([[0.75, -0.25], [-0.25, 1.25]], [[0, 0], [0, 0]], [[0.7, 0.25], [0.25, 1.25]], [[4 / 3, 4], [4, 0.8]]),
        ],
        "container": [0.75, [0.75, 0.25, 0.25, 1.25], [[0.75, 0.25]], "G", None, len, [[1, 2], [3]], [["a", "b"], ["c", "d"]]],
    },
    "03.style_loss": {
        "gradient": [
            lambda G, A: _loss(G, A).item(),
            lambda G, A: torch.tensor(float(_loss(G, A))),
            lambda G, A: np.mean(_loss(G, A).tolist()),
        ],
        "formula": [
            lambda G, A: ((G - A) ** 2).sum() / 4,
            lambda G, A: ((G - A) ** 2).sum() / (4 * len(G) ** 2),
            lambda G, A: ((G - A) ** 2).sum() / len(A) ** 2,
            lambda G, A: (G - A) ** 2 / A**2,
            lambda G, A: (G - A).norm() ** 2 / A.norm(),
            lambda G, A: ((G - A) @ (G - A)).sum() / (A @ A).sum(),
            lambda G, A: (G @ A).trace(),
            lambda G, A: ((G - A).diag() ** 2).sum() / (A.diag() ** 2).sum(),
            lambda G, A: (_flat(G) - A).abs().sum(),
            lambda G, A: 1 - _loss(G, A),
            lambda G, A: 1 / _loss(G, A),
            lambda G, A: _loss(A, G),
            lambda G, A: 0.5 * _loss(G, A),
            lambda G, A: _loss(G, A) * len(A) ** 2,
        ],
        "precedence": [lambda G, A: (G - A) ** 2 / (A**2).sum(), lambda G, A: G - (A**2).sum() / (A**2).sum()],
        "called": [nst.style_loss, lambda G, A: nst.content_loss(G, A)],
        "torch's words": [
            lambda G, A: ((G - A) ** 2).sum / (A**2).sum,
            lambda G, A: (G - A) @ A.flatten(),
            lambda G, A: G - A if G > A else A - G,
        ],
    },
    "03.who_painted": {
        "overwritten": [_popping],
        "few cases": [
            _nearest(lambda G, A: ((G - A) ** 2).sum()),
            _nearest(lambda G, A: (G - A).norm()),
            _nearest(lambda G, A: (G - A).abs().sum()),
            _nearest(lambda G, A: (G - A).abs().mean()),
            _nearest(lambda G, A: (G - A).abs().sum() / A.abs().sum()),
            _nearest(lambda G, A: -torch.cosine_similarity(G.flatten(), A.flatten(), dim=0)),
            _nearest(lambda G, A: _loss(A, G)),
            _nearest(lambda G, A: ((G - A) ** 2).sum() / (G**2).sum()),
            _nearest(lambda G, A: ((G - A) ** 2).sum() / A.sum()),
            _nearest(lambda G, A: (G - A).sum().abs()),
            _nearest(lambda G, A: (G - A).abs().max()),
        ],
        "formula": [
            *(_loop_kept_wrong, _returns_first),
            _nearest(lambda G, A: -_loss(G, A)),
            lambda G, p: max(p, key=lambda name: _loss(G, p[name])),
            lambda G, p: sorted(p)[0],
            lambda G, p: list(p)[-1],
            lambda G, p: min(p),
            lambda G, p: next(iter(p)),
            lambda G, p: "Monet",
        ],
        "container": [
            _loop_from_zero,
            lambda G, p: min(_loss(G, A) for A in p.values()),
            lambda G, p: int(torch.tensor([_loss(G, A) for A in p.values()]).argmin()),
            lambda G, p: torch.tensor([_loss(G, A) for A in p.values()]).argmin(),
            lambda G, p: (_loop(G, p), 0.1),
            lambda G, p: [_loop(G, p)],
            lambda G, p: p[_loop(G, p)],
            lambda G, p: "nobody",
            lambda G, p: sorted(p, key=lambda name: _loss(G, p[name])),
            lambda G, p: print(end=""),
        ],
        "torch's words": [
            lambda G, p: min(p, key=lambda name: (G - name).sum()),
            lambda G, p: p[0],
            lambda G, p: min(p.values()),
            lambda G, p: min(p, key=lambda name: (G - p[name]) ** 2),
            lambda G, p: G - p,
        ],
    },
}
