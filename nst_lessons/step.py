"""Define a step of a run and its result, and functions that work on a stream of steps."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from nst_lessons.colour import with_colours_of
from nst_lessons.images import resize


@dataclass(frozen=True)
class Step:
    """One iteration: the losses of `image`, all unweighted except `loss`."""

    index: int  # 1, 2, ... total
    total: int
    size: tuple[int, int]  # (height, width) of the image
    loss: float  # weighted sum, averaged over this and the smaller sizes, plus `extra`
    content: float
    style: float
    tv: float
    style_by_layer: dict[str, float]
    seconds: float  # of computing time since the start
    remaining: float  # estimated seconds to go
    image: torch.Tensor | None  # (1, 3, H, W), detached; None in a Result's history
    extra: float = 0.0  # the caller's own loss, as added to `loss`


@dataclass(frozen=True)
class Result:
    """The best picture of a run, on the CPU; all steps, without pictures; and why the run stopped early, or None."""

    image: torch.Tensor
    history: list[Step]
    stopped: str | None = None

    @property
    def best(self) -> Step:
        """The step with the lowest loss at the last size."""
        return min((step for step in self.history if step.size == self.history[-1].size), key=lambda step: step.loss)


Item = TypeVar("Item")  # a Step of a picture, or a Frame of a clip


def drive(items: Iterator[Item], keep: Callable[[Item], object], callback: Callable | Sequence[Callable] | None) -> str | None:
    """Run `items` to their end. Return why they stopped early, or None.

    Each item goes to `keep` and then to every callback. A callback that returns False stops the run. Ctrl-C (a notebook's
    stop button) and a loss that is not finite stop it, too; before the first item, they are raised.
    If a run stops early, `callback.finish(last_item)` is called if it exists.
    """
    callbacks = _callbacks(callback)
    last, stopped = None, None
    try:
        for item in items:
            keep(item)
            last = item
            if any([call(item) is False for call in callbacks]):  # a list, so that every callback sees every item
                stopped = "a callback returned False"
                break
    except KeyboardInterrupt:
        if last is None:
            raise
        stopped = "interrupted"
    except FloatingPointError as error:
        if last is None:
            raise
        stopped = str(error)
        warnings.warn(stopped, stacklevel=3)  # points at the line that called `stylize`
    if stopped:
        for finish in (call.finish for call in callbacks if hasattr(call, "finish")):
            finish(last)
    return stopped


def _callbacks(given: Callable | Sequence[Callable] | None) -> list[Callable]:
    """Return the callbacks as a list. Raises ValueError for what cannot be called."""
    one = callable(given) or not isinstance(given, list | tuple | None)
    callbacks = [given] if one else list(given or [])
    for one in callbacks:
        if isinstance(one, type):
            raise ValueError(f"The callback is the class {one.__name__}: write {one.__name__}(), with brackets.")
        if not callable(one):
            raise ValueError(f"The callback is {one!r}: give a function, such as nst.LivePlot(), or a list of functions.")
    return callbacks


def recoloured(steps: Iterator[Step], photo: torch.Tensor) -> Iterator[Step]:
    """Give the photo's colours to the steps of a run in grey."""
    for step in steps:
        yield replace(step, image=with_colours_of(step.image, resize(photo, step.size)))


def averaged(steps: Iterator[Step], share: float) -> Iterator[Step]:
    """Replace each step's picture by the running average at its size. share: of the past pictures."""
    mean = None
    for step in steps:
        mean = step.image if mean is None or mean.shape != step.image.shape else step.image.lerp(mean, share)
        yield replace(step, image=mean)
