"""The exercises of 10_neighbours."""

from functools import partial

import torch
import torch.nn.functional as F

from nst_lessons.checks import guesses
from nst_lessons.checks.cases import normal, uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.matches import examine_by_hand, examine_nearest
from nst_lessons.checks.prediction import tally
from nst_lessons.checks.question import Question
from nst_lessons.checks.tried import Tried

cosines = guesses.cosines


by_hand = Question(
    examine_by_hand,
    hints=[
        "Where do the arrows begin, if the mean of each set is subtracted: at zero, or in the middle of the set?",
        "Compute the two means, one of 1 to 4 and one of A to D, and subtract each from its own set. Draw the eight arrows "
        "from one point. Each of 1 to 4 takes the letter whose arrow makes the smallest angle with it.",
        "The photo's mean is (6, 7) and the painting's (10, 6). So 1 becomes (2, 0), and C becomes (9, ____): their cosine "
        "is 2 * 9 / (2 * √(9² + ____²)), the largest for 1.",
    ],
    code='my_matches = "CADB"',
    why="Each letter is used once. What all places of a set have in common is gone, and what sets them apart decides.",
)


nearest = Question(
    examine_nearest,
    hints=[
        "You did it by hand. Which two things happen to both sets before any cosine is computed?",
        "Subtract each set's mean over its rows. Divide each row by its own length. One matrix product then gives all cosines "
        "(N, M), and the largest in each row of that table has the number that you want.",
        "With `q = F.normalize(query - query.mean(____))` and the same for `k`: `return (q @ ____).argmax(____)`",
    ],
    code="""
    def nearest(query, keys):
        q = F.normalize(query - query.mean(0))
        k = F.normalize(keys - keys.mean(0))
        return (q @ k.T).argmax(1)
    """,
    why="Rows of length 1 have their cosines as products, so one matrix product compares every place with every other.",
)


def _matched_loss(columns, target):
    return (1 - F.cosine_similarity(columns, target, dim=1)).mean()


def _products(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (columns * target).sum(1)


def _whole(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return 1 - F.cosine_similarity(columns.flatten(), target.flatten(), dim=0)


def _centred_loss(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return _matched_loss(columns - columns.mean((2, 3), keepdim=True), target - target.mean((2, 3), keepdim=True))


def _of_strength(tried: Tried) -> str | None:
    """Say when the loss depends on how long the columns are."""
    columns, target = tried.inputs[-1]
    for name, given in (("columns", (3 * columns, target)), ("target", (columns, 3 * target))):
        got = tried.again(given)
        if got is not None and got.ndim == 0 and abs(got - tried.found[-1]) > 1e-3 * abs(tried.found[-1]):
            return (
                f"if all of `{name}` is three times as large, the directions stay, but your loss changes: divide by the length."
            )
    return None


def _maps(channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    shape = (1, channels, height, width)
    columns, other = normal(*shape, seed=seed), normal(*shape, seed=seed + 1)
    return columns, 3 * uniform(1, 1, height, width, seed=seed + 2) * (columns + 1.5 * other) + 0.1


matched_loss = Question(
    SameAs(
        _matched_loss,
        [
            (
                torch.tensor([[[[3.0, 1.0]], [[4.0, 0.0]]]]),
                torch.tensor([[[[3.0, 0.0]], [[0.0, 2.0]]]]),
            ),
            _maps(3, 4, 5, seed=0),
            _maps(6, 3, 2, seed=10),
            _maps(4, 7, 6, seed=20),
        ],
        {
            "that is the mean cosine: 1 minus it is 0 when all agree.": lambda c, t: F.cosine_similarity(c, t, dim=1).mean(),
            "the sign is wrong: 1 MINUS the cosine.": lambda c, t: (1 + F.cosine_similarity(c, t, dim=1)).mean(),
            "that is minus the mean cosine: add 1, so that 0 is the best.": lambda c, t: -F.cosine_similarity(c, t).mean(),
            "that is the sum over the positions: take the mean.": lambda c, t: (1 - F.cosine_similarity(c, t, dim=1)).sum(),
            "you compare two whole maps, as one long list each: one cosine for each position, and then the mean.": _whole,
            "take the cosine over the channels, axis 1. You take it over the height.": lambda c, t: (
                1 - F.cosine_similarity(c, t, dim=2)
            ).mean(),
            "take the cosine over the channels, axis 1. You take it over the width.": lambda c, t: (
                1 - F.cosine_similarity(c, t, dim=3)
            ).mean(),
            "take the cosine over the channels, axis 1. You take it over the positions.": lambda c, t: (
                1 - F.cosine_similarity(c.flatten(2), t.flatten(2), dim=2)
            ).mean(),
            "the lengths are missing: divide each product by the length of both columns.": lambda c, t: (
                1 - _products(c, t)
            ).mean(),
            "divide by the length of the target, too.": lambda c, t: (1 - _products(c, t) / c.norm(dim=1)).mean(),
            "divide by the length of `columns`, too.": lambda c, t: (1 - _products(c, t) / t.norm(dim=1)).mean(),
            "multiply the two lengths: you add them.": lambda c, t: (
                1 - _products(c, t) / (c.norm(dim=1) + t.norm(dim=1))
            ).mean(),
            "you divide by squared lengths: take their roots.": lambda c, t: (
                1 - _products(c, t) / (c.square().sum(1) * t.square().sum(1))
            ).mean(),
            "sum the products over the channels: you take their mean.": lambda c, t: (
                1 - (c * t).mean(1) / (c.norm(dim=1) * t.norm(dim=1))
            ).mean(),
            "that is a squared distance: this loss compares directions, by cosine.": lambda c, t: (c - t).square().mean(),
            "the means stay in this time: they are subtracted only to find the neighbours.": _centred_loss,
            "a cosine below 0 counts, too: leave out `abs()`.": lambda c, t: (1 - F.cosine_similarity(c, t).abs()).mean(),
            "do not square the cosine.": lambda c, t: (1 - F.cosine_similarity(c, t).square()).mean(),
            "take the mean over the positions: you take only the largest.": lambda c, t: (1 - F.cosine_similarity(c, t)).max(),
            "take the cosine over the channels, axis 1. Axis 0 counts pictures.": lambda c, t: (
                1 - F.cosine_similarity(c, t, dim=0)
            ).mean(),
            "each column has its own length: `norm(dim=1)`. You divide by the length of the whole map.": lambda c, t: (
                1 - _products(c, t) / (c.norm() * t.norm())
            ).mean(),
            "that is the distance of the two directions: take 1 minus the cosine.": lambda c, t: (
                (F.normalize(c) - F.normalize(t)).norm(dim=1).mean()
            ),
            "do not square: the mean of 1 - cos.": lambda c, t: (1 - F.cosine_similarity(c, t)).square().mean(),
        },
        axes=("1CHW", "1CHW"),
        gradient=("columns",),
        never=("matched_loss", "nearest"),
        also=[_of_strength],
        wants="one number, 0 if all columns have the direction of their target",
    ),
    hints=[
        "One cosine compares two columns. How many columns does each map have, and along which axis does a column lie?",
        "Compute the cosine at each position: the sum over the channels of the products, divided by both lengths. Then take "
        "the mean over all positions of 1 minus that. torch has a function for the first part.",
        "`return (1 - F.cosine_similarity(columns, ____, dim=____)).____()`",
    ],
    code="""
    def matched_loss(columns, target):
        return (1 - F.cosine_similarity(columns, target, dim=1)).mean()
    """,
    why="The loss asks each place for the direction of one place of the painting. No sum over places stands before it.",
)

wood = guesses.wood
judged = guesses.judged

predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
