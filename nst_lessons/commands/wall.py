"""`nst-lessons wall`: paint a folder of photos in several styles, and draw a poster of all paintings."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from nst_lessons import samples
from nst_lessons.commands.stylize import add_size


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "wall",
        help="turn a folder of photos into paintings in several styles, and a poster",
        description="Paint each photo in each style into a folder, and draw a poster of all paintings (poster.png and "
        "poster.pdf). If it was interrupted, run the same command again: it continues, and finished paintings are kept.",
        epilog="example: nst-lessons wall club/ swirls wave -o wall/ --size 256",
    )
    run.add_argument("photos", metavar="PHOTOS", help="the folder with the photos")
    run.add_argument(
        "styles",
        metavar="STYLE",
        nargs="+",
        help="the styles: files, or names that `nst-lessons samples` lists",
    )
    run.add_argument("-o", "--output", metavar="OUT", required=True, help="the folder for the paintings")
    run.add_argument("--title", default="", help="the text below the poster")
    run.add_argument("--jobs", type=int, help="how many to paint at a time (default: one per core, memory permitting)")
    run.add_argument("--device", action="append", help="a GPU such as cuda:0; repeat the option to use several")
    run.add_argument(
        "--backend", choices=("loky", "dask"), default="loky", help="this computer (loky, default), or a Dask cluster"
    )
    run.add_argument(
        "--address",
        help="the address of the cluster's scheduler (default: a cluster is started on this computer). Anybody who can reach a "
        "scheduler can run code on its workers, so use TLS",
    )
    run.set_defaults(run=_wall)
    add_size(run)


def _wall(args: argparse.Namespace) -> int:
    from nst_lessons.wall.wall import wall  # here, so that the other commands start quickly

    photos = samples.pictures_in(args.photos)
    with tqdm(total=len(photos) * len(args.styles), desc="painting") as bar:
        made = wall(
            args.photos,
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
    for note in made.notes:
        print(f"nst-lessons: {note}", file=sys.stderr)
    for painting in made.failed:
        print(f"nst-lessons: {painting.photo} in {painting.style}: {painting.error}", file=sys.stderr)
    finished = len(made.paintings) - len(made.failed)
    poster = " and the poster" if made.poster else ""
    print(f"{finished} of {len(made.paintings)} paintings{poster} are in {Path(args.output).absolute()}")
    return 2 if made.failed else 0
