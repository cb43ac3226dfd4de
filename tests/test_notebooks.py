"""Every notebook runs from top to bottom in a fresh kernel, on the real network, at the sizes a reader gets."""

import re
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SLOWEST_CELL = 40  # seconds on two cores, by the rule of the series


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_as_it_is(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    started = {}
    seconds = {}
    client = NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(tmp_path)}},
        on_cell_execute=lambda cell, cell_index: started.update({cell_index: time.perf_counter()}),
        on_cell_executed=lambda cell, cell_index, execute_reply: seconds.update(
            {cell_index: time.perf_counter() - started[cell_index]}
        ),
    )
    client.execute()
    slowest = max(seconds, key=seconds.get)
    print(f"{path.stem}: {sum(seconds.values()):.0f} s, the slowest cell {seconds[slowest]:.0f} s of {SLOWEST_CELL}")
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr" and "Warning" in output.text]
    pages = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    pictures = [tag for page in pages for tag in re.findall(r"<img[^>]*>", page)]
    assert pictures and all(re.search(r'alt="[^"]+"', tag) for tag in pictures)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_without_outputs_and_follows_the_skeleton(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    skeleton = ["**The question:", "You will be able to", "**Time**", "## Set-up", "Predict", "Look"]
    skeleton += ["## Talk about it", "## Recap", "## What the papers say", "**Next:**"]
    assert not [part for part in skeleton if part not in text]
