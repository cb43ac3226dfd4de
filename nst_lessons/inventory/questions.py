"""The twenty questions of the inventory, from `questions.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

HALVES = ("before", "after")
RIGHT, UNSURE = "right", "unsure"

_DATA = json.loads(Path(__file__).with_name("questions.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Misconception:
    """A usual wrong idea. lesson: the number of the lesson that measures it, such as "04"."""

    name: str
    lesson: str


@dataclass(frozen=True)
class Item:
    """One question. choices: {"right" or the key of a misconception: what the choice says}."""

    asks: str
    choices: dict[str, str]


MISCONCEPTIONS = {key: Misconception(**found) for key, found in _DATA["misconceptions"].items()}
ITEMS = {half: {concept: Item(**found) for concept, found in _DATA[half].items()} for half in HALVES}  # {half: {concept: ...}}
CONCEPTS = tuple(ITEMS["before"])
