"""`nst-lessons samples`: the pictures that have a name, as a list or as a contact sheet."""

import argparse
import re
import sys
import textwrap
import warnings
from collections.abc import Iterable
from io import BytesIO

import torch
import torch.nn.functional as F

from nst_lessons import samples
from nst_lessons.figures import draw
from nst_lessons.images import load_image, resize, save_image, writable
from nst_lessons.samples import Sample

COLUMNS, CELL = 6, (192, 256)  # pictures per row; the height and width of each in pixels
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
        print(f"{sample.name:23} {sample.kind:10}{sample.title}; {sample.credit}{note}")
    return 0


def _sheet(known: Iterable[Sample], path: str) -> int:
    """Write the contact sheet to `path`; name those that cannot be on it."""
    output = writable(path, *(sample.path for sample in known if sample.path))
    pictures, notes = {}, []
    for sample in (sample for sample in known if sample.path):
        try:
            pictures[_title(sample.name)] = _in_cell(load_image(sample.path, CELL[1]))
        except (ValueError, OSError) as reason:
            notes.append(f"left out: {sample.name} ({reason})")
    if missing := ", ".join(sample.name for sample in known if not sample.path):
        notes.append(f"left out, since they are downloaded when first used: {missing}")
    print(save_image(_drawn(pictures), output).absolute())
    for note in notes:
        print(f"nst-lessons: {note}", file=sys.stderr)
    return 0


def _title(name: str) -> str:
    """The name in lines that are no wider than a picture, broken after _ or / where possible."""
    lines = textwrap.wrap(re.sub(r"(?<=[_/])", " ", name), 20)
    return "\n".join(line.replace(" ", "") for line in lines)


def _in_cell(picture: torch.Tensor) -> torch.Tensor:
    """A picture (1, 3, H, W) shrunk to CELL and laid on white, at the top: one of any shape leaves the others their size."""
    height, width = picture.shape[-2:]
    if height > CELL[0]:
        picture = resize(picture, (CELL[0], max(1, round(width * CELL[0] / height))))
    down, beside = CELL[0] - picture.shape[2], CELL[1] - picture.shape[3]
    return F.pad(picture, (beside // 2, beside - beside // 2, 0, down), value=1.0)


def _drawn(pictures: dict[str, torch.Tensor]) -> torch.Tensor:
    data = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # of a name in letters that the font does not have
        draw(pictures, CAPTION, height=2, columns=COLUMNS).savefig(data, dpi=100)
    return load_image(data.getvalue())
