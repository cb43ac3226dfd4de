"""The camera as the browser's messages see it; tests/browser has it with Chromium's fake camera."""

import io
import time

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst


@pytest.fixture
def camera(tmp_path, monkeypatch):
    """A camera that inverts its frames, and the messages that it sends."""
    monkeypatch.chdir(tmp_path)
    made = nst.Camera(lambda frame: 1 - frame, size=64)
    made.sent = []
    monkeypatch.setattr(type(made), "send", lambda self, message, buffers=(): made.sent.append((message, buffers)))
    yield made
    made.close()


def jpeg(colour=(200, 30, 30), size=(96, 72)):
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "jpeg", quality=95)
    return memoryview(data.getvalue())


def arrive(camera, number, data=None, **more):
    """What the browser sends with a frame."""
    camera._handle_custom_msg({"kind": "frame", "number": number, **more}, [jpeg() if data is None else data])


def test_a_frame_comes_back_painted_with_its_number(camera):
    arrive(camera, 7)
    [(message, buffers)] = camera.sent
    picture = np.asarray(Image.open(io.BytesIO(buffers[0])))
    assert message["kind"] == "painted" and message["number"] == 7 and picture.shape == (48, 64, 3)
    assert np.abs(picture.astype(int) - (55, 225, 225)).max() <= 4


def test_a_photo_is_kept_with_its_painting_and_a_clip_with_the_times_of_its_frames(camera, tmp_path):
    arrive(camera, 1, keep=True)
    assert Image.open(tmp_path / "camera_1.png").getpixel((9, 9))[0] > 190
    assert Image.open(tmp_path / "camera_1_painted.png").getpixel((9, 9))[0] < 65
    assert camera.photo.name == "camera_1.png"
    for number in range(2, 6):
        arrive(camera, number, jpeg((40 * number, 30, 30)), recording=True)
        time.sleep(0.1)
    camera._handle_custom_msg({"kind": "recorded"}, [])
    clip = Image.open(tmp_path / "camera_1.gif")
    assert clip.n_frames == 4 and camera.clip.name == "camera_1.gif" and clip.info["duration"] == pytest.approx(100, abs=60)
    camera._handle_custom_msg({"kind": "recorded"}, [])  # nothing new: nothing is written
    assert not (tmp_path / "camera_2.gif").exists()


@pytest.mark.parametrize(
    ("painter", "words"),
    [
        (lambda frame: 1 / 0, "division by zero"),
        (lambda frame: None, "Cannot read a picture from a NoneType"),
        (lambda frame: frame[:, :1], "is not a picture"),
    ],
)
def test_a_painter_that_fails_is_told(camera, painter, words):
    camera.painter = painter
    arrive(camera, 1)
    assert camera.sent[0][0]["kind"] == "failed" and words in camera.sent[0][0]["text"]


def test_what_is_no_frame_is_told_or_ignored(camera):
    arrive(camera, 1, memoryview(b"%!PS-Adobe"))
    assert "not a picture" in camera.sent.pop()[0]["text"]
    arrive(camera, 2, memoryview(bytes(3_000_000)))
    camera._handle_custom_msg({"kind": "frame"}, [])
    camera._handle_custom_msg({}, [])
    assert not camera.sent


def test_a_wrong_painter_or_size_is_refused():
    with pytest.raises(ValueError, match=r"net\.paint"):
        nst.Camera("swirls")
    with pytest.raises(ValueError, match="The size"):
        nst.Camera(torch.relu, size=0)


def test_what_steers_the_painter_is_shown_above_the_camera():
    menu = widgets.Dropdown(options=["wave", "swirls"])
    with_menu, alone = (nst.Camera(lambda frame: frame, controls=controls) for controls in ([menu], []))
    shown = [one._repr_mimebundle_()[0] for one in (with_menu, alone)]
    views = [data["application/vnd.jupyter.widget-view+json"]["model_id"] for data in shown]
    assert views == [with_menu._shown.model_id, alone.model_id] and with_menu._shown.children == (menu, with_menu)
    assert {data["text/plain"] for data in shown} == {"When the notebook runs, the camera appears here."}
