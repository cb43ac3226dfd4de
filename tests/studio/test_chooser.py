"""The chooser: folders of one's own, and thumbnails that are made once, when they are looked at."""

import base64
import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from nst_lessons import samples
from nst_lessons.studio import chooser as module
from nst_lessons.studio.chooser import COLUMNS, GIVEN, HEIGHT, WIDTH, Chooser

COLOURS = {"red": (220, 30, 30), "green": (30, 160, 40), "blue": (20, 60, 200), "white": (250, 250, 250), "grey": (90, 90, 90)}


@pytest.fixture
def club(tmp_path, monkeypatch):
    """A person's own pictures: a folder of five colours in the folder of NST_DATA_DIR, and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samples, "KAGGLE_INPUT", tmp_path / "none")
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "club"))
    (tmp_path / "club" / "faces").mkdir(parents=True)
    for number, (name, colour) in enumerate(COLOURS.items()):
        Image.new("RGB", (90 + 40 * number, 130), colour).save(tmp_path / "club" / "faces" / f"{name}.png")
    Image.new("RGB", (64, 48)).save(tmp_path / "club" / "logo.png")
    return tmp_path / "club"


@pytest.fixture
def reads(monkeypatch):
    """The files of which a thumbnail is made, as they are read; none is known from before."""
    seen, load_image = [], module.load_image
    module._thumbnail.cache_clear()
    monkeypatch.setattr(module, "load_image", lambda path, size: seen.append(path.stem) or load_image(path, size))
    return seen


def groups(chooser):
    return [(sheet.value, buttons) for sheet, buttons in (box.children for box in chooser.groups.children)]


def shown(chooser):
    """{name: picture} of the thumbnails, in their order."""
    found = {}
    for sheet, buttons in groups(chooser):
        pictures = re.findall(r"nth-of-type\((\d+)\) { background-image: url\(data:image/jpeg;base64,(\S+)\)", sheet)
        assert [int(number) for number, _ in pictures] == list(range(1, len(buttons.options) + 1))
        for (_, name), (_, data) in zip(buttons.options, pictures, strict=True):
            found[name] = Image.open(io.BytesIO(base64.b64decode(data)))
    return found


def marked(chooser):
    return [buttons.value for _, buttons in groups(chooser) if buttons.value is not None]


def test_own_pictures_show_up_in_their_folders_with_their_thumbnails(club):
    chooser = Chooser("photo", "astronaut")
    assert [folder for _, folder in chooser.folder.options] == ["photos", "styles", "club", "club/faces"]
    assert chooser.folder.options[3][0] == "club/faces (5)" and list(shown(chooser))[:2] == ["astronaut", "chelsea"]
    chooser.folder.value = "club/faces"
    thumbnails = shown(chooser)
    assert list(thumbnails) == [f"club/faces/{name}" for name in sorted(COLOURS)]
    for name, colour in COLOURS.items():
        picture = thumbnails[f"club/faces/{name}"]
        assert np.abs(np.asarray(picture).mean((0, 1)) - colour).max() < 4
        assert picture.width / picture.height == pytest.approx(WIDTH / HEIGHT, rel=0.03)
    assert chooser.value == "astronaut" and marked(chooser) == []  # a look into a folder chooses nothing


def test_a_click_chooses_and_is_observed(club):
    chooser, seen = Chooser("photo", "astronaut"), []
    chooser.observe(lambda change: seen.append(change.new), "value")
    chooser.folder.value = "club/faces"
    (_, buttons), *_ = groups(chooser)
    buttons.value = "club/faces/red"
    assert seen == [chooser.value] == ["club/faces/red"] == marked(chooser)
    assert [label for label, _ in buttons.options] == sorted(COLOURS)  # short names below the thumbnails


def test_one_folder_is_read_and_of_that_as_many_rows_as_take_a_moment(club, reads, monkeypatch):
    monkeypatch.setattr(module, "QUICK", 0)
    monkeypatch.setattr(module, "PATIENT", 0)
    chooser = Chooser("photo", "club/faces/white")
    first = ["white", "blue", "green"]  # the chosen one first
    assert reads == first and len(first) == COLUMNS and marked(chooser) == ["club/faces/white"]
    assert chooser.more.description == "2 more" and chooser.more.layout.display != "none"
    chooser.more.click()
    assert reads == [*first, "grey", "red"] and chooser.more.layout.display == "none"
    assert list(shown(chooser)) == [f"club/faces/{name}" for name in reads]
    groups(chooser)[1][1].value = "club/faces/red"
    assert marked(chooser) == ["club/faces/red"]  # and no more in the rows before


def test_a_thumbnail_is_made_once_and_again_when_its_file_has_changed(club, reads):
    Chooser("photo", "club/faces/red")
    assert sorted(reads) == sorted(COLOURS)
    Chooser("style", "club/faces/red")
    assert len(reads) == len(COLOURS)
    Image.new("RGB", (90, 130), COLOURS["blue"]).save(club / "faces" / "red.png")
    os.utime(club / "faces" / "red.png", (1, 1))
    thumbnail = shown(Chooser("photo", "club/faces/red"))["club/faces/red"]
    assert reads[len(COLOURS) :] == ["red"] and np.abs(np.asarray(thumbnail).mean((0, 1)) - COLOURS["blue"]).max() < 4


def test_what_cannot_be_read_is_left_out_with_a_note(club):
    (club / "faces" / "a<b>.jpg").write_bytes(b"not a picture")
    (club / "faces" / "cut.png").write_bytes((club / "faces" / "red.png").read_bytes()[:60])
    chooser = Chooser("photo", "club/faces/red")
    assert len(shown(chooser)) == len(COLOURS)
    assert chooser.note.value == "left out 2 that cannot be read: a&lt;b&gt;.jpg, cut.png"
    chooser.folder.value = "club"
    assert chooser.note.layout.display == "none" and list(shown(chooser)) == ["club/logo"]


def test_a_picture_that_is_added_is_chosen_beside_those_given_before(club):
    for folder in ("one", "two"):
        (club.parent / folder).mkdir()
        Image.new("RGB", (64, 48)).save(club.parent / folder / "me.png")
    chooser = Chooser("photo", "one/me.png")
    assert chooser.folder.value == GIVEN and marked(chooser) == ["one/me.png"]
    for _ in range(2):  # the second time it is there already
        chooser.add("two/me.png")
        assert chooser.value == "two/me.png" and chooser.folder.value == GIVEN and marked(chooser) == ["two/me.png"]
        assert list(shown(chooser)) == ["two/me.png", "one/me.png"]
        assert [label for label, _ in groups(chooser)[0][1].options] == ["me", "me_2"]  # no two of the same
        chooser.folder.value = "club"
    chooser.add("astronaut.png")
    assert shown(chooser).keys() == {"one/me.png", "two/me.png"} and "astronaut.png" in chooser.note.value
