"""`nst-lessons stylize`: turn a photo into a painting."""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from nst_lessons.images import SAVED, save_image, shape_of, writable
from nst_lessons.loop import stylize
from nst_lessons.machine import device_named
from nst_lessons.neural_neighbours import neighbours
from nst_lessons.objective import Weights
from nst_lessons.settings import LARGE
from nst_lessons.step import Result, Step
from nst_lessons.vgg import VGG, default_vgg


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "stylize",
        help="turn a photo into a painting",
        description="Turn a photo into a painting. CONTENT and STYLE are files or the names that `nst-lessons samples` "
        "lists. Ctrl-C stops early and saves the best picture so far.",
        epilog="example: nst-lessons stylize astronaut stained_glass -o painting.png",
    )
    run.add_argument("content", metavar="CONTENT", help="the photo")
    run.add_argument("style", metavar="STYLE", nargs="+", help="the picture with the style; several are mixed in equal parts")
    run.add_argument(
        "-o", "--output", metavar="OUT", required=True, help=f"the file to write; its name ends in one of {', '.join(SAVED)}"
    )
    run.add_argument(
        "--method",
        choices=METHODS,
        default="optimise",
        help="optimise (default): closest to the style's statistics; neighbours: every place imitates a place of the style, as "
        "if painted by hand, and slowest; universal: any style, in seconds; realtime: the bundled styles only, at once; "
        "arbitrary: any style, at once, but less close",
    )
    add_weights(run, "optimise only: ")
    run.add_argument("--seed", type=int, help="optimise, neighbours: another number gives another painting (default 0)")
    run.add_argument(
        "--alpha",
        type=float,
        help="universal, arbitrary: strength of the style, 0 (the photo) to 1 (default); neighbours: the other way round, how "
        "much of the photo stays, 0 to 1 (default 0.75)",
    )
    add_network(run)
    run.set_defaults(run=_stylize)
    add_size(run)


def add_weights(command: argparse.ArgumentParser, only: str = "") -> None:
    """Add the weights of the losses. only: what their help begins with."""
    default = Weights()
    command.add_argument("--style-weight", type=float, help=f"{only}how much style counts (default {default.style:g})")
    command.add_argument("--content-weight", type=float, help=f"{only}how much content counts (default {default.content:g})")
    command.add_argument("--tv-weight", type=float, help=f"{only}how much smoothness counts (default {default.tv:g})")
    command.add_argument(
        "--moments-weight",
        type=float,
        help=f"{only}how much the channels' means and deviations count beside the Gram matrices "
        f"(default {default.moments:g}, as in Gatys 2015; try 2 with a style weight of 5)",
    )


def add_network(command: argparse.ArgumentParser) -> None:
    """Add --weights and --device."""
    command.add_argument("--weights", metavar="FILE", help='VGG19 weights: a file, or "torchvision" (default: the first found)')
    command.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")


def add_size(command: argparse.ArgumentParser) -> None:
    """Add --size and --steps, as every command that optimises has them."""
    command.add_argument("--size", type=int, default=512, help="the long side in pixels (default 512)")
    command.add_argument("--steps", type=int, help="steps per painting; more are better, and take longer (default 93)")


def _stylize(args: argparse.Namespace) -> int:
    output = writable(args.output, args.content, *args.style)
    print(save_image(painted(args, output, args.content, args.size), output).absolute())
    return 0


def painted(args: argparse.Namespace, output: Path, content: object, size: int) -> torch.Tensor:
    """Return the painting of `content` by the method of `args`. Raises ValueError for an option that the method has not."""
    paint, takes = METHODS[args.method]
    given = {name: value for name, value in vars(args).items() if name in _OPTIONS and value is not None}
    if given.keys() - takes:
        name = min(given.keys() - takes).replace("_", "-")
        raise ValueError(f"--{name} means nothing to --method {args.method}: leave it out, or choose another method.")
    return paint(args, output, content, size, given)


def _optimise(args: argparse.Namespace, output: Path, content: object, size: int, given: dict) -> torch.Tensor:
    weights = {name.removesuffix("_weight"): given.pop(name) for name in list(given) if name.endswith("_weight")}
    vgg = _vgg(given)
    result = _kept(stylize, args, output, content, size, vgg=vgg, weights=Weights(**weights), **given)
    return _image_of(result, result.best)


