import torch

from nst_lessons.checks import lesson_07
from tests.checks import Case, puzzles


def _whiten_stub(x):
    """White points."""
    ...


def _colour_stub(white, style):
    """Coloured points."""
    ...


def _adain_stub(content, style):
    """AdaIN."""
    ...


def _centre(x):
    return x - x.mean(1, keepdim=True)


def _by_svd(x):
    """The polar factor of the centred points: the same map without a covariance."""
    u, _, vh = torch.linalg.svd(_centre(x), full_matrices=False)
    return u @ vh * x.shape[1] ** 0.5


def _by_numpy(x):
    import numpy as np

    values, vectors = np.linalg.eig(np.cov(x.double().numpy(), bias=True))
    return torch.tensor(vectors @ np.diag(values**-0.5) @ np.linalg.inv(vectors)).float() @ _centre(x)


def _by_eig(x):
    """Complex numbers with nothing in their imaginary parts, as NumPy 2.5 gives them, too."""
    values, vectors = torch.linalg.eig(torch.cov(x, correction=0))
    return vectors @ torch.diag(values**-0.5) @ torch.linalg.inv(vectors) @ _centre(x).cfloat()


def _eigen(x, exponent):
    D, E = torch.linalg.eigh(torch.cov(x, correction=0))
    return E @ torch.diag(D**exponent) @ E.T


def _turned(x):
    D, E = torch.linalg.eigh(torch.cov(x, correction=0))
    return torch.diag(D**-0.5) @ E.T @ _centre(x)


def _cholesky(x):
    return torch.linalg.solve_triangular(torch.linalg.cholesky(torch.cov(x, correction=0)), _centre(x), upper=False)


def _by_channel(content, style):
    out = torch.empty_like(content)
    for c in range(content.shape[1]):
        z = (content[0, c] - content[0, c].mean()) / content[0, c].std(correction=0)
        out[0, c] = z * style[0, c].std(correction=0) + style[0, c].mean()
    return out


def _normal(x):
    return (x - _mean(x)) / _std(x)


def _mean(x):
    return x.mean((2, 3), keepdim=True)


def _std(x):
    return x.std((2, 3), keepdim=True)


CASES = {
    "tilt": Case(
        right=["tilted", " Tilted "],
        wrong=[("round", "as far out"), ("a line", "lost a coordinate"), ("unchanged", "numbers on the axes"), (3, "none of")],
        stub=...,
        crashing=None,
    ),
    "whiten": Case(
        right=[_by_svd, _by_numpy, _by_eig, lambda x: _by_eig(x).float(), lambda x: _eigen(x, -0.5) @ _centre(x)],
        wrong=[
            (_turned, "turn it back"),
            (lambda x: _by_eig(x) * 1j, "returns a complex tensor"),
            (lambda x: _eigen(x, -0.5) @ x, "mean is still in it"),
            (lambda x: _centre(x) / x.std(1, keepdim=True), "each axis by itself"),
            (lambda x: _eigen(x, 0.5) @ _centre(x), "exponent is negative"),
            (lambda x: _eigen(x, -1) @ _centre(x), "not -1"),
            (_centre, "D is missing"),
            (lambda x: _eigen(_centre(x) * x.shape[1] ** 0.5, -0.5) @ _centre(x), "mean over the points"),
            (lambda x: x.T, "shape"),
            (_cholesky, "a Cholesky factor"),
        ],
        stub=_whiten_stub,
        crashing=lambda x: x @ x,
    ),
    "colour": Case(
        right=[
            lambda w, s: _eigen(s, 0.5) @ w + s.mean(1, keepdim=True),
            lambda w, s: torch.linalg.inv(_eigen(s, -0.5)) @ w + s.mean(1)[:, None],
        ],
        wrong=[
            (lambda w, s: _eigen(s, 0.5) @ w, "mean is missing"),
            (lambda w, s: _eigen(s, -0.5) @ w + s.mean(1, keepdim=True), "whitens again"),
            (lambda w, s: torch.cov(s, correction=0) @ w + s.mean(1, keepdim=True), "take their square root"),
            (lambda w, s: w + s.mean(1, keepdim=True), "only move the white points"),
            (lambda w, s: w * s.std(1, keepdim=True, correction=0) + s.mean(1, keepdim=True), "tilt is missing"),
        ],
        stub=_colour_stub,
        crashing=lambda w, s: w @ s,
    ),
    "one_level": Case(
        right=["colours", "COLOURS"],
        wrong=[("strokes", "3 x 3"), ("everything", "relu4_1"), ("nothing", "dark areas"), ("x", "none of the choices")],
        stub=...,
        crashing=None,
    ),
    "adain": Case(
        right=[_by_channel, lambda c, s: _std(s) * _normal(c) + _mean(s)],
        wrong=[
            (lambda c, s: _std(c) * _normal(s) + _mean(c), "swapped"),
            (lambda c, s: _std(s) * _normal(c), "add it at the end"),
            (lambda c, s: _std(s) * c / _std(c) + _mean(s), "own mean is still"),
            (lambda c, s: _std(s) * (c - _mean(c)) + _mean(s), "own strength"),
            (lambda c, s: _normal(c) + _mean(s), "style's strength"),
            (lambda c, s: s.std() * (c - c.mean()) / c.std() + s.mean(), "all channels at once"),
            (lambda c, s: _std(s) ** 2 * (c - _mean(c)) / _std(c) ** 2 + _mean(s), "square root"),
        ],
        stub=_adain_stub,
        crashing=lambda c, s: c - s.mean((2, 3)).view(999),
    ),
}
CASES |= puzzles.cases(lesson_07)
