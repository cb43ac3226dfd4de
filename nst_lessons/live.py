"""A callback that draws during a run: the picture, the loss curves, and the time to go."""

import base64
import sys
import time
from io import BytesIO

from nst_lessons.images import resize, to_jpeg
from nst_lessons.sizes import real
from nst_lessons.step import Step

_COLOURS = {"loss": "#333333", "style": "#D55E00", "content": "#0072B2"}  # Okabe and Ito: safe for colour-blind people
MOST_PIXELS = 1024  # on the long side of what is shown
_SHARE = 0.01  # of a run's time may go into drawing the picture, and the same again into the curves


class LivePlot:
    """Draws a run while it goes on: `stylize(..., callback=LivePlot())`.

    In a notebook, it updates one display at most every `every` seconds, less often if drawing would exceed about 2% of the
    run. It always draws the first and the last step. Elsewhere, it writes one line of text to stderr.
    """

    def __init__(self, every: float = 0.5) -> None:
        self.every = real(every, "every")
        self.spent = 0.0  # seconds of drawing in this run
        self._next = None
        self._curves = Curves()
        if in_notebook():
            self._curves.draw()  # the first drawing is slow, so do it before the run

    def __call__(self, step: Step) -> None:
        """Record the step, and draw if it is time."""
        now = time.perf_counter()
        if step.index == 1 or self._next is None:  # a run that continues starts with a later step
            self.spent, self._next, self._next_curves = 0.0, now, now + 2 * self.every
            self._display = new_display() if in_notebook() else None
            self._curves.clear()
        self._curves.add(step)
        last = step.index == step.total
        if now >= self._next or last:
            self._draw(step, now, last)

    def finish(self, step: Step) -> None:
        """Draw the last step of a run that stopped early."""
        self._draw(step, time.perf_counter(), True)

    def _draw(self, step: Step, now: float, last: bool) -> None:
        if self._display is None:
            sys.stderr.write(f"\r{describe(step)}" + "\n" * last)
            sys.stderr.flush()
            between = now
        else:
            if now >= self._next_curves or last:
                self._curves.draw()
                self._next_curves = time.perf_counter() + (time.perf_counter() - now) / _SHARE
            between = time.perf_counter()
            self._display.update({"text/html": _page(step, self._curves.png), "text/plain": describe(step)}, raw=True)
        end = time.perf_counter()
        self._next = end + max(self.every, (end - between) / _SHARE)
        self.spent += end - now


class Curves:
    """Keeps the losses so far and plots them as PNG. It reuses one figure and does without pyplot."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure  # here, so that `import nst_lessons` stays quick

        self._figure = Figure(figsize=(5, 3.6), dpi=80)  # no layout engine: it would take most of the time
        self._axes = self._figure.add_axes((0.17, 0.14, 0.81, 0.77))
        self._axes.set(xlabel="step", ylabel="loss (log scale)", yscale="log")
        self._lines = {name: self._axes.plot([], [], color=c, lw=2, label=name)[0] for name, c in _COLOURS.items()}
        self._axes.yaxis.set_major_formatter("{x:g}")  # plain numbers: typesetting powers would double the time
        self._axes.yaxis.set_minor_formatter("")
        self._axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        self._axes.grid(alpha=0.3)
        self._marks = []
        self.clear()

    def clear(self) -> None:
        self.png = b""
        self._values, self._sizes = {name: [] for name in _COLOURS}, []
        while self._marks:
            self._marks.pop().remove()

    def add(self, step: Step) -> None:
        for name, values in self._values.items():
            values.append(max(getattr(step, name), 1e-4))  # the content loss starts at 0, which a log axis cannot show
        if self._sizes and self._sizes[-1] != step.size:
            self._marks.append(self._axes.axvline(step.index, color="#999999", ls=":"))  # here the picture was enlarged
        self._sizes.append(step.size)

    def draw(self) -> None:
        for name, line in self._lines.items():
            line.set_data(range(1, len(self._sizes) + 1), self._values[name])
        self._axes.relim()
        self._axes.autoscale()
        if len(self._sizes) < 2:  # around a single step the axis would count in hundredths
            self._axes.set_xlim(0, 10)
        data = BytesIO()
        self._figure.savefig(data, format="png", pil_kwargs={"compress_level": 1})
        self.png = data.getvalue()


def describe(step: Step) -> str:
    """Return one line: `step 40/93 | 128 x 96 | loss 1.93 (content 0.75, style 0.058) | 3 s, 16 s to go`."""
    height, width = step.size
    return (
        f"step {step.index}/{step.total} | {width} x {height} | loss {step.loss:.3g} (content {step.content:.3g}, "
        f"style {step.style:.3g}) | {step.seconds:.0f} s, {step.remaining:.0f} s to go   "
    )


def in_notebook() -> bool:
    """Return whether this code runs in a notebook, which can show HTML."""
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def new_display():
    """Return a display in the output of the running cell that can be updated."""
    from IPython.display import display

    return display({"text/plain": "starting"}, raw=True, display_id=True)


def _page(step: Step, curves: bytes) -> str:
    """Return the HTML of one drawing: the picture, the curves, the line of text."""
    shown = step.image if max(step.image.shape[-2:]) <= MOST_PIXELS else resize(step.image, MOST_PIXELS)
    picture = (
        f'<img src="data:image/jpeg;base64,{base64.b64encode(to_jpeg(shown)).decode()}" style="height:320px" '
        f'alt="The picture after {step.index} of {step.total} steps">'
    )
    plot = base64.b64encode(curves).decode()
    plot = f'<img src="data:image/png;base64,{plot}" style="height:288px" alt="Losses against steps">' if curves else ""
    bar = f'<progress value="{step.index}" max="{step.total}" style="width:100%"></progress>'
    return f'<div style="display:flex;gap:12px;flex-wrap:wrap">{picture}{plot}</div>{bar}<div>{describe(step)}</div>'
