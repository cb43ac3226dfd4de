"""The Studio: sliders that steer a running stylisation."""

from pathlib import Path

import torch

from nst_lessons.images import save_image, to_jpeg
from nst_lessons.loop import full_size
from nst_lessons.settings import coarse_to_fine
from nst_lessons.sizes import whole
from nst_lessons.step import Step
from nst_lessons.studio.beginnings import MADE
from nst_lessons.studio.cell import cell_id, display_in_cell
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.history import code
from nst_lessons.studio.panel import INVITATION, Panel
from nst_lessons.studio.run import Run
from nst_lessons.studio.uploads import Pictures, free_name
from nst_lessons.vgg import VGG

_open: dict[str, "Studio"] = {}  # {cell: its Studio}: running a cell again ends its earlier run


class Studio:
    """Shows widgets to choose pictures and steer a run: `nst.Studio("astronaut", "swirls")` as the last line of a cell.

    content, style: a sample's name or a path.
    size: the result's long side in pixels. steps: steps of a whole run. vgg: as in `transfer`.

    Weights act on the current run. A new stroke size, colour choice or style starts a new part of it, from the current
    picture; a new photo starts from the beginning.
    `step` is the last `Step`, `image` its picture; `close()` ends the run and removes the widgets.
    Raises ValueError or FileNotFoundError for a bad number or picture.
    """

    def __init__(
        self, content: str = "astronaut", style: str = "swirls", *, size: int = 256, steps: int = 400, vgg: VGG | None = None
    ) -> None:
        coarse_to_fine(size, steps)  # raises for bad numbers
        self.size, self.steps = int(size), whole(steps, "The number of steps", 1)
        self.pictures, self._complaint, self.regions = Pictures(), None, None
        shown = [self.pictures.preview(name) for name in (content, style)]  # raises for a wrong name
        self.panel = Panel(content, style)
        self.panel.content.picture.value, self.panel.style.picture.value = shown
        self.run = Run(vgg, self.panel.chosen_weights, self._on_step, self._on_beginning, self._on_end)
        self.panel.clear()
        self._connect()
        cell = cell_id()
        if cell in _open:
            _open[cell].close()
        _open[cell or str(id(self))] = self

    @property
    def step(self) -> Step | None:
        """The run's last step, or None."""
        return self.run.step

    @property
    def image(self) -> torch.Tensor:
        """The current picture (1, 3, H, W)."""
        if self.step is None:
            raise ValueError("There is no picture yet: press Start, or call start().")
        return self.step.image.cpu()

    def start(self) -> None:
        """Start a run from the photo, or from what was chosen to start from."""
        self._check_open()
        self._start()

    def pause(self) -> None:
        """Pause the run, or continue a paused one."""
        if self.run.running:
            (self.run.resume if self.run.paused else self.run.pause)()
            self.panel.pausing(self.run.paused)
            self._draw(at_once=True)

    def stop(self) -> None:
        """End the run and keep its picture."""
        self.run.stop()
        self._draw(at_once=True)
        self.panel.pausing(False)
        self.panel.allow(running=False, painted=self.step is not None)
        self.panel.message(f"stopped: {self.panel.text}") if self.step else None

    def reset(self) -> None:
        """End the run and reset every slider and menu."""
        self._check_open()
        self.run.clear()
        self.panel.reset_controls()
        self.panel.clear()

    def close(self) -> None:
        """End the run, remove the widgets and free the pictures: the notebook keeps every Studio that it has shown."""
        self.run.clear()
        self.panel.beside.children = (self.regions,) if self.regions else ()  # hidden ones are closed, too
        self.panel.close()
        self.pictures = self.regions = self.run.vgg = None
        for cell in [cell for cell, studio in _open.items() if studio is self]:
            del _open[cell]

    def save(self) -> Path | None:
        """Write the picture beside the notebook under an unused name and offer a download; None if there is no picture.

        A picture of a run that goes on, or was stopped early, is enlarged to the final size with the photo's detail.
        """
        if self.step is None:
            self.panel.message("There is no picture yet: press Start.")
            return None
        part = self.run.part
        image = full_size(self.image, self.pictures.find(part.content), size=self.size)
        path = save_image(image, free_name(part.title.replace(" ", "_")))
        self.panel.offer(path.name)
        return path

    def two_styles(self) -> None:
        """Show the brush and a second style, which goes where you paint; or hide them, and paint in one style."""
        self._check_open()
        if self.regions is None:
            from nst_lessons.studio.regions import Regions  # here, since not every host has what it needs

            second = next(name for name in ("wave", "stained_glass") if name != self.panel.style.value)
            photo = self.pictures.find(self.panel.content.value)
            self.regions = Regions(photo, second, lambda: self._guarded(self._relaunch))
            self.regions.second.picture.value = self.pictures.preview(second)
            self._watch(self.regions.second)
        shown = not self.panel.beside.children
        self.panel.beside.children = (self.regions,) if shown else ()
        self.panel.regions.description = "One style" if shown else "Two styles"
        if shown:
            self._know_second()
        if self.regions.brush.mask.max() > 0:
            self._relaunch()

    def _know_second(self) -> None:
        """Let the network see both styles before the first stroke needs their features."""
        part = self.panel.part([(self.size, 1)])
        photo, *styles = map(self.pictures.find, (part.content, part.style, self.regions.second.value))
        self.run.look(part, photo, styles)

    def code(self) -> str:
        """Return the code that makes this very picture in an ordinary cell."""
        file_of = self.regions and self.regions.file_of
        return code(self.run.parts, file_of) if self.step else "# There is no picture yet: press Start."

    def _ipython_display_(self) -> None:
        display_in_cell(self.panel.box, self.panel.content.value, self.panel.style.value)

    def _check_open(self) -> None:
        if self.pictures is None:
            raise ValueError("This Studio was closed: run its cell again.")

    def _connect(self) -> None:
        panel = self.panel
        for button, action in ((panel.start, self.start), (panel.pause, self.pause), (panel.stop, self.stop)):
            button.on_click(lambda _, action=action: self._guarded(action))
        panel.reset.on_click(lambda _: self._guarded(self.reset))
        panel.save.on_click(lambda _: self._guarded(self.save))
        panel.copy.on_click(lambda _: self._show_code())
        panel.regions.on_click(lambda _: self._guarded(self.two_styles))
        self._watch(panel.content)
        self._watch(panel.style)
        for control in (panel.scale, panel.colours):
            control.observe(lambda _: self._guarded(self._relaunch), "value")

    def _watch(self, chooser: Chooser) -> None:
        chooser.observe(lambda _: self._guarded(lambda: self._chosen(chooser)), "value")
        chooser.on_file(lambda read: self._guarded(lambda: self._take(chooser, read())))

    def _guarded(self, action) -> None:
        """Run `action`; show its error in the status line while the run continues."""
        before, self._complaint = self._complaint, None
        try:
            action()
        except (ValueError, OSError, ImportError) as error:
            self._complain(error)
        if before and self.panel.text == before and not self._complaint:  # the old error no longer applies
            self._draw(at_once=True) if self.step else self.panel.message(INVITATION)

    def _complain(self, error: Exception) -> None:
        self._complaint = str(error)
        self.panel.message(self._complaint)

    def _start(self, paused: bool = False) -> None:
        self.run.clear()  # or it would go on from the old picture
        self.panel.code.layout.display = "none"  # it is another picture's
        self.panel.losses.clear()
        made = self.panel.begin.value in MADE
        self._paint([(self.size, self.steps)] if made else coarse_to_fine(self.size, self.steps), paused)

    def _relaunch(self) -> None:
        """Continue from the current picture with the new choice."""
        if not self.run.running or self.step is None:
            return
        paused = self.run.paused
        self.run.stop()
        self._paint([(self.size, max(self.step.total - self.step.index, 30))], paused)

    def _paint(self, schedule: list[tuple[int, int]], paused: bool) -> None:
        """Paint the next part of the run as the panel says."""
        panel, part = self.panel, self.panel.part(schedule)
        if panel.beside.children and (masks := self.regions.brush.value):
            part.second, part.share, part.mask = self.regions.second.value, self.regions.share.value, masks[1]
        photo, *styles = map(self.pictures.find, (part.content, *part.styles))
        panel.draw_soon()
        panel.pausing(paused)
        panel.message("starting ...")
        panel.allow(running=True, painted=self.step is not None)
        self.run.paint(part, photo, styles, paused)

    def _on_step(self) -> None:
        self.panel.allow(running=True, painted=True)
        self.panel.losses.add(self.run.counted)
        self._draw(at_once=self.step.index == self.step.total)

    def _on_beginning(self, step: Step) -> None:
        self.panel.result.value = to_jpeg(step.image)
        self.panel.message(f"neighbours make the first picture: step {step.index} of {step.total}")

    def _on_end(self, error: Exception | None) -> None:
        self.panel.allow(running=False, painted=self.step is not None)
        if error is not None:
            self._complain(error)

    def _draw(self, at_once: bool = False) -> None:
        if self.step is not None:
            title = ("paused: " if self.run.paused else "") + self.run.part.title
            self.panel.draw(self.run.counted, self.run.weights, title, at_once)

    def _show_code(self) -> None:
        self.panel.code.value, self.panel.code.layout.display = self.code(), "block"

    def _chosen(self, chooser: Chooser) -> None:
        self._check_open()
        chooser.picture.value = self.pictures.preview(chooser.value)
        if chooser is self.panel.content:
            if self.step is None:
                self.panel.result.value = chooser.picture.value
            if self.regions:
                self.regions.take(self.pictures.find(chooser.value))
            if self.run.running:
                self._start(self.run.paused)  # not from the canvas, which shows the old photo
            return
        if self.regions and chooser is self.regions.second and self.regions.brush.mask.max() == 0:
            self._know_second()
        self._relaunch()

    def _take(self, chooser: Chooser, file: tuple[str, bytes] | None) -> None:
        """Save an uploaded or dropped picture as a PNG beside the notebook, and choose it."""
        if file is None:
            return
        path = self.pictures.take(*file)
        again = chooser.value == path
        chooser.add(path)
        if again:  # the chooser's value is unchanged, so nobody was notified
            self._chosen(chooser)
