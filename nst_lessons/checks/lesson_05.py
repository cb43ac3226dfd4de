"""The exercises of 05_studio."""

from functools import partial
from math import ceil

import torch

from nst_lessons.checks import puzzles_from_05
from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import EqualTo, SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.measured import examine_stroke_size
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike

_Y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)


def _brightness(image: torch.Tensor, weights: torch.Tensor = _Y) -> torch.Tensor:
    return (image * weights).sum(1, keepdim=True)


def _keep_colours(painted: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return photo - _brightness(photo) + _brightness(painted)


def _with(weights: torch.Tensor, painted: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return photo - _brightness(photo, weights) + _brightness(painted, weights)


def _pair(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    return uniform(1, 3, height, width, seed=seed), uniform(1, 3, height, width, seed=seed + 50)


def _colour_and_brightness(tried: Tried) -> str:
    """Say whether the colours or the brightness is wrong."""
    painted, photo = (one.double() for one in tried.inputs[1])
    got = tried.found[1]
    bright = alike(_brightness(got), _brightness(painted))
    if bright:
        return "the brightness is that of `painted`, as it should be, but the colours are not those of `photo`."
    coloured = alike(got - got[:, :1], photo - photo[:, :1])
    other = (
        "the colours are those of `photo`, as they should be" if coloured else "the colours are not those of `photo`, either"
    )
    return f"the brightness, 0.299 R + 0.587 G + 0.114 B, is not that of `painted`; {other}."


keep_colours = Question(
    SameAs(
        _keep_colours,
        [
            (torch.tensor([1.0, 0.0, 0.5]).view(1, 3, 1, 1), torch.tensor([0.2, 0.9, 0.0]).view(1, 3, 1, 1)),
            _pair(4, 5, 0),
            _pair(3, 7, 1),
        ],
        {
            "the wrong way round: keep the colours of `photo`, and take the brightness of `painted`.": lambda a, b: (
                _keep_colours(b, a)
            ),
            "the photo's own brightness is still in it: subtract it before you add the other.": lambda a, b: b + _brightness(a),
            "the brightness of `painted` is missing: add it at the end.": lambda a, b: b - _brightness(b),
            "the signs are swapped: subtract the photo's brightness, and add that of `painted`.": lambda a, b: (
                b + _brightness(b) - _brightness(a)
            ),
            "you subtract both: add the brightness of `painted`.": lambda a, b: b - _brightness(b) - _brightness(a),
            "that is only the brightness, in grey: the photo's colours are missing.": lambda a, b: _brightness(a).expand(
                -1, 3, -1, -1
            ),
            "that is only the brightness, one channel: the photo's colours are missing.": lambda a, b: _brightness(a),
            "you take the mean of R, G and B, but the eye sees green as brighter: use the three weights.": lambda a, b: _with(
                torch.full_like(_Y, 1 / 3), a, b
            ),
            "your three weights are in the reverse order: they are for R, G, B.": lambda a, b: _with(_Y.flip(1), a, b),
            "those weights belong to another standard (ITU-R 709): use 0.299, 0.587 and 0.114.": lambda a, b: _with(
                torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1), a, b
            ),
            "you take a plain sum: the brightness is 0.299 R + 0.587 G + 0.114 B.": lambda a, b: _with(
                torch.ones_like(_Y), a, b
            ),
            "the brightness is one number per pixel: SUM over R, G and B, with `sum(1, keepdim=True)`.": lambda a, b: (
                b - b * _Y + a * _Y
            ),
            "you multiply by a ratio of brightnesses: subtract one, and add the other.": lambda a, b: (
                b * _brightness(a) / _brightness(b)
            ),
            "you subtract from `painted`: subtract the photo's brightness from `photo`, then add.": lambda a, b: (
                a - _brightness(b)
            ),
            "the colours should be those of `photo`: start from `photo`, not from `painted`.": lambda a, b: (
                a - _brightness(b) + _brightness(a)
            ),
            "that is a mix of the two pictures: replace only the brightness.": lambda a, b: (a + b) / 2,
        },
        axes=("13HW", "13HW"),
        never=("with_colours_of", "match_luminance", "keep_luminance"),
        also=[_colour_and_brightness],
        wants="a picture (1, 3, H, W), not cut to [0, 1]",
        rtol=4e-3,  # the tables of YIQ have three digits
    ),
    hints=[
        "What is left of the photo if you subtract its brightness, and what does that need to become a picture again?",
        "Compute the brightness of both pictures, one number per pixel, and keep the axis. Then take the photo, minus its own "
        "brightness, plus that of `painted`.",
        "With `y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)`: `photo - (____ * y).sum(1, keepdim=True) + ____`",
    ],
    code="""
    def keep_colours(painted, photo):
        y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        return photo - (photo * y).sum(1, keepdim=True) + (painted * y).sum(1, keepdim=True)
    """,
    why="Adding the same number to R, G and B changes the brightness and leaves the two colour channels I and Q alone.",
)

stroke_size = Guess(
    examine_stroke_size,
    (0.5, 2),
    hints=[
        "Do the strokes of a painting look finer or coarser from far away?",
        "The scale changes the width of the strokes. Count the edges that a row of pixels crosses: are there more with narrow "
        "strokes or with wide ones?",
        "At 0.5 the strokes are ____ as wide as at 1, so a row of pixels crosses about ____ as many edges.",
    ],
    code="my_guess = 0.5",
    why="Small strokes lie close together, so there are more edges. Large strokes leave smooth areas between them.",
)

share = Question(
    EqualTo(
        0.75,
        {
            "that is the weight as given: divide it by the sum of both weights.": 3,
            "that is the share of the first style: compute that of the second.": 0.25,
            "then both styles would count alike: a share is its weight / the sum of the weights.": 0.5,
            "that is the ratio of the two, first to second: divide by the SUM of both instead.": 1 / 3,
            "use the weights 1 and 3: divide the second by the SUM of both, not by one of them.": 2 / 3,
            "that is in per cent: give a share between 0 and 1.": 75,
            "that is in per cent, and of the first style: give the second one's share, between 0 and 1.": 25,
            "then the second style would be alone, but the first one has a weight, too: divide by the sum of both.": 1,
            "that is a tenth of the weight: divide the weight by the sum of both.": 0.3,
        },
        least=0,
        most=1,
        outside="a share is between 0 and 1, and all shares add up to 1.",
    ),
    hints=[
        "Both shares add up to 1, and one is three times the other. How large are they?",
        "Add the two weights. The share of a style is its own weight divided by that sum.",
        "my_share = ____ / (1 + ____)",
    ],
    code="my_share = 3 / 4",
    why="Only the ratio of the weights counts: [1, 3] and [10, 30] are the same mix.",
)


def _upper_mask(height: int, width: int, share: float) -> torch.Tensor:
    return _rows(height, width, round(share * height))


def _rows(height: int, width: int, count: int) -> torch.Tensor:
    """Return a mask (1, 1, height, width) with 1 in its upper `count` rows."""
    return (torch.arange(height) < count).float().view(1, 1, -1, 1).expand(1, 1, height, width)


def _of_mask(tried: Tried) -> str | None:
    """Notice values that such a mask cannot have."""
    for (height, _, share), got in zip(tried.inputs, tried.found, strict=True):
        if not ((got == 0) | (got == 1)).all():
            return "your mask has values other than 0 and 1: use these two only."
        if not (got == got[..., :1]).all():
            return "the values of a row should all be equal: fill whole rows."
        if (got[..., 1:, :] > got[..., :-1, :]).any():
            return "the white rows should be at the top, without a gap."
        if got[..., 0].sum() != round(share * height):
            return f"with height {height} and share {share}, your mask has {int(got[..., 0].sum())} white rows."
    return None


upper_mask = Question(
    SameAs(
        _upper_mask,
        [(4, 3, 0.5), (10, 6, 0.37), (7, 11, 0.9), (9, 5, 0.3), (13, 4, 0.25), (6, 5, 1.0), (5, 7, 0.0)],
        {
            "that is the lower part: row 0 is at the top.": lambda h, w, s: _upper_mask(h, w, s).flip(2),
            "black and white are swapped: the upper rows should be white (1).": lambda h, w, s: 1 - _upper_mask(h, w, s),
            "that is the left part: the rows are the third axis of (1, 1, H, W).": lambda h, w, s: _upper_mask(w, h, s).mT,
            "that is the right part: the rows are the third axis of (1, 1, H, W).": lambda h, w, s: _upper_mask(
                w, h, s
            ).mT.flip(3),
            "the mask is white everywhere: set only the upper rows to 1.": lambda h, w, s: torch.ones(1, 1, h, w),
            "round the number of rows to the nearest: `int(...)` and `//` cut the fraction off.": (
                lambda h, w, s: _rows(h, w, int(s * h))
            ),
            "you round the number of rows up: round to the nearest.": lambda h, w, s: _rows(h, w, ceil(s * h)),
            "one row too many is white: `[:n]` already sets n rows, 0 to n - 1.": lambda h, w, s: _rows(h, w, round(s * h) + 1),
            "one white row is missing: `[:n]` sets n rows, 0 to n - 1.": lambda h, w, s: _rows(h, w, round(s * h) - 1),
            "you use the width: the number of rows is a share of the HEIGHT.": lambda h, w, s: _rows(h, w, round(s * w)),
            "white is 1, not 255.": lambda h, w, s: 255 * _upper_mask(h, w, s),
            "the values are right, but a mask has the shape (1, 1, H, W): add the two axes.": lambda h, w, s: _upper_mask(
                h, w, s
            )[0, 0],
            "only one row is white: set all rows up to there, with `[:n]`.": lambda h, w, s: (
                _rows(h, w, round(s * h) + 1) - _rows(h, w, round(s * h))
            ),
            "`share` is the number of white rows, not how white they are: use 1 in those rows, and 0 elsewhere.": (
                lambda h, w, s: torch.full((1, 1, h, w), s)
            ),
            "you always fill half of the rows: use `share`.": lambda h, w, s: _rows(h, w, h // 2),
        },
        also=[_of_mask],
        wants="a mask (1, 1, height, width) of zeros and ones",
    ),
    hints=[
        "Which axis of (1, 1, H, W) counts the rows, and how many of them should be 1?",
        "Start with zeros of the right shape. Compute the number of white rows from `share` and `height`, rounded, and set "
        "that many of the first rows to 1.",
        "`mask = torch.zeros(1, 1, height, width)`, then `mask[:, :, : round(____)] = ____`, then return it.",
    ],
    code="""
    def upper_mask(height, width, share):
        mask = torch.zeros(1, 1, height, width)
        mask[:, :, : round(share * height)] = 1
        return mask
    """,
    why="Sky above, ground below: a mask can be as simple as that. Grey values between 0 and 1 make a soft border.",
)

mixed_order = puzzles_from_05.mixed_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
