import pytest
import torch

import nst_lessons as nst
from nst_lessons.studio.history import Part
from nst_lessons.studio.run import Run
from tests.studio.test_studio import wait_until

SIZE, STEPS = 48, 6


class Seen(list):
    """What a run reports, and the weights that are wanted from it."""

    def __init__(self, vgg):
        super().__init__()
        self.weights = nst.Weights()
        self.run = Run(vgg, lambda: self.weights, self.step, lambda step: self.append("beginning"), self.append)

    def step(self):
        self.append(self.run.counted.index)

    def paint(self, style, steps=STEPS, **options):
        part = Part("chelsea", style, [(SIZE, steps)], 1.0, "style", nst.Weights(**vars(self.weights)), **options)
        self.run.paint(part, "chelsea", [style])

    def to_the_end(self):
        wait_until(lambda: not self.run.running)
        return self.run.step.image


@pytest.fixture
def seen(vgg):
    made = Seen(vgg)
    yield made
    made.run.stop()


def by_hand(vgg, change):
    """The same two parts; the style's weight becomes `change` after the third step."""
    weights, init = nst.Weights(), "content"
    for style in ("swirls", "wave"):
        for step in nst.transfer("chelsea", style, schedule=[(SIZE, STEPS)], vgg=vgg, weights=weights, init=init):
            weights.style = change if step.index == 3 else weights.style
        init = step.image
    return step.image


def test_a_run_without_widgets_keeps_all_that_is_needed_to_make_its_picture_again(seen, vgg):
    def change_after_two_steps():
        seen.step()
        seen.weights.style = 1000.0 if len(seen) > 1 else seen.weights.style  # it is read in step 3, and acts from step 4

    seen.run._after_step = change_after_two_steps
    seen.paint("swirls")
    seen.to_the_end()
    seen.paint("wave")
    image = seen.to_the_end()
    assert seen == [1, 2, 3, 4, 5, 6, None, 7, 8, 9, 10, 11, 12, None] and seen.run.counted.total == 12
    assert [part.changes for part in seen.run.parts] == [{3: {"style": 1000.0}}, {}]
    assert (image - by_hand(vgg, 1000.0)).abs().max() < 1e-3
    assert (image - by_hand(vgg, nst.Weights().style)).abs().max() > 1e-2


def test_a_run_that_is_forgotten_begins_from_the_photo_again(seen):
    pictures = []
    for _ in range(2):
        seen.paint("swirls", 3)
        pictures.append(seen.to_the_end())
        seen.run.clear()
        assert seen.run.step is None and seen.run.counted is None and not seen.run.parts
    assert (pictures[0] - pictures[1]).abs().max() < 1e-3


def test_a_part_that_follows_at_once_goes_on_from_the_last_picture_and_may_be_paused(seen):
    seen.paint("swirls", 1000)
    wait_until(lambda: seen.run.step and seen.run.step.index > 1)
    seen.run.paint(Part("chelsea", "wave", [(SIZE, 9)], 1.0, "style", nst.Weights()), "chelsea", ["wave"], paused=True)
    wait_until(lambda: seen.run.paused and seen.run.part.style == "wave")
    first, second = seen.run.parts
    assert second.steps == 1 and seen.run.counted.index == first.steps + 1 and None not in seen


def test_a_part_that_was_ended_before_its_first_step_is_forgotten(seen):
    seen.run.parts = [Part("chelsea", "wave", [(SIZE, 9)], 1.0, "style", nst.Weights())]
    seen.paint("swirls", 2)
    seen.to_the_end()
    assert [part.style for part in seen.run.parts] == ["swirls"]


def test_a_run_that_is_ended_during_its_first_picture_paints_nothing(seen, monkeypatch):
    answers = []

    def method(begin, photo, style, size, vgg, callback):
        assert (begin, size) == ("neighbours", SIZE)
        answers.append(callback(None))
        seen.run._stopped.set()  # as `stop` does, which would wait for this method
        answers.append(callback(None))
        return torch.zeros(1, 3, SIZE, SIZE)

    monkeypatch.setattr("nst_lessons.studio.run.first_picture", method)
    seen.paint("swirls", begin="neighbours")
    wait_until(lambda: not seen.run.running)
    assert answers == [True, False] and seen.run.step is None and seen[:2] == ["beginning", "beginning"]
