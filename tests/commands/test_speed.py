"""The measure of this computer, against a stopwatch of its own, and the words for it."""

from types import SimpleNamespace

import pytest
import torch

from nst_lessons.commands import speed
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("times_the_reference", "said"),
    [
        (0.5, "paints about 2 times as fast as the reference (R): where a lesson says 20 seconds, expect about 10."),
        (1 / 1.8, "paints about 1.8 times as fast as the reference (R): where a lesson says 20 seconds, expect about 11."),
        (0.97, "paints about as fast as the reference (R): the times in the lessons hold here."),
        (1.07, "paints about as fast as the reference"),
        (3, "takes about 3 times as long as the reference (R): where a lesson says 20 seconds, expect about 60."),
        (12.34, "takes about 12 times as long as the reference (R): where a lesson says 20 seconds, expect about 250."),
    ],
)
def test_a_computer_is_compared_with_the_reference(times_the_reference, said):
    found = speed.compared(speed.REFERENCE_SECONDS * times_the_reference)
    assert found.replace(speed.REFERENCE, "R").startswith(f"This computer {said}")


def test_the_quickest_step_counts_but_not_the_first(vgg, monkeypatch):
    """By a clock that goes on only while the network works: the calls take these seconds."""
    now, calls = [0.0], iter([0.1, 3.0, 0.25, 0.5, 9.0])
    monkeypatch.setattr(speed, "SIZE", 48)
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    steps = vgg.register_forward_pre_hook(lambda *_: now.append(now.pop() + (next(calls) if torch.is_grad_enabled() else 0)))
    try:
        assert speed.seconds_per_step(vgg) == 0.25
    finally:
        steps.remove()
    assert list(calls) == [9.0]  # three calls, and the first


def test_the_reference_is_stated_once_and_the_texts_for_readers_link_to_it():
    assert speed.REFERENCE in (ROOT / "docs" / "how_fast.md").read_text(encoding="utf-8")
    for name in ("README.md", "notebooks/README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "docs/how_fast.md#the-reference" in text and speed.REFERENCE not in text, name
