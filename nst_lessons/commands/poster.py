"""`nst-lessons print`: paint a photo at the size of a sheet of paper."""

import argparse
import shutil
import sys

import torch
import torch.nn.functional as F

from nst_lessons.commands.stylize import add_network, add_weights, painted
from nst_lessons.images import load_image, resize, save_image, shape_of, to_pil, writable

PAPERS = {"a5": (148, 210), "a4": (210, 297), "a3": (297, 420), "a2": (420, 594), "letter": (216, 279), "tabloid": (279, 432)}
LONGEST = 8192  # pixels
HOLD_RESOLUTION = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "print",
        help="paint a photo as large as a sheet of paper",
        description="Turn a photo into a painting for a sheet of paper. This takes about an hour for A3. The finished sizes "
        "are kept in the folder OUT_sizes, where you can look at them: if interrupted, run the same command again, and it "
        "continues. Ctrl-C saves the best picture so far, enlarged.",
        epilog="example: nst-lessons print astronaut stained_glass -o poster.png --paper A3",
    )
    run.add_argument("content", metavar="PHOTO", help="the photo")
    run.add_argument("style", metavar="STYLE", nargs="+", help="the picture with the style; several are mixed in equal parts")
    run.add_argument("-o", "--output", metavar="OUT", required=True, help="the file to write: .png, .jpg or .tif")
    run.add_argument("--paper", type=str.lower, choices=PAPERS, default="a3", help="the paper (default a3)")
    run.add_argument("--dpi", type=int, default=200, help="dots per inch, 50 to 600 (default 200)")
    run.add_argument(
        "--method",
        choices=("optimise", "neighbours"),
        default="optimise",
        help="as for stylize (default optimise); above 1024 pixels, the strokes of neighbours are only made sharper",
    )
    run.add_argument("--fit", action="store_true", help="leave white borders; without it, the photo is cropped to the paper")
    run.add_argument("--steps", type=int, help="steps in all; more are better, and take longer (default: some 110 to 250)")
    add_weights(run, "optimise only: ")
    add_network(run)
    run.set_defaults(run=_print)


def _print(args: argparse.Namespace) -> int:
    output = writable(args.output, args.content, *args.style)
    if output.suffix.lower() not in HOLD_RESOLUTION:
        raise ValueError(f"A {output.suffix} file holds no resolution for a printer: end the name in .png, .jpg or .tif.")
    height, width = upright = _upright(args.content)
    paper = _pixels(args.paper, args.dpi, portrait=height > width)
    scale = (min if args.fit else max)(paper[0] / height, paper[1] / width)
    if scale > 2:
        print(
            f"nst-lessons: {args.content} has only {width} x {height} pixels, which is {args.dpi / scale:.0f} dots per inch on "
            "this paper: the strokes will be sharp, the things in the photo will not.",
            file=sys.stderr,
        )
    _check_disk(output, paper)
    photo = to_pil(load_image(args.content, round(max(upright) * scale)))  # in 8 bits, which takes a quarter of the memory
    left, top = (max(0, (here - there) // 2) for here, there in zip(photo.size, reversed(paper), strict=True))
    photo = photo.crop((left, top, min(photo.width, left + paper[1]), min(photo.height, top + paper[0])))
    image = painted(args, output, photo, max(photo.size))
    print(save_image(_on_paper(image, paper, args.fit), output, dpi=args.dpi).absolute())
    return 0


def _upright(source: str) -> tuple[int, int]:
    """Return the (height, width) of a picture after it is turned upright."""
    height, width = load_image(source, 64).shape[-2:]
    long, short = max(shape_of(source)), min(shape_of(source))
    return (long, short) if height > width else (short, long)


def _pixels(paper: str, dpi: int, portrait: bool) -> tuple[int, int]:
    """Return the (height, width) in pixels of a paper. Raises ValueError for a resolution that is not possible."""
    if not 50 <= dpi <= 600:
        raise ValueError(f"The resolution is {dpi} dots per inch: give a number from 50 to 600.")
    short, long = (round(side / 25.4 * dpi) for side in PAPERS[paper])
    if long > LONGEST:
        most = int(LONGEST / PAPERS[paper][1] * 25.4)
        raise ValueError(
            f"{paper.upper()} at {dpi} dots per inch has {long} pixels on its long side: give --dpi {most} or less."
        )
    return (long, short) if portrait else (short, long)


def _check_disk(output, paper: tuple[int, int]) -> None:
    """Raise ValueError if the result and the kept sizes may not fit on the disk."""
    needed, free = 5 * paper[0] * paper[1], shutil.disk_usage(output.absolute().parent).free  # 3 bytes per pixel, and sizes
    if needed > free:
        raise ValueError(
            f"The print needs up to {needed / 1e6:.0f} MB beside {output}, and {free / 1e6:.0f} MB are free there: make room, "
            "or choose another place."
        )


def _on_paper(image: torch.Tensor, paper: tuple[int, int], fit: bool) -> torch.Tensor:
    """Return the picture at exactly the paper's size: with white around it, or with a missing line made up for."""
    if not fit:
        return resize(image, paper)
    down, right = (there - here for here, there in zip(image.shape[-2:], paper, strict=True))
    return F.pad(image, (right // 2, right - right // 2, down // 2, down - down // 2), value=1.0)
