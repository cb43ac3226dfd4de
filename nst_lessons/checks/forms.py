"""Results of a wrong shape: what the shape tells about the mistake."""

import itertools

import torch

from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def form(tried: Tried, index: int) -> str | None:
    """Say what is wrong about the shape of a result, or return None if its shape is right."""
    got, wanted = tried.found[index], tried.expected[index]
    if got.shape == wanted.shape:
        return None
    given = f"the shape of your result is {_named(tried, got, index)}" if got.ndim else "your result is one number"
    said = f"{given}; wanted is {_named(tried, wanted, index) if wanted.ndim else 'one number'}"
    return said + _reason(got, wanted, tried.rtol)


def _reason(got: torch.Tensor, wanted: torch.Tensor, rtol: float) -> str:
    if got.squeeze().shape == wanted.squeeze().shape and alike(got.squeeze(), wanted.squeeze(), rtol):
        return ": the numbers are right, only an axis of length 1 is too many or missing."
    if got.ndim == 2 and got.mT.shape == wanted.shape and alike(got.mT, wanted, rtol):
        return ": rows and columns are exchanged."
    if got.ndim == wanted.ndim and sorted(got.shape) == sorted(wanted.shape):
        for order in itertools.permutations(range(got.ndim)):
            if got.permute(order).shape == wanted.shape and alike(got.permute(order), wanted, rtol):
                return ": the numbers are right, but the axes stand in another order."
    if got.ndim == wanted.ndim and sorted(got.shape) == sorted(wanted.shape):
        return ": sizes are exchanged. Which axis counts what?"
    repeated = got.ndim == wanted.ndim and all(size in (1, other) for size, other in zip(wanted.shape, got.shape, strict=True))
    if repeated and alike(got, wanted.expand(got.shape), rtol):
        return ": the numbers are right, but they are repeated along an axis; once is enough."
    for count in range(1, min(got.ndim, 4) + 1):
        for axes in itertools.combinations(range(got.ndim), count):
            for name in ("sum", "mean"):
                if _fits(getattr(got, name)(axes), wanted, rtol):
                    return f": it is not added up to the end. The {name} over axis {' and '.join(map(str, axes))} is missing."
    for count in range(1, min(wanted.ndim, 4) + 1):
        for axes in itertools.combinations(range(wanted.ndim), count):
            for name in ("sum", "mean"):
                if _fits(got, getattr(wanted, name)(axes), rtol):
                    return f": a {name} is taken over too many axes."
    if got.ndim > wanted.ndim:
        return ": an axis too many is left. Over which axes do you have to add up, or which one do you have to pick from?"
    if got.ndim < wanted.ndim:
        return ": an axis is lost. Did you add up over too many axes, or forget `keepdim=True`?"
    return ": look at each axis, and ask what it counts."


def _fits(one: torch.Tensor, other: torch.Tensor, rtol: float) -> bool:
    one, other = one.squeeze(), other.squeeze()
    return one.shape == other.shape and alike(one, other, rtol)


def _named(tried: Tried, result: torch.Tensor, index: int) -> str:
    names = tried.axis_names(result.shape, index)
    shape = str(tuple(result.shape))
    return f"{shape}, that is {names}" if names else shape
