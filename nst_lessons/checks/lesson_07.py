"""The exercises of 07_universal."""

from collections.abc import Callable
from functools import partial

import torch

from nst_lessons.checks.cases import unlike_channels
from nst_lessons.checks.clouds import examine_colour, examine_whiten
from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike

tilt = Guess(
    OneOf(
        "tilted",
        {
            "round": "it is as wide as it is high, and yet: are the points of one diagonal as far out as those of the other?",
            "a line": "no point has lost a coordinate: two numbers went in, and two come out.",
            "unchanged": "its middle has moved and its axes are stretched: compare the numbers on the axes.",
        },
    ),
    hints=[
        "Each axis is stretched by itself. Does a point that was high in both stop being high in both?",
        "Stretching an axis changes its variance. Ask what is left: how the two axes go together, their correlation.",
        "Dividing each axis by its deviation makes both ____ equal to 1, and leaves the ____ as it was.",
    ],
    code='my_guess = "tilted"',
    why="A scale for each axis mends the variances and leaves the correlation: to be round, the cloud must be turned too.",
)


whiten = Question(
    examine_whiten,
    hints=[
        "Which three steps of the row of pictures above make the cloud round, and what has to happen before the first?",
        "Take the mean away. Compute the covariance of what is left, divided by N, and its eigenvalues D and eigenvectors E. "
        "Then multiply: E^T turns, D^-1/2 makes equally long, E turns back.",
        "`D, E = torch.linalg.____(centred @ ____ / x.shape[1])`, then `E @ torch.diag(D**____) @ ____ @ centred`",
    ],
    code="""
    def whiten(x):
        centred = x - x.mean(1, keepdim=True)
        D, E = torch.linalg.eigh(centred @ centred.T / x.shape[1])
        return E @ torch.diag(D**-0.5) @ E.T @ centred
    """,
    why="E^T turns the cloud's long axes onto the coordinate axes, D^-1/2 makes all equally long, E turns back.",
)


colour = Question(
    examine_colour,
    hints=[
        "Whitening takes a covariance away. What changes in E D^-1/2 E^T if you want to give one instead, and which cloud's?",
        "The same machine backwards, with the style's own D and E: D to the power of +1/2. Whitening began by taking a mean "
        "away; this ends by adding one.",
        "`E @ torch.diag(D**____) @ E.T @ ____ + ____`, with D and E from the covariance of the centred ____",
    ],
    code="""
    def colour(white, style):
        mean = style.mean(1, keepdim=True)
        D, E = torch.linalg.eigh((style - mean) @ (style - mean).T / style.shape[1])
        return E @ torch.diag(D**0.5) @ E.T @ white + mean
    """,
    why="A white cloud has no direction of its own; so it takes on whatever covariance it is given.",
)

one_level = Guess(
    OneOf(
        "colours",
        {
            "strokes": "a position of relu1_1 sees 3 x 3 pixels: can the statistics of these tell of a stroke?",
            "everything": "compare with the picture of relu4_1 in the row: what does that one have which this one lacks?",
            "nothing": "compare its sky and its shadows with the photo's: they are not those of the photo.",
        },
    ),
    hints=[
        "How many pixels does one position of relu1_1 see? Lesson 01 counted them.",
        "Three by three pixels: an edge at most. List what the mean and covariance of such small pieces can tell, and what "
        "it cannot.",
        "A stroke is some ____ pixels long, and a position of relu1_1 sees 3; what fits into 3 x 3 pixels is their ____.",
    ],
    code='my_guess = "colours"',
    why="relu1_1 sees three by three pixels: the palette and the finest grain. What is larger needs deeper levels.",
)


def _moments(x: torch.Tensor, axes: tuple[int, ...] = (2, 3)) -> tuple[torch.Tensor, torch.Tensor]:
    return x.mean(axes, keepdim=True), x.std(axes, keepdim=True, correction=0)


