"""Make answers comparable: numbers of Python, numpy and torch, lists of numbers, and numbers written as text."""

import ast
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real

import numpy as np
import torch


def as_tensor(value: object) -> torch.Tensor | None:
    """Return the numbers in `value` as a float64 tensor without a graph, or None if it contains anything else."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if not value.is_complex():
            return value.double()
        return value.real.double() if value.imag.abs().sum() <= 1e-6 * value.abs().sum() else None
    if isinstance(value, np.ndarray | np.generic):
        kind = np.asarray(value).dtype.kind
        exact = np.complex128 if kind == "c" else np.float64
        return as_tensor(torch.from_numpy(np.array(value, exact))) if kind in "biufc" else None
    if isinstance(value, Real | Decimal):
        return torch.tensor(float(value), dtype=torch.float64)
    if isinstance(value, list | tuple):
        parts = [as_tensor(part) for part in value]
        if any(part is None for part in parts) or len({part.shape for part in parts}) > 1:
            return None
        return torch.stack(parts) if parts else torch.zeros(0, dtype=torch.float64)
    return None


def from_text(value: object) -> object:
    """Read text such as "0.75", "3/4" or "(512, 20)" as numbers; return anything else unchanged."""
    if isinstance(value, list | tuple):
        return [from_text(part) for part in value]
    if not isinstance(value, str):
        return value
    try:
        return float(Fraction(value.strip()))
    except (ValueError, ZeroDivisionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        return value


def alike(got: torch.Tensor, wanted: torch.Tensor, rtol: float = 1e-3) -> bool:
    """Return whether two tensors have the same shape and nearly the same values.

    rtol: relative tolerance; values near 0 may differ by `rtol` times the largest value in `wanted`.
    """
    if not wanted.isfinite().all():
        return False
    scale = wanted.abs().max().clamp_min(1e-8).item() if wanted.numel() else 1.0
    return got.shape == wanted.shape and torch.allclose(got, wanted, rtol=rtol, atol=rtol * scale)


def unchanged(before: object, after: object) -> bool:
    """Return whether an argument is exactly as it was before the reader's function ran."""
    if isinstance(before, torch.Tensor):
        return isinstance(after, torch.Tensor) and torch.equal(before, after)
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(unchanged(*pair) for pair in zip(before, after, strict=True))
    return before is after or before == after


def brief(value: object) -> str:
    """Describe a value in a few words, such as "a list of 3"."""
    if value is None:
        return "nothing (None)"
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "numpy array"
        kind = f"complex {kind}" if "complex" in str(value.dtype) else kind
        return f"a {kind} of shape {tuple(value.shape)}" if value.ndim else f"a {kind} with one number"
    if isinstance(value, Real):
        return f"the number {value}"
    if callable(value):
        return "a function"
    size = f" of {len(value)}" if isinstance(value, Mapping | Sequence | set) else ""
    return f"a {type(value).__name__}{size}"


def shown(value: object, most: int = 12) -> str:
    """Write out a small value; describe a large one as `brief` does."""
    if isinstance(value, torch.Tensor):
        return _digits(value.tolist()) if value.numel() <= most else brief(value)
    if isinstance(value, list | tuple) and all(isinstance(part, torch.Tensor) for part in value):
        return "[" + ", ".join(shown(part, most) for part in value) + "]"
    if isinstance(value, Real) or (isinstance(value, list | tuple) and len(value) <= most):
        return _digits(value)
    return brief(value)


def _digits(value: object) -> str:
    if isinstance(value, list | tuple):
        left, right = "()" if isinstance(value, tuple) else "[]"
        return left + ", ".join(_digits(part) for part in value) + right
    return f"{value:.4g}" if isinstance(value, float) else str(value)
