"""Answers in lesson 07."""

import torch
import torch.nn.functional as F

from tests.checks.lesson_07 import _by_channel, _by_numpy, _by_svd, _centre, _cholesky, _eigen, _mean, _normal, _std, _turned


def _whiten(x, exponent=-0.5, correction=0, centre=_centre):
    f = centre(x)
    D, E = torch.linalg.eigh(f @ f.T / (x.shape[1] - correction))
    return E @ torch.diag(D**exponent) @ E.T @ f


def _whiten_in_place(x):
    x -= x.mean(1, keepdim=True)
    D, E = torch.linalg.eigh(x @ x.T / x.shape[1])
    return E @ torch.diag(D**-0.5) @ E.T @ x


def _parts(x):
    D, E = torch.linalg.eigh(_centre(x) @ _centre(x).T / x.shape[1])
    return D, E, _centre(x)


def _of_parts(combine):
    return lambda x: combine(*_parts(x))


def _coloured(combine):
    return lambda w, s: combine(*_parts(s)[:2], w, s.mean(1, keepdim=True))


def _adain_in_place(content, style):
    content -= _mean(content)
    content /= _std(content)
    return content * _std(style) + _mean(style)


RIGHT = {
    "07.tilt": ["Tilted", "the tilted"],
    "07.whiten": [
        *(_whiten, _by_svd, _by_numpy),
        lambda x: _eigen(x, -0.5) @ _centre(x),
        _of_parts(lambda D, E, f: (E * D.rsqrt()) @ E.mT @ f),
        _of_parts(lambda D, E, f: E @ (torch.diag(1 / D.sqrt()) @ (E.T @ f))),
        _of_parts(lambda D, E, f: E @ ((E.T @ f) / D.sqrt()[:, None])),
        lambda x: torch.linalg.inv(_eigen(x, 0.5)) @ _centre(x),
        lambda x: _whiten(x.double()),
        lambda x: _by_numpy(x).numpy(),
    ],
    "07.colour": [
        lambda w, s: _eigen(s, 0.5) @ w + s.mean(1, keepdim=True),
        _coloured(lambda D, E, w, m: E @ torch.diag(D.sqrt()) @ E.T @ w + m),
        _coloured(lambda D, E, w, m: (E * D**0.5) @ E.mT @ w + m),
        _coloured(lambda D, E, w, m: m + E @ (D.clamp_min(0).sqrt()[:, None] * (E.T @ w))),
    ],
    "07.one_level": ["colors", "Colors "],
    "07.adain": [
        *(_by_channel, lambda c, s: _std(s) * _normal(c) + _mean(s), lambda c, s: F.instance_norm(c) * _std(s) + _mean(s)),
        lambda c, s: (c - _mean(c)) * (_std(s) / (_std(c) + 1e-5)) + _mean(s),
        lambda c, s: c * _std(s) / _std(c) - _mean(c) * _std(s) / _std(c) + _mean(s),
    ],
}

