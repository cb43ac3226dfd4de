import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

import nst_lessons as nst
from nst_lessons import samples

ROOT = Path(__file__).parent.parent
KNOWN = samples.available()


@pytest.mark.parametrize("name", [sample.name for sample in KNOWN.values() if sample.kind != "painting"])
def test_photos_and_styles_are_at_hand(name):
    image = nst.load_image(name, 128)
    assert max(image.shape[-2:]) == 128 and image.std() > 0.1  # a picture with something in it
    assert KNOWN[name].credit


def test_at_least_six_styles_and_nine_paintings():
    kinds = [sample.kind for sample in KNOWN.values()]
    assert kinds.count("style") >= 6 and kinds.count("painting") == 9


def test_the_paintings_are_those_of_the_catalogue(paintings):
    for entry in json.loads((ROOT / "nst_lessons" / "paintings.json").read_text()):
        assert hashlib.sha256(samples.find(entry["name"]).read_bytes()).hexdigest() == entry["sha256"]


@pytest.mark.parametrize(("name", "near"), [("astronot", "astronaut"), ("stary_night", "starry_night")])
def test_an_unknown_name_is_answered_with_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"no sample called '{name}': did you mean '{near}'"):
        nst.load_image(name)
    with pytest.raises(ValueError, match="the names are astronaut, "):
        nst.load_image("qqqqqq")


@pytest.fixture
def painting_server(tmp_path, monkeypatch):
    """A catalogue of one painting, served on this machine, with an empty cache; returns the catalogue's entry."""
    folder = tmp_path / "server"
    folder.mkdir()
    Image.effect_noise((40, 30), 90).save(folder / "noise.png")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    entry = {
        "name": "noise",
        "title": "Noise",
        "artist": "Nobody",
        "year": 1900,
        "file": "noise.png",
        "url": f"http://127.0.0.1:{server.server_port}/noise.png",
        "sha256": hashlib.sha256((folder / "noise.png").read_bytes()).hexdigest(),
    }
    monkeypatch.setattr(samples, "_catalogue", lambda: [entry])
    monkeypatch.setattr(samples, "_cache", lambda: tmp_path / "cache")
    monkeypatch.delenv("NST_DATA_DIR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield entry
    server.shutdown()
    server.server_close()


def test_a_painting_is_downloaded_once_and_kept(painting_server, tmp_path):
    assert samples.available()["noise"].path is None
    assert samples.find("noise") == tmp_path / "cache" / "noise.png"
    assert samples.available()["noise"].path == samples.find("noise")


def test_a_download_that_is_another_file_is_refused_and_not_kept(painting_server, tmp_path):
    painting_server["sha256"] = "0" * 64
    with pytest.raises(FileNotFoundError, match="could not be downloaded: use a bundled style"):
        samples.find("noise")
    assert not list((tmp_path / "cache").glob("*"))


def test_no_network(painting_server):
    painting_server["url"] = "http://127.0.0.1:9/noise.png"
    with pytest.raises(FileNotFoundError, match="set NST_DATA_DIR"):
        samples.find("noise")


def test_the_folder_of_the_environment_comes_first(painting_server, tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "server"))
    assert samples.find("noise") == tmp_path / "server" / "noise.png"


def test_the_styles_are_drawn_by_the_script_and_come_out_the_same_again(tmp_path):
    command = [sys.executable, ROOT / "data" / "draw_styles.py", "stained_glass", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    again, kept = (nst.load_image(folder / "stained_glass.jpg") for folder in (tmp_path, ROOT / "data" / "styles"))
    assert (again - kept).abs().mean() < 1 / 255  # equal but for another version's way of rounding
