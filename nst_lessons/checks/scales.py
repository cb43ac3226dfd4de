"""Notice a wrong result that is the right one, multiplied or with something added; each pattern as in `patterns`."""

import itertools
import math

import torch

from nst_lessons.checks.tried import Tried, spelled
from nst_lessons.checks.values import alike

_FACTORS = ((math.log(10), "ln 10"), (math.log(2), "ln 2"), (math.pi, "π"), (math.sqrt(2), "√2"), (1 / 3, "1/3"))


def factor(tried: Tried) -> str | None:
    """Notice a wrong factor: the same everywhere, or made of named sizes."""
    ratios = [_ratio(got, wanted) for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if any(ratio is None or ratio == 0 for ratio in ratios):
        return None
    if not tried.all_like([ratio * wanted for ratio, wanted in zip(ratios, tried.expected, strict=True)]):
        return None
    first = ratios[0]
    if len(ratios) > 1 and all(math.isclose(first, ratio, rel_tol=2e-3) for ratio in ratios):
        return _times(first)
    sign = math.copysign(1, first)
    sizes = [abs(ratio) for ratio in ratios]
    terms = tried.product(sizes) if all(sign * ratio > 0 for ratio in ratios) else None
    terms = terms or tried.product(sizes, (0.5, -0.5))
    if terms:
        flipped = ", and its sign is wrong" if sign < 0 else ""
        return f"your result is {spelled(terms)} times the right one{flipped}: where does that factor come from?"
    if all(_almost_one(ratio, tried, index) for index, ratio in enumerate(ratios)):
        return "your result is off as if you divided by N - 1 instead of N, or the reverse. A mean of squares divides by N."
    if tried.expected[0].numel() > 1:
        return (
            "all your numbers are off by the same factor, but the factor changes from input to input. "
            "Check the number that you divide or multiply by."
        )
    return None


def offset(tried: Tried) -> str | None:
    """Notice a number that is added everywhere."""
    if any(got.shape != wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True)):
        return None
    shifts = [(got - wanted).mean().item() for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if not tried.all_like([wanted + shift for wanted, shift in zip(tried.expected, shifts, strict=True)]):
        return None
    if all(math.isclose(shifts[0], shift, rel_tol=1e-3) for shift in shifts) and len(shifts) > 1:
        return f"your result is {abs(shifts[0]):.4g} too {'large' if shifts[0] > 0 else 'small'} everywhere."
    sign = math.copysign(1, shifts[0])
    terms = tried.product([abs(shift) for shift in shifts], (1, 2)) if all(sign * shift > 0 for shift in shifts) else None
    if terms:
        return (
            f"your result is too {'large' if sign > 0 else 'small'} by {spelled(terms)}. Is there an extra or a missing term?"
        )
    if tried.expected[0].numel() > 1:
        return "all your numbers are off by the same amount. What do you add everywhere, or leave out?"
    return None


def affine(tried: Tried) -> str | None:
    """Notice a multiple of the right result plus a constant."""
    if any(got.shape != wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True)):
        return None
    got, wanted = (torch.cat([one.flatten() for one in many]) for many in (tried.found, tried.expected))
    if wanted.unique().numel() < 3:
        return None
    line = torch.stack([wanted, torch.ones_like(wanted)], dim=1)
    slope, start = torch.linalg.lstsq(line, got[:, None]).solution.flatten().tolist()
    if abs(slope) > 1e-3 and alike(got, slope * wanted + start, 1e-4):
        return f"your numbers are the right ones times {slope:.4g}, plus {start:.4g}: which term or factor does that?"
    return None


def _ratio(got: torch.Tensor, wanted: torch.Tensor) -> float | None:
    """Return the factor between two tensors of the same shape, by least squares."""
    if got.shape != wanted.shape or not wanted.square().sum() > 0:
        return None
    return ((got * wanted).sum() / wanted.square().sum()).item()


def _times(ratio: float) -> str:
    flipped = "the sign is wrong" if ratio < 0 else ""
    size = abs(ratio)
    if math.isclose(size, 1, rel_tol=2e-3):
        return flipped + "."
    large = size > 1
    times = size if large else 1 / size
    named = next(
        (f"{name} = {value:.4g}" for value, name in _FACTORS if math.isclose(times, value, rel_tol=2e-3)), f"{times:.4g}"
    )
    return f"your result is {named} times too {'large' if large else 'small'} everywhere{', and ' * bool(flipped)}{flipped}."


def _almost_one(ratio: float, tried: Tried, index: int) -> bool:
    """Return whether a ratio is N/(N-1), its inverse or the root of one, where N is a size or a product of sizes."""
    sizes = [size for size in tried.sizes(index).values() if size > 1]
    counts = {math.prod(chosen) for count in (1, 2, 3) for chosen in itertools.combinations(sizes, count)}
    powers = [(count / (count - 1)) ** power for count in counts if count > 1 for power in (1, -1, 0.5, -0.5)]
    return any(math.isclose(ratio, one, rel_tol=1e-4) for one in powers)
