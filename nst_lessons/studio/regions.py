"""The part of a Studio that gives a second style its place: a brush, a chooser, and the style's share."""

from collections.abc import Callable
from html import escape
from pathlib import Path

import ipywidgets as widgets
import torch

from nst_lessons.studio.brush import Brush
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.uploads import save_mask

HELP = "Paint on the photo: there the second style goes, from the next step on."
EMPTY = "This is another photo: nothing is painted on it yet."


class Regions(widgets.VBox):
    """Holds the brush and the second style.

    photo: what to paint on, as for `Brush`. second: the second style's name.
    changed: called when the mask or the share changes.
    """

    def __init__(self, photo: object, second: str, changed: Callable[[], None]) -> None:
        self.changed, self.brush, self._files = changed, Brush(photo), {}
        self.second = Chooser("style", second)
        self.share = widgets.FloatSlider(0.5, min=0, max=1, step=0.05, continuous_update=False, layout={"width": "268px"})
        self.save = widgets.Button(description="Save mask", icon="save", disabled=True, layout={"width": "112px"})
        self.save.tooltip = "write what is painted beside the notebook"
        self.note = widgets.HTML()
        title = widgets.Label("the second style and its share")
        parts = [widgets.HTML(HELP), self.brush, self.save, self.note, title, self.share, self.second]
        super().__init__(parts, layout={"width": "276px"})
        self.brush.observe(self._painted, "alpha")
        self.save.on_click(lambda _: self._write())
        self.share.observe(lambda _: self.changed(), "value")

    def take(self, photo: object) -> None:
        """Show another photo, with nothing painted on it."""
        old, self.brush = self.brush, Brush(photo)
        self.brush.observe(self._painted, "alpha")
        self.save.disabled, self.note.value = True, EMPTY if any(old.alpha) else ""
        self.children = tuple(self.brush if child is old else child for child in self.children)
        old.close()

    def _painted(self, _: object) -> None:
        self.save.disabled, self.note.value = not any(self.brush.alpha), ""
        self.changed()

    def file_of(self, mask: torch.Tensor) -> Path:
        """Return the file of a mask (1, 3, H, W) beside the notebook; it is written if there is none."""
        key = mask.numpy().tobytes()
        if key not in self._files or not self._files[key].is_file():
            self._files[key] = save_mask(mask)
        return self._files[key]

    def _write(self) -> None:
        """Write what is painted beside the notebook, and say how the file is called."""
        try:
            self.note.value = f"saved as {self.file_of(self.brush.mask).name}"
        except OSError as error:
            self.note.value = escape(str(error))
