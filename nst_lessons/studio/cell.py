"""The notebook cell that a Studio belongs to."""

import ipywidgets as widgets

from nst_lessons.figures import draw, to_html
from nst_lessons.images import load_image


def cell_id() -> str | None:
    """Return the running cell's id, or its code if the front end sends no id; None outside a cell."""
    from IPython import get_ipython  # here and below, so that `import nst_lessons` stays quick

    shell = get_ipython()
    message = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code")


def display_in_cell(box: widgets.Widget, content: str, style: str) -> None:
    """Show a Studio's widgets, or its two pictures where widgets cannot be drawn (a web page, a PDF)."""
    from IPython.display import display

    pictures = {"photo": load_image(content, 256), "style": load_image(style, 256)}
    still = "When the notebook runs, the Studio appears here: sliders that steer a run from this photo to this style."
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    data = {"application/vnd.jupyter.widget-view+json": view, "text/html": to_html(draw(pictures, still), still)}
    display({**data, "text/plain": still}, raw=True)
