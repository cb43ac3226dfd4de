"""Makes single-file notebooks for Kaggle and Colab: student notebooks that contain the package and the bundled styles.

Their set-up cell is `setup_cell.py`; its call gets the archive as text.
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
KAGGLE_LARGEST = 1_000_000  # bytes of a notebook without outputs: Kaggle rejects one of this size
KAGGLE_STYLES = (512, 65)  # long side and JPEG quality at which all eight styles fit
COLAB_MODELS = {"08_real_time": "stylizer"}  # Colab accepts large notebooks, so this one contains its model
CALL = 'if __name__ == "__main__":\n    set_up()\n'
HINT = re.compile(r"If the next cell says .*pip install --editable.*")
SENTENCE = (
    "Run the next cell first: it finds the package `nst_lessons`, or unpacks its own copy, and says in one line what it found. "
    "The glossary, and the primers that this lesson needs, are at the end of this notebook."
)
HIDDEN = {"jupyter": {"source_hidden": True}, "cellView": "form", "_kg_hide-input": True, "slideshow": {"slide_type": "skip"}}


def single_files(folder: Path, out: Path) -> list[Path]:
    """Write out/kaggle/NN_name.ipynb and out/colab/NN_name.ipynb from each folder/solutions/NN_name.ipynb; returns the files.

    Raises FileNotFoundError if there are no solutions, ValueError for a notebook that Kaggle would reject.
    """
    written = []
    for_kaggle, for_colab = packed(package_files(KAGGLE_STYLES)), packed(package_files())
    for source in solutions(folder):
        notebook = with_pages(student(nbformat.read(source, as_version=4)), folder)
        written.append(write_for_kaggle(with_set_up(notebook, for_kaggle), out / "kaggle" / source.name))
        model = COLAB_MODELS.get(source.stem)
        texts = [for_colab, packed(model_files(model))] if model else [for_colab]
        written.append(write(with_set_up(notebook, *texts), out / "colab" / source.name))
    return written


def package_files(styles: tuple[int, int] | None = None) -> dict[str, bytes]:
    """Return the package and the bundled styles as {path: content}. styles: (long side, JPEG quality), or None: unchanged."""
    sources = sorted(path for path in PACKAGE.rglob("*") if path.is_file() and not _is_left_out(path.relative_to(PACKAGE)))
    files = {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in sources}
    for path in sorted((samples.data_dir() / "styles").glob("*.jpg")):
        files[f"nst_lessons/data/styles/{path.name}"] = _smaller(path, *styles) if styles else path.read_bytes()
    return files


def model_files(*names: str) -> dict[str, bytes]:
    """Return models of `data/models` as {path in the package: content}. Raises FileNotFoundError for a missing one."""
    folder = samples.data_dir() / "models"
    files = [folder / f"{name}.safetensors" for name in names]
    return {f"nst_lessons/data/models/{file.name}": file.read_bytes() for file in files}


def packed(files: dict[str, bytes]) -> str:
    """Return files as one line of text; equal files give equal text."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:  # uncompressed, so that xz can use what the files have in common
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return base64.b85encode(lzma.compress(memory.getvalue(), preset=9 | lzma.PRESET_EXTREME)).decode()


def with_pages(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Return a student notebook with the pages of `folder` that it links to, such as primers, as texts at its end."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    pages = [folder / page for page in dict.fromkeys(re.findall(r"\]\(([\w/]+\.md)\)", text))]
    skipped = {"slideshow": {"slide_type": "skip"}}
    texts = [nbformat.v4.new_markdown_cell(page.read_text("utf-8"), id=page.stem, metadata=skipped) for page in pages]
    return NotebookNode({**notebook, "cells": [*notebook.cells, *texts]})


def with_set_up(notebook: NotebookNode, *carried: str) -> NotebookNode:
    """Return a student notebook with the set-up cell before its first code cell, and without links to other files.

    Raises ValueError if the text before that cell lacks the line on how to install.
    """
    cells = [NotebookNode({**cell, "source": _alone(cell)}) for cell in notebook.cells]
    first = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    if not HINT.search(cells[first - 1].source):
        raise ValueError(
            f"{cells[0].source.splitlines()[0]!r} lacks the lessons' line {HINT.pattern!r} before its first code cell: add it."
        )
    cells[first - 1].source = HINT.sub(SENTENCE, cells[first - 1].source)
    cells.insert(first, nbformat.v4.new_code_cell(set_up_cell(*carried), id="set-up", metadata=HIDDEN))
    return NotebookNode({**notebook, "cells": cells})


def set_up_cell(*carried: str) -> str:
    """Return the set-up cell's code with the texts `carried`; base85 has neither quotation marks nor backslashes."""
    template = (PACKAGE / "publishing" / "setup_cell.py").read_text(encoding="utf-8")
    texts = ", ".join(f'"{text}"' for text in carried)
    return template.removesuffix(CALL) + f"set_up({texts})"


def write_for_kaggle(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook. Raises ValueError if it is too large for Kaggle, whose command line sends it as `json.dumps` does."""
    size = len(json.dumps(notebook))
    if size >= KAGGLE_LARGEST:
        raise ValueError(f"{path.name} has {size:,} bytes, but Kaggle takes less than {KAGGLE_LARGEST:,}: see KAGGLE_STYLES.")
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
    """Return a cell's text; in Markdown, a link to a neighbouring file, which will be missing, becomes plain text."""
    if cell.cell_type != "markdown":
        return cell.source
    return re.sub(r"\[([^\]]+)\]\([\w./-]+\.(?:ipynb|md|py)\)", r"\1", cell.source)
