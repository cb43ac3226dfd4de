"""The curves of a run: its losses so far against its steps."""

from io import BytesIO

from nst_lessons.step import Step

_COLOURS = {"loss": "#333333", "style": "#D55E00", "content": "#0072B2"}  # Okabe and Ito: told apart by everybody


class Curves:
    """The losses so far, and their plot as PNG; one figure is used again, and none of pyplot's."""

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
        self._axes.autoscale_view()
        data = BytesIO()
        self._figure.savefig(data, format="png", pil_kwargs={"compress_level": 1})
        self.png = data.getvalue()