def _neighbours(args: argparse.Namespace, output: Path, content: object, size: int, given: dict) -> torch.Tensor:
    result = _kept(neighbours, args, output, content, size, vgg=_vgg(given), **given)
    return _image_of(result, result.history[-1])


def _kept(paint: Callable, args: argparse.Namespace, output: Path, content: object, size: int, **options) -> Result:
    """Run a method that optimises. Above `LARGE` pixels, the finished sizes are kept beside `output`."""
    if size <= LARGE:
        return paint(content, args.style, callback=_Progress(), size=size, **options)
    for style, long in ((style, max(shape_of(style))) for style in args.style):
        if long < size:
            print(f"{style} has {long} pixels on its long side, and is not enlarged beyond that.")
    folder = output.with_name(f"{output.stem}_sizes")
    result = paint(content, args.style, callback=_Progress(), size=size, folder=folder, **options)
    if result.stopped:
        print(f"The finished sizes are kept in {folder}: run the same command again, and it continues.")
    return result


def _image_of(result: Result, step: Step) -> torch.Tensor:
    """Print the losses of a run, which are those of `step`, and return its picture."""
    if result.stopped:
        print(f"stopped early: {result.stopped}")
    height, width = step.size
    print(f"final loss {step.loss:.3f} (content {step.content:.3f}, style {step.style:.4f}) at {width} x {height}")
    return result.image


def _universal(args: argparse.Namespace, _: Path, content: object, size: int, given: dict) -> torch.Tensor:
    from nst_lessons.one_pass.universal import universal  # here and below, so that the other commands start quickly

    vgg = _vgg(given)
    return universal(content, args.style, size=size, vgg=vgg, **({"alpha": 1.0} | given))


def _realtime(args: argparse.Namespace, _: Path, content: object, size: int, given: dict) -> torch.Tensor:
    from nst_lessons.one_pass.realtime import realtime

    return realtime(content, dict.fromkeys(args.style, 1.0), size=size)


def _arbitrary(args: argparse.Namespace, _: Path, content: object, size: int, given: dict) -> torch.Tensor:
    from nst_lessons.one_pass.arbitrary import arbitrary

    if len(args.style) > 1:
        raise ValueError("--method arbitrary takes one STYLE: choose one, or another method to mix several.")
    return arbitrary(content, args.style[0], size=size, strength=given.get("alpha", 1.0))


def _vgg(given: dict) -> VGG:
    """Return the network for the options `device` and `weights`, which are removed from `given`."""
    return default_vgg(device_named(given.pop("device", None)), given.pop("weights", None))


_OPTIONS = {"style_weight", "content_weight", "tv_weight", "moments_weight", "steps", "seed", "alpha", "weights", "device"}
METHODS = {  # name: (the function that paints, the options that it takes)
    "optimise": (_optimise, _OPTIONS - {"alpha"}),
    "neighbours": (_neighbours, {"alpha", "steps", "seed", "weights", "device"}),
    "universal": (_universal, {"alpha", "weights", "device"}),
    "realtime": (_realtime, set()),
    "arbitrary": (_arbitrary, {"alpha"}),
}


class _Progress:
    """A progress bar that appears with the first step, so that an earlier error stands alone on the screen."""

    bar = None

    def __call__(self, step: Step) -> None:
        if self.bar is None:
            bar_format = "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
            self.bar = tqdm(total=1.0, desc="painting", bar_format=bar_format, miniters=0)
        height, width = step.size
        left = f"{step.remaining:.0f} s" if step.remaining < 300 else f"{step.remaining / 60:.0f} minutes"
        left = f"{left} to go" if step.remaining else "done"
        self.bar.set_postfix_str(f"{left}, {width} x {height}, loss {step.loss:.3g}", refresh=False)
        self.bar.update(step.seconds / (step.seconds + step.remaining) - self.bar.n)  # in time: large sizes have dear steps
        if step.index == step.total:
            self.bar.close()

    def finish(self, step: Step) -> None:
        self.bar.close()
