"""Model files: what this project trained itself, in float16, each with a card that says how. Nothing in them is executed."""

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
    """Write a model, whole or not at all, its floats in float16; `load_model` reads it again. Returns the path.

    kind: what it is, such as "decoders". card: what JSON can hold (text, numbers, lists, and dictionaries by text): the data,
    the steps, the quality measured. Raises ValueError for a number that is not finite in float16.
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
    """The state, in float32 on the CPU, and the card of a model of this `kind`: a file, or the name of a shipped one.

    Raises FileNotFoundError where there is none, ValueError for a file that is damaged or another's.
    """
    path = find_model(name_or_path)
    if path is None:
        raise FileNotFoundError(
            f"There is no model {name_or_path}: models ship with the project, in the folder data/models. Get the whole "
            f"project (a clone, or `pip install` of it), or train it yourself: `nst-lessons train {kind}`."
        )
    data = path.read_bytes()  # not mapped: what is checked here is what is used, whatever becomes of the file
    if not Path(name_or_path).expanduser().is_file() and hashlib.sha256(data).hexdigest() != SHIPPED.get(path.stem):
        raise ValueError(
            f"{path} is not the model {path.stem} that this version of the project ships: it is damaged, or another one. "
            "Get the project again, or give the path of the file if you mean this one."
        )
    try:
        state = load(data)  # raises where the sizes in the header are not those of the file
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = header.get("__metadata__") or {}
        card = json.loads(about.get("card", "null"))
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:  # a type that torch lacks is a KeyError
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is damaged, cut off or no model: get it again.\n  reason: {reason}") from None
    if not isinstance(card, dict) or not {"kind", "version"} <= about.keys():
        raise ValueError(f"{path} is no model of this project: it says neither its kind nor its version.")
    if (about["kind"], about["version"]) != (kind, str(VERSION)):
        raise ValueError(
            f"{path} holds {about['kind']} of version {about['version']}, and {kind} of version {VERSION} are wanted: "
            "take the file that came with this version of the project."
        )
    state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    check_finite(state, path)  # in float32: the question is not answered in every type
    return state, card


def built(make: Callable[[], Network], state: dict[str, torch.Tensor], path: str | os.PathLike) -> Network:
    """The network that `make` builds, with `state` in it; ValueError unless names and shapes are its own.

    They are compared before there is any memory for the network, since a file's card may ask for any size.
    """
    try:
        with torch.device("meta"):
            wanted = {name: value.shape for name, value in make().state_dict().items()}
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, OverflowError):
        wanted = None
    if wanted != {name: value.shape for name, value in state.items()}:
        raise ValueError(f"{path} does not fit its own card: it is damaged or of another version. Get it again.")
    network = make()
    network.load_state_dict(state)
    return network


def find_model(name_or_path: str | os.PathLike) -> Path | None:
    """The file of a model: itself, or the shipped one of this name; None where there is neither."""
    path = Path(name_or_path).expanduser()
    if not path.is_file() and samples.looks_like_name(str(name_or_path)):
        path = samples.data_dir() / "models" / f"{name_or_path}{ENDING}"
    return path if path.is_file() else None
