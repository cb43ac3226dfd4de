"""`nst-lessons print`, on small papers."""

from types import SimpleNamespace

import pytest
from PIL import Image

import nst_lessons as nst
from nst_lessons.__main__ import main
from nst_lessons.commands import poster

SMALL = ["--paper", "a5", "--dpi", "50", "--steps", "3"]  # 413 x 291 pixels


@pytest.mark.slow
@pytest.mark.parametrize("fit", [[], ["--fit"]])
def test_a_print_has_the_papers_size_and_resolution(fit, tmp_path, capsys):
    out = tmp_path / "a.png"
    assert main(["print", "chelsea", "swirls", "-o", str(out), *SMALL, *fit]) == 0
    said = capsys.readouterr()
    with Image.open(out) as file:
        assert file.size == (413, 291) and file.info["dpi"] == pytest.approx((50, 50), abs=0.1)
    assert "final loss" in said.out and "100%" in said.err and "dots per inch" not in said.err
    borders = nst.load_image(out)[..., 0]  # chelsea is wider than the paper: white lines above and below
    assert bool((borders[:, :, 0] == 1).all()) == bool(fit)


@pytest.mark.slow
def test_an_upright_photo_gets_upright_paper_and_a_small_one_a_warning(tmp_path, capsys, random_image):
    photo = nst.save_image(random_image(80, 60), tmp_path / "small.png")
    assert main(["print", str(photo), "swirls", "-o", str(tmp_path / "a.jpg"), *SMALL]) == 0
    assert "has only 60 x 80 pixels, which is 10 dots per inch" in capsys.readouterr().err
    with Image.open(tmp_path / "a.jpg") as file:
        assert file.size == (291, 413)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dpi", "0"], "give a number from 50 to 600"),
        (
            ["--paper", "A2", "--dpi", "600"],
            "A2 at 600 dots per inch has 14031 pixels on its long side: give --dpi 350 or less",
        ),
        (["-o", "a.webp"], "holds no resolution for a printer: end the name in .png"),
    ],
)
def test_bad_prints_are_refused_at_once(options, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["print", "chelsea", "swirls", "-o", "a.png", *options]) == 2
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_an_unknown_paper_names_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["print", "chelsea", "swirls", "-o", "a.png", "--paper", "A9"])
    assert stop.value.code == 2 and "a3" in capsys.readouterr().err


def test_a_disk_that_is_too_small_is_told_before_the_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(poster.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000))
    assert main(["print", "chelsea", "swirls", "-o", str(tmp_path / "a.png"), *SMALL]) == 2
    assert "make room" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_same_command_goes_on_where_it_stopped(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("nst_lessons.settings.LARGE", 200)
    monkeypatch.setattr("nst_lessons.commands.stylize.LARGE", 200)
    command = ["print", "chelsea", "swirls", "-o", str(tmp_path / "a.png"), *SMALL[:-1], "5"]
    assert main(command) == 0
    assert sorted(path.name.split("-")[0] for path in (tmp_path / "a_sizes").iterdir()) == ["103", "206"]
    first = nst.load_image(tmp_path / "a.png")
    monkeypatch.setattr("nst_lessons.kept.save_image", lambda *_: pytest.fail("a finished size is painted anew"))
    assert main(command) == 0
    assert (nst.load_image(tmp_path / "a.png") - first).abs().max() == 0
