"""The built wheel, installed for itself: all of the package, the styles and the models in it, and nothing else."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from tests.conftest import ROOT

UNREACHABLE = ("Could not find a version", "Temporary failure in name resolution", "NewConnectionError", "Max retries")
WHERE = """
from nst_lessons import samples, vgg_weights
from nst_lessons.one_pass.models import find_model
print(samples.__file__, find_model("stylizer"), *[s.path for s in samples.available().values() if s.kind == "style"], sep="\\n")
"""


def run(*command, cwd=None):
    """A process that sees neither the clone nor a person's own pictures; its result, of text."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NST_DATA_DIR")}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel. pip fetches what builds it, hatchling, from its index."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    if built.returncode and any(words in built.stderr for words in UNREACHABLE):
        pytest.skip("no package index can be reached, and so none that has hatchling")
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a new environment: the wheel is in it, and behind it the packages of this one."""
    folder = tmp_path_factory.mktemp("new") / "environment"
    venv.create(folder)
    command = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel]
    made = run(*command)
    assert made.returncode == 0, made.stderr
    (site,) = (folder / "lib").glob("python*/site-packages")
    others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "others.pth").write_text("\n".join(others))  # their own .pth files, such as the clone's, are not read
    return folder / "bin"


@pytest.mark.slow
def test_all_of_the_package_is_in_the_wheel_with_styles_and_models_and_nothing_else(wheel):
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "nst_lessons",
        "data/styles",
        "data/models",
        "notebooks",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [PurePosixPath(name) for name in listed if (ROOT / name).is_file()]
    expected = {file if file.parts[0] == "nst_lessons" else "nst_lessons" / file for file in files}
    inside = {PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()}
    assert {file for file in inside if not file.parts[0].endswith(".dist-info")} == expected
    for part in ("moving", "one_pass/training", "checks", "commands", "data/styles", "data/models", "notebooks/solutions"):
        assert any(file.is_relative_to(f"nst_lessons/{part}") for file in expected)


def test_what_is_installed_is_found_inside_of_it(installed, tmp_path):
    told = run(installed / "python", "-c", WHERE, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    module, *files = map(Path, told.stdout.splitlines())
    assert module.is_relative_to(installed.parent) and len(files) == 1 + len(list((ROOT / "data" / "styles").glob("*.jpg")))
    assert all(file.is_relative_to(module.parent / "data") and file.is_file() for file in files)


@pytest.mark.slow
def test_its_commands_work_from_any_folder(installed, tmp_path):
    listed = run(installed / "nst-lessons", "samples", cwd=tmp_path)
    assert listed.returncode == 0 and "astronaut" in listed.stdout and "stained glass" in listed.stdout, listed.stderr
    healthy = run(installed / "nst-lessons", "doctor", cwd=tmp_path)
    assert healthy.returncode == 0 and "All is well" in healthy.stdout, healthy.stdout + healthy.stderr
    command = ["stylize", "astronaut", "swirls", "--size", "64", "--steps", "2", "-o", "painting.png"]
    painted = run(installed / "nst-lessons", *command, cwd=tmp_path)
    assert painted.returncode == 0, painted.stderr
    assert Image.open(tmp_path / "painting.png").size == (64, 64)
