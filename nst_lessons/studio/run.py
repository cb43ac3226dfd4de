"""A Studio's run: parts that are painted one after another in the background."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

from nst_lessons.loop import transfer
from nst_lessons.objective import Weights
from nst_lessons.step import Step
from nst_lessons.studio.background import Runner
from nst_lessons.studio.beginnings import first_picture
from nst_lessons.studio.history import Part
from nst_lessons.studio.remembering import RememberingVGG, shared_network
from nst_lessons.vgg import VGG


class Run(Runner):
    """Paints one part after another, each from the last picture, and keeps what is needed to make that picture again.

    vgg: the network, or None for the one that all Studios share
    wanted: returns the weights that are to hold from now on
    after_step: called after each step
    on_beginning: called with each step of a method that makes the first picture, see `first_picture`
    on_end: called at the end of a part, as in `Runner`

    What `Runner` calls a run is one part here: call `paint`, not `start`.
    `parts` are all parts so far. `step` is the last `Step` or None, `part` is its part, and `counted` is the same step with the
    steps of all parts counted together. `weights` are those of the next step.
    """

    def __init__(
        self,
        vgg: VGG | None,
        wanted: Callable[[], Weights],
        after_step: Callable[[], None],
        on_beginning: Callable[[Step], None],
        on_end: Callable[[Exception | None], None],
    ) -> None:
        super().__init__(self._record, on_end)
        self.vgg = RememberingVGG(vgg) if isinstance(vgg, VGG) else vgg
        self._wanted, self._after_step, self._on_beginning = wanted, after_step, on_beginning
        self.clear()

    def clear(self) -> None:
        """End the run and forget its picture and its parts."""
        self.stop()
        self.step = self.counted = self.part = None
        self.parts = []

    def paint(self, part: Part, photo: object, styles: list, paused: bool = False) -> None:
        """End the current part and start `part`: from the last picture or, if there is none, from `part.begin`.

        photo, styles: its pictures, as for `transfer`
        paused: take only one step
        """
        self.stop()
        self.parts = [*(before for before in self.parts if before.steps), part]  # one that took no step left nothing
        self.weights, last = deepcopy(part.weights), self.step

        def steps():
            network, size = self.vgg or shared_network(), part.schedule[-1][0]
            init = last.image if last else first_picture(part.begin, photo, styles[0], size, network, self._began)
            if not self.stopping:
                options = {**part.options(), "weights": self.weights, "masks": part.masks(), "init": init}
                yield from transfer(photo, styles, vgg=network, **options)

        self.start(steps, paused)

    def look(self, part: Part, photo: object, styles: list) -> None:
        """Let the network see a part's pictures before their features are needed: paint a step that nobody sees."""
        next(transfer(photo, styles, vgg=self.vgg or shared_network(), **part.options()))

    def _began(self, step: Step) -> bool:
        """Report a step of the first picture. Return False if it is not wanted any more."""
        self._on_beginning(step)
        return not self.stopping

    def _record(self, step: Step) -> None:
        part = self.parts[-1]
        before = sum(part.steps for part in self.parts[:-1])
        self.part, part.steps = part, step.index
        self.counted = replace(step, index=before + step.index, total=before + step.total)
        self.step = step  # last: whoever sees it finds its part and its number
        moved = {name: value for name, value in vars(self._wanted()).items() if value != getattr(self.weights, name)}
        if moved:
            part.changes[step.index] = moved
            vars(self.weights).update(deepcopy(moved))
        self._after_step()
