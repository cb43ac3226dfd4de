"""What people who learn alone need is in each lesson: prerequisites, links that work, answers that stay folded."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("solutions/*.ipynb")])
by_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")


def texts(path):
    """Return the sources of the markdown cells in `path`."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


@by_lesson
def test_prerequisites_are_named_and_come_before(path):
    needs = re.search(r"^\*\*You need\*\*: (.+)$", texts(path)[0], re.MULTILINE)[1]
    numbers = [int(number) for number in re.findall(r"\b\d\d\b", needs)]
    assert all(number < int(path.name[:2]) for number in numbers) and bool(numbers) != path.name.startswith("00")


@by_lesson
def test_glossary_and_primers_are_where_the_first_text_says(path):
    pages = [path.parent / page for page in re.findall(r"\]\(([^)]+\.md)\)", texts(path)[0])]
    assert all(page.is_file() for page in pages) and NOTEBOOKS / "glossary.md" in [page.resolve() for page in pages]


@by_lesson
def test_each_question_has_a_folded_answer(path):
    (talk,) = [text for text in texts(path) if text.startswith("## Talk about it")]
    questions = re.findall(r"^(\d)\. ", talk, re.MULTILINE)
    answers = re.findall(r"^<details><summary>Answer (\d)</summary>\n\n[^<]{20,}\n\n</details>$", talk, re.MULTILINE)
    assert questions and answers == questions
