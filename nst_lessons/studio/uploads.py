"""Pictures that a person chooses in the Studio or uploads to it, and names of files beside the notebook."""

import re
from io import BytesIO
from itertools import count
from pathlib import Path

import torch

from nst_lessons.images import load_image, read, save_image, to_jpeg, to_pil

LARGEST = 10_000_000  # bytes: at a message of 10 MiB Jupyter silently drops the connection
LIMIT = "up to 10 MB; put larger files into data/own"


class Pictures:
    """Finds one Studio's pictures by name: samples, paths and uploads. Uploads stay in memory, so their files may go."""

    def __init__(self) -> None:
        self.uploaded = {}

    def find(self, name: str) -> object:
        """Return the uploaded picture of this name, or else the name itself; `load_image` takes both."""
        return self.uploaded.get(name, name)

    def preview(self, name: str) -> bytes:
        """Return a JPEG of at most 220 pixels. Raises ValueError or FileNotFoundError for a wrong name."""
        return to_jpeg(load_image(self.find(str(name)), 220))

    def take(self, name: str, data: bytes) -> str:
        """Save an uploaded or dropped file as a PNG beside the notebook, and return its path.

        Raises ValueError for a file that is too large or not a picture.
        """
        path, image = keep(name, data)
        self.uploaded[str(path)] = to_pil(image)
        return str(path)


def keep(name: str, data: bytes) -> tuple[Path, torch.Tensor]:
    """Read an uploaded file and write it as a PNG beside the notebook; returns the path and the picture (1, 3, H, W).

    Raises ValueError for a file that is too large or not a picture.
    """
    _check_size(name, len(data))
    if not data:
        raise ValueError(f"{name} is empty (0 bytes): upload the picture again.")
    picture = read(BytesIO(data), 1024, name)
    return save_image(picture, f"uploaded_{plain_name(name)}.png"), picture


def dropped(message: dict, buffers: list) -> tuple[str, bytes]:
    """Return the name and the bytes of a dropped file from the browser's message.

    Raises ValueError for anything but one file, and for a file that is too large.
    """
    if message.get("count") != 1:
        raise ValueError("Drop one picture's file: a folder, a link or several files cannot be taken.")
    data = b"".join(buffers)
    _check_size(message["name"], max(message["size"], len(data)))  # of a file that is too large, only the size comes
    return message["name"], data


def plain_name(path: str) -> str:
    """Return a file's name without folder and ending, safe as part of another file's name."""
    return re.sub(r"\W+", "_", Path(path).stem)[:40] or "picture"


def free_name(stem: str, ending: str = ".png") -> str:
    """Return the first of stem_1.png, stem_2.png, ... that is no file yet."""
    return next(name for number in count(1) if not Path(name := f"{stem}_{number}{ending}").exists())


def save_mask(mask: torch.Tensor) -> Path:
    """Write a mask beside the notebook under an unused name, and return its path."""
    return save_image(mask, free_name("mask"))


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise ValueError(
            f"{name} has {size / 1e6:.0f} MB, but at most {LARGEST / 1e6:.0f} MB can be uploaded: put it into the folder "
            "data/own with the file browser on the left, then run this cell again."
        )
