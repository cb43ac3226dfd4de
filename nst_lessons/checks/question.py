"""A question of a lesson: `check` answers, `hint` nudges, `solution` tells.

What is wrong is told as a `Wrong`, raised by the function that examines the answer; a crash in the reader's own function
is shown with its line. A check never raises.
"""

import dis
import inspect
import linecache
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType

import torch


class Wrong(Exception):
    """The answer is not right; the message says in which way, without giving it away."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: `state` is "right", "wrong", "untried" or "crashed"."""

    state: str
    message: str

    def __str__(self) -> str:
        return {"right": "✔ Right", "wrong": "✗ Not yet", "untried": "… Not tried yet", "crashed": "✗ Not yet"}[self.state] + (
            f": {self.message}" if self.message else "."
        )


class Question:
    """One exercise. examine: a function of the reader's answer(s), which raises `Wrong` with what is wrong.

    hints: at least two, each bigger than the one before. code: a solution. why: in a sentence or two, shown with it.
    """

    def __init__(self, examine: Callable[..., object], *, hints: Sequence[str], code: str, why: str) -> None:
        self.examine, self.hints, self.code, self.why = examine, tuple(hints), inspect.cleandoc(code), inspect.cleandoc(why)
        self._told = 0

    def check(self, *answers: object) -> None:
        """Print whether the answer is right, and if not, what is wrong."""
        print(self.verdict(*answers))

    def verdict(self, *answers: object) -> Verdict:
        """What `check` prints, as a `Verdict`."""
        if any(untouched(answer) for answer in answers):
            return Verdict("untried", "put your own code or number in place of the dots, and run this cell again.")
        try:
            with warnings.catch_warnings():  # NumPy 2.5's eigenvalues are always complex; students cast them back to real
                warnings.filterwarnings("ignore", "Casting complex values to real")
                self.examine(*answers)
        except Wrong as wrong:
            return Verdict("wrong", str(wrong))
        except Exception as error:  # the reader's function may raise anything
            return Verdict("crashed", _crash(error))
        return Verdict("right", self.why)

    def hint(self) -> None:
        """Print a hint; called again, a bigger one."""
        number = min(self._told + 1, len(self.hints))
        more = "" if number == len(self.hints) else " (call hint() again for a bigger one)"
        print(f"Hint {number} of {len(self.hints)}: {self.hints[number - 1]}{more}")
        self._told = number

    def solution(self) -> None:
        """Print the code of a solution, and why it is so."""
        print(f"{self.code}\n\n{self.why}")


def untouched(answer: object) -> bool:
    """Whether an exercise is as it was given: `...`, or a function that does nothing but return it or nothing."""
    if answer is ...:
        return True
    if not isinstance(answer, FunctionType):
        return False
    steps = [step for step in dis.get_instructions(answer) if step.opname != "RESUME"]
    only_returns = all(step.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "NOP") for step in steps)
    return only_returns and answer.__code__.co_argcount > 0 and {step.argval for step in steps} <= {None, ...}


def same_as(
    right: Callable, inputs: Sequence[tuple], mistakes: Sequence[tuple[str, Callable]] = (), rtol: float = 1e-3
) -> Callable[[Callable], None]:
    """An examination: the reader's function must give on each of `inputs` what `right` gives, within `rtol`.

    mistakes: (message, wrong function) pairs; who gives what one of these gives gets its message. Numbers, tensors, and
    tuples, lists or dictionaries of them can be compared.
    """

    def examine(function: Callable) -> None:
        if not callable(function):
            raise Wrong(f"give the function itself, as in check(my_function); this is a {type(function).__name__}.")
        found = [function(*_copies(given)) for given in inputs]
        expected = [right(*given) for given in inputs]
        for got, wanted in zip(found, expected, strict=True):
            _check_kind(got, wanted)
        if all(_alike(got, wanted, rtol) for got, wanted in zip(found, expected, strict=True)):
            return
        for message, mistake in mistakes:
            if all(_alike(got, mistake(*given), rtol) for got, given in zip(found, inputs, strict=True)):
                raise Wrong(message)
        for got, wanted in zip(found, expected, strict=True):
            _check_form(got, wanted)
        raise Wrong("the numbers differ from what the lesson defines: compare your line with the formula, term by term.")

    return examine


