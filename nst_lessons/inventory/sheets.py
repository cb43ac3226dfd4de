"""Answer sheets of the inventory, and the CSV files that hold them, one per row. No names are in them.

A sheet has a code, which only its owner knows. It pairs the sheets before and after the series.
"""

import csv
import io
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_lessons.files import check_is_file, shown, write_or_rescue
from nst_lessons.inventory.questions import CONCEPTS, HALVES, ITEMS, RIGHT, UNSURE

HEADER = ["half", "code", *CONCEPTS]
LIMIT = 1_000_000  # bytes, enough for 10 000 people
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Sheet:
    """One person's answers to one half. answers: for each concept "right", "unsure" or the key of a misconception."""

    half: str
    code: str
    answers: tuple[str, ...]

    @property
    def score(self) -> int:
        """The number of right answers."""
        return self.answers.count(RIGHT)


def new_code() -> str:
    """Return a random code of four syllables, such as "bakidomu"."""
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(4))


def is_code(text: str) -> bool:
    """Return whether a text has the form of a code."""
    return re.fullmatch(f"([{_CONSONANTS}][{_VOWELS}]){{4}}", text) is not None


def read_sheets(paths: Sequence[str | os.PathLike]) -> list[Sheet]:
    """Read the sheets of CSV files. Raises ValueError if a file is broken, or if a code has two sheets for the same half."""
    found: dict[tuple[str, str], str] = {}
    sheets = []
    for path in map(Path, paths):
        for line, sheet in _sheets_of(path):
            where = f"{path}, line {line}"
            first = found.setdefault((sheet.half, sheet.code), where)
            if first != where:
                raise ValueError(f"The code {sheet.code} has two `{sheet.half}` rows: {first} and {where}. Delete one of them.")
            sheets.append(sheet)
    return sheets


def write_sheets(path: str | os.PathLike, sheets: Sequence[Sheet]) -> None:
    """Write sheets to a CSV file, which is replaced. Raises OSError, which says where they are instead."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *([sheet.half, sheet.code, *sheet.answers] for sheet in sheets)])
    write_or_rescue(path, lambda temporary: temporary.write_bytes(text.getvalue().encode()))


def _sheets_of(path: Path) -> list[tuple[int, Sheet]]:
    """Return the sheets of one file, each with the number of its line."""
    check_is_file(path, path, "CSV file of the inventory")
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise ValueError(f"{path} is larger than {LIMIT:,} bytes, so it is not a CSV file of the inventory.")
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as CSV ({error}): ask for the file again.") from None
    if not rows or rows[0][1] != HEADER:
        raise ValueError(f"{path} is not a CSV file of the inventory: its first line must be {','.join(HEADER)}")
    return [(line, _sheet(row, f"{path}, line {line}")) for line, row in rows[1:] if row]


def _sheet(row: list[str], where: str) -> Sheet:
    if len(row) != len(HEADER):
        raise ValueError(f"{where} has {len(row)} values instead of {len(HEADER)}: correct or delete this line.")
    half, code, *answers = row
    if half not in HALVES:
        raise ValueError(f"{where}: half is {shown(half)}, but must be before or after. Correct or delete this line.")
    if not is_code(code):
        raise ValueError(f"{where}: the code {shown(code)} is not of the form bakidomu. Correct or delete this line.")
    for concept, answer in zip(CONCEPTS, answers, strict=True):
        if answer not in (known := (*ITEMS[half][concept].choices, UNSURE)):
            raise ValueError(
                f"{where}: {concept} is {shown(answer)}, but must be one of {', '.join(known)}. Correct or delete this line."
            )
    return Sheet(half, code, tuple(answers))
