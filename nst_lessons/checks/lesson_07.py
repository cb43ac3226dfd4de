"""The exercises of 07_universal."""

import torch

from nst_lessons.checks.question import Question, Wrong, one_of, same_as


def _cloud(channels: int, points: int, seed: int) -> torch.Tensor:
    """Correlated points (C, N), not around 0."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator) + 2 * torch.eye(channels)
    return mixing @ torch.randn(channels, points, generator=generator) + torch.randn(channels, 1, generator=generator) * 3


def _root(x: torch.Tensor, exponent: float) -> torch.Tensor:
    """E D^exponent E^T of the covariance of x (C, N)."""
    centred = _centred(x)
    values, vectors = torch.linalg.eigh(centred @ centred.mT / x.shape[1])
    return (vectors * values**exponent) @ vectors.mT


def _centred(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean(1, keepdim=True)


def _is_white(x: object) -> bool:
    """Whether the points (4, N) have mean 0 and the identity as covariance."""
    if not isinstance(x, torch.Tensor) or x.ndim != 2 or len(x) != 4:
        return False
    x = x.real.float()
    return torch.allclose(x @ x.mT / x.shape[1], torch.eye(4), atol=1e-2) and x.mean(1).abs().max() < 1e-2


tilt = Question(
    one_of(
        "tilted",
        {
            "round": "it is as wide as it is high, and yet: are the points of one diagonal as far out as those of the other?",
            "a line": "no point has lost a coordinate: two numbers went in, and two come out.",
            "unchanged": "its middle has moved and its axes are stretched: compare the numbers on the axes.",
        },
    ),
    hints=[
        "Each axis is stretched by itself. Does a point that was high in both stop being high in both?",
        "Stretching an axis changes a variance. What is left is how the two go together: their correlation.",
    ],
    code='my_guess = "tilted"',
    why="A scale for each axis mends the variances and leaves the correlation: to be round, the cloud must be turned too.",
)


def _whiten(x: torch.Tensor) -> torch.Tensor:
    return _root(x, -0.5) @ _centred(x)


_same_points = same_as(
    _whiten,
    [(_cloud(2, 60, 0),), (_cloud(4, 90, 1),)],
    [
        ("the mean is still in it: take it away first.", lambda x: _root(x, -0.5) @ x),
        ("that stretches each axis by itself: the tilt is still there.", lambda x: _centred(x) / x.std(1, keepdim=True)),
        ("that makes the cloud longer where it is long: the exponent is negative.", lambda x: _root(x, 0.5) @ _centred(x)),
        ("the eigenvalues are variances: D to the power of -1/2 is wanted, not -1.", lambda x: _root(x, -1.0) @ _centred(x)),
        ("the mean is gone, and nothing else.", _centred),
        ("the covariance is a mean over the points: divide by their number N.", lambda x: _whiten(x) / x.shape[1] ** 0.5),
    ],
)


def _examine_whiten(function) -> None:
    """As `_same_points`, but a cloud that is white and turned gets words of its own, whichever way it is turned."""
    try:
        _same_points(function)
    except Wrong:
        if _is_white(function(_cloud(4, 90, 1))):
            raise Wrong("it is white, but turned: after E^T and D^-1/2 turn it back with E.") from None
        raise


whiten = Question(
    _examine_whiten,
    hints=[
        "Three steps: take the mean away; the covariance of what is left, divided by N; its eigenvalues and eigenvectors.",
        "`D, E = torch.linalg.eigh(centred @ centred.T / N)`; then `E @ torch.diag(D**-0.5) @ E.T` times the centred points.",
    ],
    code="""
    def whiten(x):
        centred = x - x.mean(1, keepdim=True)
        D, E = torch.linalg.eigh(centred @ centred.T / x.shape[1])
        return E @ torch.diag(D**-0.5) @ E.T @ centred
    """,
    why="E^T turns the cloud's long axes onto the coordinate axes, D^-1/2 makes all equally long, E turns back.",
)


def _colour(white: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    return _root(style, 0.5) @ white + style.mean(1, keepdim=True)


colour = Question(
    same_as(
        _colour,
        [(_whiten(_cloud(2, 50, 0)), _cloud(2, 70, 2)), (_whiten(_cloud(3, 80, 1)), _cloud(3, 40, 3))],
        [
            ("the style's mean is missing: its middle is not at 0.", lambda w, s: _root(s, 0.5) @ w),
            ("that whitens again: the exponent is positive here.", lambda w, s: _root(s, -0.5) @ w + s.mean(1, keepdim=True)),
            (
                "the eigenvalues are variances: their root is wanted.",
                lambda w, s: _root(s, 1.0) @ w + s.mean(1, keepdim=True),
            ),
            (
                "each axis is stretched by itself: the style's tilt is missing.",
                lambda w, s: s.std(1, keepdim=True, correction=0) * w + s.mean(1, keepdim=True),
            ),
            ("only the middle has moved.", lambda w, s: w + s.mean(1, keepdim=True)),
        ],
    ),
    hints=[
        "The same machine backwards, with the style's own D and E. And the last step of whitening backwards is ...?",
        "D to the power of +1/2 now, and at the end the style's mean is added.",
    ],
    code="""
    def colour(white, style):
        mean = style.mean(1, keepdim=True)
        D, E = torch.linalg.eigh((style - mean) @ (style - mean).T / style.shape[1])
        return E @ torch.diag(D**0.5) @ E.T @ white + mean
    """,
    why="A white cloud has no direction of its own; so it takes on whatever covariance it is given.",
)

one_level = Question(
    one_of(
        "colours",
        {
            "strokes": "a position of relu1_1 sees 3 x 3 pixels: can the statistics of these tell of a stroke?",
            "everything": "compare with the picture of relu4_1 in the row: what has that which this has not?",
            "nothing": "compare its sky and its shadows with the photo's: they are not those of the photo.",
        },
    ),
    hints=[
        "How many pixels does one position of relu1_1 see? Lesson 01 counted them.",
        "Three by three pixels: an edge at most. What is in the mean and covariance of such small pieces?",
    ],
    code='my_guess = "colours"',
    why="relu1_1 sees three by three pixels: the palette and the finest grain. What is larger needs deeper levels.",
)


def _features(channels: int, height: int, width: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    scales = 0.5 + 3 * torch.rand(1, channels, 1, 1, generator=generator)
    shifts = 4 * torch.randn(1, channels, 1, 1, generator=generator)
    return scales * torch.randn(1, channels, height, width, generator=generator) + shifts


def _moments(x: torch.Tensor, axes: tuple[int, ...] = (2, 3)) -> tuple[torch.Tensor, torch.Tensor]:
    return x.mean(axes, keepdim=True), x.std(axes, keepdim=True, correction=0)


def _adain(content: torch.Tensor, style: torch.Tensor, axes: tuple[int, ...] = (2, 3)) -> torch.Tensor:
    (mean, deviation), (wanted, spread) = _moments(content, axes), _moments(style, axes)
    return spread * (content - mean) / deviation + wanted


adain = Question(
    same_as(
        _adain,
        [(_features(3, 40, 30, 0), _features(3, 35, 45, 1)), (_features(5, 30, 50, 2), _features(5, 60, 25, 3))],
        [
            ("content and style are exchanged: the picture keeps the content's drawing.", lambda c, s: _adain(s, c)),
            (
                "the style's mean is missing: add it at the end.",
                lambda c, s: _moments(s)[1] * (c - _moments(c)[0]) / _moments(c)[1],
            ),
            (
                "the content's own mean is still there: take it away first.",
                lambda c, s: _moments(s)[1] * c / _moments(c)[1] + _moments(s)[0],
            ),
            (
                "the content's own strength is still there: divide by its deviation.",
                lambda c, s: _moments(s)[1] * (c - _moments(c)[0]) + _moments(s)[0],
            ),
            (
                "the style's strength is missing: multiply with its deviation.",
                lambda c, s: (c - _moments(c)[0]) / _moments(c)[1] + _moments(s)[0],
            ),
            (
                "mean and deviation of all channels at once: each channel has its own, over axes 2 and 3.",
                lambda c, s: _adain(c, s, (1, 2, 3)),
            ),
            (
                "you use variances: the deviation is their square root.",
                lambda c, s: (_moments(s)[1] / _moments(c)[1]) ** 2 * (c - _moments(c)[0]) + _moments(s)[0],
            ),
        ],
    ),
    hints=[
        "Instance normalisation of the content, then the style's deviation and mean in place of a learned scale and shift.",
        "`x.mean((2, 3), keepdim=True)` and `x.std((2, 3), keepdim=True)`, once for the content and once for the style.",
    ],
    code="""
    def adain(content, style):
        mean, std = content.mean((2, 3), keepdim=True), content.std((2, 3), keepdim=True)
        style_mean, style_std = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
        return style_std * (content - mean) / std + style_mean
    """,
    why="The diagonal of the covariance alone: two numbers a channel instead of C. Quick, and nearly as good.",
)
