"""The times that the lessons state are those that `make solutions` recorded, on the reference of docs/how_fast.md.

In a lesson, a text's "About 20 seconds" counts for all code cells up to the next text; several such times are added.
"About 3 seconds after each move" counts for one drawing of a cell with sliders. The first text states the whole lesson's.
"""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
FACTOR = 1.5  # between what is stated and what was recorded
SHORT = 3  # seconds up to which nothing is compared
SILENT = 6  # seconds up to which nothing has to be stated: loading the network takes four to six
LONGEST_CELL, LONGEST_LESSON = 45, 240  # seconds; 40 is wanted of a cell, and two runs of one differ by a third
DRAWINGS = 3.5  # of `nst.explore` as it runs: its settings, mostly three, and the sliders' first values if they are others

NUMBERS = {"a": 1, "one": 1, "half a": 0.5}
TIME = re.compile(r"\babout (a|one|half a|\d+) (second|minute)s?\b(\**,? after each move)?", re.IGNORECASE)
LESSON = re.compile(r"\b(About|Less than) (one|\d+) (?:minutes? of that|of them) (?:is|are) computing")
PAGE = re.compile(r"\babout (a|one|half a|\d+) minutes? of computing", re.IGNORECASE)


def number(word):
    return NUMBERS[word.lower()] if word.lower() in NUMBERS else int(word)


def stated(text):
    """The seconds that a text states for the cells after it, and for a move of a slider; None for neither."""
    sums = {False: [], True: []}
    for count, unit, move in TIME.findall(LESSON.sub("", text)):
        sums[bool(move)].append(number(count) * (60 if unit.lower() == "minute" else 1))
    return tuple(sum(found) if found else None for found in sums.values())


def agree(said, took):
    return max(said, took) <= SHORT or took / FACTOR <= said <= took * FACTOR


def parts(notebook):
    """Each text's number, the text, and the code cells up to the next text."""
    found = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            found.append((index, cell.source, []))
        else:
            found[-1][2].append(cell)
    return found


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def total(notebook):
    """The recorded seconds of a whole lesson."""
    return sum(cell.metadata.seconds for cell in code_cells(notebook))


def complaints(notebook):
    """What a lesson states wrongly or leaves out, and what takes too long; a line for each."""
    missing = [cell.source.splitlines()[0] for cell in code_cells(notebook) if "seconds" not in cell.metadata]
    if missing:
        return [f"{len(missing)} cells have no recorded time: run `make solutions`"]
    found = []
    for index, text, cells in parts(notebook):
        said, move = stated(text)
        took = sum(cell.metadata.seconds for cell in cells)
        if said is None and took > SILENT:
            found.append(f"cell {index} states no time, the code after it took {took:.0f} s")
        if said is not None and not agree(said, took):
            found.append(f"cell {index} states {said:g} s, the code after it took {took:.0f} s")
        if move is not None:
            drawn = sum(cell.metadata.seconds for cell in cells if "nst.explore(" in cell.source) / DRAWINGS
            if not agree(move, drawn):
                found.append(f"cell {index} states {move:g} s after each move, a drawing took {drawn:.0f} s")
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.metadata.seconds > LONGEST_CELL:
            found.append(f"cell {index} took {cell.metadata.seconds:.0f} s, more than {LONGEST_CELL}")
    return found + complaints_of_the_whole(notebook)


def complaints_of_the_whole(notebook):
    took, said = total(notebook), LESSON.search(notebook.cells[0].source)
    if said is None:
        return ["the first text does not state how many minutes are computing"]
    bound, minutes = said[1], number(said[2])
    right = took <= 60 * minutes if bound == "Less than" else agree(60 * minutes, took)
    found = [] if right else [f"the first text states {bound.lower()} {minutes} min, the whole took {took / 60:.1f}"]
    return found + ([f"the whole took {took:.0f} s, more than {LONGEST_LESSON}"] if took > LONGEST_LESSON else [])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_states_the_times_that_were_recorded(path):
    assert complaints(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_leaders_page_states_the_same_minutes(path):
    pages = re.split(r"^## ", (NOTEBOOKS / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (page,) = (page for page in pages if page.startswith(path.stem[:2]))
    notebook = nbformat.read(path, as_version=4)
    for said in PAGE.findall(page):
        assert agree(60 * number(said), total(notebook)), f"about {said} min stated, {total(notebook) / 60:.1f} recorded"
    assert stated(PAGE.sub("", page)) == (None, None), "a cell's time stands in the lesson only"


def lesson(*cells):
    """A lesson of texts, and of cells given as (code, recorded seconds)."""
    new = nbformat.v4
    first = new.new_markdown_cell("**Time**: 45 minutes. About one of them is computing.")
    others = [
        new.new_markdown_cell(cell) if isinstance(cell, str) else new.new_code_cell(cell[0], metadata={"seconds": cell[1]})
        for cell in cells
    ]
    return new.new_notebook(cells=[first, *others])


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (["**About 30 seconds.**", ("x", 0.1), ("y", 38.0), "Rest.", ("z", 4.9)], []),
        (["**About 20 seconds.**", ("x", 38.0), "Rest.", ("z", 4.9)], ["cell 1 states 20 s, the code after it took 38 s"]),
        (["**About a minute.**", ("x", 39.0), "Rest.", ("z", 4.9)], ["cell 1 states 60 s, the code after it took 39 s"]),
        (["About 10 seconds for this, about half a minute for that.", ("x", 20.0), ("y", 20.0)], []),
        (["Here.", ("x", 38.0), "Rest.", ("z", 4.9)], ["cell 1 states no time, the code after it took 38 s"]),
        (["**About a second.**", ("x", 2.9), "**About 35 seconds.**", ("x", 38.0)], []),  # short ones are not compared
        (
            [
                "About 15 seconds, and **about 4 seconds** after each move.",
                ("nst.explore(f)", 14.0),
                "Rest: about 30 seconds.",
                ("x", 30),
            ],
            [],
        ),
        (
            ["About 35 seconds, and about 4 seconds after each move.", ("nst.explore(f)", 39.0), "Rest.", ("x", 4)],
            ["cell 1 states 4 s after each move, a drawing took 11 s"],
        ),
        (["**About 60 seconds.**", ("x", 58.0)], ["cell 2 took 58 s, more than 45"]),
        (["About 15 seconds.", ("x", 15.0)], ["the first text states about 1 min, the whole took 0.2"]),
        (
            [part for _ in range(7) for part in ("About 36 seconds.", ("x", 36.0))],
            ["the first text states about 1 min, the whole took 4.2", "the whole took 252 s, more than 240"],
        ),
    ],
)
def test_what_is_wrong_is_told(cells, wrong):
    assert complaints(lesson(*cells)) == wrong


def test_a_lesson_without_recorded_times_is_told():
    notebook = lesson("About 30 seconds.", ("x", 30.0))
    del notebook.cells[2].metadata["seconds"]
    assert complaints(notebook) == ["1 cells have no recorded time: run `make solutions`"]
