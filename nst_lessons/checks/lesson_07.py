"""The exercises of 07_universal."""

from collections.abc import Callable
from functools import partial

import torch

from nst_lessons.checks import puzzles_from_05
from nst_lessons.checks.cases import unlike_channels
from nst_lessons.checks.clouds import examine_colour, examine_whiten
from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike

tilt = Guess(
    OneOf(
        "tilted",
        {
            "round": "it is as wide as it is high. But do the points on one diagonal go as far out as those on the other?",
            "a line": "no point has lost a coordinate: two numbers go in, and two come out.",
            "unchanged": "its mean has moved and its axes are scaled: compare the numbers on the axes.",
        },
    ),
    hints=[
        "Each axis is scaled by itself. Does a point that was high in both stop being high in both?",
        "Scaling an axis changes its variance. Now look at the relation between the two axes: does scaling change how they go "
        "together?",
        "Dividing each axis by its standard deviation makes both ____ equal to 1, and leaves the ____ as it was.",
    ],
    code='my_guess = "tilted"',
    why="Scaling each axis makes both variances 1, but the two still vary together. To make the cloud round, turn it, too.",
)


whiten = Question(
    examine_whiten,
    hints=[
        "Which three steps in the row of pictures above make the cloud round, and what must happen before the first?",
        "Subtract the mean. Compute the covariance, divided by N, and its eigenvalues D and eigenvectors E. Then multiply by "
        "three matrices: E^T turns the cloud, D^-1/2 scales its axes to the same length, E turns it back.",
        "`D, E = torch.linalg.____(centred @ ____ / x.shape[1])`, then `E @ torch.diag(D**____) @ ____ @ centred`",
    ],
    code="""
    def whiten(x):
        centred = x - x.mean(1, keepdim=True)
        D, E = torch.linalg.eigh(centred @ centred.T / x.shape[1])
        return E @ torch.diag(D**-0.5) @ E.T @ centred
    """,
    why="E^T turns the cloud's axes onto the coordinate axes, D^-1/2 makes them equally long, and E turns the cloud back.",
)


colour = Question(
    examine_colour,
    hints=[
        "Whitening removes a covariance. How must you change E D^-1/2 E^T to give a covariance instead, and whose is it?",
        "Do the same in reverse, with the style's D and E: D has the power +1/2. Whitening starts by subtracting a mean; "
        "colouring ends by adding one.",
        "`E @ torch.diag(D**____) @ E.T @ ____ + ____`, with D and E from the covariance of the centred ____",
    ],
    code="""
    def colour(white, style):
        mean = style.mean(1, keepdim=True)
        D, E = torch.linalg.eigh((style - mean) @ (style - mean).T / style.shape[1])
        return E @ torch.diag(D**0.5) @ E.T @ white + mean
    """,
    why="A white cloud has no direction of its own, so it takes on any covariance that you give it.",
)

one_level = Guess(
    OneOf(
        "colours",
        {
            "strokes": "a position of relu1_1 sees 3 x 3 pixels: can their statistics describe a stroke?",
            "everything": "compare it with the picture of relu4_1 in the row: what does this one lack?",
            "nothing": "compare its bright and its dark areas with those of the photo: they differ.",
        },
    ),
    hints=[
        "How many pixels does one position of relu1_1 see? Lesson 01 counted them.",
        "It sees three by three pixels: an edge at most. What can the mean and covariance of such small pieces describe, and "
        "what is too large for them?",
        "A stroke is some ____ pixels long, but a position of relu1_1 sees only 3. What fits into 3 x 3 pixels is their ____.",
    ],
    code='my_guess = "colours"',
    why="relu1_1 sees 3 x 3 pixels. That is enough for the palette and the finest grain. Anything larger needs deeper levels.",
)


def _moments(x: torch.Tensor, axes: tuple[int, ...] = (2, 3)) -> tuple[torch.Tensor, torch.Tensor]:
    return x.mean(axes, keepdim=True), x.std(axes, keepdim=True, correction=0)


