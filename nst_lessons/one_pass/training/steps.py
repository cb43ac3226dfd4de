"""Shared by all trainings of painting networks: the loop, one step of it, and the network at the end.

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
    """Call `update` until the training ends; yields a `Step` per iteration.

    update: takes one step of `optimizer` and returns the losses of a Step.
    preview: paints the Step's picture.
    optimizer: its learning rate is set here.
    rate: the first learning rate; it falls to 0 along half a cosine.
    steps, seconds: the training ends after so many steps, or seconds of updates, whichever comes first.
    every: steps between two previews.
    index, spent: steps and seconds of an earlier run that this one continues.
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
    """Take one step of the optimiser. Raises FloatingPointError if the loss is not finite."""
    if not torch.isfinite(loss):
        raise FloatingPointError(f"The loss is {loss.item()}: lower the rate or the weights, and train again.")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def quickest(device: torch.device) -> torch.autocast:
    """Return a context in which a network computes in the fastest number type of `device`."""
    dtype = best_dtype(device)
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)


def seeded(make: Callable[[], Network], seed: int) -> Network:
    """Return an untrained network with random weights from `seed`; the global random state does not change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def trained(model: Network, steps: Iterator[Step], callback: Callable[[Step], object] | None) -> Network:
    """Run all `steps` of a training, call `callback` with each, and return the network, frozen."""
    for step in steps:
        if callback is not None:
            callback(step)
    return model.eval().requires_grad_(False)
