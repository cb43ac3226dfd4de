"""The exercises of 05_studio."""

from functools import partial
from math import ceil

import torch

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import EqualTo, SameAs
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
    """Which of the two is wrong."""
    painted, photo = (one.double() for one in tried.inputs[1])
    got = tried.found[1]
    bright = alike(_brightness(got), _brightness(painted))
    if bright:
        return "the brightness is that of `painted`, as it should be; the colours are not those of `photo`."
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
            "the wrong way round: the colours are the photo's, the brightness is that of `painted`.": lambda a, b: (
                _keep_colours(b, a)
            ),
            "the photo's own brightness is still in it: take it away before you add the other.": lambda a, b: (
                b + _brightness(a)
            ),
            "the brightness of `painted` is missing: add it at the end.": lambda a, b: b - _brightness(b),
            "the signs are exchanged: take the photo's brightness away, and add that of `painted`.": lambda a, b: (
                b + _brightness(b) - _brightness(a)
            ),
            "both are taken away: the brightness of `painted` is added.": lambda a, b: b - _brightness(b) - _brightness(a),
            "that is the brightness alone, in grey: the photo's colour is missing.": lambda a, b: _brightness(a).expand(
                -1, 3, -1, -1
            ),
            "that is the brightness alone, one channel: the photo's colour is missing.": lambda a, b: _brightness(a),
            "that is the mean of R, G and B: the eye sees green as brighter, so use the three numbers.": lambda a, b: _with(
                torch.full_like(_Y, 1 / 3), a, b
            ),
            "the three numbers are for R, G and B in this order: yours are turned round.": lambda a, b: _with(_Y.flip(1), a, b),
            "those three numbers are another norm's (ITU-R 709): take 0.299, 0.587 and 0.114.": lambda a, b: _with(
                torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1), a, b
            ),
            "the three numbers are missing: the brightness is 0.299 R + 0.587 G + 0.114 B, no plain sum.": lambda a, b: _with(
                torch.ones_like(_Y), a, b
            ),
            "the brightness is one number per pixel: ADD UP over R, G and B, with `sum(1, keepdim=True)`.": lambda a, b: (
                b - b * _Y + a * _Y
            ),
            "you multiply by a ratio of brightnesses: take one away, and add the other.": lambda a, b: (
                b * _brightness(a) / _brightness(b)
            ),
            "that is the painting with the photo's brightness taken away: the colours are the photo's.": lambda a, b: (
                a - _brightness(b)
            ),
            "the colours should be the photo's: start from `photo`, not from `painted`.": lambda a, b: (
                a - _brightness(b) + _brightness(a)
            ),
            "that is a mix of the two pictures: exchange the brightness alone.": lambda a, b: (a + b) / 2,
        },
        axes=("13HW", "13HW"),
        never=("with_colours_of", "match_luminance", "keep_luminance"),
        also=[_colour_and_brightness],
        wants="a picture (1, 3, H, W), not cut to [0, 1]",
        rtol=4e-3,  # the tables of YIQ have three digits
    ),
    hints=[
        "What is left of the photo when its brightness is taken away, and what is missing from that?",
        "Compute the brightness of both pictures, one number per pixel, with the axis kept. Then: the photo, minus its own "
        "brightness, plus that of `painted`.",
        "With `y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)`: `photo - (____ * y).sum(1, keepdim=True) + ____`",
    ],
    code="""
    def keep_colours(painted, photo):
        y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        return photo - (photo * y).sum(1, keepdim=True) + (painted * y).sum(1, keepdim=True)
    """,
    why="Adding the same number to R, G and B changes brightness and leaves the two colour channels I and Q as they are.",
)

stroke_size = Guess(
    examine_stroke_size,
    (0.5, 2),
    hints=[
        "Is a painting seen from far away finer or coarser?",
        "At 0.5 the painting is half as large, and its strokes half as wide. Count: how many edges does a row of pixels cross "
        "then, and how many at 2?",
        "At ____ the strokes are half as wide, so a row crosses ____ as many edges.",
    ],
    code="my_guess = 0.5",
    why="Small strokes lie close together, so there are more edges. Large strokes leave smooth areas between them.",
)

share = Question(
    EqualTo(
        0.75,
        {
            "that is the weight as given: the shares add up to 1.": 3,
            "that is the share of the first.": 0.25,
            "that would be both alike. The shares are weight / sum of the weights.": 0.5,
            "that is the ratio of the two, first to second; divide by the SUM of both instead.": 1 / 3,
            "that is the ratio of the two weights, not the share of one in the sum of both.": 2 / 3,
            "that is per cent: the shares add up to 1, so a share lies between 0 and 1.": 75,
            "that is per cent, and of the first style: a share lies between 0 and 1.": 25,
            "then the second style would be alone: the first one has a weight, too.": 1,
            "that is the weight written as a decimal: divide it by the sum of both.": 0.3,
        },
        least=0,
        most=1,
        outside="a share lies between 0 and 1, and all shares add up to 1.",
    ),
    hints=[
        "If both shares add up to 1, and one is three times the other, how large are they?",
        "Add up both weights. The share of a style is its own weight, divided by that sum.",
        "my_share = ____ / (1 + ____)",
    ],
    code="my_share = 3 / 4",
    why="Only the ratio of the weights counts: [1, 3] and [10, 30] are the same mix.",
)