def _adain(content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    return _adain_over((2, 3), content, style)


def _adain_over(axes: tuple[int, ...], content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    (mean, deviation), (wanted, spread) = _moments(content, axes), _moments(style, axes)
    return spread * (content - mean) / deviation + wanted


def _of_moments(combine: Callable) -> Callable:
    """Make a function of content and style from combine(content, its mean and deviation, the style's mean and deviation)."""
    return lambda content, style: combine(content, *_moments(content), *_moments(style))


def _of_style(tried: Tried) -> str | None:
    """Say whether the mean or the standard deviation differs from the style's."""
    style, got = tried.inputs[-1][1].double(), tried.found[-1]
    for kind, one, other in zip(("mean", "standard deviation"), _moments(got), _moments(style), strict=True):
        if not alike(one, other, 1e-2):
            return f"the {kind} of each channel should be the style's, but in your result it is not."
    return None


adain = Question(
    SameAs(
        _adain,
        [
            (unlike_channels(1, 3, 40, 30, seed=0), unlike_channels(1, 3, 35, 47, seed=1)),
            (unlike_channels(1, 5, 31, 50, seed=2), unlike_channels(1, 5, 60, 29, seed=3)),
        ],
        {
            "content and style are swapped: the result keeps the drawing of the content.": lambda c, s: _adain(s, c),
            "the style's mean is missing: add it at the end.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m) / d),
            "the content's own mean is still there: subtract it first.": _of_moments(lambda x, m, d, sm, sd: sd * x / d + sm),
            "the content's own strength is still there: divide by its standard deviation.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - m) + sm
            ),
            "the style's strength is missing: multiply by its standard deviation.": _of_moments(
                lambda x, m, d, sm, sd: (x - m) / d + sm
            ),
            "that is the content normalised: now multiply by the style's standard deviation and add its mean.": _of_moments(
                lambda x, m, d, sm, sd: (x - m) / d
            ),
            "you change only the mean: change the standard deviation, too, to the style's.": _of_moments(
                lambda x, m, d, sm, sd: x - m + sm
            ),
            "you use mean and deviation of all channels at once: each channel has its own, over axes 2 and 3.": lambda c, s: (
                _adain_over((1, 2, 3), c, s)
            ),
            "you use variances: take their square roots.": _of_moments(lambda x, m, d, sm, sd: (sd / d) ** 2 * (x - m) + sm),
            "you divide by the variance: divide by its square root.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - m) / d**2 + sm
            ),
            "you multiply by the style's variance: multiply by its square root.": _of_moments(
                lambda x, m, d, sm, sd: sd**2 * (x - m) / d + sm
            ),
            "the two standard deviations are swapped: divide by the content's, and multiply by the style's.": _of_moments(
                lambda x, m, d, sm, sd: d * (x - m) / sd + sm
            ),
            "the two means are swapped: subtract the content's, and add the style's.": _of_moments(
                lambda x, m, d, sm, sd: sd * (x - sm) / d + m
            ),
            "at the end, add the STYLE's mean, not the content's.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m) / d + m),
            "subtract the CONTENT's mean, not the style's.": _of_moments(lambda x, m, d, sm, sd: sd * (x - sm) / d + sm),
            "you subtract the style's mean at the end: add it.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m) / d - sm),
            "mind the brackets: subtract the mean before you multiply and divide.": _of_moments(
                lambda x, m, d, sm, sd: sd * x - m / d + sm
            ),
            "mind the brackets: add the style's mean at the very end.": _of_moments(
                lambda x, m, d, sm, sd: sd * ((x - m) / d + sm)
            ),
            "mind the brackets: divide all of `content - mean`.": _of_moments(lambda x, m, d, sm, sd: sd * (x - m / d) + sm),
        },
        axes=("1CHW", "1CIJ"),
        never=("adain", "adaptive_instance_normalization"),
        also=[_of_style],
        wants="features of the shape of `content`",
    ),
    hints=[
        "Which two numbers of each channel does the text take away, and whose numbers replace them?",
        "For content and style, compute mean and standard deviation of each channel over height and width, and keep the axes. "
        "Normalise the content with its own two numbers, then apply the style's.",
        "With `x.mean((2, 3), keepdim=True)` and `x.std(...)` of both: `style_std * (content - ____) / ____ + ____`",
    ],
    code="""
    def adain(content, style):
        mean, std = content.mean((2, 3), keepdim=True), content.std((2, 3), keepdim=True)
        style_mean, style_std = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
        return style_std * (content - mean) / std + style_mean
    """,
    why="AdaIN uses two numbers per channel, and ignores how channels vary together. It is quick and nearly as good.",
)

whiten_order = puzzles_from_05.whiten_order
levels_order = puzzles_from_05.levels_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
