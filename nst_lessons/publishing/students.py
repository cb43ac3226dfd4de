"""Makes student notebooks from the solutions. What students must write becomes `...`; outputs are removed."""

import ast
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nst_lessons.files import replacing

MARK = "# solution"  # the first line of a cell whose functions and variables students must write


def publish(folder: Path) -> list[Path]:
    """Write folder/NN_name.ipynb from each folder/solutions/NN_name.ipynb; returns the files.

    Raises FileNotFoundError if there are no solutions.
    """
    return [write(student(nbformat.read(source, as_version=4)), folder / source.name) for source in solutions(folder)]


def solutions(folder: Path) -> list[Path]:
    """Return the notebooks folder/solutions/NN_name.ipynb in order. Raises FileNotFoundError if there are none."""
    found = sorted((folder / "solutions").glob("[0-9]*.ipynb"))
    if not found:
        raise FileNotFoundError(f"There are no notebooks in {folder / 'solutions'}: run this in a clone of the project.")
    return found


def student(solution: NotebookNode) -> NotebookNode:
    """Return the notebook that a student opens: empty exercises, no outputs, no seconds, no speaker's notes."""
    cells = []
    for cell in solution.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            continue
        cell = NotebookNode({**cell, "source": exercise(cell.source) if is_solution(cell) else cell.source})
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../", "](")  # the student's file is one folder higher
        if cell.cell_type == "code":
            kept = NotebookNode({key: value for key, value in cell.metadata.items() if key != "seconds"})
            cell.update(outputs=[], execution_count=None, metadata=kept)
        cells.append(cell)
    return NotebookNode({**solution, "cells": cells})


def is_solution(cell: NotebookNode) -> bool:
    """Whether a cell holds code that students must write."""
    return cell.cell_type == "code" and cell.source.startswith(MARK)


def exercise(source: str) -> str:
    """Return the stub of a solution: functions keep their signature and docstring, variables their name and comment.

    def double(x):              def double(x):
        \"\"\"Twice x.\"\"\"      ->        \"\"\"Twice x.\"\"\"
        return 2 * x                ...
    """
    lines = source.encode().split(b"\n")[1:]  # ast counts columns in bytes
    for node in reversed(ast.parse(b"\n".join(lines)).body):
        if isinstance(node, ast.FunctionDef):
            kept = node.body[0] if ast.get_docstring(node) is not None else None
            start = kept.end_lineno if kept else node.body[0].lineno - 1
            lines[start : node.end_lineno] = [b" " * node.body[0].col_offset + b"..."]
        elif isinstance(node, ast.Assign):
            name = node.targets[-1]
            before = lines[name.end_lineno - 1][: name.end_col_offset]
            after = lines[node.end_lineno - 1][node.end_col_offset :]
            lines[node.lineno - 1 : node.end_lineno] = [before + b" = ..." + after]
    return b"\n".join(lines).decode()


def write(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook, whole or not at all; creates its folder if missing. Returns the path."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        nbformat.write(notebook, temporary)
    return path
