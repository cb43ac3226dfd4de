import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

import nst_lessons as nst
from nst_lessons.__main__ import main, parser
from nst_lessons.images import writable
from nst_lessons.one_pass.models import find_model, load_model
from nst_lessons.one_pass.realtime import load_stylizer
from nst_lessons.one_pass.training import crops, decoders, stylizer
from nst_lessons.one_pass.training.crops import HELD_OUT
from tests.conftest import ROOT
from tests.test_images import bad_files

shipped = pytest.mark.skipif(find_model("decoders") is None, reason="no decoders: `nst-lessons train decoders`")

QUICK = ["--size", "64", "--steps", "3"]


def stylize(capsys, *arguments) -> tuple[int, str]:
    """The exit code and the error text of a run in this process."""
    code = main(["stylize", *map(str, arguments)])
    return code, capsys.readouterr().err


@pytest.mark.slow
def test_a_photo_becomes_a_painting(tmp_path):
    """In a process of its own, from a folder that is not the repository, with a name that is not ASCII."""
    command = [
        sys.executable,
        "-m",
        "nst_lessons",
        "stylize",
        "astronaut",
        "stained_glass",
        "-o",
        "mein Bild – 1.png",
        *QUICK,
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "final loss" in run.stdout and "mein Bild – 1.png" in run.stdout and "100%" in run.stderr
    assert Image.open(tmp_path / "mein Bild – 1.png").size == (64, 64)


@pytest.mark.slow
def test_ctrl_c_saves_the_best_so_far(tmp_path):
    command = [
        sys.executable,
        "-m",
        "nst_lessons",
        "stylize",
        "chelsea",
        "wave",
        "-o",
        "x.png",
        "--steps",
        "5000",
        "--size",
        "64",
    ]
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores Ctrl-C
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=listening) as run:
        try:
            seen = b""
            while b"loss" not in seen:  # the progress bar has a first step to show
                seen += run.stderr.read(1)
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
    assert run.returncode == 0 and b"stopped early: interrupted" in out and b"Traceback" not in err
    assert Image.open(tmp_path / "x.png").size == (64, 43)


@pytest.mark.parametrize("method", ["realtime", "arbitrary", pytest.param("universal", marks=shipped)])
def test_a_method_without_optimising_paints_the_same_photo_another_way(method, tmp_path, capsys):
    assert stylize(capsys, "chelsea", "swirls", "-o", tmp_path / "x.png", "--method", method, "--size", "128") == (0, "")
    painted, photo = nst.load_image(tmp_path / "x.png"), nst.load_image("chelsea", 128)
    assert painted.shape == photo.shape and (painted - photo).abs().mean() > 0.05
    assert (painted - photo).abs().mean() < (painted - photo.flip(2)).abs().mean()  # the cat is where it was


def test_neighbours_report_their_progress_and_take_alpha(tmp_path, capsys):
    painted = {}
    for alpha in ("0", "1"):
        out = tmp_path / f"{alpha}.png"
        assert main(["stylize", "chelsea", "swirls", "-o", str(out), "--method", "neighbours", *QUICK, "--alpha", alpha]) == 0
        said = capsys.readouterr()
        assert "final loss" in said.out and "100%" in said.err
        painted[alpha] = nst.load_image(out)
    assert painted["0"].shape == painted["1"].shape == nst.load_image("chelsea", 64).shape


