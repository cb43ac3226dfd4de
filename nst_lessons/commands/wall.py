"""`nst-lessons wall`: a folder of photos in several styles, and the poster of them."""

import argparse
import sys

from tqdm import tqdm

from nst_lessons import samples
from nst_lessons.commands.stylize import add_size


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
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
    run.add_argument(
        "--address",
        help="of the cluster's scheduler (default: a cluster on this machine). Whoever reaches a scheduler can run code on its "
        "workers: use TLS",
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
    for path in made.poster:
        print(path)
    return 2 if made.failed else 0
