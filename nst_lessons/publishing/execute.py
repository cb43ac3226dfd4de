"""`make solutions`: run the lessons' sources, and keep in each cell how long it took.

The times count for the reference of docs/how_fast.md. So a computer that can do more is held to that.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from nst_lessons.publishing.students import solutions, write

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}  # read by torch
CORES = 2


class Stopwatch(NotebookClient):
    """Executes a notebook, and writes each code cell's seconds into its metadata."""

    async def async_execute_cell(self, cell, *arguments, **options):
        start = time.perf_counter()
        executed = await super().async_execute_cell(cell, *arguments, **options)
        if cell.cell_type == "code":
            cell.metadata["seconds"] = round(time.perf_counter() - start, 1)
        return executed


def execute(folder: Path, only: Sequence[str] = ()) -> Iterator[Path]:
    """Execute folder/solutions/NN_name.ipynb in place, on the reference; yields each file when it is written.

    only: how the names begin that are wanted, such as "03"; all if empty.

    Raises ValueError for a beginning that no lesson has. An exception in a cell is raised, and its file stays as it was.
    """
    lessons = solutions(folder)
    for start in only:
        if not any(path.stem.startswith(start) for path in lessons):
            raise ValueError(f"No lesson begins with {start!r}: choose among {', '.join(path.stem for path in lessons)}.")
    for path in lessons:
        if path.stem.startswith(tuple(only) or ""):
            yield write(executed(nbformat.read(path, as_version=4), path.parent), path)


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Execute a notebook in place, in a kernel that starts in `folder`; returns it."""
    resources = {"metadata": {"path": str(folder)}}
    client = Stopwatch(notebook, timeout=600, record_timing=False, store_widget_state=False, resources=resources)
    client.execute(env=os.environ | AVX2)
    return notebook


def main() -> None:
    """Execute the lessons whose beginnings are given, and print how long each took."""
    if hasattr(os, "sched_setaffinity"):  # Linux; the kernels inherit it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    for path in execute(Path("notebooks"), sys.argv[1:]):
        cells = nbformat.read(path, as_version=4).cells
        seconds = [cell.metadata.seconds for cell in cells if cell.cell_type == "code"]
        print(f"{path}: {sum(seconds):.0f} s, the slowest cell {max(seconds):.0f} s", flush=True)


if __name__ == "__main__":
    main()
