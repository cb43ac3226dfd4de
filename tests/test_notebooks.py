"""Every lesson runs in a fresh kernel on the real network: as a student gets it, and with its exercises filled.

NST_QUICK and `brief` shorten them. Lesson 00 as a student gets it takes all its steps, but at half its size.
"""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nst_lessons.publishing.students import is_solution
from tests.hosted_cells import brief

ROOT = Path(__file__).parent.parent
STUDENT = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
CHECK = re.compile(r"^q\.(\w+)\.check\(.*\)$")
runs = pytest.mark.notebook
by_lesson = pytest.mark.parametrize("path", STUDENT, ids=lambda path: path.stem)


@cache
def read(path):
    return nbformat.read(path, as_version=4)


def run(notebook, folder):
    """Execute `notebook` in place, as if `folder` were its own; an exception in a cell is raised here."""
    resources = {"metadata": {"path": str(folder)}}
    # coalesce_streams: what one cell prints is one output, however many messages it came in
    NotebookClient(notebook, timeout=600, coalesce_streams=True, resources=resources).execute()
    return notebook


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def printed(cell):
    return "".join(output.text for output in cell.get("outputs", []) if output.output_type == "stream")


def is_right(text):
    """Whether a check said so; a reader's own function may print before it."""
    return "✔ Right" in text and "✗" not in text


def pictures(notebook):
    """The <img> tags of all outputs: there is no other way in which a lesson shows a figure."""
    pages = [output.data.get("text/html", "") for output in outputs(notebook) if "data" in output]
    return [tag for page in pages for tag in re.findall(r"<img[^>]*>", page)]


def of(notebook, call):
    """What the cells that contain `call` print or show, as text."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and call in cell.source]
    return [output.get("text") or output.data["text/plain"] for cell in cells for output in cell.outputs]


def fields_agree(notebook, path):
    """Whether each of the six receptive fields that lesson 01 measures is as wide as the formula says."""
    widths = re.findall(r"measured +(\d+), by your formula (\d+)", "".join(map(printed, notebook.cells)))
    return len(widths) == 6 * path.stem.startswith("01") and all(measured == computed for measured, computed in widths)


def quiet(notebook):
    """Whether nothing came on stderr, such as a warning."""
    return not [output for output in outputs(notebook) if output.get("name") == "stderr"]


@runs
@by_lesson
def test_a_student_who_fills_in_nothing_gets_to_the_end(path, tmp_path, monkeypatch):
    monkeypatch.setenv("NST_QUICK", "" if path == STUDENT[0] else "1")
    notebook = run(brief(path), tmp_path)
    assert quiet(notebook) and pictures(notebook)
    checks = [printed(cell) for cell in notebook.cells if CHECK.match(cell.source)]
    assert all(text.startswith("… Not tried yet") for text in checks), checks
    assert all(text.count("Not tried yet") == 4 for text in of(notebook, "recall.check("))
    tallies = of(notebook, "q.predictions()")  # the blank page predicts nothing
    assert all(text.startswith("No prediction of") for text in tallies) and bool(tallies) != path.stem.startswith("11")


@runs
@by_lesson
def test_filled_from_the_solutions_all_checks_are_right_and_wrong_answers_are_told_so(path, tmp_path, monkeypatch):
    """After each check the wrong answers of the lesson's cases are given to the same question, in the same kernel."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NST_QUICK", "1")
    solution = brief(path.parent / "solutions" / path.name)
    notebook = nbformat.v4.new_notebook(metadata=solution.metadata)
    for cell in solution.cells:
        check = CHECK.match(cell.source)
        notebook.cells.append(cell.copy())
        if check:
            code = f"from tests.checks.lesson_{path.stem[:2]} import CASES\nfor a, _ in CASES['{check[1]}'].wrong:\n"
            code += f"    q.{check[1]}.check(*(a if isinstance(a, tuple) else (a,)))\n    print('=====')"
            notebook.cells.append(nbformat.v4.new_code_cell(code, metadata={"wrong": check[1]}))
    run(notebook, tmp_path)
    assert quiet(notebook) and fields_agree(notebook, path)
    assert len(pictures(notebook)) == len(pictures(solution)) > 0
    assert "Using the lesson's own" not in "".join(of(notebook, ".yours("))
    assert all(text.count("✔") == 4 for text in of(notebook, "recall.check("))
    verdicts = [printed(cell) for cell in notebook.cells if CHECK.match(cell.source)]
    assert all(is_right(text) for text in verdicts), verdicts
    tried = {cell.metadata["wrong"]: printed(cell).split("=====\n")[:-1] for cell in notebook.cells if "wrong" in cell.metadata}
    assert len(tried) == len(verdicts) and (len(tried) >= 3 or path.stem.startswith("00"))
    for name, messages in tried.items():
        expected = [words for _, words in cases(path)[name].wrong]
        assert all(words in text for words, text in zip(expected, messages, strict=True)), (name, messages)


def cases(path):
    import importlib

    return importlib.import_module(f"tests.checks.lesson_{path.stem[:2]}").CASES


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_can_be_read_without_running(path):
    notebook = read(path)
    assert path.stat().st_size < 2_500_000
    executed = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in executed] == list(range(1, len(executed) + 1))
    assert not [output for output in outputs(notebook) if output.output_type == "error"] and quiet(notebook)
    assert fields_agree(notebook, path)
    assert all(re.search(r'alt="[^"]+"', tag) for tag in pictures(notebook))
    assert all(is_right(printed(cell)) for cell in notebook.cells if CHECK.match(cell.source))
    assert all(text.count("✔") == 4 for text in of(notebook, "recall.check("))
    tallies = of(notebook, "q.predictions()")
    assert len(tallies) == (not path.stem.startswith("11"))  # the blank page predicts nothing
    assert all("came true" in text and "not tried" not in text and "without a result" not in text for text in tallies)
    assert "Using the lesson's own" not in "".join(of(notebook, ".yours("))
    assert not re.findall(r"/(?:home|root|tmp|Users)/\S+", nbformat.writes(notebook)), "a path of somebody's machine"
    widgets = [str(output) for output in outputs(notebook) if "widget-view" in str(output)]
    assert all("<img" in widget or "the camera appears here" in widget for widget in widgets)  # a camera has no picture yet


@by_lesson
def test_follows_the_skeleton_and_its_links_lead_somewhere(path):
    notebook = read(path)
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    skeleton = ["**The question:", "You will be able to", "**Time**", "## Set-up", "Predict", "Look"]
    skeleton += ["## Talk about it", "## Recap", "## What the papers say", "**Next:**"]
    assert not [part for part in skeleton if part not in text]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links and not [link for link in links if not (path.parent / link).is_file()]
    assert sum(is_solution(cell) for cell in read(path.parent / "solutions" / path.name).cells) >= 1
    slides = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    assert slides.count("slide") >= 5, "cells carry their slide types"
