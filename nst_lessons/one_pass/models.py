"""Reads and writes this project's own models, in float16 with a card that says how they were trained. No file is executed."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import nn

from nst_lessons import samples
from nst_lessons.files import replacing
from nst_lessons.tensor_files import check_finite

VERSION = 1
ENDING = ".safetensors"
SHIPPED = {  # SHA-256 of the files in data/models
    "decoders": "661eea1bb9a9093dace24b30371102de380d31ca26f0bfab881cd064ce56111a",
    "stylizer": "e40ac49a69e9d686dd976a9cfbbaa3673788edda5b7398b285cc0c312d428fc4",
}
Network = TypeVar("Network", bound=nn.Module)


def save_model(path: str | os.PathLike, kind: str, state: dict[str, torch.Tensor], card: dict) -> Path:
    """Write a model, whole or not at all, with its floats in float16; `load_model` reads it. Returns the path.

    path: the file.
    kind: the kind of model, such as "decoders".
    state: tensors by name.
    card: what JSON can hold, such as the data, the steps and the measured quality.
    Raises ValueError for a number that is not finite in float16.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: (value.half() if value.is_floating_point() else value).cpu() for name, value in state.items()}
    broken = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"{broken[0]} holds numbers that are not finite in float16: nothing was written to {path}.")
    about = {"kind": kind, "version": str(VERSION), "card": json.dumps(card)}
    with replacing(path) as temporary:
        save_file({name: value.contiguous() for name, value in state.items()}, temporary, about)
    return path


def load_model(name_or_path: str | os.PathLike, kind: str) -> tuple[dict[str, torch.Tensor], dict]:
    """Return the state, in float32 on the CPU, and the card of a model of this `kind`: a file, or the name of a shipped one.

    Raises FileNotFoundError if there is none, ValueError for a file that is damaged or holds something else.
    """
    path = find_model(name_or_path)
    if path is None:
        raise FileNotFoundError(
            f"There is no model {name_or_path}: models ship with the project, in the folder data/models. Get the whole "
            f"project (clone it, or install it with pip), or train the model yourself: `nst-lessons train {kind}`."
        )
    data = path.read_bytes()  # not mapped: the bytes that are checked are those that are used, even if the file changes
    if not Path(name_or_path).expanduser().is_file() and hashlib.sha256(data).hexdigest() != SHIPPED.get(path.stem):
        raise ValueError(
            f"{path} is not the model {path.stem} that this version of the project ships: it is damaged, or a different one. "
            "Get the project again; or, if you mean this file, give its path."
        )
    try:
        state = load(data)  # raises if the sizes in the header do not fit the file
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = header.get("__metadata__") or {}
        card = json.loads(about.get("card", "null"))
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:  # a type that torch lacks is a KeyError
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged, cut off or not a model: get it again.\n  reason: {reason}") from None
    if not isinstance(card, dict) or not {"kind", "version"} <= about.keys():
        raise ValueError(f"{path} is not a model of this project: it lacks a card, its kind or its version.")
    if (about["kind"], about["version"]) != (kind, str(VERSION)):
        raise ValueError(
            f"{path} holds {about['kind']} of version {about['version']}, but this needs {kind} of version {VERSION}: "
            "use the file that came with this version of the project."
        )
    state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    check_finite(state, path)  # in float32: the question is not answered in every type
    return state, card


def built(make: Callable[[], Network], state: dict[str, torch.Tensor], path: str | os.PathLike) -> Network:
    """Return the network that `make` builds, with `state` loaded. Raises ValueError if names or shapes do not fit.

    path: the file, for the message. Shapes are compared before memory is allocated: a card may ask for any size.
    """
    try:
        with torch.device("meta"):
            wanted = {name: value.shape for name, value in make().state_dict().items()}
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, OverflowError):
        wanted = None
    if wanted != {name: value.shape for name, value in state.items()}:
        raise ValueError(f"{path} does not fit its own card: it is damaged or from another version. Get it again.")
    network = make()
    network.load_state_dict(state)
    return network


def find_model(name_or_path: str | os.PathLike) -> Path | None:
    """Return a model's file: the given path, or the shipped file of this name; None if neither exists."""
    path = Path(name_or_path).expanduser()
    if not path.is_file() and samples.looks_like_name(str(name_or_path)):
        path = samples.data_dir() / "models" / f"{name_or_path}{ENDING}"
    return path if path.is_file() else None
