"""One try of the reader's function: on inputs of its own, and watched for what it may not do."""

import copy
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from nst_lessons.checks.values import alike, brief, shown, unchanged

NOTHING_FITS = "none of the usual mistakes fits."  # what a message begins with that names nothing
LIBRARIES = ("torch", "torchvision", "nst_lessons", "skimage")


class Wrong(Exception):
    """The answer is not right; the message says in which way, without giving it away."""


def check_function(function: object, names: Sequence[str]) -> None:
    """Raise Wrong unless `function` can be called with as many arguments as there are names."""
    if not callable(function):
        raise Wrong(
            f"give the function itself, as in check(my_function), without brackets after its name; this is {brief(function)}."
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built-in functions have none
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise Wrong(
            f"your function is called with {len(names)} argument{'s' * (len(names) != 1)}, ({', '.join(names)}), "
            f"but its own line says {signature}."
        ) from None


def run(function: Callable, given: tuple, names: Sequence[str], never: Sequence[str] = ()) -> object:
    """Return what the reader's function makes of its own deep copy of `given`.

    names: of the arguments. never: functions of a library that are what the exercise asks for.
    Raises Wrong if the function changes its input, or calls one of `never`; what it raises itself gets a note on the input.
    """
    mine = copy.deepcopy(given)
    with _listening(never) as called:
        try:
            result = function(*mine)
        except Exception as error:
            error.add_note(inputs_of(given, names))
            raise
    if called:
        raise Wrong(f"your function calls `{called[0]}` of a library, and that is what you are asked to write: do it yourself.")
    for name, before, after in zip(names, given, mine, strict=True):
        if not unchanged(before, after):
            raise Wrong(
                f"your function changed its input `{name}`, which somebody else may still need: compute something new instead "
                "of writing into it (no `+=`, no `method_()`, no `pop`, no `x[...] =`), or work on a copy."
            )
    return result


def inputs_of(given: tuple, names: Sequence[str]) -> str:
    """Write arguments as `name = value`, large ones with their shape only."""
    return ", ".join(f"{name} = {shown(one)}" for name, one in zip(names, given, strict=True) if not callable(one))


@contextmanager
def _listening(never: Sequence[str]) -> Iterator[list[str]]:
    """Collect the names in `never` under which a function of a library is called."""
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
    """Raise Wrong unless the gradient of `function` with respect to the arguments `needed` is that of `right`."""
    expected = _slopes(right, given, names, needed)
    try:
        found = _slopes(function, given, names, needed)
    except (RuntimeError, TypeError) as error:
        if "numpy" not in str(error):
            raise
        found = None
    if found is None:
        raise Wrong(
            f"the numbers are right, but no gradient flows through your function to `{needed[0]}`. It is used in a loss that "
            "is minimised, so stay with torch's own tensors: `.item()`, `float()`, `.detach()`, `.data`, numpy, "
            "`torch.tensor(...)` and `torch.no_grad()` all cut the gradient off."
        )
    for name, got, wanted in zip(_each(given, names, needed), found, expected, strict=True):
        if got is None or not alike(got.double(), wanted.double(), 1e-2):
            raise Wrong(
                f"the numbers are right, but the gradient does not reach `{name}` in full: somewhere `.item()`, `float()`, "
                "`.detach()`, `.data`, `torch.tensor(...)` or `torch.no_grad()` cuts it off."
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
    """The name of each tensor among the arguments `needed`, those in a list with their index."""
    found = []
    for name in needed:
        one = given[names.index(name)]
        found += [f"{name}[{index}]" for index in range(len(one))] if isinstance(one, list) else [name]
    return found
