"""Single-file notebooks: a student notebook that brings the package and the bundled styles with it, for Kaggle and for Colab.

Their set-up cell is `setup_cell.py` with the archive as the text that it is called with.
"""

import base64
import io
import json
import lzma
import re
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image

from nst_lessons import samples
from nst_lessons.publishing.students import solutions, student, write

PACKAGE = Path(__file__).parent.parent
KAGGLE_LARGEST = 1_000_000  # bytes of a notebook without its outputs: Kaggle saves no larger one
KAGGLE_STYLES = (512, 75)  # long side and JPEG quality, so that all eight fit into that
COLAB_MODELS = {"08_real_time": "stylizer"}  # Colab takes large notebooks: this one brings its model, too
CALL = 'if __name__ == "__main__":\n    set_up()\n'
HINT = re.compile(r"If the next cell says .*pip install --editable.*")
SENTENCE = (
    "Run the next cell first: it finds the package `nst_lessons`, or unpacks its own copy, and says in one line what it found."
)
HIDDEN = {"jupyter": {"source_hidden": True}, "cellView": "form", "_kg_hide-input": True, "slideshow": {"slide_type": "skip"}}


def single_files(folder: Path, out: Path) -> list[Path]:
    """Write out/kaggle/NN_name.ipynb and out/colab/NN_name.ipynb from each folder/solutions/NN_name.ipynb; returns the files.

    Raises FileNotFoundError where there are no solutions, ValueError for a notebook that Kaggle would not take.
    """
    written = []
    for_kaggle, for_colab = packed(package_files(KAGGLE_STYLES)), packed(package_files())
    for source in solutions(folder):
        notebook = student(nbformat.read(source, as_version=4))
        written.append(write_for_kaggle(with_set_up(notebook, for_kaggle), out / "kaggle" / source.name))
        model = COLAB_MODELS.get(source.stem)
        texts = [for_colab, packed(model_files(model))] if model else [for_colab]
        written.append(write(with_set_up(notebook, *texts), out / "colab" / source.name))
    return written


def package_files(styles: tuple[int, int] | None = None) -> dict[str, bytes]:
    """The package as {path in it: content}, with the bundled styles: as they are, or at this (long side, JPEG quality)."""
    sources = sorted(path for path in PACKAGE.rglob("*") if path.is_file() and not _is_left_out(path.relative_to(PACKAGE)))
    files = {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in sources}
    for path in sorted((samples.data_dir() / "styles").glob("*.jpg")):
        files[f"nst_lessons/data/styles/{path.name}"] = _smaller(path, *styles) if styles else path.read_bytes()
    return files


def model_files(*names: str) -> dict[str, bytes]:
    """Models of `data/models` as {path in the package: content}; FileNotFoundError for one that is not there."""
    folder = samples.data_dir() / "models"
    files = [folder / f"{name}.safetensors" for name in names]
    return {f"nst_lessons/data/models/{file.name}": file.read_bytes() for file in files}


def packed(files: dict[str, bytes]) -> str:
    """Files as one line of text: the same for the same files."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:  # stored: xz then sees across the files
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return base64.b85encode(lzma.compress(memory.getvalue(), preset=9 | lzma.PRESET_EXTREME)).decode()


def with_set_up(notebook: NotebookNode, *carried: str) -> NotebookNode:
    """A student notebook with the set-up cell before its first code, and with no link to a file that is not there."""
    cells = [NotebookNode({**cell, "source": _alone(cell)}) for cell in notebook.cells]
    first = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    if not HINT.search(cells[first - 1].source):
        raise ValueError(
            f"Before its first code, {cells[0].source.splitlines()[0]!r} lacks the lessons' line {HINT.pattern!r}: add it."
        )
    cells[first - 1].source = HINT.sub(SENTENCE, cells[first - 1].source)
    cells.insert(first, nbformat.v4.new_code_cell(set_up_cell(*carried), id="set-up", metadata=HIDDEN))
    return NotebookNode({**notebook, "cells": cells})


def set_up_cell(*carried: str) -> str:
    """The code of the set-up cell with what it carries; base85 has neither quotation marks nor backslashes."""
    template = (PACKAGE / "publishing" / "setup_cell.py").read_text(encoding="utf-8")
    texts = ", ".join(f'"{text}"' for text in carried)
    return template.removesuffix(CALL) + f"set_up({texts})"


def write_for_kaggle(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook, if Kaggle takes one of its size; its command line sends what `json.dumps` makes of it."""
    size = len(json.dumps(notebook))
    if size >= KAGGLE_LARGEST:
        raise ValueError(f"{path.name} has {size:,} bytes, and Kaggle takes less than {KAGGLE_LARGEST:,}: see KAGGLE_STYLES.")
    return write(notebook, path)


def _is_left_out(path: Path) -> bool:
    return "__pycache__" in path.parts or path.parts[0] == "data"  # an installed package's own data


def _smaller(path: Path, side: int, quality: int) -> bytes:
    memory = io.BytesIO()
    with Image.open(path, formats=("JPEG",)) as picture:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        picture.save(memory, "JPEG", quality=quality, optimize=True, progressive=True)
    return memory.getvalue()


def _alone(cell: NotebookNode) -> str:
    """A cell's text; in prose a link to a neighbouring file, which will not be there, becomes its words."""
    if cell.cell_type != "markdown":
        return cell.source
    return re.sub(r"\[([^\]]+)\]\([\w./-]+\.(?:ipynb|md|py)\)", r"\1", cell.source)
