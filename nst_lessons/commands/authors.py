"""`nst-lessons publish` and `slides`: what authors and leaders make of the solutions."""

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of both."""
    publishing = commands.add_parser("publish", help="make the student notebooks from the solutions (for authors)")
    publishing.set_defaults(run=_publish)
    slideshow = commands.add_parser("slides", help="make slides of the lessons in out/slides (for leaders)")
    slideshow.set_defaults(run=_slides)
    for command in (publishing, slideshow):
        command.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=Path("notebooks"))


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