WRONG = {
    "07.whiten": {
        "overwritten": [_whiten_in_place],
        "diagnosis": [
            *(_turned, _cholesky),
            lambda x: (q := torch.linalg.qr(_centre(x).T)[0]).T * x.shape[1] ** 0.5 + 0 * q.sum(),
            lambda x: torch.tensor([[0.0, 1.0], [1.0, 0.0]]) @ _whiten(x) if len(x) == 2 else _whiten(x).flip(0),
            lambda x: torch.linalg.cholesky(torch.linalg.inv(torch.cov(x, correction=0))).T @ _centre(x),
            lambda x: -_whiten(x),
        ],
        "precedence": [
            _of_parts(lambda D, E, f: E @ torch.diag(D**-1 / 2) @ E.T @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(D**1 / 2) @ E.T @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(1 / D**1 / 2) @ E.T @ f),
        ],
        "formula": [
            lambda x: _whiten(x, correction=1),
            lambda x: torch.linalg.inv(_eigen(x, 0.5)) @ x,
            lambda x: _whiten(x, 0.5),
            lambda x: _whiten(x, -1),
            lambda x: _whiten(x, 1),
            lambda x: _whiten(x, -2),
            lambda x: _whiten(x, centre=lambda x: x),
            lambda x: _whiten(x, centre=lambda x: x - x.mean(0, keepdim=True)),
            lambda x: _whiten(x, centre=lambda x: x - x.mean()),
            _centre,
            lambda x: _centre(x) / x.std(1, keepdim=True),
            lambda x: _centre(x) / x.std(1, keepdim=True, correction=0),
            lambda x: _centre(x) / x.std(),
            lambda x: _centre(x) / x.var(1, keepdim=True),
            lambda x: x / x.std(1, keepdim=True),
            lambda x: (x - x.amin(1, keepdim=True)) / (x.amax(1, keepdim=True) - x.amin(1, keepdim=True)),
            _of_parts(lambda D, E, f: E.T @ torch.diag(D**-0.5) @ E @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(D**-0.5) @ f),
            _of_parts(lambda D, E, f: torch.diag(D**-0.5) @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(D**-0.5) @ E @ f),
            _of_parts(lambda D, E, f: E @ E.T @ torch.diag(D**-0.5) @ f),
            _of_parts(lambda D, E, f: E.T @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(D**-0.5) @ E.T),
            _of_parts(lambda D, E, f: (D**-0.5)[:, None] * E @ E.T @ f),
            lambda x: _whiten(x) / x.shape[1] ** 0.5,
            lambda x: _whiten(x) * x.shape[1] ** 0.5,
            lambda x: _whiten(x) + x.mean(1, keepdim=True),
            lambda x: _whiten(x).T,
        ],
        "torch's words": [
            lambda x: torch.linalg.eigh(_centre(x)),
            lambda x: _whiten(x.T).T @ x,
            _of_parts(lambda D, E, f: E @ D**-0.5 @ E.T @ f),
            _of_parts(lambda D, E, f: E @ torch.diag(D**-0.5) @ E.T @ f.T),
            lambda x: torch.linalg.eigh(x @ x.T) ** -0.5,
            lambda x: _centre(x).whiten(),
        ],
    },
    "07.colour": {
        "precedence": [_coloured(lambda D, E, w, m: E @ torch.diag(D**1 / 2) @ E.T @ w + m)],
        "formula": [
            _coloured(lambda D, E, w, m: E @ torch.diag(D**0.5) @ E.T @ w),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**-0.5) @ E.T @ w + m),
            _coloured(lambda D, E, w, m: E @ torch.diag(D) @ E.T @ w + m),
            _coloured(lambda D, E, w, m: E.T @ torch.diag(D**0.5) @ E @ w + m),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**0.5) @ w + m),
            _coloured(lambda D, E, w, m: torch.diag(D**0.5) @ E.T @ w + m),
            _coloured(lambda D, E, w, m: torch.diag(D**0.5) @ w + m),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**0.5) @ E.T @ w - m),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**0.5) @ E.T @ (w + m)),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**0.5) @ E.T @ w + m.mean()),
            _coloured(lambda D, E, w, m: E @ torch.diag(D**2) @ E.T @ w + m),
            _coloured(lambda D, E, w, m: w + m),
            _coloured(lambda D, E, w, m: w),
            lambda w, s: torch.linalg.cholesky(torch.cov(s, correction=0)) @ w + s.mean(1, keepdim=True),
            lambda w, s: torch.cov(s, correction=0) @ w + s.mean(1, keepdim=True),
            lambda w, s: _eigen(s, 0.5) @ w + w.mean(1, keepdim=True),
            lambda w, s: _eigen(w, 0.5) @ w + s.mean(1, keepdim=True),
            lambda w, s: s.std(1, keepdim=True) * w + s.mean(1, keepdim=True),
            lambda w, s: (s.shape[1] / (s.shape[1] - 1)) ** 0.5 * _eigen(s, 0.5) @ w + s.mean(1, keepdim=True),
            lambda w, s: s,
            lambda w, s: _eigen(s, 0.5) @ s + s.mean(1, keepdim=True),
            lambda w, s: 2 * (_eigen(s, 0.5) @ w + s.mean(1, keepdim=True)),
        ],
        "torch's words": [
            _coloured(lambda D, E, w, m: E @ D**0.5 @ E.T @ w + m),
            lambda w, s: _eigen(s, 0.5) @ w + s.mean(1),
            lambda w, s: w @ _eigen(s, 0.5),
            lambda w, s: _eigen(s, 0.5) @ w + s,
        ],
    },
    "07.adain": {
        "overwritten": [_adain_in_place],
        "precedence": [
            lambda c, s: _std(s) * c - _mean(c) / _std(c) + _mean(s),
            lambda c, s: _std(s) * (c - _mean(c) / _std(c)) + _mean(s),
            lambda c, s: _std(s) * ((c - _mean(c)) / _std(c) + _mean(s)),
        ],
        "formula": [
            lambda c, s: _std(c) * _normal(s) + _mean(c),
            lambda c, s: _normal(c),
            lambda c, s: _normal(c) * _std(s),
            lambda c, s: _normal(c) + _mean(s),
            lambda c, s: c - _mean(c) + _mean(s),
            lambda c, s: c + _mean(s),
            lambda c, s: c * _std(s) + _mean(s),
            lambda c, s: _std(s) * (c - _mean(c)) + _mean(s),
            lambda c, s: _std(s) * c / _std(c) + _mean(s),
            lambda c, s: _std(c) * (c - _mean(c)) / _std(s) + _mean(s),
            lambda c, s: _std(s) * (c - _mean(s)) / _std(c) + _mean(c),
            lambda c, s: _std(s) * _normal(c) + _mean(c),
            lambda c, s: _std(s) * _normal(c) - _mean(s),
            lambda c, s: _std(s) ** 2 * (c - _mean(c)) / _std(c) ** 2 + _mean(s),
            lambda c, s: s.std() * (c - c.mean()) / c.std() + s.mean(),
            lambda c, s: s.std((0, 2, 3)).mean() * _normal(c) + s.mean(),
            lambda c, s: _mean(s) * _normal(c) + _std(s),
            lambda c, s: F.instance_norm(c),
            lambda c, s: s,
            lambda c, s: (c + s.mean((2, 3), keepdim=True)) / 2,
            lambda c, s: (_std(s) * _normal(c) + _mean(s)).clamp_min(0),
            lambda c, s: _std(s) * _normal(c) * _std(s) + _mean(s),
        ],
        "torch's words": [
            lambda c, s: s.std((2, 3)) * (c - c.mean((2, 3))) / c.std((2, 3)) + s.mean((2, 3)),
            lambda c, s: _normal(c) * s,
            lambda c, s: c.std(4),
            lambda c, s: c - mean(c),  # noqa: F821
        ],
    },
}
