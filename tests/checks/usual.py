"""Usual mistakes that can be made with any function: made from the solution, each with the kind it is of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

Answer = tuple[str, object]


@dataclass
class Forgetful:
    """A right function, but only when it is called for the first time."""

    right: Callable
    calls: int = 0

    def __call__(self, *given: object) -> object:
        self.calls += 1
        return self.right(*given) if self.calls == 1 else given[0]


RESULTS: dict[str, Callable] = {  # what somebody makes of a right result
    "twice": lambda r: 2 * r,
    "half": lambda r: r / 2,
    "a tenth": lambda r: r / 10,
    "negative": lambda r: -r,
    "one more": lambda r: r + 1,
    "inverse": lambda r: 1 / r,
    "square": lambda r: r**2,
    "root": lambda r: abs(r) ** 0.5,
    "one minus": lambda r: 1 - r,
    "guessed": lambda r: r * (1.5 + torch.rand(()).item()),
    "half plus": lambda r: r / 2 + 1,
    "zero": lambda r: 0 * r,
    "seven": lambda r: 0 * r + 7,
    "not a number": lambda r: r * float("nan"),
    "too deep": lambda r: torch.as_tensor(r)[None],
    "added up": lambda r: torch.as_tensor(r).double().sum(),
    "mean": lambda r: torch.as_tensor(r).double().mean(),
    "transposed": lambda r: torch.as_tensor(r).mT,
    "flipped": lambda r: torch.as_tensor(r).flip(-1),
    "upside down": lambda r: torch.as_tensor(r).flip(-2),
    "rolled": lambda r: torch.as_tensor(r).roll(1, -1),
    "clamped": lambda r: torch.as_tensor(r).clamp(0.3, 0.31),
    "rounded": lambda r: torch.as_tensor(r).double().round(),
    "first": lambda r: r[0],
    "flat": lambda r: torch.as_tensor(r).flatten(),
}


def of_any(right: Callable, given: tuple, differentiable: bool) -> Iterator[Answer]:
    """What can go wrong with any function."""
    yield from of_forms(right, given)
    yield from of_state(right)
    yield from of_changes(right, given)
    if differentiable:
        yield from of_cuts(right)


def of_results(right: Callable) -> Iterator[Answer]:
    """Functions that do something to a right result."""
    for change in RESULTS.values():
        yield "result", lambda *given, change=change: change(right(*given))


def of_forms(right: Callable, given: tuple) -> Iterator[Answer]:
    """What is no function, or a function of another form."""
    yield "container", None
    yield "container", right(*given)
    yield "container", [right]
    yield "container", {"answer": right}
    yield "container", "my_function"
    yield "container", lambda: right(*given)
    yield "container", lambda a, b, c, d, e, f: right(a)
    yield "container", lambda *a: right
    yield "container", lambda *a: (right(*a), 1, "text")
    yield "container", lambda *a: "the result"
    yield "container", lambda *a: print(end="")
    yield "container", lambda *a: {"result": right(*a)}
    yield "torch's words", lambda *a: right(*a) + not_known  # noqa: F821
    yield "torch's words", lambda *a: right(*a).no_such_method()
    yield "torch's words", lambda *a: right(*a)(1)
    yield "torch's words", lambda *a: a[99]


def of_state(right: Callable) -> Iterator[Answer]:
    """Functions that remember."""
    yield "behaviour", Forgetful(right)


def of_changes(right: Callable, given: tuple) -> Iterator[Answer]:
    """Right functions that change what they are given."""
    for place, one in enumerate(given):
        for change in _changes(one):
            yield "overwritten", partial(_changing, right, place, change)


def _changing(right: Callable, place: int, change: Callable, *given: object) -> object:
    result = right(*given)
    change(given[place])
    return result


def _changes(one: object) -> list[Callable]:
    if isinstance(one, torch.Tensor):
        return [lambda x: x.mul_(2), lambda x: x.zero_(), lambda x: x.view(-1)[:1].add_(1)]
    if isinstance(one, list):
        return [lambda x: x.pop(), lambda x: x.clear(), lambda x: x.append(x[0]), lambda x: x.reverse()]
    if isinstance(one, dict):
        return [lambda x: x.popitem(), lambda x: x.clear()]
    return []


def of_cuts(right: Callable) -> Iterator[Answer]:
    """Right functions through which no gradient, or not all of it, flows."""
    yield "gradient", lambda *given: right(*given).detach()
    yield "gradient", lambda *given: right(*given).data
    yield "gradient", lambda *given: right(*given).tolist()
    yield "gradient", lambda *given: torch.tensor(right(*given).tolist())
    yield "gradient", lambda *given: right(*given).numpy()
    yield "gradient", lambda *given: right(*given).detach().requires_grad_()
    yield "gradient", torch.no_grad()(right)
    yield "gradient", lambda *given: right(*(_cut(one) for one in given))
    yield "gradient", lambda first, *others: right(first.detach(), *others)
    yield "gradient", lambda first, *others: (right(first, *others) + right(first.detach(), *others)) / 2


def _cut(one: object) -> object:
    if isinstance(one, list):
        return [_cut(part) for part in one]
    return one.detach() if isinstance(one, torch.Tensor) else one


def right_styles(right: Callable, differentiable: bool) -> Iterator[object]:
    """The same function, in other clothes."""
    yield right
    yield partial(right)
    yield lambda *given: right(*given)
    yield lambda *given, extra=1: right(*given)
    yield lambda *given: torch.as_tensor(right(*given)).double()
    yield lambda *given: torch.as_tensor(right(*given)).clone()
    if not differentiable:
        yield lambda *given: np.asarray(right(*given))
        yield lambda *given: np.float32(right(*given))
        yield lambda *given: torch.as_tensor(right(*given)).tolist()
        yield lambda *given: torch.as_tensor(right(*given)).detach()
        yield torch.no_grad()(right)


def choices(right: str, others: list[str]) -> Iterator[tuple[bool, object]]:
    """Spellings of a choice: (whether it is right, what is answered)."""
    for spelled in (
        right,
        right.upper(),
        right.title(),
        f" {right} ",
        f"the {right}",
        f'"{right}"',
        f"{right}.",
        np.str_(right),
    ):
        yield True, spelled
    if "colour" in right:
        yield True, right.replace("colour", "color")
    for other in others:
        yield False, other
        yield False, other.upper()
    for odd in (
        [right],
        (right,),
        {right},
        {1: right},
        3,
        0.5,
        None,
        True,
        "",
        "something else",
        f"not {right}",
        len,
        torch.tensor(1),
    ):
        yield False, odd
