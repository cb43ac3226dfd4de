"""`nst-lessons inventory`: ten questions before the series and ten after it, and the report for the leader."""

import argparse
import random
import sys
import textwrap
from collections.abc import Sequence

from nst_lessons.files import place_for
from nst_lessons.inventory.questions import CONCEPTS, ITEMS, MISCONCEPTIONS, UNSURE, Item
from nst_lessons.inventory.report import report
from nst_lessons.inventory.sheets import Sheet, is_code, new_code, read_sheets, write_sheets


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    run = commands.add_parser(
        "inventory",
        help="ask ten questions before the lessons and ten after them, and report what changed",
        description="Ask ten questions about style transfer before the first lesson, and ten others after the last one. The "
        "answers become a row of a CSV file, without your name. A code pairs your two rows, so keep it. Nothing is sent.",
        epilog="example: nst-lessons inventory --before",
    )
    what = run.add_mutually_exclusive_group(required=True)
    what.add_argument("--before", dest="half", action="store_const", const="before", help="the questions before the lessons")
    what.add_argument("--after", dest="half", action="store_const", const="after", help="the questions after the lessons")
    what.add_argument("--report", metavar="FILE", nargs="+", help="instead, report what the answers in these CSV files show")
    run.add_argument("-o", "--output", metavar="FILE", default="inventory.csv", help="the CSV file (default: inventory.csv)")
    run.add_argument("--seed", type=int, help="shuffle the choices in the same way each time (default: at random)")
    run.set_defaults(run=_inventory)


def _inventory(args: argparse.Namespace) -> int:
    if args.report:
        print(report(read_sheets(args.report)))
        return 0
    path = place_for(args.output)
    sheets = read_sheets([path]) if path.exists() else []
    try:
        sheet = _asked(args.half, sheets, random.Random(args.seed))
    except (KeyboardInterrupt, EOFError):
        print("\nnst-lessons: stopped. Nothing was kept, and you can start again at any time.", file=sys.stderr)
        return 130
    write_sheets(path, [*sheets, sheet])
    print(f"\n{sheet.score} of {len(CONCEPTS)} right. Your answers are in {path.absolute()}")
    if args.half == "before":
        print(f"Your code is {sheet.code}. Write it down: after the lessons you will be asked for it.")
    for key in dict.fromkeys(key for key in sheet.answers if key in MISCONCEPTIONS and args.half == "after"):
        print(f"Look again at lesson {MISCONCEPTIONS[key].lesson}. It is a misconception that {MISCONCEPTIONS[key].name}.")
    return 0


def _asked(half: str, sheets: Sequence[Sheet], order: random.Random) -> Sheet:
    """Ask the ten questions in the terminal. sheets: those that are in the file already."""
    code = (half == "after" and _code(sheets)) or new_code()
    print("Ten questions, a few minutes. Type a, b, c or d; press Enter alone if you don't know. Ctrl-C keeps nothing.")
    return Sheet(half, code, tuple(_answer(number, item, order) for number, item in enumerate(ITEMS[half].values(), 1)))


def _code(sheets: Sequence[Sheet]) -> str:
    """Ask for the code from before the lessons. Return "" if it is lost."""
    answered = {sheet.code for sheet in sheets if sheet.half == "after"}
    while True:
        code = input("Your code from before the lessons (press Enter alone if you have none): ").strip().lower()
        if not code or (is_code(code) and code not in answered):
            return code
        print(
            "A code has eight letters, such as bakidomu. Try again."
            if not is_code(code)
            else "This code has been used already."
        )


def _answer(number: int, item: Item, order: random.Random) -> str:
    """Ask one question. Return "right", "unsure" or the key of a misconception."""
    keys = order.sample(list(item.choices), len(item.choices))
    print("\n" + textwrap.fill(f"{number}. {item.asks}", 100))
    letters = dict(zip("abcd", keys, strict=True))
    for letter, key in letters.items():
        print(textwrap.fill(f"{letter}) {item.choices[key]}", 100, initial_indent="   ", subsequent_indent="      "))
    while (typed := input("> ").strip().lower()) not in ("", *letters):
        print("Type a, b, c or d, or press Enter alone.")
    return letters.get(typed, UNSURE)
