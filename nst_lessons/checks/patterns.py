"""Patterns in a wrong result: how what was given differs from what was wanted, said without the wanted numbers.

Each pattern takes a `Tried` and returns a sentence, or None where it is not this one.
"""

import itertools
import math

import torch

from nst_lessons.checks.tried import Tried, spelled
from nst_lessons.checks.values import alike

_FACTORS = ((math.log(10), "ln 10"), (math.log(2), "ln 2"), (math.pi, "π"), (math.sqrt(2), "√2"), (1 / 3, "1/3"))


def unsteady(tried: Tried) -> str | None:
    """Another result for the same input."""
    second = tried.again(tried.inputs[0])
    if second is None or second.shape != tried.found[0].shape or not torch.allclose(second, tried.found[0], equal_nan=True):
        return "given the same input again, your function gives another result: is something random in it, or kept from before?"
    return None


def not_finite(tried: Tried) -> str | None:
    """NaN or infinity."""
    if any(not got.isfinite().all() for got in tried.found):
        return "your result is not finite (inf or nan): is something divided by zero, or the root or logarithm of a negative?"
    return None


def an_argument(tried: Tried) -> str | None:
    """An argument, handed back as it came."""
    for place, name in enumerate(tried.names):
        given = [torch.as_tensor(one[place]).double() for one in tried.inputs if isinstance(one[place], torch.Tensor | float)]
        if len(given) == len(tried.inputs) and tried.all_like(given):
            return f"nothing has changed: your function gives back `{name}` as it came."
    return None


def constant(tried: Tried) -> str | None:
    """The same whatever is given."""
    if all((got == 0).all() for got in tried.found):
        return "your result is 0 everywhere."
    first = tried.found[0].flatten()[:1]
    if len(tried.found) > 1 and all((got == first).all() for got in tried.found):
        return f"your result is {first.item():.4g} everywhere, whatever your function is given."
    return None


def swapped(tried: Tried) -> str | None:
    """Two arguments exchanged."""
    for one, other in itertools.combinations(range(len(tried.names)), 2):
        exchanged = []
        for given in tried.inputs:
            mixed = list(given)
            mixed[one], mixed[other] = mixed[other], mixed[one]
            exchanged.append(tried.wanted(tuple(mixed)))
        if tried.all_like(exchanged):
            return f"`{tried.names[one]}` and `{tried.names[other]}` are exchanged in your function."
    return None


def factor(tried: Tried) -> str | None:
    """One factor everywhere, or one that is made of named sizes."""
    ratios = [_ratio(got, wanted) for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if any(ratio is None or ratio == 0 for ratio in ratios):
        return None
    if not tried.all_like([ratio * wanted for ratio, wanted in zip(ratios, tried.expected, strict=True)]):
        return None
    first = ratios[0]
    if len(ratios) > 1 and all(math.isclose(first, ratio, rel_tol=2e-3) for ratio in ratios):
        return _times(first)
    sign = math.copysign(1, first)
    terms = tried.product([abs(ratio) for ratio in ratios]) if all(sign * ratio > 0 for ratio in ratios) else None
    terms = terms or _half_powers(tried, ratios)
    if terms:
        turned = " and the sign is turned round" if sign < 0 else ""
        return f"yours is {spelled(terms)} times what is wanted{turned}: where does that factor come from?"
    if all(_almost_one(ratio, tried, index) for index, ratio in enumerate(ratios)):
        return (
            "yours is off by the difference between dividing by N and by N - 1: where a mean of squares is taken, divide by N."
        )
    if tried.expected[0].numel() > 1:
        return (
            "within one input all your numbers are off by one and the same factor, which differs from input to input: the "
            "number that you divide or multiply by is another one."
        )
    return None


def offset(tried: Tried) -> str | None:
    """The same number too much everywhere."""
    if any(got.shape != wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True)):
        return None
    shifts = [(got - wanted).mean().item() for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if not tried.all_like([wanted + shift for wanted, shift in zip(tried.expected, shifts, strict=True)]):
        return None
    if all(math.isclose(shifts[0], shift, rel_tol=1e-3) for shift in shifts) and len(shifts) > 1:
        return f"yours is {abs(shifts[0]):.4g} too {'large' if shifts[0] > 0 else 'small'} everywhere."
    sign = math.copysign(1, shifts[0])
    terms = tried.product([abs(shift) for shift in shifts], (1, 2)) if all(sign * shift > 0 for shift in shifts) else None
    if terms:
        return f"yours is too {'large' if sign > 0 else 'small'} by {spelled(terms)}: a term too many, or one forgotten."
    if tried.expected[0].numel() > 1:
        return "within one input all your numbers are off by the same amount: something is added, or left out, everywhere."
    return None


def moved(tried: Tried) -> str | None:
    """The right numbers at other places."""
    if tried.expected[0].ndim >= 2 and tried.all_bent(lambda wanted: wanted.mT):
        return "rows and columns are exchanged."
    axes = range(tried.expected[0].ndim)
    for axis in axes:
        said = {axis_from_end: text for axis_from_end, text in ((-1, "left and right are"), (-2, "top and bottom are"))}
        what = said.get(axis - len(axes), f"axis {axis} is")
        if tried.all_bent(lambda wanted, axis=axis: wanted.flip(axis)):
            return f"the numbers are right, but {what} turned round."
        for step in (1, -1):
            if tried.all_bent(lambda wanted, axis=axis, step=step: wanted.roll(step, axis)):
                return f"the numbers are right, but everything is shifted by one along axis {axis}."
    same = all(got.shape == wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True))
    if same and axes and _sorted_alike(tried):
        return "the numbers are right, but they stand at other places."
    return None


