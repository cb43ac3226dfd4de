"""The Studio: sliders that steer a running stylisation."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch

from nst_lessons.images import save_image, to_jpeg
from nst_lessons.loop import full_size, transfer
from nst_lessons.settings import coarse_to_fine
from nst_lessons.sizes import whole
from nst_lessons.step import Step
from nst_lessons.studio.background import Runner
from nst_lessons.studio.beginnings import MADE, first_picture
from nst_lessons.studio.cell import cell_id, display_in_cell
from nst_lessons.studio.chooser import Chooser
from nst_lessons.studio.history import Part, code
from nst_lessons.studio.panel import INVITATION, Panel
from nst_lessons.studio.remembering import RememberingVGG, shared_network
from nst_lessons.studio.uploads import Pictures, free_name
from nst_lessons.vgg import VGG

_open: dict[str, "Studio"] = {}  # {cell: its Studio}: running a cell again ends its earlier run


class Studio:
    """Shows widgets to choose pictures and steer a run: `nst.Studio("astronaut", "swirls")` as the last line of a cell.

    content, style: a sample's name or a path.
    size: the result's long side in pixels. steps: steps of a whole run. vgg: as in `transfer`.

    Weights act on the current run. A new stroke size, colour choice or style starts a new run from the current canvas; a new
    photo starts from the beginning.
    `step` is the last `Step`, `image` its picture; `close()` ends the run and removes the widgets.
    Raises ValueError or FileNotFoundError for a bad number or picture.
    """

    def __init__(
        self, content: str = "astronaut", style: str = "swirls", *, size: int = 256, steps: int = 400, vgg: VGG | None = None
    ) -> None:
        coarse_to_fine(size, steps)  # raises for bad numbers
        self.size, self.steps = int(size), whole(steps, "The number of steps", 1)
        self.vgg = RememberingVGG(vgg) if isinstance(vgg, VGG) else vgg
        self.pictures, self._complaint, self.regions = Pictures(), None, None
        shown = [self.pictures.preview(name) for name in (content, style)]  # raises for a wrong name
        self.panel, self.runner = Panel(content, style), Runner(self._on_step, self._on_end)
        self.panel.content.picture.value, self.panel.style.picture.value = shown
        self._clear()
        self._connect()
        cell = cell_id()
        if cell in _open:
            _open[cell].close()
        _open[cell or str(id(self))] = self

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
        if self.runner.running:
            (self.runner.resume if self.runner.paused else self.runner.pause)()
            self.panel.pausing(self.runner.paused)
            self._draw(at_once=True)

    def stop(self) -> None:
        """End the run and keep its picture."""
        self.runner.stop()
        self._draw(at_once=True)
        self.panel.pausing(False)
        self.panel.allow(running=False, painted=self.step is not None)
        self.panel.message(f"stopped: {self.panel.text}") if self.step else None

    def reset(self) -> None:
        """End the run and reset every slider and menu."""
        self._check_open()
        self.runner.stop()
        for slider, value in self._defaults.items():
            slider.value = value
        self.panel.pausing(False)
        self._clear()

    def close(self) -> None:
        """End the run, remove the widgets and free the pictures: the notebook keeps every Studio that it has shown."""
        self.runner.stop()
        self.panel.beside.children = (self.regions,) if self.regions else ()  # hidden ones are closed, too
        self.panel.close()
        self.step, self.parts = None, []
        self.pictures = self.regions = self.vgg = None
        for cell in [cell for cell, studio in _open.items() if studio is self]:
            del _open[cell]

    def save(self) -> Path | None:
        """Write the picture beside the notebook under an unused name and offer a download; None if there is no picture.

        A picture of a run that goes on, or was stopped early, is enlarged to the final size with the photo's detail.
        """
        if self.step is None:
            self.panel.message("There is no picture yet: press Start.")
            return None
        part = self._painted
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
        """Let the network see both styles before the first stroke needs their features: paint a step that nobody sees."""
        panel, network = self.panel, self.vgg or shared_network()
        names = panel.content.value, panel.style.value, self.regions.second.value
        photo, *styles = map(self.pictures.find, names)
        options = {"style_scale": panel.scale.value, "colours": panel.colours.value}
        next(transfer(photo, styles, vgg=network, schedule=[(self.size, 1)], **options))

    def code(self) -> str:
        """Return the code that makes this very picture in an ordinary cell."""
        file_of = self.regions and self.regions.file_of
        return code(self.parts, file_of) if self.step else "# There is no picture yet: press Start."

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
        sliders = [*panel.weights.values(), *panel.layers.values(), panel.scale, panel.colours, panel.begin]
        self._defaults = {slider: slider.value for slider in sliders}

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
        self.runner.stop()
        self.step, self.parts, begin = None, [], self.panel.begin.value  # the old picture has not the new one's name
        self.panel.code.layout.display = "none"  # it is another picture's
        self._launch(begin, [(self.size, self.steps)] if begin in MADE else coarse_to_fine(self.size, self.steps), paused)

    def _launch(self, init: object, schedule: list[tuple[int, int]], paused: bool = False) -> None:
        panel = self.panel
        options = panel.scale.value, panel.colours.value, panel.chosen_weights()
        part = Part(panel.content.value, panel.style.value, schedule, *options)
        if self.panel.beside.children and (masks := self.regions.brush.value):
            part.second, part.share, part.mask = self.regions.second.value, self.regions.share.value, masks[1]
        photo, *styles = map(self.pictures.find, (part.content, *part.styles))
        self.weights = deepcopy(part.weights)

        def steps():
            network, options, start = self.vgg or shared_network(), {**part.options(), "masks": part.masks()}, init
            if isinstance(init, str):
                part.begin, start = init, first_picture(init, photo, styles[0], self.size, network, self._on_beginning)
                if self.runner.stopping:
                    return
            yield from transfer(photo, styles, vgg=network, weights=self.weights, init=start, **options)

        self.runner.stop()
        self.parts.append(part)
        if len(self.parts) == 1:
            panel.losses.clear()
        panel.draw_soon()
        panel.pausing(paused)
        panel.message("starting ...")
        panel.allow(running=True, painted=self.step is not None)
        self.runner.start(steps, paused)

    def _relaunch(self) -> None:
        """Continue from the current picture with the new choice."""
        if not self.runner.running or self.step is None:
            return
        paused = self.runner.paused
        self.runner.stop()
        left = max(self.step.total - self.step.index, 30)
        self._launch(self.image, [(self.size, left)], paused)

    def _on_step(self, step: Step) -> None:
        self.step, self._painted, wanted = step, self.parts[-1], self.panel.chosen_weights()
        part = self._painted
        part.steps, before = step.index, sum(part.steps for part in self.parts[:-1])
        self._counted = replace(step, index=before + step.index, total=before + step.total)  # over all parts of the run
        moved = {name: value for name, value in vars(wanted).items() if value != getattr(self.weights, name)}
        if moved:
            part.changes[step.index] = moved
            vars(self.weights).update(deepcopy(moved))
        self.panel.allow(running=True, painted=True)
        self.panel.losses.add(self._counted)
        self._draw(at_once=step.index == step.total)

    def _on_beginning(self, step: Step) -> bool:
        """Show a step of neighbours, which make the first picture; return False to end them."""
        self.panel.result.value = to_jpeg(step.image)
        self.panel.message(f"neighbours make the first picture: step {step.index} of {step.total}")
        return not self.runner.stopping

    def _on_end(self, error: Exception | None) -> None:
        self.panel.allow(running=False, painted=self.step is not None)
        if error is not None:
            self._complain(error)

    def _draw(self, at_once: bool = False) -> None:
        if self.step is not None:
            title = ("paused: " if self.runner.paused else "") + self._painted.title
            self.panel.draw(self._counted, self.weights, title, at_once)

    def _clear(self) -> None:
        self.step, self.parts = None, []
        self.panel.clear()

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
            if self.runner.running:
                self._start(self.runner.paused)  # not from the canvas, which shows the old photo
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
