"""Examine who is matched with whom in 10_neighbours: four features by hand, and the function that finds the nearest."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from nst_lessons.checks.cases import normal, uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.question import Wrong
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import brief

_BY_HAND = "CADB"
_OTHER_WAYS = {
    "DAAD": "those have the largest cosine as they are. Subtract each set's own mean first.",
    "AAAA": "A is the nearest in the plane. A cosine compares directions, and only after each set's mean is subtracted.",
    "BAAB": "the means are subtracted, but you compare distances. Compare directions: which arrows point the same way?",
    "CCDB": "that is the largest product. A cosine also divides by the lengths: A is shorter than C.",
    "AADD": "you subtract one mean of all eight. Each set has its own.",
    "DBCA": "those point the opposite way: the largest cosine wins, not the smallest.",
}


def examine_by_hand(answer: object) -> None:
    """Raise Wrong unless the four letters are those of the largest cosines after subtracting the means."""
    if isinstance(answer, list | tuple) and all(isinstance(part, str) for part in answer):
        answer = "".join(answer)
    if not isinstance(answer, str):
        raise Wrong(f'give the letters as one text, one letter per place, as in "ABAB"; this is {brief(answer)}.')
    letters = "".join(letter for letter in answer.upper() if letter.isalpha())
    if len(letters) != len(_BY_HAND) or set(letters) - set("ABCD"):
        raise Wrong(f'give four letters from A to D, for the places 1, 2, 3 and 4 in this order; this is "{answer}".')
    if letters in _OTHER_WAYS:
        raise Wrong(_OTHER_WAYS[letters])
    if letters != _BY_HAND:
        right = sum(one == other for one, other in zip(letters, _BY_HAND, strict=True))
        raise Wrong(f"{right} of 4 are right. Draw both sets as arrows from their own mean, and compare directions.")


def _nearest(query, keys):
    return _by(_cosine, query, keys)


def _by(likeness: Callable, query: torch.Tensor, keys: torch.Tensor, centred: bool = True) -> torch.Tensor:
    if centred:
        query, keys = query - query.mean(0), keys - keys.mean(0)
    return likeness(query, keys).argmax(1)


def _cosine(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    return F.normalize(query) @ F.normalize(keys).T


def _closeness(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    return -torch.cdist(query, keys)


def _joint(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    mean = torch.cat([query, keys]).mean(0)
    return _by(_cosine, query - mean, keys - mean, centred=False)


def _per_row(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    query, keys = (rows - rows.mean(1, keepdim=True) for rows in (query, keys))
    return _by(_cosine, query, keys, centred=False)


def _one_number(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    return _by(_cosine, query - query.mean(), keys - keys.mean(), centred=False)


def _per_channel(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    return _by(lambda q, k: F.normalize(q, dim=0) @ F.normalize(k, dim=0).T, query, keys)


def _rows(count: int, others: int, channels: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (count, channels) and (others, channels) whose channels and rows differ in mean and strength."""
    mean, spread = 4 * uniform(2, channels, seed=seed), 0.3 + 2 * uniform(2, channels, seed=seed + 1)
    query, keys = (
        spread[part] * normal(number, channels, seed=seed + 2 + part) * (0.3 + 2 * uniform(number, 1, seed=seed + 4 + part))
        + mean[part]
        for part, number in enumerate((count, others))
    )
    return query, keys


def _of_numbers(tried: Tried) -> str | None:
    """Say when the results are no row numbers of the keys."""
    for (_, keys), got in zip(tried.inputs, tried.found, strict=True):
        if (got != got.round()).any() or got.min() < 0 or got.max() >= len(keys):
            return "your function should return row numbers of `keys`, from 0 to M - 1: `argmax`, not `max`."
    return None


def _of_share(tried: Tried) -> str | None:
    """Say how many rows are matched rightly."""
    got, wanted = torch.cat(list(tried.found)), torch.cat(list(tried.expected))
    return (
        f"{(got == wanted).sum()} of {len(wanted)} rows get the right neighbour. Check in this order: each set's own mean over "
        "its rows, each row's own length, and the largest cosine over the keys."
    )


