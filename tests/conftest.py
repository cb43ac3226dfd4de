"""What the tests share: the real network, and the folder of paintings where there is one."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch

import nst_lessons as nst

sys.modules["rfc3987_syntax"] = None  # jsonschema would spend 4 s on a grammar for a format that no notebook uses
ROOT = Path(__file__).parent.parent
LONGEST = ("tests/browser", "test_notebooks", "test_as_if_there", "test_wall", "test_universal")
OLD = ["ipywidgets==7.7.1", "ipykernel==6.17.1", "ipython==7.34.0"]  # of Colab today


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, or one worker ends minutes after the other; a file's tests stay in their order."""
    items.sort(key=lambda item: next((rank for rank, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST)))


def _paintings() -> Path | None:
    """The folder of the catalogue's paintings: NST_DATA_DIR, or a folder `paintings` near the clone."""
    folders = [Path(os.environ["NST_DATA_DIR"])] if "NST_DATA_DIR" in os.environ else ROOT.parent.glob("*/paintings")
    return next((folder for folder in folders if (folder / "starry_night.jpg").is_file()), None)


@pytest.fixture
def paintings(monkeypatch) -> Path:
    """The folder of paintings, which the samples then find."""
    folder = _paintings()
    if folder is None:
        pytest.skip("no folder of paintings: set NST_DATA_DIR to one to run this test")
    monkeypatch.setenv("NST_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def vgg() -> nst.VGG:
    """The real VGG19, as a reader gets it."""
    return nst.VGG(device="cpu")


@pytest.fixture
def random_image():
    """A function (height, width, seed) -> a random picture (1, 3, H, W)."""
    return lambda h, w, seed=0: torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="session")
def old_packages(tmp_path_factory) -> Path:
    """A folder with the packages of Colab's notebooks, to be put first on the path; the second worker finds the first's."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "old_packages"
    if shared.exists():
        return shared
    folder = tmp_path_factory.mktemp("old")
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, *OLD]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"the old widgets could not be installed: {made.stderr.strip().splitlines()[-1:]}")
    with suppress(OSError):  # both were at it
        folder = folder.rename(shared)
    return folder
