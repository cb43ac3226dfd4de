"""The notebook cell that a Studio belongs to."""

import ipywidgets as widgets

from nst_lessons.figures import draw, to_html
from nst_lessons.images import load_image


def cell_id() -> str | None:
    """The identity of the cell that is being run, or its text where the front end does not tell it; None outside of one."""
    from IPython import get_ipython  # here and below, so that `import nst_lessons` stays quick

    shell = get_ipython()
    message = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code")


def display_in_cell(box: widgets.Widget, content: str, style: str) -> None:
    """Show a Studio's widgets, and where no widget can be drawn (a web page, a PDF) its two pictures."""
    from IPython.display import display

    pictures = {"photo": load_image(content, 256), "style": load_image(style, 256)}
    still = "Here the Studio stands when the notebook runs: sliders that steer a run from this photo to this style."
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    data = {"application/vnd.jupyter.widget-view+json": view, "text/html": to_html(draw(pictures, still), still)}
    display({**data, "text/plain": still}, raw=True)
