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


@pytest.fixture
def club(tmp_path, monkeypatch):
    """A function that puts a picture into a folder of this machine, which has nothing else of a person's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NST_DATA_DIR", raising=False)
    monkeypatch.setattr(samples, "KAGGLE_INPUT", tmp_path / "kaggle" / "input")
    monkeypatch.setattr(samples, "data_dir", lambda: ROOT / "data" if not (tmp_path / "clone").exists() else tmp_path / "clone")

    def put(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((40, 30), 90).convert("RGB").save(tmp_path / path, "png")

    return put


def own():
    return {name: sample.folder for name, sample in samples.available().items() if sample.kind == "own"}


def test_own_pictures_are_found_in_each_place_and_filed_in_folders(club, tmp_path, monkeypatch):
    club("data/own/me.jpg", "elsewhere/you.png", "kaggle/input/club-faces/teens/Ada L. (1).JPG", "clone/own/we.webp")
    (tmp_path / "clone" / "styles").mkdir()
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "elsewhere"))
    assert own() == {
        "own/me": "own",
        "own/we": "own",
        "elsewhere/you": "elsewhere",
        "club_faces/teens/Ada_L_1": "club_faces/teens",
    }
    assert nst.load_image("club_faces/teens/Ada_L_1").shape == (1, 3, 30, 40)
    with pytest.raises(ValueError, match="did you mean 'own/me'"):
        samples.find("own_me")


def test_own_folders_are_gone_through_only_for_a_name_that_can_be_there(club, monkeypatch):
    club("data/own/me.jpg")
    walks, walk = [], samples._own
    monkeypatch.setattr(samples, "_own", lambda: walks.append(1) or walk())
    assert samples.find("chelsea").is_file() and samples.find("swirls").is_file()
    assert not samples.looks_like_name("elsewhere/me") and samples.looks_like_name("me")
    assert not walks
    assert samples.find("own/me").name == "me.jpg" and len(walks) == 1


def test_names_of_own_pictures_are_unique(club):
    club("data/own/me.jpg", "data/own/me.png", "data/own/m e.png", "data/own/m-e.png")
    assert list(own()) == ["own/m_e", "own/m_e_2", "own/me", "own/me_2"]
    assert len({sample.path for sample in samples.available().values() if sample.kind == "own"}) == 4


def test_what_is_no_picture_is_not_listed_and_what_is_broken_breaks_nothing(club, tmp_path):
    club("data/own/me.jpg", "data/own/.hidden.jpg", "data/own/nst_lessons/swirls.jpg", "data/own/.git/x.png")
    (tmp_path / "data/own/notes.txt").write_text("no picture")
    (tmp_path / "data/own/cut.jpg").write_bytes((tmp_path / "data/own/me.jpg").read_bytes()[:50])
    (tmp_path / "data/own/gone.png").symlink_to("nowhere.png")
    (tmp_path / "data/own/round").symlink_to(tmp_path / "data/own")  # a folder that is in itself
    assert list(own()) == ["own/cut", "own/me"]
    with pytest.raises(ValueError, match="damaged or cut off"):
        nst.load_image("own/cut")


def test_of_a_huge_folder_the_first_are_listed(club, tmp_path):
    club("data/own/a.png")
    for number in range(samples.PER_FOLDER + 20):
        (tmp_path / f"data/own/n{number:04}.jpg").touch()
    assert len(own()) == samples.PER_FOLDER and "own/a" in own()


def test_a_painting_of_the_catalogue_keeps_its_name_in_an_own_folder(painting_server, club, tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "server"))
    assert not own() and samples.find("noise").is_file()


def test_the_pictures_of_one_folder(club, tmp_path):
    club("photos/b.jpg", "photos/a.PNG", "photos/below/c.jpg")
    (tmp_path / "photos/notes.txt").touch()
    assert [path.name for path in samples.pictures_in("photos")] == ["a.PNG", "b.jpg"]
    with pytest.raises(FileNotFoundError, match="no folder fotos"):
        samples.pictures_in("fotos")
    with pytest.raises(FileNotFoundError, match="has no pictures"):
        samples.pictures_in(".")


def test_the_styles_are_drawn_by_the_script_and_come_out_the_same_again(tmp_path):
    command = [sys.executable, ROOT / "data" / "draw_styles.py", "stained_glass", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    again, kept = (nst.load_image(folder / "stained_glass.jpg") for folder in (tmp_path, ROOT / "data" / "styles"))
    assert (again - kept).abs().mean() < 1 / 255  # equal but for another version's way of rounding


def test_a_cache_that_cannot_be_looked_into_is_taken_as_empty(monkeypatch, tmp_path):
    """A name that the disk does not take stands for a folder without permission, which stops no administrator."""
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / ("x" * 300)))
    with pytest.raises(OSError):
        (tmp_path / ("x" * 300) / "a").is_file()
    assert "swirls" in samples.available()