@pytest.mark.parametrize("name", ["text.jpg", "empty.png", "folder.png", "cut.jpg", "missing.jpg"])
def test_bad_pictures(name, tmp_path, capsys):
    message = bad_files(tmp_path)[name]
    code, error = stylize(capsys, tmp_path / name, "swirls", "-o", tmp_path / "x.png")
    assert code == 2 and message in error.splitlines()[0]
    assert stylize(capsys, "chelsea", tmp_path / name, "-o", tmp_path / "x.png", *QUICK)[0] == 2
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("size", [(1, 1), (20000, 10)])
def test_bad_shapes(size, tmp_path, capsys):
    Image.new("RGB", size).save(tmp_path / "a.png")
    code, error = stylize(capsys, tmp_path / "a.png", "swirls", "-o", tmp_path / "x.png")
    assert code == 2 and "too small" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["astronot", "swirls"], "did you mean 'astronaut'"),
        (["chelsea", "swirls", "--size", "31"], "from 32 up"),
        (["chelsea", "swirls", "--size", "100000"], "the largest size that fits"),
        (["chelsea", "swirls", "--steps", "0"], "from 1 up"),
        (["chelsea", "swirls", "--style-weight", "-1"], "weight of style is -1"),
        (["chelsea", "swirls", "--content-weight", "nan"], "weight of content is nan"),
        (["chelsea", "swirls", "--tv-weight", "inf"], "weight of tv is inf"),
        (
            ["chelsea", "swirls", "--style-weight", "0", "--content-weight", "0", "--tv-weight", "0"],
            "All weights are zero",
        ),
        (["chelsea", "swirls", "--device", "warp"], "leave the device out"),
        (["chelsea", "swirls", "--weights", "nowhere.pth"], "no weights file"),
        (["chelsea", "swirls", "--alpha", "0.5"], "--alpha means nothing to --method optimise"),
        (["chelsea", "swirls", "--method", "realtime", "--steps", "5"], "--steps means nothing to --method realtime"),
        (["chelsea", "swirls", "--method", "neighbours", "--style-weight", "5"], "--style-weight means nothing to --method"),
        (["chelsea", "swirls", "--method", "neighbours", "--alpha", "2"], "alpha is 2.0: give a number from 0"),
        (["chelsea", "coffee", "--method", "realtime"], "not learned the style 'coffee'"),
        (["chelsea", "swirls", "wave", "--method", "arbitrary"], "takes one STYLE"),
        (["chelsea", "swirls", "--method", "arbitrary", "--alpha", "2"], "strength is 2"),
    ],
)
def test_bad_options_leave_the_old_output_untouched(arguments, message, tmp_path, capsys):
    (tmp_path / "x.png").write_text("precious")
    code, error = stylize(capsys, *arguments, "-o", tmp_path / "x.png")
    assert code == 2 and message in error.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"] and (tmp_path / "x.png").read_text() == "precious"


def test_bad_outputs_are_told_before_the_work(tmp_path, capsys):
    start = time.perf_counter()
    for name, message in {"no/x.png": "does not exist", "x.mp3": "end the name", "": "end the name"}.items():
        code, error = stylize(capsys, "chelsea", "swirls", "-o", f"{tmp_path}/{name}".rstrip("/"))
        assert code == 2 and message in error
    assert time.perf_counter() - start < 60


