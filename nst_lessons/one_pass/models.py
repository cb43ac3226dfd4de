"""Model files: what this project trained itself, in float16, each with a card that says how."""

import os
import pickle
from pathlib import Path

import torch

from nst_lessons import samples
from nst_lessons.files import replacing

VERSION = 1


def save_model(path: str | os.PathLike, kind: str, state: dict[str, torch.Tensor], card: dict) -> Path:
    """Write a model, whole or not at all, its floats in float16; `load_model` reads it again. Returns the path.

    kind: what it is, such as "decoders". card: plain values (text, numbers, lists and dictionaries of them): the data,
    the steps, the quality measured. Raises ValueError for a number that is not finite in float16.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: (value.half() if value.is_floating_point() else value).cpu() for name, value in state.items()}
    broken = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"{broken[0]} holds numbers that are not finite in float16: nothing was written to {path}.")
    with replacing(path) as temporary:
        torch.save({"kind": kind, "version": VERSION, "card": card, "state": state}, temporary)
    return path


def load_model(name_or_path: str | os.PathLike, kind: str) -> tuple[dict[str, torch.Tensor], dict]:
    """The state, in float32 on the CPU, and the card of a model of this `kind`: a file, or the name of a shipped one.

    Raises FileNotFoundError where there is none, ValueError for a file that is damaged or another's. Nothing is executed.
    """
    path = find_model(name_or_path)
    if path is None:
        raise FileNotFoundError(
            f"There is no model {name_or_path}: models ship with the project, in the folder data/models. Get the whole "
            f"project (a clone, or `pip install` of it), or train it yourself: `nst-lessons train {kind}`."
        )
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is damaged, cut off or no model: get it again.\n  reason: {reason}") from None
    if not isinstance(found, dict) or not {"kind", "version", "card", "state"} <= found.keys():
        raise ValueError(f"{path} is no model of this project: it says neither its kind nor its version.")
    if (found["kind"], found["version"]) != (kind, VERSION):
        raise ValueError(
            f"{path} holds {found['kind']} of version {found['version']}, and {kind} of version {VERSION} are wanted: "
            "take the file that came with this version of the project."
        )
    state = {name: value.float() if value.is_floating_point() else value for name, value in found["state"].items()}
    return state, found["card"]


def find_model(name_or_path: str | os.PathLike) -> Path | None:
    """The file of a model: itself, or the shipped one of this name; None where there is neither."""
    path = Path(name_or_path).expanduser()
    if not path.is_file() and samples.looks_like_name(str(name_or_path)):
        path = samples.data_dir() / "models" / f"{name_or_path}.pt"
    return path if path.is_file() else None
