"""What a wrong function does when its input changes: it is called again, and compared with what the right one does.

Each probe takes a `Tried` and returns a sentence, or None where it finds nothing.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch

from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def deaf(tried: Tried) -> str | None:
    """An argument that makes no difference."""
    given = tried.inputs[-1]
    for place, name in enumerate(tried.names):
        counts = same = 0
        for other in _others(given[place]):
            changed = (*given[:place], other, *given[place + 1 :])
            wanted, got = tried.wanted(changed), tried.again(changed)
            counts += wanted is not None and not alike(wanted, tried.expected[-1], 1e-6)
            same += got is None or (got.shape == tried.found[-1].shape and alike(got, tried.found[-1], 1e-6))
        if counts and same == len(_others(given[place])):
            return f"`{name}` makes no difference to your result, and it should."
    return None


def equals(tried: Tried) -> str | None:
    """A result that should be 0 where two arguments are equal."""
    given = tried.inputs[-1]
    for one, other in itertools.combinations(range(len(given)), 2):
        if not all(isinstance(given[place], torch.Tensor) and given[place].numel() > 1 for place in (one, other)):
            continue
        changed = (*given[:other], given[one], *given[other + 1 :])
        wanted, got = tried.wanted(changed), tried.again(changed)
        if wanted is not None and (wanted == 0).all() and got is not None and got.abs().max() > 1e-6:
            equal = f"for `{tried.names[other]}` equal to `{tried.names[one]}`"
            return f"{equal} the result should be 0, and yours is {got.flatten()[0]:.4g}."
    return None


def powers(tried: Tried) -> str | None:
    """What doubling one argument, or all of them, does to the result: a power of two that should be another one."""
    groups = [(place,) for place in range(len(tried.names)) if _scaled(tried.inputs[-1][place]) is not None]
    floats = [place for (place,) in groups if not isinstance(tried.inputs[-1][place], int | tuple)]
    for group in [*groups, tuple(floats)] if len(floats) > 1 else groups:
        wanted = _growth(tried.wanted, tried, group, tried.expected)
        got = _growth(tried.again, tried, group, tried.found)
        if wanted is None or (got is not None and math.isclose(got, wanted, rel_tol=1e-2)):
            continue
        names = " and ".join(f"`{tried.names[place]}`" for place in group)
        doubled = f"if {names} {'are both' if len(group) == 2 else 'are all' if len(group) > 2 else 'is'} doubled"
        return f"{doubled}, your result {_said(got, 's')}; it should {_said(wanted)}."
    return None


def _growth(function: Callable, tried: Tried, group: tuple[int, ...], before: Sequence[torch.Tensor]) -> float | None:
    """By which power of two a result grows when these arguments are doubled, on the last two inputs alike; else None."""
    ratios = []
    for given, old in list(zip(tried.inputs, before, strict=True))[-2:]:
        new = function(tuple(_scaled(one) if place in group else one for place, one in enumerate(given)))
        if new is None or new.shape != old.shape or not old.square().sum() > 0:
            return None
        ratio = ((new * old).sum() / old.square().sum()).item()
        power = round(2 * math.log2(abs(ratio))) / 2 if ratio else 0.0
        if not math.isclose(abs(ratio), 2**power, rel_tol=2e-3) or not alike(new, ratio * old):
            return None
        ratios.append(math.copysign(2**power, ratio))
    return ratios[0] if len(set(ratios)) == 1 else None


def below(one: str, other: str) -> Callable[[Tried], str | None]:
    """A probe: whether a quotient goes wrong only in what it is divided by, which is made of `other` alone."""

    def look(tried: Tried) -> str | None:
        given, place = list(tried.inputs[-1]), tried.names.index(one)
        ratios = [(tried.found[-1] / tried.expected[-1]).nanmean()]
        for times in (0.3, 1.9):
            given[place] = tried.inputs[-1][place].square() * times
            got, wanted = tried.again(tuple(given)), tried.wanted(tuple(given))
            if got is None or wanted is None or got.shape != wanted.shape:
                return None
            ratios.append((got / wanted).nanmean())
        if not all(alike(ratio, ratios[0]) for ratio in ratios):
            return None
        return f"what stands above is right; what you divide by, which is made of `{other}`, is another number than is wanted."

    return look


def grows(one: str, other: str, times: float) -> Callable[[Tried], str | None]:
    """A probe: doubling every difference between two arguments must make the result so many times as large."""

    def look(tried: Tried) -> str | None:
        places = [tried.names.index(name) for name in (one, other)]
        given = list(tried.inputs[-1])
        given[places[0]] = 2 * given[places[0]] - given[places[1]]
        got, before = tried.again(tuple(given)), tried.found[-1]
        if got is not None and got.shape == before.shape and alike(got, times * before, 1e-2):
            return None
        ratio = "in another way" if got is None or got.ndim or not before else f"by the factor {(got / before).item():.4g}"
        doubled = f"doubling every difference between `{one}` and `{other}`"
        return f"{doubled} makes the result {times:g} times as large; yours changes {ratio}."

    return look


def shifts(tried: Tried) -> str | None:
    """What adding a constant to one argument, or all of them, does to the result."""
    given = tried.inputs[-1]
    tensors = [place for place, one in enumerate(given) if isinstance(one, torch.Tensor) and one.is_floating_point()]
    groups = [(place,) for place in tensors] + ([tuple(tensors)] if len(tensors) > 1 else [])
    for group in groups:
        changed = tuple(one + 0.37 if place in group else one for place, one in enumerate(given))
        wanted, got = tried.wanted(changed), tried.again(changed)
        names = " and ".join(f"`{tried.names[place]}`" for place in group)
        same = got is not None and alike(got, tried.found[-1], 1e-5)
        if same and wanted is not None and not alike(wanted, tried.expected[-1], tried.rtol):
            return f"adding one and the same number to all of {names} changes nothing in yours: is a mean taken away?"
        for amount, said in ((0.0, "should not change the result"), (0.37, "should add the same number to the result")):
            if wanted is None or not alike(wanted, tried.expected[-1] + amount, tried.rtol):
                continue
            if got is None or got.shape != wanted.shape or not alike(got, tried.found[-1] + amount, tried.rtol):
                return f"adding one and the same number to all of {names} {said}; with your function it does otherwise."
    return None


def increments(tried: Tried) -> str | None:
    """What one more of each number does to the result: as it should for some of them, otherwise for others."""
    given, as_wanted, otherwise = tried.inputs[-1], [], []
    for place, name in enumerate(tried.names):
        if not isinstance(given[place], int | float):
            continue
        more = (*given[:place], given[place] + 1, *given[place + 1 :])
        got, wanted = tried.again(more), tried.wanted(more)
        if got is None or wanted is None or got.shape != wanted.shape:
            return None
        same = alike(got - tried.found[-1], wanted - tried.expected[-1])
        (as_wanted if same else otherwise).append(f"`{name}`")
    if not as_wanted or not otherwise:
        return None
    return f"one more in {' or '.join(as_wanted)} adds what it should; in {' or '.join(otherwise)} it does not."


def orders(tried: Tried) -> str | None:
    """What turning an axis of all arguments round does to the result: nothing, or the same turn."""
    given = tried.inputs[-1]
    letters = sorted({letter for axes in tried.axes for letter in axes if letter.isalpha()})
    for letter in letters:
        changed = tuple(_turned(one, axes, letter) for one, axes in zip(given, tried.axes, strict=True))
        wanted, got = tried.wanted(changed), tried.again(changed)
        if wanted is None:
            continue
        for turn, said in _turns(wanted.ndim):
            if alike(wanted, turn(tried.expected[-1]), tried.rtol) and not (
                got is not None and alike(got, turn(tried.found[-1]), tried.rtol)
            ):
                return (
                    f"turning the order of all inputs round along {letter} should {said}; with your function it does otherwise."
                )
    return None


def _turns(ndim: int) -> list[tuple[Callable, str]]:
    return [(lambda x: x, "not change the result")] + [
        (lambda x, axis=axis: x.flip(axis), f"only turn axis {axis} of the result round") for axis in range(ndim)
    ]


def _turned(one: object, axes: str, letter: str) -> object:
    if not isinstance(one, torch.Tensor) or letter not in axes:
        return one
    return one.flip([axis for axis, each in enumerate(axes) if each == letter])


def _others(one: object) -> list[object]:
    """Other arguments of the same kind, in which an argument that counts would be noticed."""
    if isinstance(one, torch.Tensor) and one.is_floating_point():
        turned = one.flip(tuple(range(one.ndim)))
        mask = ((one == 0) | (one == 1)).all()
        return [1 - one, turned] if mask else [1.7 * one + 0.3, turned + 0.9 * turned.square()]
    if isinstance(one, torch.Tensor):
        return [one + 1, one.flip(0)]
    if isinstance(one, list) and all(isinstance(part, torch.Tensor) for part in one):
        return [[part * (index + 2) for index, part in enumerate(one)]]
    return [] if (other := _scaled(one)) is None else [other]


def _scaled(one: object) -> object | None:
    """An argument twice as large, or None where that means nothing."""
    if isinstance(one, torch.Tensor):
        return 2 * one if one.is_floating_point() else None
    if isinstance(one, int | float) and not isinstance(one, bool):
        return 2 * one
    if isinstance(one, list | tuple) and one and all(isinstance(part, torch.Tensor | int) for part in one):
        return type(one)(2 * part for part in one)
    return None


def _said(times: float | None, ending: str = "") -> str:
    """A factor in words: "becomes 2 times as large" with the ending "s", "become ..." without."""
    if times is None:
        return f"change{ending} in another way"
    if math.isclose(times, 1, rel_tol=1e-2):
        return f"stay{ending} as it is"
    large = abs(times) > 1
    return (
        f"become{ending} {times if large else 1 / times:.4g} times as {'large' if large else 'small'}"
        if times
        else f"become{ending} 0"
    )
