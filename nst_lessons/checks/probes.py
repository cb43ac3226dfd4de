"""Compare how a wrong function and the right one react when their input changes.

Each probe takes a `Tried` and returns a sentence, or None if it finds nothing.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch

from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def deaf(tried: Tried) -> str | None:
    """Notice an argument that makes no difference."""
    given = tried.inputs[-1]
    for place, name in enumerate(tried.names):
        counts = same = 0
        for other in _others(given[place]):
            changed = (*given[:place], other, *given[place + 1 :])
            wanted, got = tried.wanted(changed), tried.again(changed)
            counts += wanted is not None and not alike(wanted, tried.expected[-1], 1e-6)
            same += got is None or (got.shape == tried.found[-1].shape and alike(got, tried.found[-1], 1e-6))
        if counts and same == len(_others(given[place])):
            return f"`{name}` makes no difference to your result, but it should."
    return None


def equals(tried: Tried) -> str | None:
    """Notice a result that should be 0 when two arguments are equal."""
    given = tried.inputs[-1]
    for one, other in itertools.combinations(range(len(given)), 2):
        if not all(isinstance(given[place], torch.Tensor) and given[place].numel() > 1 for place in (one, other)):
            continue
        changed = (*given[:other], given[one], *given[other + 1 :])
        wanted, got = tried.wanted(changed), tried.again(changed)
        if wanted is not None and (wanted == 0).all() and got is not None and got.abs().max() > 1e-6:
            equal = f"if `{tried.names[other]}` equals `{tried.names[one]}`"
            return f"{equal}, the result should be 0, but yours is {got.flatten()[0]:.4g}."
    return None


def powers(tried: Tried) -> str | None:
    """Double one argument, or all of them: does the result grow by the right power of two?"""
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
    """Return the factor by which a result grows when these arguments are doubled, if it is a power of two on both inputs."""
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
    """Make a probe that notices a quotient whose denominator, made of `other` alone, is wrong."""

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
        return f"the numerator is right, but the denominator, which depends on `{other}` only, is wrong."

    return look


def grows(one: str, other: str, times: float) -> Callable[[Tried], str | None]:
    """Make a probe: doubling every difference between two arguments must make the result `times` times as large."""

    def look(tried: Tried) -> str | None:
        places = [tried.names.index(name) for name in (one, other)]
        given = list(tried.inputs[-1])
        given[places[0]] = 2 * given[places[0]] - given[places[1]]
        got, before = tried.again(tuple(given)), tried.found[-1]
        if got is not None and got.shape == before.shape and alike(got, times * before, 1e-2):
            return None
        ratio = "differently" if got is None or got.ndim or not before else f"by the factor {(got / before).item():.4g}"
        doubled = f"doubling every difference between `{one}` and `{other}`"
        return f"{doubled} should make the result {times:g} times as large; yours changes {ratio}."

    return look


def shifts(tried: Tried) -> str | None:
    """Add a constant to one argument, or to all of them: does the result change as it should?"""
    given = tried.inputs[-1]
    tensors = [place for place, one in enumerate(given) if isinstance(one, torch.Tensor) and one.is_floating_point()]
    groups = [(place,) for place in tensors] + ([tuple(tensors)] if len(tensors) > 1 else [])
    for group in groups:
        changed = tuple(one + 0.37 if place in group else one for place, one in enumerate(given))
        wanted, got = tried.wanted(changed), tried.again(changed)
        names = " and ".join(f"`{tried.names[place]}`" for place in group)
        same = got is not None and alike(got, tried.found[-1], 1e-5)
        if same and wanted is not None and not alike(wanted, tried.expected[-1], tried.rtol):
            return f"adding a constant to all of {names} does not change your result, but it should. Do you subtract a mean?"
        for amount, said in ((0.0, "should not change the result"), (0.37, "should add the same constant to the result")):
            if wanted is None or not alike(wanted, tried.expected[-1] + amount, tried.rtol):
                continue
            if got is None or got.shape != wanted.shape or not alike(got, tried.found[-1] + amount, tried.rtol):
                return f"adding a constant to all of {names} {said}, but with your function it doesn't behave that way."
    return None


def increments(tried: Tried) -> str | None:
    """Add 1 to each number: for which arguments does the result change as it should?"""
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
    return (
        f"adding 1 to {' or '.join(as_wanted)} changes your result as it should; adding 1 to {' or '.join(otherwise)} does not."
    )


def orders(tried: Tried) -> str | None:
    """Reverse an axis of all arguments: does the result stay, or reverse, as it should?"""
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
                return f"reversing all inputs along {letter} should {said}, but with your function it doesn't."
    return None


def _turns(ndim: int) -> list[tuple[Callable, str]]:
    return [(lambda x: x, "leave the result unchanged")] + [
        (lambda x, axis=axis: x.flip(axis), f"only reverse axis {axis} of the result") for axis in range(ndim)
    ]


def _turned(one: object, axes: str, letter: str) -> object:
    if not isinstance(one, torch.Tensor) or letter not in axes:
        return one
    return one.flip([axis for axis, each in enumerate(axes) if each == letter])


def _others(one: object) -> list[object]:
    """Return other values for an argument, different enough to change a result that depends on it."""
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
    """Return an argument doubled, or None if it cannot be doubled."""
    if isinstance(one, torch.Tensor):
        return 2 * one if one.is_floating_point() else None
    if isinstance(one, int | float) and not isinstance(one, bool):
        return 2 * one
    if isinstance(one, list | tuple) and one and all(isinstance(part, torch.Tensor | int) for part in one):
        return type(one)(2 * part for part in one)
    return None


def _said(times: float | None, ending: str = "") -> str:
    """Write a factor in words: "becomes 2 times as large" with the ending "s", "become ..." without."""
    if times is None:
        return f"change{ending} differently"
    if math.isclose(times, 1, rel_tol=1e-2):
        return f"stay{ending} the same"
    large = abs(times) > 1
    return (
        f"become{ending} {times if large else 1 / times:.4g} times as {'large' if large else 'small'}"
        if times
        else f"become{ending} 0"
    )
