"""Examine the three usual kinds of answer: a function, numbers, a choice. Return None if it is right, raise `Wrong` if not."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from nst_lessons.checks import patterns, probes, scales
from nst_lessons.checks.forms import form
from nst_lessons.checks.trial import NOTHING_FITS, Wrong, check_function, check_gradient, inputs_of, run
from nst_lessons.checks.tried import Tried, tensor_or_none
from nst_lessons.checks.values import alike, as_tensor, brief, from_text, shown

LOOKS = (
    *(patterns.unsteady, patterns.not_finite, patterns.an_argument, patterns.constant, patterns.swapped, scales.factor),
    *(scales.offset, patterns.moved, patterns.bent, scales.affine, probes.deaf),
)
PROBES = (
    *(patterns.places, probes.equals, probes.powers, probes.shifts, probes.orders, probes.increments, patterns.some_inputs),
)


@dataclass(frozen=True)
class SameAs:
    """Examine a function: it must give the same results as `right`.

    inputs: tuples of arguments to call both with, the smallest first.
    mistakes: {message: wrong function}; an answer that matches a known mistake gets its message.
    axes: the letters of each argument's axes, as in ("CHW", ""); by default no axis has a letter.
    gradient: names of the arguments that the gradient must reach, for functions used in a loss.
    remark: what is said of a right result that keeps a graph.
    never: names of library functions that solve the exercise, so the reader must not call them.
    early, also: this question's own patterns, tried before and after those in `LOOKS`.
    wants: the expected result in words; by default its shape.
    rtol: relative tolerance.
    """

    right: Callable
    inputs: Sequence[tuple]
    mistakes: Mapping[str, Callable] = field(default_factory=dict)
    axes: Sequence[str] = ()
    gradient: Sequence[str] = ()
    remark: str = ""
    never: Sequence[str] = ()
    early: Sequence[Callable[[Tried], str | None]] = ()
    also: Sequence[Callable[[Tried], str | None]] = ()
    wants: str = ""
    rtol: float = 1e-3

    def __call__(self, function: Callable) -> str | None:
        """Raise Wrong with what is wrong about `function`; return None or the remark if it is right."""
        names = list(inspect.signature(self.right).parameters)
        check_function(function, names)
        expected = [as_tensor(self.right(*copy.deepcopy(given))) for given in self.inputs]
        results = [run(function, given, names, self.never) for given in self.inputs]
        found = [self._numbers(result, wanted) for result, wanted in zip(results, expected, strict=True)]
        axes = self.axes or ("",) * len(names)
        tried = Tried(function, self.right, self.inputs, names, axes, found, expected, self.rtol)
        if tried.all_like(expected):
            if self.gradient:
                check_gradient(function, self.right, self.inputs[0], names, self.gradient)
            keeps_graph = any(isinstance(result, torch.Tensor) and result.requires_grad for result in results)
            return (keeps_graph and self.remark) or None
        for message, mistake in self.mistakes.items():
            if tried.all_like([tensor_or_none(mistake, given) for given in self.inputs]):
                raise Wrong(message)
        raise Wrong(self._counterexample(tried))

    def _numbers(self, result: object, wanted: torch.Tensor) -> torch.Tensor:
        kind = self.wants or ("one number" if wanted.ndim == 0 else "a tensor")
        if result is None or result is ...:
            raise Wrong(f"your function returns nothing: does it end with `return`? Expected: {kind}.")
        numbers = as_tensor(result)
        if numbers is None or (isinstance(result, list | tuple) and numbers.shape != wanted.shape):
            raise Wrong(f"your function returns {brief(result)}. Expected: {kind}.")
        return numbers

    def _counterexample(self, tried: Tried) -> str:
        """Describe the mistake if a pattern fits, and show the smallest input on which the function is wrong."""
        fits = [alike(got, wanted, self.rtol) for got, wanted in zip(tried.found, tried.expected, strict=True)]
        index = fits.index(False)
        got, wanted = tried.found[index], tried.expected[index]
        said = next((said for place in range(len(tried.found)) if (said := form(tried, place))), None)
        if said is None:
            looks = (*self.early, *LOOKS, *self.also, *PROBES)
            said = next((said for look in looks if (said := look(tried))), NOTHING_FITS)
        kind = self.wants or ("one number" if wanted.ndim == 0 else f"a tensor of shape {tuple(wanted.shape)}")
        example = f"\n  A small example: with {inputs_of(tried.inputs[index], tried.names)} your function returns {shown(got)}."
        return f"{said}{example} Expected: {kind}."


@dataclass(frozen=True)
class EqualTo:
    """Examine a number, a tensor or nested lists of numbers: they must equal `right`. Numbers may be written as text.

    mistakes: {message: wrong value}. least, most: the range of possible answers. outside: the message for other values.
    """

    right: object
    mistakes: Mapping[str, object] = field(default_factory=dict)
    least: float = -torch.inf
    most: float = torch.inf
    outside: str = ""

    def __call__(self, answer: object) -> None:
        """Raise Wrong with what is wrong about `answer`; return None if it is right."""
        wanted = as_tensor(self.right)
        got = numbers_of(answer, tuple(wanted.shape))
        if alike(got, wanted):
            return
        for message, mistake in self.mistakes.items():
            if alike(got, as_tensor(mistake)):
                raise Wrong(message)
        if not (self.least <= got.min() and got.max() <= self.most):
            raise Wrong(self.outside)
        tried = Tried(lambda: answer, lambda: wanted, [()], (), (), [got], [wanted], 1e-3)
        for look in (patterns.not_finite, patterns.moved, patterns.places):
            if said := look(tried):
                raise Wrong(said)
        raise Wrong(self._where(got, wanted))

    def _where(self, got: torch.Tensor, wanted: torch.Tensor) -> str:
        if got.ndim == 0:
            return f"your number is too {'large' if got > wanted else 'small'}."
        wrong = (~torch.isclose(got, wanted, rtol=1e-3)).nonzero().tolist()
        size = "large" if got[tuple(wrong[0])] > wanted[tuple(wrong[0])] else "small"
        place = ", ".join(str(index + 1) for index in wrong[0])
        return f"{len(wrong)} of {got.numel()} numbers are wrong. The first wrong one, number {place}, is too {size}."


def numbers_of(answer: object, shape: tuple[int, ...]) -> torch.Tensor:
    """Return the answer as a float64 tensor of this shape; raise Wrong if that is impossible."""
    kind = "one number" if shape == () else f"{shape[0]} numbers" if len(shape) == 1 else f"numbers of shape {shape}"
    got = as_tensor(from_text(answer))
    if got is None:
        raise Wrong(f"expected {kind}, but this is {brief(answer)}.")
    if got.shape == (*shape, 1) or got.shape == (1, *shape):
        got = got.reshape(shape)
    if got.shape != shape:
        raise Wrong(f"expected {kind}, but yours {f'have shape {tuple(got.shape)}' if got.ndim else 'is one number'}.")
    return got


@dataclass(frozen=True)
class OneOf:
    """Examine a choice: it must be `right`. wrong: {other choice: its message}."""

    right: str
    wrong: Mapping[str, str]

    def __call__(self, answer: object) -> None:
        """Raise Wrong with what is wrong about `answer`; return None if it is right."""
        choice = chosen(answer, [self.right, *self.wrong])
        if choice != self.right:
            raise Wrong(self.wrong[choice])


def chosen(answer: object, choices: Sequence) -> object:
    """Return which of `choices` the answer means, however it is spelled; raise Wrong if it is none of them."""
    listed = ", ".join(repr(choice) for choice in sorted(choices, key=str))
    if isinstance(answer, list | tuple | set | Mapping):
        raise Wrong(f"give one name, not {brief(answer)}: choose from {listed}.")
    number = as_tensor(from_text(answer))
    for choice in choices:
        if isinstance(choice, str):
            if isinstance(answer, str) and spelling(answer) == spelling(choice):
                return choice
        elif number is not None and number.numel() == 1 and number.item() == choice:
            return choice
    raise Wrong(
        f"{answer!r} is none of the choices: {listed}." if not callable(answer) else f"give one of {listed}, not a function."
    )


def spelling(name: str) -> str:
    """Reduce a name to what matters: no case, spaces, quotes, articles or plural, and British spelling."""
    words = name.lower().replace("_", " ").replace("-", " ").split()
    words = [word for word in words if word not in ("the", "a", "an", "it")] or words
    letters = "".join(letter for word in words for letter in word if letter.isalnum())
    letters = letters.replace("color", "colour").replace("gray", "grey").replace("ize", "ise").replace("izing", "ising")
    return letters.removesuffix("s")
