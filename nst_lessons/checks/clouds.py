"""Examine the whitening and colouring of a cloud of points, in 07_universal."""

from collections.abc import Callable

import torch

from nst_lessons.checks.cases import normal
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def _cloud(channels: int, points: int, seed: int) -> torch.Tensor:
    """Return correlated points (C, N) whose mean is not 0."""
    mixing = normal(channels, channels, seed=seed) + 2 * torch.eye(channels)
    return mixing @ normal(channels, points, seed=seed + 20) + 3 * normal(channels, 1, seed=seed + 40)


def _mean(x: torch.Tensor) -> torch.Tensor:
    return x.mean(1, keepdim=True)


def _centred(x: torch.Tensor) -> torch.Tensor:
    return x - _mean(x)


def _eigen(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the eigenvalues D and eigenvectors E of the covariance of x (C, N)."""
    return torch.linalg.eigh(_centred(x) @ _centred(x).mT / x.shape[1])


def _root(x: torch.Tensor, bend: Callable) -> torch.Tensor:
    """Return E bend(D) E^T for the covariance of x (C, N)."""
    D, E = _eigen(x)
    return (E * bend(D)) @ E.mT


def _inverse_root(D: torch.Tensor) -> torch.Tensor:
    return D**-0.5


def _whiten(x: torch.Tensor) -> torch.Tensor:
    return _root(x, _inverse_root) @ _centred(x)


def _not_white(tried: Tried) -> str | None:
    """Name a property of white clouds that this cloud lacks."""
    got = tried.found[-1]
    if got.mean(1).abs().max() > 1e-2:
        return f"a white cloud has mean 0 along each axis; yours has {got.mean(1)[0]:.4g} along the first."
    variances = got.square().mean(1)
    if (variances - 1).abs().max() > 1e-2:
        return f"a white cloud has variance 1 along each axis; yours has {variances[0]:.4g} along the first."
    return "the variances are 1, as they should be, but the cloud is tilted: two axes are still correlated."


def _uncentred(x: torch.Tensor) -> torch.Tensor:
    D, E = torch.linalg.eigh(x @ x.mT / x.shape[1])
    return (E * D**-0.5) @ E.mT


def _is_white(x: torch.Tensor) -> bool:
    """Return whether points (C, N) have mean 0 and the identity as covariance."""
    identity = torch.eye(len(x), dtype=x.dtype)
    return torch.allclose(x @ x.mT / x.shape[1], identity, atol=1e-2) and x.mean(1).abs().max() < 1e-2


def _of_turned(matrix: torch.Tensor) -> str:
    """Say which matrix, other than E D^-1/2 E^T, made the points white."""
    square = matrix @ matrix.mT
    if (square - square.diag().diag()).abs().max() < 1e-2 * square.abs().max():
        return "your cloud is white, but rotated: after E^T and D^-1/2, turn it back with E."
    if matrix.triu(1).abs().max() < 1e-3 * matrix.abs().max() or matrix.tril(-1).abs().max() < 1e-3 * matrix.abs().max():
        return "your cloud is white, but rotated: a Cholesky factor is triangular. Use the symmetric matrix E D^-1/2 E^T."
    return "your cloud is white, but rotated: many matrices whiten a cloud. Use the lesson's, E D^-1/2 E^T."


def _white_and_turned(tried: Tried) -> str | None:
    """Notice a cloud that is white, but rotated."""
    x, got = tried.inputs[-1][0].double(), tried.found[-1]
    if not _is_white(got) or alike(got, -tried.expected[-1]):
        return None
    return _of_turned(got @ torch.linalg.pinv(_centred(x)))


examine_whiten = SameAs(
    _whiten,
    [(torch.tensor([[0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 4.0, 2.0]]),), (_cloud(2, 61, 0),), (_cloud(4, 89, 1),)],
    {
        "the mean is still in it: subtract it first.": lambda x: _root(x, _inverse_root) @ x,
        "you scale each axis by itself, so the tilt is still there: whiten with E D^-1/2 E^T.": lambda x: (
            _centred(x) / x.std(1, keepdim=True)
        ),
        "you scale each axis by itself, so the tilt is still there: use E D^-1/2 E^T.": lambda x: (
            _centred(x) / _centred(x).square().mean(1, keepdim=True).sqrt()
        ),
        "you stretch the long axes even more: the exponent is negative.": lambda x: _root(x, torch.sqrt) @ _centred(x),
        "the eigenvalues are variances: take D to the power of -1/2, not -1.": lambda x: (
            _root(x, lambda D: 1 / D) @ _centred(x)
        ),
        "mind the brackets: `D**-1/2` is half of 1/D. Write `D**(-1 / 2)` or `D**-0.5`.": lambda x: (
            _root(x, lambda D: 0.5 / D) @ _centred(x)
        ),
        "mind the brackets: `D**1/2` is half of D. And the exponent is negative: `D**-0.5`.": lambda x: (
            _root(x, lambda D: D / 2) @ _centred(x)
        ),
        "D is missing: you turn the cloud and turn it back, which changes nothing.": _centred,
        "the covariance is a mean over the points: divide by N.": lambda x: _whiten(x) / x.shape[1] ** 0.5,
        "divide the covariance by N, not by N - 1: `torch.cov(x, correction=0)`.": lambda x: (
            _whiten(x) * (1 - 1 / x.shape[1]) ** 0.5
        ),
        "E and E^T are swapped: the columns of E are the cloud's axes, so E^T acts first, on the right.": lambda x: (
            _eigen(x)[1].mT @ torch.diag(_eigen(x)[0] ** -0.5) @ _eigen(x)[1] @ _centred(x)
        ),
        "E^T is missing on the right: turn the cloud onto the axes before you scale it.": lambda x: (
            _eigen(x)[1] @ torch.diag(_eigen(x)[0] ** -0.5) @ _centred(x)
        ),
        "that is only the matrix E D^-1/2 E^T: multiply the centred points by it.": lambda x: _root(x, _inverse_root),
        "compute the covariance of the CENTRED points: subtract the mean first.": lambda x: _uncentred(x) @ x,
        "compute the covariance, too, from the CENTRED points: subtract the mean first.": lambda x: _uncentred(x) @ _centred(x),
        "you only turn the cloud onto the axes: D^-1/2 is missing, which scales them.": lambda x: _eigen(x)[1].mT @ _centred(x),
    },
    axes=("CN",),
    never=("whiten",),
    early=[_white_and_turned],
    also=[_not_white],
    wants="points (C, N)",
)


def _colour(white: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    return _root(style, torch.sqrt) @ white + _mean(style)


def _coloured(bend: Callable) -> Callable:
    return lambda white, style: _root(style, bend) @ white + _mean(style)


def _not_of_style(tried: Tried) -> str | None:
    """Say whether the mean or the covariance differs from the style's."""
    style, got = tried.inputs[-1][1].double(), tried.found[-1]
    if not alike(_mean(got), _mean(style), 1e-2):
        return "the mean of your points should be the style's, but it is not."
    covariances = [_centred(one) @ _centred(one).mT / one.shape[1] for one in (got, style)]
    if not alike(*covariances, 1e-2):
        return "the mean of your points is the style's, but their covariance is not."
    return "mean and covariance are the style's, but the cloud is rotated: use the matrix E D^1/2 E^T."


examine_colour = SameAs(
    _colour,
    [
        (torch.tensor([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]]), torch.tensor([[0.0, 2.0, 4.0, 2.0], [1.0, 1.0, 5.0, 1.0]])),
        (_whiten(_cloud(2, 53, 0)), _cloud(2, 71, 2)),
        (_whiten(_cloud(3, 83, 1)), _cloud(3, 41, 3)),
    ],
    {
        "the style's mean is missing: add it at the end.": lambda w, s: _root(s, torch.sqrt) @ w,
        "that whitens again: here the exponent is positive.": _coloured(_inverse_root),
        "the eigenvalues are variances: take their square root.": _coloured(lambda D: D),
        "mind the brackets: `D**1/2` is half of D. Write `D**0.5`.": _coloured(lambda D: D / 2),
        "D is missing: you only move the white points to the style's mean.": (lambda w, s: w + _mean(s)),
        "you scale each axis by itself, so the style's tilt is missing: use E D^1/2 E^T.": lambda w, s: (
            s.std(1, keepdim=True, correction=0) * w + _mean(s)
        ),
        "you scale each axis by itself, so the style's tilt is missing: use all of E D^1/2 E^T.": lambda w, s: (
            s.std(1, keepdim=True) * w + _mean(s)
        ),
        "divide the covariance by M, not by M - 1: `torch.cov(style, correction=0)`.": lambda w, s: (
            _root(s, torch.sqrt) * (s.shape[1] / (s.shape[1] - 1)) ** 0.5 @ w + _mean(s)
        ),
        "the covariance is a mean over the points: divide by M.": lambda w, s: (
            _root(s, torch.sqrt) * s.shape[1] ** 0.5 @ w + _mean(s)
        ),
        "you subtract the style's mean at the end: add it.": lambda w, s: _root(s, torch.sqrt) @ w - _mean(s),
        "E and E^T are swapped: E^T acts first, on the right.": lambda w, s: (
            _eigen(s)[1].mT @ torch.diag(_eigen(s)[0] ** 0.5) @ _eigen(s)[1] @ w + _mean(s)
        ),
        "the covariance is right, but the cloud is rotated: E^T is missing on the right.": lambda w, s: (
            _eigen(s)[1] @ torch.diag(_eigen(s)[0] ** 0.5) @ w + _mean(s)
        ),
        "the covariance is right, but the cloud is rotated: a Cholesky factor is not E D^1/2 E^T.": lambda w, s: (
            torch.linalg.cholesky(_centred(s) @ _centred(s).mT / s.shape[1]) @ w + _mean(s)
        ),
        "compute the covariance of the CENTRED style: subtract its mean first.": lambda w, s: (
            torch.linalg.inv(_uncentred(s)) @ w + _mean(s)
        ),
        "you multiply the style's mean by the matrix, too: add it last.": lambda w, s: _root(s, torch.sqrt) @ (w + _mean(s)),
        "each coordinate has its own mean: take it over the style's points, axis 1.": lambda w, s: (
            _root(s, torch.sqrt) @ w + s.mean()
        ),
    },
    axes=("CN", "CM"),
    never=("colour", "color"),
    also=[_not_of_style],
    wants="points (C, N), as many as `white` has",
)