_BENT = (
    ("yours is upside down: 1 divided by what is wanted.", lambda x: 1 / x),
    ("yours is upside down, and its sign is turned round.", lambda x: -1 / x),
    ("yours is the square of what is wanted.", lambda x: x * x),
    ("yours is the square root of what is wanted.", lambda x: x.abs().sqrt()),
    ("the signs are lost: yours is the absolute value of what is wanted.", lambda x: x.abs()),
    ("yours is 1 minus what is wanted.", lambda x: 1 - x),
    ("yours is the logarithm of what is wanted.", lambda x: x.abs().log()),
    ("yours is the logarithm (base 10) of what is wanted.", lambda x: x.abs().log10()),
    ("yours is right but rounded: leave it as it is.", lambda x: x.round()),
    ("yours is right but rounded down: leave it as it is.", lambda x: x.floor()),
    ("yours is right but rounded up: leave it as it is.", lambda x: x.ceil()),
    ("yours is right but cut to [0, 1]: leave it as it is.", lambda x: x.clamp(0, 1)),
    ("yours is right where it is positive, and 0 elsewhere: something cuts negative values off.", lambda x: x.clamp_min(0)),
    ("yours has only the sign of what is wanted.", lambda x: x.sign()),
    ("yours is its diagonal alone: what stands beside it is missing.", lambda x: x * torch.eye(*x.shape[-2:])),
    ("yours is its upper triangle alone.", lambda x: x.triu()),
    ("yours is its lower triangle alone.", lambda x: x.tril()),
)


def bent(tried: Tried) -> str | None:
    """A simple function of what is wanted: its inverse, square, root, absolute value, rounding."""
    for said, bend in _BENT:
        try:
            if tried.all_bent(bend):
                return said
        except (RuntimeError, TypeError, IndexError):  # no matrix
            continue
    return None


def some_inputs(tried: Tried) -> str | None:
    """Right on some inputs, wrong on others."""
    fits = [alike(got, wanted, tried.rtol) for got, wanted in zip(tried.found, tried.expected, strict=True)]
    if not any(fits):
        return None
    wrong = fits.index(False)
    return f"it is right for {_described(tried, fits.index(True))}, but not for {_described(tried, wrong)}."


def places(tried: Tried) -> str | None:
    """Right at some places, wrong at others."""
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


def affine(tried: Tried) -> str | None:
    """A multiple of what is wanted, plus a constant."""
    if any(got.shape != wanted.shape for got, wanted in zip(tried.found, tried.expected, strict=True)):
        return None
    got, wanted = (torch.cat([one.flatten() for one in many]) for many in (tried.found, tried.expected))
    if wanted.unique().numel() < 3:
        return None
    line = torch.stack([wanted, torch.ones_like(wanted)], dim=1)
    slope, start = torch.linalg.lstsq(line, got[:, None]).solution.flatten().tolist()
    if abs(slope) > 1e-3 and alike(got, slope * wanted + start, 1e-4):
        return f"your numbers are what is wanted, times {slope:.4g}, plus {start:.4g}: which term or factor makes that?"
    return None


_PLACES = (
    ("the diagonal is right, and what stands beside it is not.", _diagonal),
    ("everything is right but the diagonal.", lambda like: ~_diagonal(like)),
    ("the inner part is right, and the border is not.", lambda like: ~_border(like)),
    ("the border is right, and the inner part is not.", _border),
)


def _ratio(got: torch.Tensor, wanted: torch.Tensor) -> float | None:
    """The factor between two tensors of one shape, by least squares."""
    if got.shape != wanted.shape or not wanted.square().sum() > 0:
        return None
    return ((got * wanted).sum() / wanted.square().sum()).item()


def _times(ratio: float) -> str:
    turned = "the sign is turned round" if ratio < 0 else ""
    size = abs(ratio)
    if math.isclose(size, 1, rel_tol=2e-3):
        return turned + "."
    large = size > 1
    times = size if large else 1 / size
    named = next(
        (f"{name} = {value:.4g}" for value, name in _FACTORS if math.isclose(times, value, rel_tol=2e-3)), f"{times:.4g}"
    )
    return f"yours is {named} times too {'large' if large else 'small'} everywhere{', and ' * bool(turned)}{turned}."


def _half_powers(tried: Tried, ratios: list[float]) -> dict[str, float] | None:
    return tried.product([abs(ratio) for ratio in ratios], (0.5, -0.5))


def _almost_one(ratio: float, tried: Tried, index: int) -> bool:
    """Whether a ratio is N/(N-1), its inverse or the root of these, for N a size or a product of sizes."""
    sizes = [size for size in tried.sizes(index).values() if size > 1]
    counts = {math.prod(chosen) for count in (1, 2, 3) for chosen in itertools.combinations(sizes, count)}
    powers = [(count / (count - 1)) ** power for count in counts if count > 1 for power in (1, -1, 0.5, -0.5)]
    return any(math.isclose(ratio, one, rel_tol=1e-4) for one in powers)


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
