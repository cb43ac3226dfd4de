"""Run the reader's function on its own copy of the inputs, and notice when it does something forbidden."""

import copy
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from nst_lessons.checks.values import alike, brief, shown, unchanged

NOTHING_FITS = "this is none of the usual mistakes."  # the start of a message that cannot name the mistake
LIBRARIES = ("torch", "torchvision", "nst_lessons", "skimage")


class Wrong(Exception):
    """Raised for a wrong answer; the message says what is wrong without giving the answer away."""


def check_function(function: object, names: Sequence[str]) -> None:
    """Raise Wrong unless `function` can be called with one argument for each name."""
    if not callable(function):
        raise Wrong(
            f"pass the function itself, as in check(my_function), with no brackets after its name; this is {brief(function)}."
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built-in functions have none
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise Wrong(
            f"your function must take {len(names)} argument{'s' * (len(names) != 1)}, ({', '.join(names)}), "
            f"but it is defined with {signature}."
        ) from None


def run(function: Callable, given: tuple, names: Sequence[str], never: Sequence[str] = ()) -> object:
    """Call the reader's function with a deep copy of `given` and return its result.

    names: names of the arguments. never: library functions that solve the exercise, so the reader must not call them.
    Raises Wrong if the function changes its input or calls one of `never`. If it crashes, a note with the input is added.
    """
    mine = copy.deepcopy(given)
    with _listening(never) as called:
        try:
            result = function(*mine)
        except Exception as error:
            error.add_note(inputs_of(given, names))
            raise
    if called:
        raise Wrong(f"your function calls the library's `{called[0]}`. That is the exercise: do it yourself.")
    for name, before, after in zip(names, given, mine, strict=True):
        if not unchanged(before, after):
            raise Wrong(
                f"your function changed its input `{name}`. Compute a new value or work on a copy: "
                "no `+=`, no `method_()`, no `pop`, no `x[...] =`."
            )
    return result


def inputs_of(given: tuple, names: Sequence[str]) -> str:
    """Return the arguments as `name = value`; a large tensor is described by its shape."""
    return ", ".join(f"{name} = {shown(one)}" for name, one in zip(names, given, strict=True) if not callable(one))


@contextmanager
def _listening(never: Sequence[str]) -> Iterator[list[str]]:
    """Collect the names of the library functions in `never` that are called."""
    called, before = [], sys.getprofile()

    def note(frame, event, function):
        name = frame.f_code.co_name if event == "call" else getattr(function, "__name__", "") if event == "c_call" else ""
        if name in never and (event == "c_call" or str(frame.f_globals.get("__name__")).partition(".")[0] in LIBRARIES):
            called.append(name)

    if never:
        sys.setprofile(note)
    try:
        yield called
    finally:
        if never:
            sys.setprofile(before)


def check_gradient(function: Callable, right: Callable, given: tuple, names: Sequence[str], needed: Sequence[str]) -> None:
    """Raise Wrong unless `function` and `right` have the same gradient with respect to the arguments `needed`."""
    expected = _slopes(right, given, names, needed)
    try:
        found = _slopes(function, given, names, needed)
    except (RuntimeError, TypeError) as error:
        if "numpy" not in str(error):
            raise
        found = None
    if found is None:
        raise Wrong(
            f"the numbers are right, but no gradient flows back to `{needed[0]}`. Remove what cuts it off: `.item()`, "
            "`float()`, `.detach()`, `.data`, numpy, `torch.tensor(...)` or `torch.no_grad()`."
        )
    for name, got, wanted in zip(_each(given, names, needed), found, expected, strict=True):
        if got is None or not alike(got.double(), wanted.double(), 1e-2):
            raise Wrong(
                f"the numbers are right, but part of the gradient does not reach `{name}`. Remove what cuts it off: `.item()`, "
                "`float()`, `.detach()`, `.data`, `torch.tensor(...)` or `torch.no_grad()`."
            )


def _slopes(function: Callable, given: tuple, names: Sequence[str], needed: Sequence[str]) -> tuple | None:
    mine = copy.deepcopy(given)
    leaves = []
    for name in needed:
        one = mine[names.index(name)]
        leaves += [leaf.requires_grad_() for leaf in (one if isinstance(one, list) else [one])]
    result = function(*mine)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return None
    weights = torch.arange(1, result.numel() + 1, dtype=result.dtype).view_as(result)
    return torch.autograd.grad((weights * result).sum(), leaves, allow_unused=True)


def _each(given: tuple, names: Sequence[str], needed: Sequence[str]) -> list[str]:
    """Return the name of each tensor in the arguments `needed`; a tensor in a list is named with its index."""
    found = []
    for name in needed:
        one = given[names.index(name)]
        found += [f"{name}[{index}]" for index in range(len(one))] if isinstance(one, list) else [name]
    return found
