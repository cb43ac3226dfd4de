"""The part of a Studio that gives a second style its place: a brush, a chooser, and the style's share."""

from collections.abc import Callable
from html import escape

import ipywidgets as widgets

from nst_lessons.studio.brush import Brush
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.uploads import save_mask

HELP = "Paint on the photo: there the second style goes, from the next step on."


class Regions(widgets.VBox):
    """Holds the brush and the second style.

    photo: what to paint on, as for `Brush`. second: the second style's name.
    changed: called when the mask or the share changes.
    """

    def __init__(self, photo: object, second: str, changed: Callable[[], None]) -> None:
        self.changed, self.brush = changed, Brush(photo)
        self.second = Chooser("style", second)
        self.share = widgets.FloatSlider(0.5, min=0, max=1, step=0.05, description="its share", continuous_update=False)
        self.save = widgets.Button(description="Save mask", icon="save", disabled=True, layout={"width": "112px"})
        self.note = widgets.HTML()
        side = widgets.VBox([self.second, self.share, self.save, self.note])
        self.row = widgets.HBox([self.brush, side], layout={"flex_flow": "row wrap", "grid_gap": "16px"})
        super().__init__([widgets.Label(HELP), self.row])
        self.brush.observe(self._painted, "alpha")
        self.save.on_click(lambda _: self._write())
        self.share.observe(lambda _: self.changed(), "value")

    def take(self, photo: object) -> None:
        """Show another photo, with nothing painted on it."""
        old, self.brush = self.brush, Brush(photo)
        self.brush.observe(self._painted, "alpha")
        self.save.disabled, self.note.value = True, ""
        self.row.children = (self.brush, *self.row.children[1:])
        old.close()

    def _painted(self, _: object) -> None:
        self.save.disabled = not any(self.brush.alpha)
        self.changed()

    def _write(self) -> None:
        """Write the mask beside the notebook, and say how it is called."""
        try:
            self.note.value = f"saved as {save_mask(self.brush.mask).name}"
        except OSError as error:
            self.note.value = escape(str(error))
