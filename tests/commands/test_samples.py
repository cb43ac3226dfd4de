"""`nst-lessons samples`: the list, and the contact sheet."""

import numpy as np
import pytest
from PIL import Image

from nst_lessons import samples
from nst_lessons.__main__ import main
from nst_lessons.commands import samples as command

LONG = f"own/{'long_' * 8}name"
COLOURS = {"own/flat": (255, 0, 255), LONG: (0, 255, 20)}  # no sample has these colours
SIZES = {"own/flat": (300, 200), LONG: (30, 120)}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder to work in with two own pictures and one that is damaged; none of the paintings is on this disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NST_DATA_DIR", raising=False)
    monkeypatch.setattr(samples, "KAGGLE_INPUT", tmp_path / "kaggle")
    monkeypatch.setattr(samples, "_cache", lambda: tmp_path / "cache")
    folder = tmp_path / "data" / "own"
    folder.mkdir(parents=True)
    for name, colour in COLOURS.items():
        Image.new("RGB", SIZES[name], colour).save(tmp_path / "data" / f"{name}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def test_the_list_has_every_name(own, capsys):
    assert main(["samples"]) == 0
    listed = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"astronaut", "swirls", "starry_night", *COLOURS} < listed.keys()
    assert "downloaded when first used" in listed["starry_night"] and "downloaded" not in listed["swirls"]


def test_the_sheet_shows_every_picture_that_is_here_and_names_the_others(own, tmp_path, capsys, monkeypatch):
    drawn, draw = {}, command.draw
    monkeypatch.setattr(
        command, "draw", lambda images, *args, **options: drawn.update(images) or draw(images, *args, **options)
    )
    assert main(["samples", "--sheet", "sheet.png"]) == 0
    said, error = capsys.readouterr()
    assert said == f"{tmp_path / 'sheet.png'}\n"
    listed = samples.available()
    paintings = [name for name, sample in listed.items() if sample.kind == "painting"]
    broken, missing = error.splitlines()
    assert broken.startswith("nst-lessons: left out: own/broken (") and "broken.jpg" in broken
    assert missing == f"nst-lessons: left out, since they are downloaded when first used: {', '.join(paintings)}"
    left_out = {"own/broken", *paintings}
    assert [title.replace("\n", "") for title in drawn] == [name for name in listed if name not in left_out]
    assert max(len(line) for title in drawn for line in title.splitlines()) <= 20
    sheet = np.asarray(Image.open("sheet.png").convert("RGB")).astype(int)
    assert 600 < sheet.shape[1] < 2000
    for name, colour in COLOURS.items():
        rows, columns = np.nonzero(abs(sheet - colour).max(axis=2) < 40)
        top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
        assert len(rows) == pytest.approx((bottom - top) * (right - left), rel=0.05)  # one whole rectangle
        width, height = SIZES[name]
        assert (right - left) / (bottom - top) == pytest.approx(width / height, rel=0.06) and bottom - top > 100
        assert sheet[top - 25 : top - 3, left:right].min() < 60  # black letters above it
    assert {path.name for path in tmp_path.iterdir()} == {"data", "sheet.png"}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("data/own/flat.png", "which would be lost"),
        ("sheet.mp3", "end the name in .png, .jpg or .webp"),
        ("no/sheet.png", "The folder no does not exist"),
    ],
)
def test_a_sheet_is_refused_where_it_cannot_be_and_nothing_changes(output, message, own, capsys):
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    assert main(["samples", "--sheet", output]) == 2
    assert message in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in own.iterdir()} == before


def test_a_panorama_leaves_the_others_their_size(own, capsys):
    def width_of_flat() -> int:
        assert main(["samples", "--sheet", "sheet.png"]) == 0
        sheet = np.asarray(Image.open("sheet.png").convert("RGB")).astype(int)
        return int(np.ptp(np.nonzero(abs(sheet - COLOURS["own/flat"]).max(axis=2) < 40)[1]))

    before = width_of_flat()
    Image.new("RGB", (1200, 200)).save(own / "panorama.png")
    assert width_of_flat() == pytest.approx(before, rel=0.03) and "panorama" not in capsys.readouterr().err


def test_the_style_that_ships_is_never_overwritten(own, tmp_path, capsys):
    swirls = samples.find("swirls")
    (tmp_path / "link.jpg").symlink_to(swirls)
    before = swirls.read_bytes()
    assert main(["samples", "--sheet", "link.jpg"]) == 2 and swirls.read_bytes() == before
