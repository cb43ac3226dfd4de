"""Pictures that are dropped onto a chooser, as the browser's messages see it; tests/browser has it in Chromium."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

import nst_lessons as nst
from nst_lessons.studio.chooser import Chooser
from tests.studio.test_studio import png, press, studio, wait_until  # noqa: F401 - studio is a fixture


def drop(chooser, name="my green.png", data=None, **more):
    """What the browser sends for a dropped file."""
    data = png(colour=(30, 200, 30)) if data is None else data
    message = {"kind": "dropped", "count": 1, "name": name, "size": len(data), **more}
    chooser.drop[0]._handle_custom_msg(message, [memoryview(data)])


@pytest.mark.parametrize("part", ["content", "style"])
def test_a_dropped_picture_is_chosen_kept_and_used_as_an_upload_is(studio, part):  # noqa: F811
    press(studio.panel.start)
    wait_until(lambda: studio.step)
    drop(getattr(studio.panel, part))
    assert getattr(studio.panel, part).value == "uploaded_my_green.png"
    assert nst.load_image(Path("uploaded_my_green.png"))[0, :, 9, 9].mul(255).round().tolist() == [30, 200, 30]
    wait_until(lambda: getattr(studio.run.parts[-1], part) == "uploaded_my_green.png" and studio.run.parts[-1].steps > 1)


def test_the_second_style_takes_one_too(studio):  # noqa: F811
    press(studio.panel.regions)
    drop(studio.regions.second)
    assert studio.regions.second.value == "uploaded_my_green.png"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"data": b""}, "x.png is empty"),
        ({"data": b"%!PS-Adobe-3.0 EPSF-3.0"}, "x.png is not a picture"),
        ({"data": b"", "size": 12_000_000}, "x.png has 12 MB, but at most 10 MB"),  # the browser keeps its bytes
        ({"count": 0}, "Drop one picture's file"),
        ({"count": 3}, "Drop one picture's file"),
    ],
)
def test_what_is_refused_is_told_in_a_sentence_and_the_run_goes_on(studio, more, words):  # noqa: F811
    press(studio.panel.start)
    wait_until(lambda: studio.step)
    drop(studio.panel.content, "x.png", **more)
    assert studio.panel.text.startswith(words) and studio.panel.content.value == "chelsea"
    index = studio.step.index
    wait_until(lambda: studio.step.index > index + 2)


def test_where_a_browser_side_is_missing_the_chooser_is_as_it_was(monkeypatch):
    children = len(Chooser("photo", "chelsea").children)
    with monkeypatch.context() as host:
        host.setitem(sys.modules, "nst_lessons.studio.drop", None)
        without = Chooser("photo", "chelsea")
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    for chooser in (without, Chooser("photo", "chelsea")):
        assert not chooser.drop and len(chooser.children) == children - 1 and not chooser._dom_classes