def test_an_error_is_no_traceback(tmp_path):
    command = [sys.executable, "-m", "nst_lessons", "stylize", "missing.jpg", "swirls", "-o", "x.png"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.startswith("nst-lessons: There is no file missing.jpg")
    assert "Traceback" not in run.stderr


COMMANDS = parser()._subparsers._group_actions[0].choices


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_explains_it_and_its_options_and_shows_an_example_that_is_right(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert stop.value.code == 0 and said.startswith(f"usage: nst-lessons {name}")
    command = COMMANDS[name]
    assert len(command.description) > 40 and " ".join(command.description.split()) in said
    assert not [action.dest for action in command._actions if not action.help]
    example = said.partition("example: nst-lessons ")[2]
    assert example.split()[0] == name and parser().parse_args(example.split()).run


def test_without_a_command_there_is_the_help_with_all_of_them(capsys):
    assert main([]) == 2
    said, error = capsys.readouterr()
    assert not said and error.startswith("usage: nst-lessons ")
    assert not {"stylize", "video", "wall", "samples", "doctor", "publish", "slides", "train"} - set(error.split())


def test_version_is_that_of_the_project(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert stop.value.code == 0 and capsys.readouterr().out == f"nst-lessons {version}\n"


def test_the_help_of_stylize_names_the_endings_that_it_takes_and_no_other(tmp_path):
    named = set(re.findall(r"\.\w+", next(action.help for action in COMMANDS["stylize"]._actions if action.dest == "output")))
    taken = set()
    for ending in [".mp4", ".svg", *Image.registered_extensions()]:
        with suppress(ValueError):
            taken.add(writable(tmp_path / f"x{ending}").suffix)
    assert named == taken


def test_bad_words_exit_with_2():
    with pytest.raises(SystemExit) as stop:
        main(["paint"])
    assert stop.value.code == 2


def test_the_command_is_installed():
    command = Path(sys.executable).with_name("nst-lessons")
    assert subprocess.run([command, "--help"], capture_output=True).returncode == 0


@pytest.mark.slow
def test_a_wall_of_a_folder_goes_on_where_it_was_and_tells_what_failed(tmp_path, capsys):
    photos, out = tmp_path / "club", tmp_path / "wall"
    photos.mkdir()
    Image.new("RGB", (90, 60), "teal").save(photos / "ada.png")
    (photos / "broken.jpg").write_bytes(b"no picture")
    command = ["wall", str(photos), "swirls", "wave", "-o", str(out), "--jobs", "1", *QUICK]
    assert main(command) == 2
    first = {path: path.stat().st_mtime_ns for path in out.glob("ada_*.png")}
    assert len(first) == 2 and capsys.readouterr().err.count("nst-lessons: broken in ") == 2
    (photos / "broken.jpg").unlink()
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in out.glob("ada_*.png")} == first
    assert {path.name for path in out.iterdir()} == {path.name for path in first} | {"poster.png", "poster.pdf"}


@pytest.mark.slow
def test_train_writes_a_model_with_its_card_and_goes_on_from_a_checkpoint(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(decoders, "STEPS", {1: 0, 2: 2})
    monkeypatch.setattr(decoders, "FINE_STEPS", {2: 1})
    monkeypatch.setattr(decoders, "ROW_STEPS", {2: 1})
    monkeypatch.setattr(crops, "_LARGEST", 160)
    # 128 pixels, not 512: a card is a card
    monkeypatch.setattr(stylizer, "load_image", lambda source, size=None: nst.load_image(source, 128))
    assert main(["train", "decoders", "-o", "d.safetensors"]) == 0
    assert "relu2_1" in capsys.readouterr().err and load_model("d.safetensors", "decoders")[1]["levels"] == [1, 2]
    monkeypatch.setattr(stylizer, "STEPS", 2)
    monkeypatch.setattr(stylizer, "energies", lambda pictures, photo, *_: [(one - photo).std().item() for one in pictures])
    assert main(["train", "stylizer", "-o", "s.safetensors"]) == 0
    card = load_stylizer("s.safetensors").card
    assert card["steps"] == 2 and {name for scores in card["energy"].values() for name in scores} == set(HELD_OUT)
    assert all(untouched == 0 for scores in card["energy"].values() for _, untouched in scores.values())
    assert sorted(path.name for path in Path("out").iterdir()) == ["decoders.pt", "stylizer.pt"]
    capsys.readouterr()
    assert main(["train", "stylizer", "-o", "again.safetensors"]) == 0  # all steps are in the checkpoint


def test_an_output_that_is_an_input_is_refused_and_stays(tmp_path, capsys):
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "me.jpg")
    before = (tmp_path / "me.jpg").read_bytes()
    for content, style in ((tmp_path / "me.jpg", "swirls"), ("chelsea", tmp_path / "me.jpg")):
        code, error = stylize(capsys, content, style, "-o", tmp_path / "me.jpg", *QUICK)
        assert code == 2 and "me.jpg is an input file, which would be lost" in error
    assert (tmp_path / "me.jpg").read_bytes() == before


def run_as(folder, *arguments, encoding="cp1252", **options):
    """A command in a process of its own whose console knows the letters of `encoding` alone."""
    command = [sys.executable, "-m", "nst_lessons", *map(str, arguments)]
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, **options)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_that_cannot_print_a_name_is_no_error(tmp_path, encoding):
    run = run_as(
        tmp_path, "stylize", "chelsea", "wave", "-o", "画.png", "--method", "realtime", "--size", "96", encoding=encoding
    )
    assert run.returncode == 0 and run.stdout == f"{tmp_path}/\\u753b.png\n".encode() and not run.stderr
    assert Image.open(tmp_path / "画.png").size == (96, 64)
    run = run_as(tmp_path, "stylize", "ř.jpg", "wave", "-o", "x.png", encoding=encoding)
    assert run.returncode == 2 and run.stderr.startswith(b"nst-lessons: There is no file \\u0159.jpg")


@pytest.mark.slow
def test_samples_may_be_read_by_head(tmp_path):
    """The reader goes at once, so that what is written later finds nobody."""
    folder = tmp_path / "data" / "own"
    folder.mkdir(parents=True)
    for number in range(100):  # more than a pipe holds
        Image.new("RGB", (16, 16)).save(folder / f"{'long' * 40}_{number}.png")
    command = f"{sys.executable} -m nst_lessons samples | head -1; exit ${{PIPESTATUS[0]}}"
    for _ in range(3):
        run = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, "") and run.stdout.startswith("astronaut")


def test_a_wall_names_what_it_leaves_out_and_exits_with_0_if_it_was_no_picture(tmp_path, capsys, monkeypatch):
    def paint_all(todo, *_, **__):
        return ((path, photo, 0.1, None) for path, (photo, _) in todo.items())

    monkeypatch.setattr("nst_lessons.wall.wall.paint_all", paint_all)
    (tmp_path / "club").mkdir()
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "club" / "ada.JFIF", format="JPEG")
    for name in ("IMG_0001.MOV", "notes.txt", ".DS_Store"):
        (tmp_path / "club" / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert main(["wall", "club", "swirls", "-o", "wall", *QUICK]) == 0
    said, error = capsys.readouterr()
    assert said == f"1 of 1 paintings and the poster are in {tmp_path / 'wall'}\n"
    assert "nst-lessons: left out, because their names do not end like a picture's: IMG_0001.MOV, notes.txt\n" in error
    assert len(list((tmp_path / "wall").glob("ada_in_swirls_*.png"))) == 1
