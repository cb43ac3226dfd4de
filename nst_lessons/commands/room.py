"""`nst-lessons room`: a page for the leader, from the files that students handed in."""

import argparse
import sys
from pathlib import Path

from nst_lessons.files import place_for, write_or_rescue


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "room",
        help="show what a room found hard in a lesson, from the files that students handed in",
        description="Show which exercises a room tried, in how many tries, and what the checks said most often. The files "
        "room_*.json come from students who ran `q.hand_in()` in their notebook; they contain no names and no code.",
        epilog="example: nst-lessons room handed_in/ -o page.md",
    )
    run.add_argument("files", metavar="FILE", nargs="+", help="the files, or folders with files room_*.json")
    run.add_argument("-o", "--output", metavar="PAGE", help="also write the page, in Markdown, to this file")
    run.set_defaults(run=_room)


def _room(args: argparse.Namespace) -> int:
    from nst_lessons.checks import room  # here, so that the other commands start quickly

    paths = []
    for given in map(Path, args.files):
        paths += sorted(given.glob("room_*.json")) if given.is_dir() else [given]
    output = place_for(args.output, *(path for path in paths if path.exists())) if args.output else None
    handed_in = []
    for path in paths:
        try:
            handed_in.append(room.read(path))
        except (ValueError, OSError) as reason:
            print(f"nst-lessons: left out: {reason}", file=sys.stderr)
    if not handed_in:
        raise ValueError("There is no file to make a page from. Students write one with `q.hand_in()` at the end of a lesson.")
    page = room.page(handed_in)
    print(page, end="")
    if output:
        write_or_rescue(output, lambda temporary: temporary.write_text(page, encoding="utf-8"))
        print(f"\n{output.absolute()}")
    return 0
