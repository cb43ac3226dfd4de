"""Files of tensors from elsewhere: what is in them is looked at before anything is allocated, and nothing is executed."""

import os
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

Shapes = Mapping[str, tuple[int, ...]]


def load_pickle(path: Path, wanted: object = None) -> object:
    """What `torch.save` wrote to a file: tensors on the CPU, numbers and texts, in dictionaries and lists.

    wanted: a function that is given the same with tensors that have shapes but no memory; it raises ValueError for what it
    does not want. Raises ValueError for a file that is damaged, holds code, or says that it holds more than it does.
    """
    try:
        plan = _plan(path)
        storages = {one.untyped_storage()._cdata: one.untyped_storage().nbytes() for one in tensors_in(plan)}
        if sum(storages.values()) > os.path.getsize(path):
            raise RuntimeError("it says that it holds more than it does")
    except pickle.UnpicklingError:
        raise ValueError(f"{path} was refused: it holds code or is not a weights file. Use a file of tensors only.") from None
    except Exception as error:  # a damaged pickle may raise anything
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged or cut off: delete it and get it again.\n  reason: {reason}") from None
    if wanted is not None:
        wanted(plan)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged or cut off: delete it and get it again.\n  reason: {reason}") from None


def check_names(state: object, shapes: Shapes, path: object, what: str) -> None:
    """Raise ValueError unless each name of `shapes` is a plain tensor of that shape in `state`: floats, or bytes for `..._q`.

    what: what is wanted, for the message, such as "VGG weights".
    """
    found = state if isinstance(state, Mapping) else {}
    for name, shape in shapes.items():
        tensor = found.get(name)
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            raise ValueError(f"{path} holds no {what} that are known here (missing: {name}): name another file.")
        if tuple(tensor.shape) != tuple(shape):
            raise ValueError(f"{path} holds no {what}: {name} has the shape {tuple(tensor.shape)}, not {tuple(shape)}.")
        if tensor.dtype != torch.uint8 if name.endswith("_q") else not tensor.is_floating_point():
            raise ValueError(f"{path} holds no {what}: {name} is of the type {tensor.dtype}.")


def check_finite(state: Mapping[str, torch.Tensor], path: object) -> None:
    """Raise ValueError for a NaN or an infinity in a tensor of `state`."""
    for name, tensor in state.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{path} is damaged: {name} holds numbers that are not finite. Get it again.")


def tensors_in(found: object) -> Iterator[torch.Tensor]:
    """All tensors in dictionaries, lists and tuples, however deep."""
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, Mapping | list | tuple):
        for part in found.values() if isinstance(found, Mapping) else found:
            yield from tensors_in(part)


def _plan(path: Path) -> object:
    """What is in a file, its tensors without their memory."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # here, so that `import nst_lessons` stays quick

    with FakeTensorMode():
        return torch.load(path, map_location="cpu", weights_only=True)
