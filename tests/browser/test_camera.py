"""The camera in JupyterLab, with Chromium's fake one: its left half is red, its right half blue."""

import time

import numpy as np
import pytest

from tests.browser.conftest import SCREENSHOTS, write_notebook
from tests.browser.test_studio import until

pytestmark = pytest.mark.browser
PAINTERS = {
    # call number k gives a picture of the grey value 20 k; the first one takes long
    "slow": (
        "import time\nfrom itertools import count\nnumbers = count(1)\ndef painter(frame):\n    k = next(numbers)\n"
        "    time.sleep(3 if k == 1 else 0.3)\n    return 0 * frame + 20 * k / 255\ncamera = nst.Camera(painter)"
    ),
    "inverted": "camera = nst.Camera(lambda frame: 1 - frame)",
    "failing": "def painter(frame):\n    raise ValueError('my network is not trained')\ncamera = nst.Camera(painter)",
    "stylizer": (  # without a name of the notebook: a kernel that ends forgets those first, and may still paint a frame
        "from functools import partial\nfrom nst_lessons.one_pass.realtime import load_stylizer\n"
        "camera = nst.Camera(partial(load_stylizer().paint, style='swirls'))"
    ),
}
LEFT_AND_RIGHT = """canvas => {
    const pen = canvas.getContext("2d");
    return [0.2, 0.8].map(x => Array.from(pen.getImageData(x * canvas.width, canvas.height / 2, 1, 1).data.slice(0, 3)));
}"""
# writes down when a frame is taken from the camera, and the grey values of the pictures that are shown
LOG = """() => {
    window.log = [];
    const [toBlob, decode] = [HTMLCanvasElement.prototype.toBlob, window.createImageBitmap];
    HTMLCanvasElement.prototype.toBlob = function (...given) { log.push("taken"); return toBlob.apply(this, given); };
    window.createImageBitmap = async (...given) => {
        const picture = await decode(...given);
        const pen = new OffscreenCanvas(1, 1).getContext("2d");
        pen.drawImage(picture, 0, 0, 1, 1);
        log.push(pen.getImageData(0, 0, 1, 1).data[0]);
        return picture;
    };
}"""
SOONER = """{
    const { setTimeout } = window;
    window.setTimeout = (act, ms, ...given) => setTimeout(act, ms === 20_000 ? 2_000 : ms, ...given); // SILENCE of camera.js
} 0"""
DENY = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '%s')); 0"


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    width, height = 320, 240
    halves = np.arange(width) < width // 2
    planes = [np.tile(np.where(halves, *both), (height, 1)).astype(np.uint8) for both in ((82, 41), (90, 240), (240, 110))]
    frame = b"FRAME\n" + planes[0].tobytes() + b"".join(plane[::2, ::2].tobytes() for plane in planes[1:])
    clip = tmp_path_factory.mktemp("camera") / "halves.y4m"
    clip.write_bytes(f"YUV4MPEG2 W{width} H{height} F20:1 Ip A1:1 C420\n".encode() + 20 * frame)
    return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={clip}"]


@pytest.fixture(scope="module")
def opened(lab, visit):
    """A function name -> the page with that painter's camera, in view."""
    _, folder = lab
    for name, code in PAINTERS.items():
        write_notebook(folder / f"{name}.ipynb", f"import nst_lessons as nst\n{code}\ncamera")

    def open_one(name):
        page = visit(f"{name}.ipynb")
        page.bring_to_front()
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.locator(".nst-camera").wait_for(timeout=60_000)
        return page

    return open_one


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def said(page):
    return page.locator(".nst-camera .nst-said").inner_text()


def is_off(page):
    return page.locator(".nst-camera video").evaluate("video => video.srcObject === null")


def test_frames_are_painted_kept_and_the_camera_goes_off(opened, lab):
    _, folder = lab
    page = opened("inverted")
    assert is_off(page) and "The camera is off" in said(page)
    press(page, "Start")
    until(lambda: "frames a second" in said(page), 30)
    left, right = page.locator(".nst-camera canvas").evaluate(LEFT_AND_RIGHT)
    assert left == pytest.approx((0, 255, 255), abs=40) and right == pytest.approx((255, 255, 0), abs=40)
    press(page, "Take a photo")
    until(lambda: "saved as camera_1.png" in said(page), 10)
    assert (folder / "camera_1.png").exists() and (folder / "camera_1_painted.png").exists()
    press(page, "Record 10 seconds")
    until(lambda: "recording" in said(page), 10)
    page.screenshot(path=SCREENSHOTS / "10_camera.png")
    until(lambda: "saved as camera_1.gif" in said(page), 30)
    tracks = page.evaluate("window.tracks = document.querySelector('.nst-camera video').srcObject.getTracks(), tracks.length")
    press(page, "Stop")
    assert tracks == 1 and page.evaluate("window.tracks[0].readyState") == "ended" and is_off(page)

    for error, words in (("NotAllowedError", "may not use"), ("NotFoundError", "no camera"), ("NotReadableError", "Another")):
        page.evaluate(DENY % error)
        press(page, "Start")
        until(lambda words=words: words in said(page), 5)
        assert is_off(page)
    page.evaluate("navigator.mediaDevices.getUserMedia = undefined")
    press(page, "Start")
    until(lambda: "gives notebooks no camera" in said(page), 5)


def test_no_frame_waits_behind_another_and_an_old_painting_is_never_shown(opened):
    page = opened("slow")
    page.evaluate(LOG)
    press(page, "Start")
    until(lambda: page.evaluate("log.length") > 0, 20)
    press(page, "Stop")  # while the first frame is being painted
    press(page, "Start")
    until(lambda: page.evaluate("log.length") >= 8, 30)
    log = page.evaluate("log.slice(0, 8)")
    press(page, "Stop")
    assert log[0] == "taken" and log[1::2] == 4 * ["taken"]  # the next one only when a painting is here
    assert log[2::2] == pytest.approx([40, 60, 80], abs=3)  # not 20


def test_a_painter_that_raises_is_told(opened):
    page = opened("failing")
    press(page, "Start")
    until(lambda: "my network is not trained" in said(page), 30)
    assert is_off(page)


def test_the_camera_goes_off_when_the_kernel_is_gone(opened, capsys):
    page = opened("stylizer")
    press(page, "Start")
    until(lambda: "frames a second" in said(page), 60)
    rate = page.locator(".nst-camera").get_attribute("data-rate")
    page.screenshot(path=SCREENSHOTS / "11_camera_painted.png")
    page.evaluate("window.tracks = document.querySelector('.nst-camera video').srcObject.getTracks()")
    page.evaluate(SOONER)
    time.sleep(2)  # by then, a frame has been sent with the shorter time
    page.evaluate("void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")
    until(lambda: page.evaluate("window.tracks[0].readyState") == "ended", 10)
    assert "The kernel does not answer" in said(page)
    with capsys.disabled():
        print(f"\nThe stylizer paints {rate} frames a second of the camera, at 256 pixels")
