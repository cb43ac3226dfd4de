"""Load files of tensors that others made: check the contents before allocating memory, and execute nothing in them."""

import logging
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch

Found = TypeVar("Found")
Shapes = Mapping[str, tuple[int, ...]]


def load_pickle(path: Path, wanted: object = None) -> object:
    """Load what `torch.save` wrote to a file: tensors on the CPU, numbers and texts, in dictionaries and lists.

    wanted: a function that checks the contents first, before the tensors get memory, and raises ValueError if they are wrong
    Raises ValueError for a file that is damaged, holds code, or claims to hold more data than it does.
    """
    try:
        with _quiet():
            plan = _plan(path)
        storages = {one.untyped_storage()._cdata: one.untyped_storage().nbytes() for one in tensors_in(plan)}
        if sum(storages.values()) > os.path.getsize(path):
            raise RuntimeError("it claims to hold more than it does")
    except pickle.UnpicklingError:
        raise ValueError(f"{path} was refused: it holds code or is not a weights file. Use a file of tensors only.") from None
    except Exception as error:  # a damaged pickle may raise anything
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged or cut off: delete it and get it again.\n  reason: {reason}") from None
    if wanted is not None:
        wanted(plan)
    try:
        with _quiet():
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged or cut off: delete it and get it again.\n  reason: {reason}") from None


def check_names(state: object, shapes: Shapes, path: object, what: str) -> None:
    """Raise ValueError unless `state` holds a plain tensor of the right shape for each name in `shapes`.

    state: what `load_pickle` returned
    shapes: the wanted shape of each name; tensors hold floats, or bytes if the name ends in `_q`
    path: the file, for the message
    what: the wanted contents, for the message, such as "VGG weights"
    """
    found = state if isinstance(state, Mapping) else {}
    for name, shape in shapes.items():
        tensor = found.get(name)
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise ValueError(f"{path} holds no {what} of a known kind (missing: {name}): name another file.")
        if tuple(tensor.shape) != tuple(shape):
            raise ValueError(f"{path} holds no {what}: {name} has the shape {tuple(tensor.shape)}, not {tuple(shape)}.")
        if tensor.dtype != torch.uint8 if name.endswith("_q") else not tensor.is_floating_point():
            raise ValueError(f"{path} holds no {what}: {name} has the type {tensor.dtype}.")


def check_finite(state: Mapping[str, torch.Tensor], path: object) -> None:
    """Raise ValueError if a tensor of `state` holds a NaN or an infinity."""
    for name, tensor in state.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{path} is damaged: {name} holds numbers that are not finite. Get it again.")


def load_checkpoint(path: Path, use: Callable[[dict], Found]) -> Found:
    """Return `use(checkpoint)` for the checkpoint in a file. Raises ValueError if the file is not one of this training."""
    found = load_pickle(path)
    try:
        check_finite(dict(enumerate(tensors_in(found))), path)
        return use(found)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is not a checkpoint of this training ({reason}): name another file, or delete it.") from None


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict, path: object) -> None:
    """Load an optimiser's state, which came from `path`. Raises ValueError if it does not fit the parameters."""
    try:
        optimizer.load_state_dict(state)
        kept = [(parameter, value) for parameter, values in optimizer.state.items() for value in values.values()]
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        raise ValueError(f"{path} holds the state of another training ({error}): name another file, or delete it.") from None
    if any(torch.is_tensor(value) and value.numel() != 1 and value.shape != one.shape for one, value in kept):
        raise ValueError(f"{path} holds the state of another training: name another file, or delete it.")


def tensors_in(found: object) -> Iterator[torch.Tensor]:
    """Yield all tensors in nested dictionaries, lists and tuples."""
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, Mapping | list | tuple):
        for part in found.values() if isinstance(found, Mapping) else found:
            yield from tensors_in(part)


def _plan(path: Path) -> object:
    """Return the contents of a file, with tensors that have no memory."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # here, so that `import nst_lessons` stays quick

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            if sum(record.file_size for record in file.infolist()) > os.path.getsize(path):  # torch compresses nothing
                raise RuntimeError("it says that it holds more than it does")
    with FakeTensorMode():
        return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what torch prints about a damaged file, a page of it: it is said in our own message."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        log.disabled = before