def _adain(content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    return _adain_over((2, 3), content, style)


def _adain_over(axes: tuple[int, ...], content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    (mean, deviation), (wanted, spread) = _moments(content, axes), _moments(style, axes)
    return spread * (content - mean) / deviation + wanted


def _of_moments(combine: Callable) -> Callable:
    """A function of content and style: combine(content, its mean, its deviation, the style's mean, the style's deviation)."""
    return lambda content, style: combine(content, *_moments(content), *_moments(style))


def _of_style(tried: Tried) -> str | None:
    """Which of mean and deviation is not the style's."""
    style, got = tried.inputs[-1][1].double(), tried.found[-1]
    for kind, one, other in zip(("mean", "standard deviation"), _moments(got), _moments(style), strict=True):
        if not alike(one, other, 1e-2):
            return f"the {kind} of each channel of your result should be the style's, and is not."
    return None


adain = Question(
    SameAs(
        _adain,
        [
            (unlike_channels(1, 3, 40, 30, seed=0), unlike_channels(1, 3, 35, 47, seed=1)),
            (unlike_channels(1, 5, 31, 50, seed=2), unlike_channels(1, 5, 60, 29, seed=3)),
        ],
        {
            "content and style are exchanged: the picture keeps the content's drawing.": lambda c, s: _adain(s, c),
            "the style's mean is missing: add it at the end.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m) / d),
            "the content's own mean is still there: take it away first.": _of_moments(lambda x, m, d, sm, sd: sd * x / d + sm),
            "the content's own strength is still there: divide by its deviation.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - m) + sm
            ),
            "the style's strength is missing: multiply by its deviation.": _of_moments(
                lambda x, m, d, sm, sd: (x - m) / d + sm
            ),
            "that is the content normalised: now give it the style's deviation and mean.": _of_moments(
                lambda x, m, d, sm, sd: (x - m) / d
            ),
            "only the mean is the style's: divide by the content's deviation, and multiply by the style's.": _of_moments(
                lambda x, m, d, sm, sd: x - m + sm
            ),
            "mean and deviation of all channels at once: each channel has its own, over axes 2 and 3.": lambda c, s: (
                _adain_over((1, 2, 3), c, s)
            ),
            "you use variances: the deviation is their square root.": _of_moments(
                lambda x, m, d, sm, sd: (sd / d) ** 2 * (x - m) + sm
            ),
            "you divide by the variance: the deviation is its square root.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - m) / d**2 + sm
            ),
            "you multiply by the style's variance: the deviation is its square root.": _of_moments(
                lambda x, m, d, sm, sd: sd**2 * (x - m) / d + sm
            ),
            "the two deviations are exchanged: divide by the content's, multiply by the style's.": _of_moments(
                lambda x, m, d, sm, sd: d * (x - m) / sd + sm
            ),
            "the two means are exchanged: take the content's away, and add the style's.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - sm) / d + m
            ),
            "at the end the STYLE's mean is added, not the content's.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - m) / d + m
            ),
            "the CONTENT's mean is taken away, not the style's.": _of_moments(lambda x, m, d, sm, sd: sd * (x - sm) / d + sm),
            "the style's mean is added, not taken away.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m) / d - sm),
            "mind the brackets: take the mean away before you multiply and divide.": _of_moments(
                lambda x, m, d, sm, sd: sd * x - m / d + sm
            ),
            "mind the brackets: the style's mean is added at the very end.": _of_moments(
                lambda x, m, d, sm, sd: sd * ((x - m) / d + sm)
            ),
            "mind the brackets, all of `x - mean` is divided.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m / d) + sm),
        },
        axes=("1CHW", "1CIJ"),
        never=("adain", "adaptive_instance_normalization"),
        also=[_of_style],
        wants="features of the shape of `content`",
    ),
    hints=[
        "Which two numbers of each channel does instance normalisation take away, and whose does it get here instead?",
        "For the content and for the style: mean and standard deviation of each channel over height and width, with the axes "
        "kept. Normalise the content by its own two, then multiply and add the style's.",
        "With `x.mean((2, 3), keepdim=True)` and `x.std(...)` of both: `style_std * (content - ____) / ____ + ____`",
    ],
    code="""
    def adain(content, style):
        mean, std = content.mean((2, 3), keepdim=True), content.std((2, 3), keepdim=True)
        style_mean, style_std = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
        return style_std * (content - mean) / std + style_mean
    """,
    why="The diagonal of the covariance alone: two numbers per channel instead of C. Quick, and nearly as good.",
)

predictions = partial(tally, globals())