def _upper_mask(height: int, width: int, share: float) -> torch.Tensor:
    return _rows(height, width, round(share * height))


def _rows(height: int, width: int, count: int) -> torch.Tensor:
    """A mask (1, 1, height, width), 1 in its upper `count` rows."""
    return (torch.arange(height) < count).float().view(1, 1, -1, 1).expand(1, 1, height, width)


def _of_mask(tried: Tried) -> str | None:
    """Values that no such mask has."""
    for (height, _, share), got in zip(tried.inputs, tried.found, strict=True):
        if not ((got == 0) | (got == 1)).all():
            return "every value of this mask is 0 or 1, and yours has others."
        if not (got == got[..., :1]).all():
            return "all values of a row are equal: the mask is made of whole rows."
        if (got[..., 1:, :] > got[..., :-1, :]).any():
            return "the white rows lie at the top, without a gap."
        if got[..., 0].sum() != round(share * height):
            return f"with height {height} and share {share} your mask has {int(got[..., 0].sum())} white rows."
    return None


upper_mask = Question(
    SameAs(
        _upper_mask,
        [(4, 3, 0.5), (10, 6, 0.37), (7, 11, 0.9), (9, 5, 0.3), (13, 4, 0.25), (6, 5, 1.0), (5, 7, 0.0)],
        {
            "that is the lower part: rows count from the top.": lambda h, w, s: _upper_mask(h, w, s).flip(2),
            "black and white are exchanged: white (1) is where the style is wanted.": lambda h, w, s: 1 - _upper_mask(h, w, s),
            "that is the left part: rows are the third axis of (1, 1, H, W).": lambda h, w, s: _upper_mask(w, h, s).mT,
            "that is the right part: rows are the third axis of (1, 1, H, W).": lambda h, w, s: _upper_mask(w, h, s).mT.flip(3),
            "the mask is white everywhere.": lambda h, w, s: torch.ones(1, 1, h, w),
            "the number of rows is rounded to the nearest: `int(...)` and `//` cut off what is behind the point.": (
                lambda h, w, s: _rows(h, w, int(s * h))
            ),
            "the number of rows is rounded to the nearest: yours is rounded up.": lambda h, w, s: _rows(h, w, ceil(s * h)),
            "one row too many: `[:n]` sets the rows 0 to n - 1, which are n.": lambda h, w, s: _rows(h, w, round(s * h) + 1),
            "one row is missing: `[:n]` sets the rows 0 to n - 1, which are n.": lambda h, w, s: _rows(h, w, round(s * h) - 1),
            "the number of rows is a share of the HEIGHT, not of the width.": lambda h, w, s: _rows(h, w, round(s * w)),
            "white is 1, not 255.": lambda h, w, s: 255 * _upper_mask(h, w, s),
            "the values are right, but a mask has the shape (1, 1, H, W).": lambda h, w, s: _upper_mask(h, w, s)[0, 0],
            "one row alone is white: set all rows up to there, with `[:n]`.": lambda h, w, s: (
                _rows(h, w, round(s * h) + 1) - _rows(h, w, round(s * h))
            ),
            "1 in the rows that are wanted, and 0 elsewhere: `share` decides how many rows, not how white.": (
                lambda h, w, s: torch.full((1, 1, h, w), s)
            ),
            "that is the upper part without `share`: half of the rows.": lambda h, w, s: _rows(h, w, h // 2),
        },
        also=[_of_mask],
        wants="a mask (1, 1, height, width) of zeros and ones",
    ),
    hints=[
        "Which axis of (1, 1, H, W) counts the rows, and how many of them does the share ask for?",
        "Begin with zeros of the right shape. Compute a whole number of rows from `share` and `height`, and set the first so "
        "many rows to 1.",
        "`mask = torch.zeros(1, 1, height, width)`, then `mask[:, :, : round(____)] = ____`, then return it.",
    ],
    code="""
    def upper_mask(height, width, share):
        mask = torch.zeros(1, 1, height, width)
        mask[:, :, : round(share * height)] = 1
        return mask
    """,
    why="Sky here, ground there: a mask can be as simple as that. Grey values between 0 and 1 make a soft border.",
)

predictions = partial(tally, globals())
