"""`nst-lessons samples`: the pictures that have a name, as a list or as a contact sheet."""

import argparse
import sys
import textwrap
import warnings
from collections.abc import Iterable
from io import BytesIO

import torch

from nst_lessons import samples
from nst_lessons.figures import draw
from nst_lessons.images import load_image, save_image, writable
from nst_lessons.samples import Sample

COLUMNS, CELL = 6, 256  # pictures per row; the long side of each in pixels
CAPTION = "Type a name wherever a picture is asked for, for example: nst-lessons stylize chelsea wave -o painting.png"


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    command = commands.add_parser(
        "samples",
        help="list the pictures that have a name, or show them all in one picture",
        description="List the pictures that have a name: photos, styles, famous paintings and your own pictures in data/own. "
        "Use the name wherever a picture is asked for.",
        epilog="example: nst-lessons samples --sheet sheet.png",
    )
    command.add_argument("--sheet", metavar="FILE", help="instead, write a picture that shows them all, with their names")
    command.set_defaults(run=_samples)


def _samples(args: argparse.Namespace) -> int:
    known = samples.available().values()
    if args.sheet is not None:
        return _sheet(known, args.sheet)
    for sample in known:
        note = "" if sample.path else "  (downloaded when first used)"
        print(f"{sample.name:24}{sample.kind:10}{sample.title}; {sample.credit}{note}")
    return 0


def _sheet(known: Iterable[Sample], path: str) -> int:
    """Write the contact sheet to `path`; name those that cannot be on it."""
    output = writable(path, *(sample.path for sample in known if sample.path))
    pictures, left_out = {}, []
    for sample in known:
        try:
            if sample.path is None:
                raise ValueError("it is downloaded when you first use it")
            pictures["\n".join(textwrap.wrap(sample.name, 22))] = load_image(sample.path, CELL)
        except (ValueError, OSError) as reason:
            left_out.append(f"nst-lessons: {sample.name} is left out: {reason}")
    print(save_image(_drawn(pictures), output).absolute())
    for line in left_out:
        print(line, file=sys.stderr)
    return 0


def _drawn(pictures: dict[str, torch.Tensor]) -> torch.Tensor:
    data = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # of a name in letters that the font does not have
        draw(pictures, CAPTION, height=2, columns=COLUMNS).savefig(data, dpi=100)
    return load_image(data.getvalue())
