"""Shortens lessons for tests: `brief` lets them compute less, `hosted` keeps the cells that can fail on a host only."""

import ast
import dis
import re
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import nbformat
from nbformat import NotebookNode, v4

from nst_lessons import samples

PICTURE = re.compile(r"nst\.(show|draw|play|stylize)\(")
WIDGET = re.compile(r"nst\.(explore|play|LivePlot|Studio)\(|LiveClip\(|widgets\.\w+\(")
FILE = re.compile(r"available\(|places\(|save_image\(|skimage\.data|best_decoder\(|find_model|load_stylizer|FileNotFoundError")
# {lesson: {text: its replacement}}. NST_QUICK shortens loops of steps; these shorten other loops and shrink pictures.
BRIEF = {
    "00": {"384": "192"},
    "01": {
        "240": "120",
        "steps=30": "steps=8",
        "(192, 288, 400)": "(128, 144, 160)",
        "(192, 288)": "(96, 144)",
        "160, 160": "80, 80",
    },
    "02": {"max_iter=10,": "max_iter=1,"},
    "03": {"384": "192"},
    "06": {"steps=160)": "steps=20)", ", 144)": ", 96)"},
    "07": {":128]": ":64]", "256": "128", "168": "80"},
    "08": {"256": "128", "168": "80", "512": "128"},
}
READ = "import nst_lessons as nst\nfor name in {}:\n    assert max(nst.load_image(name, 64).shape) == 64"


def brief(path: Path) -> NotebookNode:
    """Read a lesson and let its code compute less: smaller pictures, fewer iterations."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and not cell.source.startswith("# @title Set-up")]
    for long, short in BRIEF.get(path.stem[:2], {}).items():
        whole, found = rf"(?<![\w.]){re.escape(long)}(?!\w)", 0  # of a number, not a part
        for cell in code:
            cell.source, count = re.subn(whole, short, cell.source)
            found += count
        assert found, f"{path.name} no longer says {long}: change BRIEF"
    return notebook


def hosted(notebook: NotebookNode) -> NotebookNode:
    """A lesson cut down to what a host can break; every picture that it names is read as well.

    Kept: the set-up cell, the first check and the first picture, every cell that makes a widget, a clip or a live plot, every
    cell that reads or writes a file, and all earlier cells whose names these use.
    """
    set_up, *code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    firsts = [next((cell for cell in code if re.search(what, cell.source)), None) for what in (PICTURE, r"^q\.\w+\.check\(")]
    cells = needed(code, lambda cell: cell in firsts or WIDGET.search(cell.source) or FILE.search(cell.source))
    words = {node.value for cell in code for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant)}
    pictures = [sample.name for sample in samples.available().values() if sample.kind in ("photo", "style")]
    read = v4.new_code_cell(READ.format([name for name in pictures if name in words]))
    return NotebookNode(notebook | {"cells": [set_up, read, *cells]})


def needed(cells: list[NotebookNode], wanted: Callable[[NotebookNode], object]) -> list[NotebookNode]:
    """The `wanted` cells, and those that bind or change a name which a later cell of these uses."""
    kept, uses = [], set()
    for cell in reversed(cells):
        bound, changed, used = _names(cell.source)
        if wanted(cell) or uses & (bound | changed):
            kept.append(cell)
            uses |= used
    return kept[::-1]


def _names(source: str) -> tuple[set[str], set[str], set[str]]:
    """The names that a cell binds, those whose items or attributes it sets, and those that it or its functions look up."""
    codes, bound, used = [compile(source, "cell", "exec")], set(), set()
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for step in dis.get_instructions(code):
            if step.opname == "STORE_NAME":
                bound.add(step.argval)
            elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
                used.add(step.argval)
    parts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Subscript | ast.Attribute)]
    changed = {part.value.id for part in parts if isinstance(part.ctx, ast.Store) and isinstance(part.value, ast.Name)}
    return bound, changed, used
