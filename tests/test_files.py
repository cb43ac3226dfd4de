"""Files: written whole or not at all, under any name, with the right mode; and paths that are something else."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from PIL import Image

import nst_lessons as nst
from nst_lessons import files
from nst_lessons.files import place_for, replacing, write_or_rescue
from nst_lessons.images import writable


def write(path, text="new"):
    with replacing(path) as temporary:
        assert temporary.parent == path.resolve().parent and temporary.suffix == path.suffix[:9]
        temporary.write_text(text)


@pytest.mark.parametrize("name", ["a.png", "a" * 251 + ".png", "ü" * 125 + ".png", "a.b c.png", ".png", "a" * 255])
def test_every_name_that_a_file_can_have_can_be_written(name, tmp_path):
    path = tmp_path / name
    with replacing(path) as temporary:
        assert len(os.fsencode(temporary.name)) < 64
        temporary.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a" * 252 + ".png", "ü" * 126 + ".png", "a\0.png"])
def test_a_name_that_no_file_can_have_is_refused_before_the_work(name, tmp_path):
    with pytest.raises(ValueError, match="No file can have the name"):
        writable(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["a.h5", "a.hdf", "a.xbm", "a.msp", "a.palm", "a.blp", "a.wmf", "a.emf", "a.grib", "a.bufr", "a.pdf", "a.heic", "a"]
)
def test_endings_that_pillow_names_and_does_not_write_are_refused_before_the_work(name, tmp_path):
    with pytest.raises(ValueError, match=r"end the name in .png, .jpg or .webp"):
        writable(tmp_path / name)


@pytest.mark.parametrize("ending", nst.images.SAVED)
def test_every_ending_that_is_not_refused_can_be_written(ending, tmp_path, random_image):
    if ending == ".avif" and "AVIF" not in Image.SAVE:
        pytest.skip("this Pillow is without AVIF")
    path = nst.save_image(random_image(40, 30), tmp_path / f"a{ending}")
    with Image.open(path) as again:
        assert again.size == (30, 40)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_the_mode_is_the_umasks(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write(tmp_path / "a.txt")
    finally:
        os.umask(before)
    assert os.stat(tmp_path / "a.txt").st_mode & 0o777 == mode


def test_a_private_file_stays_private_also_while_it_is_written(tmp_path):
    path = tmp_path / "a.txt"
    path.touch(0o600)
    with replacing(path) as temporary:
        assert os.stat(temporary).st_mode & 0o777 == 0o600
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "a.txt").symlink_to(tmp_path / "disk" / "b.txt")
    for text in ("first", "second"):  # a link to nothing, and one to a file
        write(place_for(tmp_path / "a.txt"), text)
        assert (tmp_path / "a.txt").is_symlink() and (tmp_path / "disk" / "b.txt").read_text() == text
    assert len(list((tmp_path / "disk").iterdir())) == 1


def test_a_pipe_is_refused_and_stays(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ValueError, match="device or a pipe"):
        writable(tmp_path / "a.png")
    with pytest.raises(ValueError, match="device or a pipe"):
        write(tmp_path / "a.png")
    with pytest.raises(ValueError, match="device or a pipe, not a picture"):
        nst.load_image(tmp_path / "a.png")
    assert (tmp_path / "a.png").is_fifo()


KILLED = """
import os, signal, sys
from pathlib import Path
from nst_lessons.files import replacing

with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_killed_writers_leave_is_removed_by_the_next_and_nothing_else(tmp_path):
    path = tmp_path / "a.png"
    for _ in range(3):
        run = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ, "PYTHONPATH": os.getcwd()})
        assert run.returncode == -signal.SIGKILL and not path.exists()
    (left,) = tmp_path.iterdir()  # each has removed what the one before left
    others = [tmp_path / name for name in (".nst-notes", left.name.replace(left.name[5:13], "00000000"), ".hidden.png")]
    for other in others:
        other.touch()
    with replacing(path) as mine, replacing(path) as second:  # two writers at once
        assert not left.exists() and mine != second
    assert set(tmp_path.iterdir()) == {path, *others}


def test_of_another_computer_only_old_files_are_removed(tmp_path):
    path = tmp_path / "a.png"
    with replacing(path) as temporary:
        start = temporary.name.split("-")[:2]
    old, young = (tmp_path / "-".join([*start, "otherone", "1", name]) for name in ("aaaaaa.png", "bbbbbb.png"))
    for file in (old, young):
        file.touch()
    os.utime(old, (time.time() - 3700,) * 2)
    write(path)
    assert young.exists() and not old.exists()


def full(monkeypatch, folder):
    """A disk without room, which holds `folder` and all below it."""

    def write_bytes(path, data):
        if path.is_relative_to(folder):
            raise OSError(errno.ENOSPC, "No space left on device")
        Path.write_text(path, data.decode())

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_on_a_full_disk_the_work_is_kept_elsewhere_and_the_message_says_where(tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    full(monkeypatch, tmp_path / "disk")
    with pytest.raises(
        OSError, match=r"a.png could not be written \(No space left on device\). It was saved as .*: make room"
    ) as told:
        write_or_rescue(tmp_path / "disk" / "a.png", lambda place: place.write_bytes(b"painting"))
    (kept,) = (tmp_path / "temporary").rglob("a.png")
    assert kept.read_text() == "painting" and str(kept) in str(told.value) and not list((tmp_path / "disk").iterdir())
    full(monkeypatch, tmp_path)  # and that one is full, too
    with pytest.raises(OSError, match="make room on the disk, or choose another place"):
        write_or_rescue(tmp_path / "disk" / "a.png", lambda place: place.write_bytes(b"painting"))


def test_an_output_that_is_an_input_is_refused_however_it_is_written(tmp_path, monkeypatch, random_image):
    monkeypatch.chdir(tmp_path)
    nst.save_image(random_image(20, 30), "me.png")
    (tmp_path / "link.png").symlink_to("me.png")
    for output in ("me.png", "./me.png", tmp_path / "me.png", "link.png", "../" + tmp_path.name + "/me.png"):
        with pytest.raises(ValueError, match="which would be lost: choose another name"):
            writable(output, "me.png", "swirls")
    assert writable("you.png", "me.png", "swirls") == Path("you.png")
    with pytest.raises(ValueError, match="which would be lost"):
        writable(nst.samples.find("swirls"), "swirls")


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("https://example.org/cat.jpg", "this is a web address. Download the picture first"),
        ("file:///home/me/cat.jpg", "this is a web address"),
        ("'cat.jpg'", "leave out the quotation marks"),
        ('"my cat.jpg"', "leave out the quotation marks"),
        ("C:\temp\new.jpg", r"Write the path as r"),
        ("C:\\photos\\cat.jpg", "this is a Windows path"),
        (" cat.jpg", "leave out the spaces"),
        ("a" * 5000 + ".jpg", "check the name and the folder"),
        ("~nobody_at_all/cat.jpg", "check the name and the folder"),
        ("cat\0.jpg", "check the name and the folder"),
    ],
)
def test_a_path_that_is_something_else_gets_advice(path, advice, tmp_path, monkeypatch, random_image):
    monkeypatch.chdir(tmp_path)
    nst.save_image(random_image(20, 30), "cat.jpg")
    with pytest.raises(FileNotFoundError, match="There is no file") as told:
        nst.load_image(path)
    said = str(told.value)
    assert advice in said and said.isprintable() and len(said) < 500


def test_shown_is_one_line():
    assert files.shown("C:\temp") == r"'C:\temp'" and files.shown("ä.png") == "ä.png" and len(files.shown("a" * 999)) < 200
