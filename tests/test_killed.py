"""Every command that writes, ended by SIGKILL: nothing is torn or lost, nothing piles up, and the same command goes on.

NST_KILLS says how often each is killed; its default is for every day.
"""

import functools
import hashlib
import http.server
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import nst_lessons as nst
from nst_lessons import convolve, samples, vgg_weights
from nst_lessons.__main__ import main
from nst_lessons.moving import video as _loaded_once  # noqa: F401 - here and below: what the commands import when they run
from nst_lessons.moving.films import ffmpeg
from nst_lessons.studio.uploads import keep
from nst_lessons.wall import wall as _loaded_once_too  # noqa: F401
from tests.killing import survives

KILLS = int(os.environ.get("NST_KILLS", 6))
DOWNLOAD = random.Random(0).randbytes(300_000)
DIGEST = hashlib.sha256(DOWNLOAD).hexdigest()
WEIGHTS = f"vgg19-{DIGEST[:8]}.pth"  # torchvision's names have the start of the digest, too
SMALL = ["--size", "48", "--steps", "2"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")]


def nothing(folder):
    pass


def clip(folder):
    """A film of three moving frames with sound."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=6:duration=0.5", "-f", "lavfi", "-i", "sine=duration=0.5"]
    command = [ffmpeg(), "-y", "-v", "error", *picture, "-pix_fmt", "yuv420p", "-c:a", "aac", str(folder / "in.mp4")]
    subprocess.run(command, check=True)


def photos(folder):
    """Two small photos."""
    (folder / "photos").mkdir()
    for name in ("chelsea", "coffee"):
        nst.save_image(nst.load_image(name, 80), folder / "photos" / f"{name}.png")


def server(folder):
    """Two files to be downloaded."""
    (folder / "server").mkdir()
    for name in (WEIGHTS, "noise.png"):
        (folder / "server" / name).write_bytes(DOWNLOAD)


def stylize():
    return main(["stylize", "chelsea", "swirls", "-o", "out.png", *SMALL, "--device", "cpu"])


def video():
    return main(["video", "in.mp4", "out.mp4", "--style", "swirls", *SMALL, "--device", "cpu"])


def wall():
    return main(["wall", "photos", "swirls", "wave", "-o", "wall", *SMALL, "--device", "cpu"])


def wall_of_processes():
    return main(["wall", "photos", "swirls", "wave", "-o", "wall", *SMALL, "--jobs", "2"])


def studio():
    """Upload a photo, run, and save, unless it is saved."""
    path, _ = keep("me.png", Path(samples.find("wave")).read_bytes())
    one = nst.Studio(str(path), "swirls", size=48, steps=2)
    one.start()
    while one.run.running:
        time.sleep(0.01)
    if not Path("uploaded_me_in_swirls_1.png").exists():
        one.save()


def choices():
    """A run that measures convolutions and keeps which one is the quickest of each."""
    del os.environ["NST_CONV"]
    convolve._quickest = lambda *_: "direct"  # the truth would be another each time
    nst.save_image(nst.stylize("chelsea", "swirls", vgg=nst.VGG(device="cpu"), size=32, steps=2).image, "out.png")


def downloads():
    """torchvision's weights and a painting."""
    os.environ["TORCH_HOME"] = "torch"
    vgg_weights.TORCHVISION_URL = Path("server").absolute().as_uri() + "/"
    vgg_weights.TORCHVISION["vgg19"] = WEIGHTS
    vgg_weights._download("vgg19", [])
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="server")
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    about = {"name": "noise", "title": "Noise", "file": "noise.png", "url": f"http://127.0.0.1:{site.server_port}/noise.png"}
    samples._download(about | {"sha256": DIGEST})


@pytest.mark.parametrize(
    ("run", "prepare"),
    [
        (stylize, nothing),
        (video, clip),
        (wall, photos),
        (wall_of_processes, photos),
        (studio, nothing),
        (choices, nothing),
        (downloads, server),
    ],
    ids=lambda value: value.__name__,
)
def test_killed_at_any_instant_it_leaves_whole_files_and_goes_on_to_the_same_result(run, prepare, tmp_path):
    print(run.__name__, survives(run, tmp_path, prepare, KILLS))
