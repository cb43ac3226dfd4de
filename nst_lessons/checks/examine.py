"""The three usual examinations: a function, some numbers, a choice. Each returns None for a right answer or raises `Wrong`."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from nst_lessons.checks import patterns, probes
from nst_lessons.checks.forms import form
from nst_lessons.checks.trial import NOTHING_FITS, Wrong, check_function, check_gradient, inputs_of, run
from nst_lessons.checks.tried import Tried, tensor_or_none
from nst_lessons.checks.values import alike, as_tensor, brief, from_text, shown

LOOKS = (
    *(patterns.unsteady, patterns.not_finite, patterns.an_argument, patterns.constant, patterns.swapped, patterns.factor),
    *(patterns.offset, patterns.moved, patterns.bent, patterns.affine, probes.deaf),
)
PROBES = (
    *(patterns.places, probes.equals, probes.powers, probes.shifts, probes.orders, probes.increments, patterns.some_inputs),
)


@dataclass(frozen=True)
class SameAs:
    """The reader's function must give on each of `inputs`, the smallest first, what `right` gives.

    mistakes: {message: wrong function}; an answer that matches a known mistake gets its message.
    axes: the letters of each argument's axes, as in ("CHW", ""); by default no argument has named axes.
    gradient: names of the arguments that the gradient must reach, for what is used in a loss.
    never: functions of a library that are what the exercise asks for, by their names.
    early, also: patterns of this question alone, tried before and after those of `LOOKS`. rtol: relative tolerance.
    wants: the kind of result in words, by default its shape.
    """

    right: Callable
    inputs: Sequence[tuple]
    mistakes: Mapping[str, Callable] = field(default_factory=dict)
    axes: Sequence[str] = ()
    gradient: Sequence[str] = ()
    never: Sequence[str] = ()
    early: Sequence[Callable[[Tried], str | None]] = ()
    also: Sequence[Callable[[Tried], str | None]] = ()
    wants: str = ""
    rtol: float = 1e-3

    def __call__(self, function: Callable) -> None:
        """Raise Wrong with what is wrong about `function`; return None if it is right."""
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
            return
        for message, mistake in self.mistakes.items():
            if tried.all_like([tensor_or_none(mistake, given) for given in self.inputs]):
                raise Wrong(message)
        raise Wrong(self._counterexample(tried))

    def _numbers(self, result: object, wanted: torch.Tensor) -> torch.Tensor:
        kind = self.wants or ("one number" if wanted.ndim == 0 else "a tensor")
        if result is None or result is ...:
            raise Wrong(f"your function gives nothing back: does it end with `return`? Wanted: {kind}.")
        numbers = as_tensor(result)
        if numbers is None or (isinstance(result, list | tuple) and numbers.shape != wanted.shape):
            raise Wrong(f"your function gives {brief(result)}. Wanted: {kind}.")
        return numbers

    def _counterexample(self, tried: Tried) -> str:
        """A pattern if there is one, and the smallest input on which the function is wrong."""
        fits = [alike(got, wanted, self.rtol) for got, wanted in zip(tried.found, tried.expected, strict=True)]
        index = fits.index(False)
        got, wanted = tried.found[index], tried.expected[index]
        said = next((said for place in range(len(tried.found)) if (said := form(tried, place))), None)
        if said is None:
            looks = (*self.early, *LOOKS, *self.also, *PROBES)
            said = next((said for look in looks if (said := look(tried))), NOTHING_FITS)
        kind = self.wants or ("one number" if wanted.ndim == 0 else f"a tensor of shape {tuple(wanted.shape)}")
        example = f"\n  A small example: with {inputs_of(tried.inputs[index], tried.names)} your function gives {shown(got)}."
        return f"{said}{example} Wanted: {kind}."


@dataclass(frozen=True)
class EqualTo:
    """A number, a tensor or nested lists of numbers must be equal to `right`; digits may be text.

    mistakes: {message: wrong value}. least, most: the range of possible answers, and outside: what is said beyond it.
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
        return f"{len(wrong)} of {got.numel()} numbers are not right: the first of them, number {place}, is too {size}."


def numbers_of(answer: object, shape: tuple[int, ...]) -> torch.Tensor:
    """The answer as a float64 tensor of this shape; raises Wrong where it is none."""
    kind = "one number" if shape == () else f"{shape[0]} numbers" if len(shape) == 1 else f"numbers of shape {shape}"
    got = as_tensor(from_text(answer))
    if got is None:
        raise Wrong(f"wanted: {kind}. This is {brief(answer)}.")
    if got.shape == (*shape, 1) or got.shape == (1, *shape):
        got = got.reshape(shape)
    if got.shape != shape:
        raise Wrong(
            f"wanted: {kind}. {'Yours is one number.' if not got.ndim else f'The shape of yours is {tuple(got.shape)}.'}"
        )
    return got


@dataclass(frozen=True)
class OneOf:
    """The answer must be the choice `right`; `wrong` gives the message to each other choice."""

    right: str
    wrong: Mapping[str, str]

    def __call__(self, answer: object) -> None:
        """Raise Wrong with what is wrong about `answer`; return None if it is right."""
        choice = chosen(answer, [self.right, *self.wrong])
        if choice != self.right:
            raise Wrong(self.wrong[choice])


def chosen(answer: object, choices: Sequence) -> object:
    """The one of `choices` that is meant, however it is spelled; raises Wrong where it is none of them."""
    listed = ", ".join(repr(choice) for choice in sorted(choices, key=str))
    if isinstance(answer, list | tuple | set | Mapping):
        raise Wrong(f"one name, not {brief(answer)}: choose one of {listed}.")
    number = as_tensor(from_text(answer))
    for choice in choices:
        if isinstance(choice, str):
            if isinstance(answer, str) and spelling(answer) == spelling(choice):
                return choice
        elif number is not None and number.numel() == 1 and number.item() == choice:
            return choice
    raise Wrong(
        f"{answer!r} is none of the choices: {listed}." if not callable(answer) else f"give one of {listed}, no function."
    )


def spelling(name: str) -> str:
    """A name without what does not matter: case, spaces, quotes, articles, a plural, American or British spelling."""
    words = name.lower().replace("_", " ").replace("-", " ").split()
    words = [word for word in words if word not in ("the", "a", "an", "it")] or words
    letters = "".join(letter for word in words for letter in word if letter.isalnum())
    letters = letters.replace("color", "colour").replace("gray", "grey").replace("ize", "ise").replace("izing", "ising")
    return letters.removesuffix("s")
