"""The callback that draws during a run: the picture, the loss curves, and how long it will take."""

import base64
import sys
import time
from io import BytesIO

import torch

from nst_lessons.images import to_pil
from nst_lessons.transfer import Step

_SHARE = 0.02  # of a run's time may go into drawing, half of it into the curves
_COLOURS = {"loss": "#333333", "style": "#D55E00", "content": "#0072B2"}  # Okabe and Ito: told apart by everybody


class LivePlot:
    """Draws a run while it goes: `stylize(..., callback=LivePlot())`.

    In a notebook one display is updated at most every `every` seconds, and more seldom where drawing would take more
    than about 2% of the run; the first and the last step are always drawn. Elsewhere it is one line of text, on stderr.
    """

    def __init__(self, every: float = 0.5) -> None:
        self.every = every
        self.spent = 0.0  # seconds of drawing in this run

    def __call__(self, step: Step) -> None:
        """Note the step, and draw if it is time to."""
        now = time.perf_counter()
        if step.index == 1:
            self._started, self._drawn, self.spent = now, -float("inf"), 0.0
            self._curves, self._display = _Curves(), _display_handle()
        self._curves.add(step)
        last = step.index == step.total
        due = now - self._drawn >= self.every and self.spent <= _SHARE * (now - self._started)
        if not (due or last):
            return
        if self._display is None:
            sys.stderr.write(f"\r{describe(step)}" + "\n" * last)
            sys.stderr.flush()
        else:
            if last or self._curves.spent < _SHARE / 2 * (now - self._started):
                self._curves.draw()
            self._display.update({"text/html": _page(step, self._curves.png), "text/plain": describe(step)}, raw=True)
        self._drawn = time.perf_counter()
        self.spent += self._drawn - now


def describe(step: Step) -> str:
    """One line: `step 40/132 | 128 x 96 | loss 1.93 (content 0.75, style 0.058) | 3 s, 16 s to go`."""
    height, width = step.size
    return (
        f"step {step.index}/{step.total} | {width} x {height} | loss {step.loss:.3g} (content {step.content:.3g}, "
        f"style {step.style:.3g}) | {step.seconds:.0f} s, {step.remaining:.0f} s to go   "
    )


class _Curves:
    """The losses so far, and their plot as PNG; one figure is used again, and none of pyplot's."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure  # here, so that `import nst_lessons` stays quick

        self.png = b""
        self.spent = 0.0
        self._values = {name: [] for name in _COLOURS}
        self._sizes = []
        self._figure = Figure(figsize=(5, 3.6), dpi=80)  # no layout engine: it would take most of the time
        self._axes = self._figure.add_axes((0.17, 0.14, 0.81, 0.77))
        self._axes.set(xlabel="step", ylabel="loss (log scale)", yscale="log")
        self._lines = {name: self._axes.plot([], [], color=c, lw=2, label=name)[0] for name, c in _COLOURS.items()}
        self._axes.yaxis.set_major_formatter("{x:g}")  # plain numbers: typesetting powers would double the time
        self._axes.yaxis.set_minor_formatter("")
        self._axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        self._axes.grid(alpha=0.3)

    def add(self, step: Step) -> None:
        for name, values in self._values.items():
            values.append(max(getattr(step, name), 1e-4))  # the content loss starts at 0, which a log axis cannot show
        if self._sizes and self._sizes[-1] != step.size:
            self._axes.axvline(step.index, color="#999999", ls=":")  # here the picture was enlarged
        self._sizes.append(step.size)

    def draw(self) -> None:
        start = time.perf_counter()
        for name, line in self._lines.items():
            line.set_data(range(1, len(self._sizes) + 1), self._values[name])
        self._axes.relim()
        self._axes.autoscale_view()
        data = BytesIO()
        self._figure.savefig(data, format="png", pil_kwargs={"compress_level": 1})
        self.png = data.getvalue()
        self.spent += time.perf_counter() - start


def _display_handle():
    """A new display in the notebook that is running, or None outside one."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None or not hasattr(get_ipython(), "kernel"):
        return None
    return display({"text/plain": "starting"}, raw=True, display_id=True)


def _page(step: Step, curves: bytes) -> str:
    """The HTML of one drawing: the picture, the curves, the line of text."""
    picture = (
        f'<img src="data:image/jpeg;base64,{_jpeg(step.image)}" style="height:320px" '
        f'alt="The picture after {step.index} of {step.total} steps">'
    )
    plot = base64.b64encode(curves).decode()
    plot = f'<img src="data:image/png;base64,{plot}" style="height:288px" alt="Losses against steps">' if curves else ""
    bar = f'<progress value="{step.index}" max="{step.total}" style="width:100%"></progress>'
    return f'<div style="display:flex;gap:12px;flex-wrap:wrap">{picture}{plot}</div>{bar}<div>{describe(step)}</div>'


def _jpeg(image: torch.Tensor) -> str:
    data = BytesIO()
    to_pil(image).save(data, format="jpeg", quality=90)
    return base64.b64encode(data.getvalue()).decode()
