"""What trainings of a painting network share: the loop, one step of it, and the network at the end.

Used by `training.stylizer` (lesson 08) and `moving.keyframe` (lesson 09).
"""

import time
from collections.abc import Callable, Iterator
from math import cos, inf, pi
from typing import TypeVar

import torch
from torch import nn

from nst_lessons.machine import best_dtype
from nst_lessons.step import Step

Network = TypeVar("Network", bound=nn.Module)


def training_steps(
    update: Callable[[], dict[str, object]],
    preview: Callable[[], torch.Tensor],
    optimizer: torch.optim.Optimizer,
    *,
    rate: float,
    steps: int,
    seconds: float = inf,
    every: int,
    index: int = 0,
    spent: float = 0.0,
) -> Iterator[Step]:
    """Call `update` again and again; yields a `Step` an iteration.

    update: takes one step of `optimizer`; returns the losses as a Step has them. preview: paints the Step's picture, once in
    `every` steps. rate: of learning at the start; it falls to 0 as half a cosine. The end comes after `steps`, or after so
    many `seconds` of updates if that is sooner. index, spent: the steps and seconds of a run that goes on.
    """
    image = None
    while (done := max(index / steps, spent / seconds)) < 1:
        start = time.perf_counter()
        optimizer.param_groups[0]["lr"] = rate * (1 + cos(pi * done)) / 2
        losses = update()
        index, spent = index + 1, spent + time.perf_counter() - start
        last = index == steps or spent >= seconds
        if image is None or index % every == 0 or last:
            image = preview()
        remaining = 0.0 if last else min(spent / index * (steps - index), seconds - spent)
        yield Step(index, steps, tuple(image.shape[-2:]), **losses, seconds=spent, remaining=remaining, image=image)


def descend(loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """One step down; FloatingPointError if the loss is not finite."""
    if not torch.isfinite(loss):
        raise FloatingPointError(f"The loss is {loss.item()}: lower the rate or the weights, and train again.")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def quickest(device: torch.device) -> torch.autocast:
    """A context in which a network computes in the number type that is quickest on `device`."""
    dtype = best_dtype(device)
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)


def seeded(make: Callable[[], Network], seed: int) -> Network:
    """An untrained network, drawn with `seed`; other random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def trained(model: Network, steps: Iterator[Step], callback: Callable[[Step], object] | None) -> Network:
    """The network after all `steps` of its training, each told to `callback`; it learns no more."""
    for step in steps:
        if callback is not None:
            callback(step)
    return model.eval().requires_grad_(False)
