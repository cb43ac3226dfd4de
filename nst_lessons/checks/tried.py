"""Hold what is known about a wrong answer: its results, the right ones, and the names of sizes and arguments."""

import copy
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

import torch

from nst_lessons.checks.values import alike, as_tensor


@dataclass(frozen=True)
class Tried:
    """The results of the reader's function and the right ones, both as float64 tensors, one for each of `inputs`.

    axes: for each argument, the letters of its axes, such as "1CHW", or "" if they have no letters.
    """

    function: Callable
    right: Callable
    inputs: Sequence[tuple]
    names: Sequence[str]
    axes: Sequence[str]
    found: Sequence[torch.Tensor]
    expected: Sequence[torch.Tensor]
    rtol: float

    def all_like(self, others: Sequence[torch.Tensor | None]) -> bool:
        """Return whether the results equal those of another list."""
        pairs = zip(self.found, others, strict=True)
        return all(other is not None and alike(got, other, self.rtol) for got, other in pairs)

    def all_bent(self, bend: Callable[[torch.Tensor], torch.Tensor]) -> bool:
        """Return whether the results equal the right ones after `bend` is applied to each."""
        return self.all_like([bend(wanted) for wanted in self.expected])

    def again(self, given: tuple) -> torch.Tensor | None:
        """Return what the reader's function gives on another input, or None if it crashes or returns no numbers."""
        return tensor_or_none(self.function, given)

    def wanted(self, given: tuple) -> torch.Tensor | None:
        """Return what the right function gives on another input, or None if it cannot handle it."""
        return tensor_or_none(self.right, given)

    def sizes(self, index: int) -> dict[str, float]:
        """Return the named numbers of one input: sizes of axes, lengths of lists, and arguments that are numbers."""
        found = {}
        for name, letters, one in zip(self.names, self.axes, self.inputs[index], strict=True):
            if isinstance(one, torch.Tensor):
                found |= {letter: size for letter, size in zip(letters, one.shape, strict=False) if letter.isalpha()}
            elif isinstance(one, Real):
                found[name] = one
            elif isinstance(one, list):
                found[f"len({name})"] = len(one)
            elif isinstance(one, tuple):
                found |= {f"{name}[{place}]": size for place, size in enumerate(one)}
        return {name: size for name, size in found.items() if size > 0}

    def product(self, values: Sequence[float], powers: Sequence[float] = (1, -1, 2, -2)) -> dict[str, float] | None:
        """Find the simplest product of up to four named numbers that equals `values` on every input: {name: power}."""
        sizes = [self.sizes(index) for index in range(len(self.inputs))]
        names = [name for name in sizes[0] if all(name in one for one in sizes)]
        for count in range(1, min(4, len(names)) + 1):
            for chosen in itertools.combinations(names, count):
                for exponents in itertools.product(powers if count < 3 else (1, -1), repeat=count):
                    terms = dict(zip(chosen, exponents, strict=True))
                    products = [math.prod(one[name] ** power for name, power in terms.items()) for one in sizes]
                    if all(math.isclose(*pair, rel_tol=1e-3) for pair in zip(products, values, strict=True)):
                        return terms
        return None

    def axis_names(self, shape: Sequence[int], index: int = 0) -> str:
        """Write a shape with the exercise's letters, such as "(H*W, H*W)"; return "" if a size has no name."""
        sizes = {name: size for name, size in self.sizes(index).items() if len(name) == 1 and size != 1}
        if len(set(sizes.values())) < len(sizes):
            return ""  # two names for one size
        products = {1: "1"}
        for count in range(1, len(sizes) + 1):
            for chosen in itertools.combinations(sizes, count):
                products.setdefault(math.prod(sizes[name] for name in chosen), "*".join(chosen))
        named = [products.get(size, "") for size in shape]
        return f"({', '.join(named)}{',' * (len(named) == 1)})" if all(named) and any(name.strip("1") for name in named) else ""


def tensor_or_none(function: Callable, given: tuple) -> torch.Tensor | None:
    """Call `function` with a copy of `given` and return its result as a tensor, or None if it crashes or returns no numbers."""
    try:
        return as_tensor(function(*copy.deepcopy(given)))
    except Exception:  # a crash on a made-up input says nothing about the answer
        return None


def spelled(terms: dict[str, float]) -> str:
    """Write a product of powers, such as {"C": 1, "H": -1}, as "C/H"."""
    above = "*".join(_power(name, power) for name, power in terms.items() if power > 0)
    below = [_power(name, -power) for name, power in terms.items() if power < 0]
    under = "*".join(below) if len(below) < 2 else f"({'*'.join(below)})"
    return f"{above or '1'}/{under}" if below else above


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}{'²' if power == 2 else f'^{power:g}'}"
