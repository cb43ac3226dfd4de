"""Makes slides: one HTML file per lesson, complete with reveal.js and formulas, for a room without a network.

nbconvert cuts a notebook into slides. Its own template fetches reveal.js, MathJax and more from the web;
`slides.html.j2` replaces it. reveal.js comes from the wheel `sphinx-revealjs`.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

from nst_lessons.publishing import web_text
from nst_lessons.publishing.students import is_solution, solutions

STATIC = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]  # best first; no widgets


def slides(folder: Path, out: Path) -> list[Path]:
    """Write out/NN_name.html from each folder/solutions/NN_name.ipynb with its stored outputs; returns the files.

    Raises FileNotFoundError if there are no solutions, ModuleNotFoundError if the extra `slides` is not installed.
    """
    sources = solutions(folder)
    out.mkdir(parents=True, exist_ok=True)
    made = [out / f"{source.stem}.html" for source in sources]
    for source, path in zip(sources, made, strict=True):
        path.write_text(to_html(nbformat.read(source, as_version=4), source.stem, folder), encoding="utf-8")
    return made


def to_html(notebook: NotebookNode, title: str, folder: Path) -> str:
    """Return a notebook's slides as one HTML page; links to pictures are relative to `folder`.

    A cell's `slideshow.slide_type` says where it goes. A solution, and the rest of its slide, appear at the next key press.
    """

    def markdown(source: str) -> str:
        renderer = web_text.Renderer(escape=False, exclude_anchor_links=True, embed_images=True, path=str(folder))
        source = re.sub(r"\[([^\]]+)\]\([\w./-]+\.md\)", r"\1", source)  # primers and glossary are no slides
        return web_text.to_html(source.replace(".ipynb)", ".html)"), renderer)  # links to other lessons

    exporter = SlidesExporter(
        config=Config(NbConvertBase={"display_data_priority": STATIC}, CSSHTMLHeaderPreprocessor={"style": "default"}),
        template_file=str(Path(__file__).with_name("slides.html.j2")),
        filters={"markdown2html": markdown},
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    cells = [_revealed_late(cell) if is_solution(cell) else cell for cell in notebook.cells]
    resources = {"metadata": {"name": title}, "reveal": {"js": _reveal("reveal.js"), "css": _reveal("reveal.css")}}
    html, _ = exporter.from_notebook_node(NotebookNode({**notebook, "cells": cells}), resources)
    return html


def _revealed_late(cell: NotebookNode) -> NotebookNode:
    slideshow = {"slide_type": "fragment", **cell.metadata.get("slideshow", {})}
    return NotebookNode({**cell, "metadata": NotebookNode({**cell.metadata, "slideshow": slideshow})})


def _reveal(name: str) -> str:
    """Return a file of reveal.js, read without importing the package that contains it."""
    spec = find_spec("sphinx_revealjs")
    if spec is None:
        raise ModuleNotFoundError("No module named 'sphinx_revealjs'", name="sphinx_revealjs")
    return (Path(spec.origin).parent / "_static" / "revealjs" / "dist" / name).read_text(encoding="utf-8")
