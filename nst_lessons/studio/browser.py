"""What the widgets with a browser side of their own share. They need the package anywidget, which not every host has."""

from pathlib import Path

try:
    from anywidget import AnyWidget
except ImportError:
    raise ImportError(
        "The brush and the camera need the package anywidget: run `%pip install anywidget` in a new cell, restart the kernel, "
        "and run this cell again."
    ) from None

from nst_lessons.machine import on_colab

HERE = Path(__file__).parent


def browser_side(name: str) -> str:
    """Return the module in the file `name`, after the helper that all of them use."""
    return (HERE / "element.js").read_text(encoding="utf-8") + (HERE / name).read_text(encoding="utf-8")


class BrowserWidget(AnyWidget):
    """A widget whose browser side is a module beside this file."""

    _css = HERE / "browser.css"

    def __init__(self, **traits: object) -> None:
        if on_colab():
            from google.colab import output  # widgets that are not its own are off there by default

            output.enable_custom_widget_manager()
        super().__init__(**traits)

    def __repr__(self) -> str:
        """Return what a page shows where no kernel runs."""
        return f"When the notebook runs, the {type(self).__name__.lower()} appears here."
