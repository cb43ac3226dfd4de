"""The project as a whole: imports, files that must agree, notebooks that run."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nst_lessons as nst

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_every_public_name_is_there_and_says_what_it_is():
    for name in nst.__all__:
        assert getattr(nst, name).__doc__, name


def test_import_is_quick_quiet_and_loads_no_model(tmp_path):
    """Half a second above torch and torchvision, no socket, no file of weights: the best of three, in new processes."""
    code = """
import socket, time
import torch, torchvision
def refuse(*arguments, **options): raise AssertionError("import used the network or loaded a model")
socket.socket.connect = socket.getaddrinfo = torch.load = refuse
start = time.perf_counter()
import nst_lessons
print(time.perf_counter() - start)
"""
    runs = [subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True) for _ in range(3)]
    assert all(run.returncode == 0 and not run.stderr for run in runs), runs[0].stderr
    print(f"import nst_lessons took {min(float(run.stdout) for run in runs):.2f} s")


def test_environment_yml_installs_the_package_itself():
    text = (ROOT / "environment.yml").read_text()
    assert f"python{PROJECT['requires-python']}" in text and "- pip\n" in text and "--editable .[test]" in text


def test_no_large_file_is_in_the_repository():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    assert not [name for name in names if name and (ROOT / name).is_file() and (ROOT / name).stat().st_size > 3_000_000]


@pytest.mark.parametrize("style", sorted((ROOT / "data" / "styles").glob("*.jpg")), ids=lambda path: path.stem)
def test_every_bundled_style_has_its_origin_told(style):
    assert style.stem in (ROOT / "data" / "README.md").read_text()
