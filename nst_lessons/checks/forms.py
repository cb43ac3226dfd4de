"""Explain a result of the wrong shape: what the shape says about the mistake."""

import itertools

import torch

from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def form(tried: Tried, index: int) -> str | None:
    """Return a message about the shape of a result, or None if the shape is right."""
    got, wanted = tried.found[index], tried.expected[index]
    if got.shape == wanted.shape:
        return None
    given = f"your result has shape {_named(tried, got, index)}" if got.ndim else "your result is one number"
    expected = f"have shape {_named(tried, wanted, index)}" if wanted.ndim else "be one number"
    return f"{given}; it should {expected}. {_reason(got, wanted, tried.rtol)}"


def _reason(got: torch.Tensor, wanted: torch.Tensor, rtol: float) -> str:
    if got.squeeze().shape == wanted.squeeze().shape and alike(got.squeeze(), wanted.squeeze(), rtol):
        return "The numbers are right, but an axis of length 1 is missing or should go."
    if got.ndim == 2 and got.mT.shape == wanted.shape and alike(got.mT, wanted, rtol):
        return "Rows and columns are swapped."
    if got.ndim == wanted.ndim and sorted(got.shape) == sorted(wanted.shape):
        for order in itertools.permutations(range(got.ndim)):
            if got.permute(order).shape == wanted.shape and alike(got.permute(order), wanted, rtol):
                return "The numbers are right, but the axes are in the wrong order."
    if got.ndim == wanted.ndim and sorted(got.shape) == sorted(wanted.shape):
        return "Two sizes are swapped. What does each axis count?"
    repeated = got.ndim == wanted.ndim and all(size in (1, other) for size, other in zip(wanted.shape, got.shape, strict=True))
    if repeated and alike(got, wanted.expand(got.shape), rtol):
        return "The numbers are right, but they are repeated along an axis. Keep one copy."
    for count in range(1, min(got.ndim, 4) + 1):
        for axes in itertools.combinations(range(got.ndim), count):
            for name in ("sum", "mean"):
                if _fits(getattr(got, name)(axes), wanted, rtol):
                    return f"The last step is missing: the {name} over axis {' and '.join(map(str, axes))}."
    for count in range(1, min(wanted.ndim, 4) + 1):
        for axes in itertools.combinations(range(wanted.ndim), count):
            for name in ("sum", "mean"):
                if _fits(got, getattr(wanted, name)(axes), rtol):
                    return f"You take a {name} over too many axes."
    if got.ndim > wanted.ndim:
        return "There are too many axes. Which ones should you sum over, or pick one entry from?"
    if got.ndim < wanted.ndim:
        return "An axis is missing. Did you sum over too many axes, or forget `keepdim=True`?"
    return "Go through the axes: what does each one count?"


def _fits(one: torch.Tensor, other: torch.Tensor, rtol: float) -> bool:
    one, other = one.squeeze(), other.squeeze()
    return one.shape == other.shape and alike(one, other, rtol)


def _named(tried: Tried, result: torch.Tensor, index: int) -> str:
    names = tried.axis_names(result.shape, index)
    shape = str(tuple(result.shape))
    return f"{shape}, which is {names}" if names else shape
