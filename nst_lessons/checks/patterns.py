"""Describe how a wrong result differs from the right one, without giving the right numbers away.

Each pattern takes a `Tried` and returns a sentence, or None if it does not fit. Multiples and sums are in `scales`.
"""

import itertools

import torch

from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def unsteady(tried: Tried) -> str | None:
    """Notice another result for the same input."""
    second = tried.again(tried.inputs[0])
    if second is None or second.shape != tried.found[0].shape or not torch.allclose(second, tried.found[0], equal_nan=True):
        return "given the same input again, your function returns something else. Is it random, or does it keep old values?"
    return None


def not_finite(tried: Tried) -> str | None:
    """Notice NaN or infinity."""
    if any(not got.isfinite().all() for got in tried.found):
        return "your result is not finite (inf or nan). Do you divide by 0, or take the root or logarithm of a negative number?"
    return None


def an_argument(tried: Tried) -> str | None:
    """Notice an argument that is returned unchanged."""
    for place, name in enumerate(tried.names):
        given = [torch.as_tensor(one[place]).double() for one in tried.inputs if isinstance(one[place], torch.Tensor | float)]
        if len(given) == len(tried.inputs) and tried.all_like(given):
            return f"nothing has changed: your function returns `{name}` as it is."
    return None


def constant(tried: Tried) -> str | None:
    """Notice a result that is the same for every input."""
    if all((got == 0).all() for got in tried.found):
        return "your result is 0 everywhere."
    first = tried.found[0].flatten()[:1]
    if len(tried.found) > 1 and all((got == first).all() for got in tried.found):
        return f"your result is {first.item():.4g} everywhere, for every input."
    return None


def swapped(tried: Tried) -> str | None:
    """Notice two swapped arguments."""
    for one, other in itertools.combinations(range(len(tried.names)), 2):
        exchanged = []
        for given in tried.inputs:
            mixed = list(given)
            mixed[one], mixed[other] = mixed[other], mixed[one]
            exchanged.append(tried.wanted(tuple(mixed)))
        if tried.all_like(exchanged):
            return f"your function swaps `{tried.names[one]}` and `{tried.names[other]}`."
    return None


def moved(tried: Tried) -> str | None:
    """Notice the right numbers in the wrong places."""
    if tried.expected[0].ndim >= 2 and tried.all_bent(lambda wanted: wanted.mT):
        return "rows and columns are swapped."
    axes = range(tried.expected[0].ndim)
    for axis in axes:
        what = {-1: "left and right are", -2: "top and bottom are"}.get(axis - len(axes), f"axis {axis} is")
        if tried.all_bent(lambda wanted, axis=axis: wanted.flip(axis)):
            return f"the numbers are right, but {what} reversed."
        for step in (1, -1):
            if tried.all_bent(lambda wanted, axis=axis, step=step: wanted.roll(step, axis)):
                return f"the numbers are right, but everything is shifted by one along axis {axis}."
    same = all(got.shape == wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True))
    if same and axes and _sorted_alike(tried):
        return "the numbers are right, but in the wrong places."
    return None


_BENT = (
    ("your result is upside down: it is 1 divided by the right one.", lambda x: 1 / x),
    ("your result is upside down, and its sign is wrong.", lambda x: -1 / x),
    ("your result is the square of the right one.", lambda x: x * x),
    ("your result is the square root of the right one.", lambda x: x.abs().sqrt()),
    ("the signs are lost: your result is the absolute value of the right one.", lambda x: x.abs()),
    ("your result is 1 minus the right one.", lambda x: 1 - x),
    ("your result is the logarithm of the right one.", lambda x: x.abs().log()),
    ("your result is the logarithm (base 10) of the right one.", lambda x: x.abs().log10()),
    ("your result is right, but rounded: don't round.", lambda x: x.round()),
    ("your result is right, but rounded down: don't round.", lambda x: x.floor()),
    ("your result is right, but rounded up: don't round.", lambda x: x.ceil()),
    ("your result is right, but clamped to [0, 1]: don't clamp.", lambda x: x.clamp(0, 1)),
    ("negative values have become 0 in your result; the rest is right.", lambda x: x.clamp_min(0)),
    ("your result is only the sign of the right one.", lambda x: x.sign()),
    ("your result has only the diagonal: the other entries are missing.", lambda x: x * torch.eye(*x.shape[-2:])),
    ("your result has only the upper triangle.", lambda x: x.triu()),
    ("your result has only the lower triangle.", lambda x: x.tril()),
)


def bent(tried: Tried) -> str | None:
    """Notice a simple function of the right result: its inverse, square, root, absolute value or rounding."""
    for said, bend in _BENT:
        try:
            if tried.all_bent(bend):
                return said
        except (RuntimeError, TypeError, IndexError):  # not a matrix
            continue
    return None


def some_inputs(tried: Tried) -> str | None:
    """Notice a result that is right on some inputs and wrong on others."""
    fits = [alike(got, wanted, tried.rtol) for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if not any(fits):
        return None
    wrong = fits.index(False)
    return f"your result is right for {_described(tried, fits.index(True))}, but not for {_described(tried, wrong)}."


def places(tried: Tried) -> str | None:
    """Notice a result that is right in some places and wrong in others."""
    if tried.expected[0].ndim < 2 or any(
        got.shape != want.shape for got, want in zip(tried.found, tried.expected, strict=True)
    ):
        return None
    close = [(g - w).abs() <= tried.rtol * (w.abs() + w.abs().max()) for g, w in zip(tried.found, tried.expected, strict=True)]
    for said, mask_of in _PLACES:
        masks = [mask_of(one).expand_as(one) for one in close]
        if all((one == mask).all() for one, mask in zip(close, masks, strict=True)):
            return said
    return None


def _diagonal(like: torch.Tensor) -> torch.Tensor:
    return torch.eye(*like.shape[-2:], dtype=torch.bool)


def _border(like: torch.Tensor) -> torch.Tensor:
    mask = torch.ones_like(like)
    mask[..., 1:-1, 1:-1] = False
    return mask


_PLACES = (
    ("the diagonal is right, but the other entries are wrong.", _diagonal),
    ("everything except the diagonal is right.", lambda like: ~_diagonal(like)),
    ("the inner part is right, but the border is wrong.", lambda like: ~_border(like)),
    ("the border is right, but the inner part is wrong.", _border),
)


def _sorted_alike(tried: Tried) -> bool:
    pairs = zip(tried.found, tried.expected, strict=True)
    return all(alike(got.flatten().sort().values, want.flatten().sort().values, tried.rtol) for got, want in pairs)


def _described(tried: Tried, index: int) -> str:
    parts = []
    for name, one in zip(tried.names, tried.inputs[index], strict=True):
        if isinstance(one, torch.Tensor):
            parts.append(f"`{name}` of shape {tuple(one.shape)}")
        elif isinstance(one, list) and all(isinstance(part, torch.Tensor) for part in one):
            parts.append(f"`{name}` with {len(one)} entries")
        elif not callable(one):
            parts.append(f"`{name}` = {one}")
    return " and ".join(parts[:2]) if len(parts) <= 2 else ", ".join(parts)
