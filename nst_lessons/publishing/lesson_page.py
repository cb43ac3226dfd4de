"""Turns a solved lesson with its stored outputs into HTML to read: hints and solutions are folded, pictures become files."""

import base64
import html
import importlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from PIL import Image
from traitlets.config import Config

from nst_lessons.publishing.students import exercise, is_solution
from nst_lessons.publishing.web_text import PageRenderer, to_html

STATIC = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]  # best first; no widgets
PICTURE = re.compile(r'<img ([^>]*?)src="data:image/(\w+);base64,([^"]+)"([^>]*?)/?>')
ASKED = re.compile(r"\bq\.(\w+)\.(?:check|predict)\(")


@dataclass(frozen=True)
class Picture:
    """A picture of a lesson: its file, its place on the page, what it shows, and whether it fits a gallery."""

    path: str  # from the site's folder
    anchor: str
    alt: str
    size: tuple[int, int]
    alone: bool  # a figure with pictures, not a curve, a slider's setting or a run's last drawing


def to_page(notebook: NotebookNode, stem: str, renderer: PageRenderer, out: Path) -> tuple[str, list[Picture]]:
    """Return a lesson's HTML and its pictures, which are written to out/pictures.

    stem: the lesson's name, such as "03_style".
    """
    exporter = HTMLExporter(
        config=Config(NbConvertBase={"display_data_priority": STATIC}),
        template_file=str(Path(__file__).with_name("lesson_page.html.j2")),
        filters={"markdown2html": lambda source: to_html(source, renderer)},
    )
    cells = folded(notebook.cells, _questions(notebook))
    text, _ = exporter.from_notebook_node(NotebookNode({**notebook, "cells": cells}))
    return _with_files(text, stem, out)


def folded(cells: list[NotebookNode], questions: ModuleType | None) -> list[NotebookNode]:
    """Return a lesson's cells with each exercise as a student gets it; its hints and its solution, with what the check says
    about it, are folded below. Speaker's notes are left out.
    """
    cells = [cell for cell in cells if cell.metadata.get("slideshow", {}).get("slide_type") != "notes"]
    found = []
    while cells:
        cell = cells.pop(0)
        if not is_solution(cell):
            found.append(cell)
            continue
        check = cells.pop(0) if cells and ASKED.match(cells[0].source) and not is_solution(cells[0]) else None
        names = ASKED.findall("\n".join([cell.source, check.source if check else _next_check(cells)]))
        outputs = [*cell.outputs, *(check.outputs if check else [])]
        found.append(NotebookNode({**cell, "source": exercise(cell.source), "outputs": []}))
        found += [NotebookNode({**check, "outputs": []})] if check else []
        found += [_hints(questions, name) for name in dict.fromkeys(names)]
        new = {"id": f"{cell.id}-solved", "source": cell.source.partition("\n")[2], "outputs": outputs}
        found.append(NotebookNode({**cell, **new, "metadata": NotebookNode({**cell.metadata, "folded": "Solution"})}))
    return found


def _next_check(cells: list[NotebookNode]) -> str:
    """Return the code up to the next exercise, in which the check of this one may come after a run."""
    codes = [cell for cell in cells if cell.cell_type == "code"]
    end = next((number for number, cell in enumerate(codes) if is_solution(cell)), len(codes))
    return next((cell.source for cell in codes[:end] if ASKED.search(cell.source)), "")


def _hints(questions: ModuleType | None, name: str) -> NotebookNode:
    """Return a Markdown cell with the hints of a question; a prediction has none."""
    hints = getattr(getattr(questions, name, None), "hints", [])
    text = ""
    for number, hint in reversed([*enumerate(hints, 1)]):  # each inside the one before it
        text = f'<details class="hint"><summary>Hint {number} of {len(hints)}</summary>\n\n{hint}\n\n{text}\n\n</details>'
    return new_markdown_cell(text)


def _questions(notebook: NotebookNode) -> ModuleType | None:
    """Return the module that a lesson imports as `q`."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    found = re.search(r"^from (nst_lessons\.checks) import (\w+) as q$", code, re.MULTILINE)
    return importlib.import_module(f"{found[1]}.{found[2]}") if found else None


def _with_files(text: str, stem: str, out: Path) -> tuple[str, list[Picture]]:
    """Return the HTML with its embedded pictures as files, each a link to its full size."""
    pictures = []
    (out / "pictures").mkdir(exist_ok=True)

    def write(found: re.Match) -> str:
        kind, data, attributes = found[2], base64.b64decode(found[3]), found[1] + found[4]
        with Image.open(io.BytesIO(data)) as image:
            size = image.size
        number = len(pictures) + 1
        path = f"pictures/{stem}_{number:02}.{kind.replace('jpeg', 'jpg')}"
        (out / path).write_bytes(data)
        alt = html.unescape(re.search(r'alt="([^"]*)"', attributes)[1])
        figure = "height:" not in attributes and not text.endswith("</p>", 0, found.start())
        pictures.append(Picture(path, f"picture-{number}", alt, size, figure and kind != "png"))
        measured = f'width="{size[0]}" height="{size[1]}" loading="lazy"'
        told = f'<span class="caption" aria-hidden="true">{html.escape(alt)}</span>' if figure and kind != "webp" else ""
        return f'<a class="picture" id="picture-{number}" href="{path}"><img src="{path}" {measured} {attributes}>{told}</a>'

    return PICTURE.sub(write, text), pictures
