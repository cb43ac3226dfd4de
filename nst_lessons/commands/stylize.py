"""`nst-lessons stylize`: a photo becomes a painting."""

import argparse

from tqdm import tqdm

from nst_lessons.commands.doctor import device_named
from nst_lessons.fast import best_dtype
from nst_lessons.images import save_image, writable
from nst_lessons.transfer import Step, Weights, stylize
from nst_lessons.vgg import VGG


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
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
    add_size(run)


def add_size(command: argparse.ArgumentParser) -> None:
    """The options of size and steps, as every command that optimises has them."""
    command.add_argument("--size", type=int, default=512, help="the long side in pixels (default 512)")
    command.add_argument("--steps", type=int, help="how many steps a painting, the more the better (default 120)")


def _stylize(args: argparse.Namespace) -> int:
    output = writable(args.output)
    device = device_named(args.device)
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