examine_nearest = SameAs(
    _nearest,
    [
        (
            torch.tensor([[8.0, 7.0], [6.0, 8.0], [4.0, 7.0], [6.0, 6.0]]),
            torch.tensor([[8.0, 10.0], [11.0, 1.0], [19.0, 11.0], [2.0, 2.0]]),
        ),
        _rows(40, 25, 6, seed=0),
        _rows(30, 50, 9, seed=10),
        _rows(60, 17, 4, seed=20),
    ],
    {
        "the means are missing: subtract from each set the mean of its own rows.": lambda q, k: _by(_cosine, q, k, False),
        "subtract each set's OWN mean, not one mean of both.": _joint,
        "you subtract each row's own mean: the mean of a set has one value per channel, over all rows.": _per_row,
        "you subtract one number: the mean of a set has one value per channel, over all rows.": _one_number,
        "only the query's mean is subtracted: the keys have one, too.": lambda q, k: _by(_cosine, q - q.mean(0), k, False),
        "only the keys' mean is subtracted: the query has one, too.": lambda q, k: _by(_cosine, q, k - k.mean(0), False),
        "both times you subtract the query's mean: each set has its own.": lambda q, k: _by(
            _cosine, q - q.mean(0), k - q.mean(0), False
        ),
        "both times you subtract the keys' mean: each set has its own.": lambda q, k: _by(
            _cosine, q - k.mean(0), k - k.mean(0), False
        ),
        "you add the means: subtract them.": lambda q, k: _by(_cosine, q + q.mean(0), k + k.mean(0), False),
        "that is the nearest by distance: compare directions, by cosine.": lambda q, k: _by(_closeness, q, k),
        "that is the nearest by distance, with the means left in: subtract them, and compare by cosine.": lambda q, k: _by(
            _closeness, q, k, False
        ),
        "you take the largest product: divide each row of `keys` by its length, and long rows lose their advantage.": (
            lambda q, k: _by(lambda q, k: q @ k.T, q, k)
        ),
        "the means and the lengths are missing: that is the largest plain product.": lambda q, k: (q @ k.T).argmax(1),
        "you divide each channel by its length: a cosine divides each ROW by its own.": _per_channel,
        "divide by the length after you subtract the mean, not before.": lambda q, k: _by(
            lambda q, k: q @ k.T, F.normalize(q), F.normalize(k)
        ),
        "you divide by the length first: subtract the means first, and then divide.": lambda q, k: _by(
            _cosine, F.normalize(q), F.normalize(k)
        ),
        "that is the LEAST similar row: take the largest cosine.": lambda q, k: _by(lambda q, k: -_cosine(q, k), q, k),
        "you divide by the squared length: divide by the length.": lambda q, k: _by(
            lambda q, k: q @ (k / k.square().sum(1, keepdim=True)).T, q, k
        ),
        "that is the farthest row, by distance.": lambda q, k: _by(lambda q, k: torch.cdist(q, k), q, k),
        "the sign of the cosine counts: leave out `abs()` and squares.": lambda q, k: _by(
            lambda q, k: _cosine(q, k).abs(), q, k
        ),
        "the arguments are swapped: one number for each row of `query`, which says a row of `keys`.": lambda q, k: _nearest(
            k, q
        ),
        "`argmax()` without an axis finds one place in the whole table: take it over the keys.": lambda q, k: _cosine(
            q - q.mean(0), k - k.mean(0)
        ).argmax(),
        "those are the neighbours themselves: return their row numbers.": lambda q, k: k[_nearest(q, k)],
        "row numbers begin at 0.": lambda q, k: _nearest(q, k) + 1,
    },
    axes=("NC", "MC"),
    never=("nearest", "matched", "origins"),
    early=[_of_numbers],
    also=[_of_share],
    wants="N row numbers of `keys`",
)