def equal_to(right: object, mistakes: Sequence[tuple[str, object]] = ()) -> Callable[[object], None]:
    """An examination of a number, a tensor or nested lists of numbers; `mistakes` are (message, wrong value) pairs."""

    def examine(answer: object) -> None:
        got = _tensor(answer)
        if got.shape != _tensor(right).shape:
            raise Wrong(f"the shape is {tuple(got.shape)}, where {tuple(_tensor(right).shape)} is wanted.")
        if _alike(got, _tensor(right), 1e-3):
            return
        for message, mistake in mistakes:
            if _alike(got, _tensor(mistake), 1e-3):
                raise Wrong(message)
        raise Wrong("that is not the number: go through the sum term by term." if got.ndim == 0 else _where(got, right))

    return examine


def one_of(right: str, wrong: dict[str, str]) -> Callable[[str], None]:
    """An examination of a choice: `wrong` gives the message to each other choice."""

    def examine(answer: str) -> None:
        if not isinstance(answer, str) or answer.strip().lower() not in {right, *wrong}:
            choices = ", ".join(repr(choice) for choice in sorted({right, *wrong}))
            raise Wrong(f"{answer!r} is none of the choices: {choices}.")
        if answer.strip().lower() != right:
            raise Wrong(wrong[answer.strip().lower()])

    return examine


def _tensor(value: object) -> torch.Tensor:
    try:
        return torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"a number, a list of numbers or a tensor is wanted; this is {_brief(value)}.") from None


def _where(got: torch.Tensor, right: object) -> str:
    wrong = [tuple(index) for index in (~torch.isclose(got, _tensor(right), rtol=1e-3)).nonzero().tolist()]
    return f"{len(wrong)} of {got.numel()} numbers are not right, the first at {wrong[0]}: go through its sum term by term."


def _check_kind(got: object, wanted: object) -> None:
    if got is None or got is ...:
        raise Wrong("your function gives nothing back: does it end with `return`?")
    if isinstance(wanted, torch.Tensor | float | int) and not isinstance(got, torch.Tensor | float | int):
        raise Wrong(f"your function gives a {type(got).__name__}, where a tensor or a number is wanted.")
    if isinstance(wanted, dict | list | tuple) and (not isinstance(got, type(wanted)) or len(got) != len(wanted)):
        raise Wrong(f"a {type(wanted).__name__} of {len(wanted)} is wanted, and your function gives {_brief(got)}.")


def _check_form(got: object, wanted: object) -> None:
    if isinstance(wanted, torch.Tensor) and isinstance(got, torch.Tensor) and got.shape != wanted.shape:
        raise Wrong(f"the shape is {tuple(got.shape)}, where {tuple(wanted.shape)} is wanted.")
    values = torch.as_tensor(got) if isinstance(got, torch.Tensor | float | int) else torch.zeros(())
    if not values.isfinite().all():
        raise Wrong("the result is not finite: is something divided by zero?")


def _alike(got: object, wanted: object, rtol: float) -> bool:
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(_alike(got[k], wanted[k], rtol) for k in wanted)
    if isinstance(wanted, list | tuple):
        return len(got) == len(wanted) and all(_alike(g, w, rtol) for g, w in zip(got, wanted, strict=True))
    if isinstance(wanted, str):
        return got == wanted
    got, wanted = (torch.as_tensor(one).detach().cdouble().cpu() for one in (got, wanted))  # eigenvalues may be complex
    scale = wanted.abs().max().clamp_min(1e-8).item() if wanted.numel() else 1.0
    return got.shape == wanted.shape and torch.allclose(got, wanted, rtol=rtol, atol=rtol * scale)


def _copies(arguments: tuple) -> tuple:
    """The arguments, tensors copied: a function that works in place must not spoil the next test."""
    return tuple(one.clone() if isinstance(one, torch.Tensor) else one for one in arguments)


def _brief(value: object) -> str:
    size = f" of {len(value)}" if hasattr(value, "__len__") else ""
    return f"a {type(value).__name__}{size}"


def _crash(error: Exception) -> str:
    """The error, and the last line of the reader's own code on the way to it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _in_library(frame.filename)]
    where = ""
    if frames:
        line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
        where = f"\n  line {frames[-1].lineno} of your code: {line}"
    return f"your code stopped with {type(error).__name__}: {error}{where}"


def _in_library(filename: str) -> bool:
    return any(part in filename.replace("\\", "/") for part in ("/nst_lessons/checks/", "/site-packages/", "/lib/python"))
