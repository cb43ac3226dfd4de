"""The Studio: sliders that steer a run while it goes."""

import re
import time
from copy import deepcopy
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image

from nst_lessons.figures import draw, to_html
from nst_lessons.images import load_image, save_image, to_jpeg, to_pil
from nst_lessons.live import Curves, describe
from nst_lessons.loop import transfer
from nst_lessons.machine import on_colab
from nst_lessons.objective import Weights
from nst_lessons.settings import coarse_to_fine
from nst_lessons.step import Step
from nst_lessons.studio.background import Runner
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.history import Part, code
from nst_lessons.studio.panel import Panel
from nst_lessons.vgg import VGG, default_vgg

LARGEST_UPLOAD = 40_000_000  # bytes
_open: dict[str, "Studio"] = {}  # the Studio of each notebook cell: running the cell again ends the run before


class Studio:
    """Choose, start, and steer: `nst.Studio("astronaut", "swirls")` as the last line of a cell.

    content, style: a sample's name or a path. size: the long side of the result in pixels. steps: of a whole run. vgg:
    as for `transfer`. The last `Step` of the run is `step`, its picture `image`; `close()` ends the run and the view.
    Every slider acts on the run that is going on; stroke size, colours and other pictures go on from the present canvas.
    """

    def __init__(
        self, content: str = "astronaut", style: str = "swirls", *, size: int = 256, steps: int = 400, vgg: VGG | None = None
    ) -> None:
        self.size, self.steps, self.vgg = size, steps, vgg
        coarse_to_fine(size, steps)  # bad numbers are told here
        self.uploads = {}
        shown = [self._preview(name) for name in (content, style)]  # a wrong name is told here
        self.panel, self.runner, self.curves = Panel(content, style), Runner(self._on_step, self._on_end), Curves()
        self.panel.content.picture.value, self.panel.style.picture.value = shown
        self._clear()
        self._connect()
        cell = _cell_id()
        if cell in _open:
            _open[cell].close()
        _open[cell or str(id(self))] = self

    @property
    def image(self) -> torch.Tensor:
        """The picture (1, 3, H, W) as it is now."""
        if self.step is None:
            raise ValueError("There is no picture yet: press Start, or call start().")
        return self.step.image.cpu()

    def start(self) -> None:
        """Begin a run from the photo."""
        self.parts = []
        self._launch("content", coarse_to_fine(self.size, self.steps))

    def pause(self) -> None:
        """Wait, or go on."""
        if self.runner.running:
            (self.runner.resume if self.runner.paused else self.runner.pause)()
            self.panel.pause.description = "Continue" if self.runner.paused else "Pause"

    def stop(self) -> None:
        """End the run and keep its picture."""
        self.runner.stop()
        self._draw(ended=True)
        self.panel.pause.description = "Pause"
        self.panel.message(f"stopped\n{self.panel.status.value}") if self.step else None

    def reset(self) -> None:
        """End the run, and set every slider back."""
        self.runner.stop()
        for slider, value in self._defaults.items():
            slider.value = value
        self._clear()

    def close(self) -> None:
        """End the run, and take the view away."""
        self.runner.stop()
        self.panel.box.close()

    def save(self) -> Path | None:
        """Write the picture beside the notebook, under a name that is still free, and offer it as a download."""
        if self.step is None:
            self.panel.message("There is no picture yet: press Start.")
            return None
        stem = f"{self._name(self.panel.content.value)}_in_{self._name(self.panel.style.value)}"
        from IPython.display import FileLink  # here, so that `import nst_lessons` stays quick

        number = next(n for n in range(1, 10_000) if not Path(f"{stem}_{n}.png").exists())
        path = save_image(self.image, f"{stem}_{number}.png")
        self.panel.link.outputs = ()
        if on_colab():  # where no link leads to a file
            self.panel.message(f"saved as {path.name}: download it from the files at the left")
            return path
        self.panel.link.append_display_data(FileLink(path.name))  # not by HTML(): JupyterLab takes links to data out of that
        self.panel.message(f"saved as {path.name}")
        return path

    def code(self) -> str:
        """The lines that make this very picture from a plain cell."""
        return code(self.parts) if self.step else "# There is no picture yet: press Start."

    def _ipython_display_(self) -> None:
        from IPython.display import display

        pictures = {
            kind: load_image(chooser.value, 256)
            for kind, chooser in (("photo", self.panel.content), ("style", self.panel.style))
        }
        still = "Here the Studio stands when the notebook runs: sliders that steer a run from this photo to this style."
        view = {"model_id": self.panel.box.model_id, "version_major": 2, "version_minor": 0}
        data = {"application/vnd.jupyter.widget-view+json": view, "text/html": to_html(draw(pictures, still), still)}
        display({**data, "text/plain": still}, raw=True)

    def _connect(self) -> None:
        panel = self.panel
        for button, action in ((panel.start, self.start), (panel.pause, self.pause), (panel.stop, self.stop)):
            button.on_click(lambda _, action=action: self._guarded(action))
        panel.reset.on_click(lambda _: self._guarded(self.reset))
        panel.save.on_click(lambda _: self._guarded(self.save))
        panel.copy.on_click(lambda _: self._show_code())
        for chooser in (panel.content, panel.style):
            chooser.observe(lambda _, c=chooser: self._guarded(lambda: self._chosen(c)), "value")
            chooser.upload.observe(lambda _, c=chooser: self._guarded(lambda: self._uploaded(c)), "value")
        for control in (panel.scale, panel.colours):
            control.observe(lambda _: self._guarded(self._relaunch), "value")
        sliders = [*panel.weights.values(), *panel.layers.values(), panel.scale, panel.colours]
        self._defaults = {slider: slider.value for slider in sliders}

    def _guarded(self, action) -> None:
        """Do what a person asked for; what goes wrong is told in the status line, and the run goes on."""
        try:
            action()
        except (ValueError, OSError) as error:
            self.panel.message(str(error))

    def _weights(self) -> Weights:
        """What the sliders say."""
        values = {name: slider.value for name, slider in self.panel.weights.items()}
        return Weights(**values, layers={name: slider.value for name, slider in self.panel.layers.items()})

    def _launch(self, init: object, schedule: list[tuple[int, int]]) -> None:
        panel = self.panel
        part = Part(panel.content.value, panel.style.value, schedule, panel.scale.value, panel.colours.value, self._weights())
        pictures = [self.uploads.get(name, name) for name in (part.content, part.style)]
        self.weights = deepcopy(part.weights)

        def steps():
            if self.vgg is None:
                self.vgg = default_vgg()
            yield from transfer(*pictures, vgg=self.vgg, weights=self.weights, init=init, **part.options())

        self.runner.stop()
        self.parts.append(part)
        if len(self.parts) == 1:
            self.curves.clear()
        self._next_picture = self._next_curves = 0.0
        panel.pause.description = "Pause"
        self.runner.start(steps)

    def _relaunch(self) -> None:
        """Go on from the present picture with what was chosen now."""
        if not self.runner.running or self.step is None:
            return
        self.runner.stop()
        left = max(self.step.total - self.step.index, 30)
        self._launch(self.image, [(self.size, left)])

    def _on_step(self, step: Step) -> None:
        self.step, part, wanted = step, self.parts[-1], self._weights()
        part.steps = step.index
        moved = {name: value for name, value in vars(wanted).items() if value != getattr(self.weights, name)}
        if moved:
            part.changes[step.index] = moved
            vars(self.weights).update(deepcopy(moved))
        self.curves.add(step)
        self._draw(ended=step.index == step.total)

    def _on_end(self, error: Exception | None) -> None:
        if error is not None:
            self.panel.message(str(error))

    def _draw(self, ended: bool = False) -> None:
        now = time.perf_counter()
        if self.step is None or not (ended or now > self._next_picture):
            return
        self.panel.result.value = to_jpeg(self.step.image)
        self.panel.progress.value = self.step.index / self.step.total
        used = f"weights {self.weights.content:.3g} : {self.weights.style:.3g} : {self.weights.tv:.3g}"
        self.panel.message(f"{describe(self.step)}\n{used}")
        if ended or now > self._next_curves:
            self.curves.draw()
            self.panel.curves.value = self.curves.png
            self._next_curves = time.perf_counter() + 1.5
        self._next_picture = time.perf_counter() + 0.25

    def _clear(self) -> None:
        """As before a run: the canvas is the photo, and there are no curves."""
        self.step, self.parts = None, []
        self.panel.result.value, self.panel.progress.value = self.panel.content.picture.value, 0
        self.curves.clear()
        self.curves.draw()
        self.panel.curves.value = self.curves.png
        self.panel.message("Press Start; then move any slider while it paints.")

    def _show_code(self) -> None:
        self.panel.code.value, self.panel.code.layout.display = self.code(), "block"

    def _preview(self, name: str) -> bytes:
        return to_jpeg(load_image(self.uploads.get(name, name), 220))

    def _chosen(self, chooser: Chooser) -> None:
        chooser.picture.value = self._preview(chooser.value)
        if chooser is self.panel.content and self.step is None:
            self.panel.result.value = chooser.picture.value
        self._relaunch()

    def _uploaded(self, chooser: Chooser) -> None:
        """Read what was uploaded, keep it as a PNG beside the notebook, and choose it."""
        name, data = chooser.uploaded() or ("", b"")
        if not name:
            return
        if len(data) > LARGEST_UPLOAD:
            raise ValueError(f"{name} has {len(data) / 1e6:.0f} MB: up to {LARGEST_UPLOAD / 1e6:.0f} MB can be uploaded.")
        try:
            image = load_image(Image.open(BytesIO(data)), 1024)
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"{name} is no picture that can be read ({error}): upload a PNG, JPEG or WebP.") from None
        path = save_image(image, f"uploaded_{self._name(name)}.png")
        self.uploads[str(path)] = to_pil(image)
        again = chooser.value == str(path)
        chooser.add(str(path))
        if again:  # which the chooser, whose value is what it was, does not tell
            self._chosen(chooser)

    @staticmethod
    def _name(path: str) -> str:
        return re.sub(r"\W+", "_", Path(path).stem)[:40] or "picture"


def _cell_id() -> str | None:
    """The identity of the notebook cell that is being run, where the front end tells it."""
    from IPython import get_ipython

    shell = get_ipython()
    header = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return header.get("metadata", {}).get("cellId")
