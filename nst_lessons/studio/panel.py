"""The Studio's widgets and their layout; `studio.py` makes them act."""

import time
from collections.abc import Iterator
from html import escape

import ipywidgets as widgets

from nst_lessons.images import to_jpeg
from nst_lessons.live import Curves, describe
from nst_lessons.machine import on_colab
from nst_lessons.objective import STYLE_LAYERS, Weights
from nst_lessons.step import Step
from nst_lessons.studio.beginnings import BEGINNINGS
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.history import Part

COLOURS = {"the style's": "style", "the photo's (luminance only)": "luminance", "the photo's (matched)": "matched"}
INVITATION = "Press Start; then move any slider while it paints."
_DEFAULT = Weights()


class Panel:
    """Holds one Studio's pictures, sliders, buttons and status line (`text`); fits 1200 x 700 pixels.

    `losses` records the run's losses; `curves` shows their plot.
    """

    def __init__(self, content: str, style: str) -> None:
        self.content, self.style = Chooser("photo", str(content)), Chooser("style", str(style))
        self.weights = {
            "content": self._log("content", _DEFAULT.content, -2, 3),
            "style": self._log("style", _DEFAULT.style, -1, 4),
            "tv": self._log("smoothness", _DEFAULT.tv, -2, 4),
        }
        self.layers = {name: self._slider(name, 1.0, 0, 3) for name in STYLE_LAYERS}
        self.scale = self._slider("stroke size", 1.0, 0.5, 2)
        self.colours = widgets.Dropdown(options=list(COLOURS.items()), description="colours", layout={"width": "320px"})
        self.begin = widgets.Dropdown(options=list(BEGINNINGS.items()), description="start from", layout={"width": "300px"})
        controls = [*self.weights.values(), *self.layers.values(), self.scale, self.colours, self.begin]
        self._defaults = {control: control.value for control in controls}
        self.start = self._button("Start", "play", 88, "start anew, from the photo or from what is chosen below")
        self.pause = self._button("Pause", "pause", 112, "hold the run after this step, or continue it")
        self.stop = self._button("Stop", "stop", 88, "end the run and keep its picture")
        self.reset = self._button("Reset", "undo", 88, "end the run; every slider and menu goes back to where it was at first")
        self.save = self._button("Save", "save", 88, "write the picture beside the notebook")
        self.copy = self._button("Show as code", "code", 130, "the code that makes this very picture in a cell")
        self.regions = self._button("Two styles", "paint-brush", 120, "paint where a second style goes")
        self.link = widgets.Output()
        self.code = widgets.Textarea(layout={"width": "400px", "height": "200px", "display": "none"})
        self.progress = widgets.FloatProgress(value=0, min=0, max=1, layout={"width": "400px"})
        self.status = widgets.HTML()
        self.result = widgets.Image(format="jpeg", layout={"width": "400px", "max_height": "350px", "object_fit": "contain"})
        self.curves = widgets.Image(format="png", layout={"width": "264px"})
        self.losses = Curves()
        self.box = self._arrange()

    def message(self, text: str) -> None:
        """Show plain `text` in the status line."""
        self.text = text
        self.status.value = escape(text).replace("\n", "<br>")

    def allow(self, running: bool, painted: bool) -> None:
        """Disable the buttons that cannot act: without a run, or without a picture."""
        self.pause.disabled = self.stop.disabled = not running
        self.save.disabled = self.copy.disabled = not painted

    def pausing(self, paused: bool) -> None:
        """Let the button say what it does next: pause the run, or continue it."""
        self.pause.description, self.pause.icon = ("Continue", "play") if paused else ("Pause", "pause")

    def chosen_weights(self) -> Weights:
        """Return the sliders' values."""
        values = {name: slider.value for name, slider in self.weights.items()}
        return Weights(**values, layers={name: slider.value for name, slider in self.layers.items()})

    def part(self, schedule: list[tuple[int, int]]) -> Part:
        """Return the part of a run that is chosen here, without a second style."""
        options = self.scale.value, self.colours.value, self.chosen_weights()
        return Part(self.content.value, self.style.value, schedule, *options, begin=self.begin.value)

    def reset_controls(self) -> None:
        """Reset every slider and menu."""
        for control, value in self._defaults.items():
            control.value = value

    def clear(self) -> None:
        """Show the state before a run: the photo as canvas, and no curves."""
        self.result.value, self.progress.value = self.content.picture.value, 0
        self.losses.clear()
        self._draw_curves()
        self._next_picture = self._next_curves = 0.0
        self.pausing(False)
        self.allow(running=False, painted=False)
        self.message(INVITATION)

    def draw_soon(self) -> None:
        """Make the next `draw` draw the picture, even if the last one was a moment ago."""
        self._next_picture = 0.0

    def draw(self, step: Step, weights: Weights, title: str, at_once: bool) -> None:
        """Show a step's picture, numbers and curves, and the weights that made it, below the title.

        Draws at most four times a second, and the curves less often, unless `at_once`.
        """
        now = time.perf_counter()
        if not (at_once or now > self._next_picture):
            return
        self.result.value, self.progress.value = to_jpeg(step.image), step.index / step.total
        names = f"content {weights.content:.3g}, style {weights.style:.3g}, smoothness {weights.tv:.3g}"
        self.message(f"{title}\n{describe(step)}\nweights: {names}")
        if at_once or now > self._next_curves:
            self._draw_curves()
        self._next_picture = time.perf_counter() + 0.25

    def _draw_curves(self) -> None:
        self.losses.draw()
        self.curves.value = self.losses.png
        self._next_curves = time.perf_counter() + 1.5

    def offer(self, name: str) -> None:
        """Say that a picture was saved, with a link to download it where links to files work."""
        from IPython.display import FileLink  # here, so that `import nst_lessons` stays quick

        self.link.outputs = ()
        if on_colab():
            self.message(f"saved as {name}: download it from the files on the left")
            return
        self.link.append_display_data(FileLink(name))  # JupyterLab removes links to data from HTML()
        self.message(f"saved as {name}")

    def close(self) -> None:
        """Close every widget: ipywidgets keeps each one, and all that its callbacks use, until then."""
        for widget in list(_with_children(self.box)):
            for part in (widget, widget.layout, getattr(widget, "style", None)):
                if part is not None:
                    part.close()
            if isinstance(widget, widgets.Image | widgets.HTML):
                widget.value = b"" if isinstance(widget, widgets.Image) else ""  # frees pictures and thumbnails
        self.losses = None

    def _arrange(self) -> widgets.Box:
        column, row = widgets.VBox, widgets.HBox
        buttons = row([self.start, self.pause, self.stop, self.reset])
        below = row([self.save, self.copy, self.regions])  # above the words, whose number of lines changes
        painting = column(
            [buttons, self.result, self.progress, below, self.begin, self.status, self.link, self.code],
            layout={"width": "412px"},
        )
        titles = "weights of the losses", "weights of the layers in the style loss"
        title = '<div style="line-height:18px">{}</div>'
        weights, layers = (widgets.HTML(title.format(words), layout={"height": "18px"}) for words in titles)
        sliders = column(
            [weights, *self.weights.values(), layers, *self.layers.values(), self.scale, self.colours, self.curves]
        )
        self.beside = column([])  # where the regions appear: a stroke and what it does are seen together
        left = column([self.beside, self.content, self.style])
        return row([left, painting, sliders], layout={"flex_flow": "row wrap"})

    @staticmethod
    def _button(text: str, icon: str, width: int, does: str) -> widgets.Button:
        return widgets.Button(description=text, icon=icon, tooltip=does, layout={"width": f"{width}px"})

    @staticmethod
    def _log(name: str, value: float, low: int, high: int) -> widgets.FloatLogSlider:
        return widgets.FloatLogSlider(value, min=low, max=high, step=0.1, description=name, **_SLIDER)

    @staticmethod
    def _slider(name: str, value: float, low: float, high: float) -> widgets.FloatSlider:
        return widgets.FloatSlider(value, min=low, max=high, step=0.1, description=name, **_SLIDER)


def _with_children(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _with_children(child)


_SLIDER = {"continuous_update": False, "style": {"description_width": "80px"}, "layout": {"width": "320px"}}
