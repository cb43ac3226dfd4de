"""`nst-lessons lab`: what it copies, what it never overwrites, what it refuses, and the JupyterLab that it starts."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from nst_lessons.__main__ import main
from nst_lessons.publishing import copies
from tests.conftest import ROOT


def lab(folder, *options):
    return main(["lab", str(folder), "--copy-only", *options])


def test_the_lessons_with_their_primers_and_glossary_are_copied_and_solutions_if_asked_for(tmp_path):
    assert lab(tmp_path / "own") == 0
    found = {path.relative_to(tmp_path / "own").as_posix() for path in (tmp_path / "own").rglob("*") if path.is_file()}
    lessons = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert lessons < found and {"glossary.md", "LICENSE.md", "primers/gradients_and_autograd.md"} < found
    assert not any(name.startswith("solutions/") for name in found)
    assert lab(tmp_path / "own", "--solutions") == 0
    assert {path.name for path in (tmp_path / "own" / "solutions").iterdir()} == lessons


def test_a_changed_lesson_stays_an_old_one_is_replaced_and_a_deleted_one_comes_back(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "notebooks", tmp_path / "new", ignore=shutil.ignore_patterns("solutions"))
    own = tmp_path / "own"
    lab(own)
    (own / "02_content.ipynb").write_text("my answers")
    (own / "03_style.ipynb").unlink()
    for name in ("02_content.ipynb", "04_full_pipeline.ipynb"):
        (tmp_path / "new" / name).write_text("the new version")
    monkeypatch.setattr(copies, "lessons_dir", lambda: tmp_path / "new")
    lab(own)
    told = capsys.readouterr().err
    assert (own / "02_content.ipynb").read_text() == "my answers" and "02_content.new.ipynb" in told
    assert (own / "02_content.new.ipynb").read_text() == (own / "04_full_pipeline.ipynb").read_text() == "the new version"
    assert (own / "03_style.ipynb").is_file() and "04_full_pipeline" not in told


def test_a_file_a_full_folder_one_that_cannot_be_written_and_a_taken_port_are_refused(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    (tmp_path / "closed").mkdir()
    for folder, words in (("file", "is a file"), ("full", "holds other things")):
        assert lab(tmp_path / folder) == 2 and words in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert lab(tmp_path / "closed") == 2 and "cannot be written to" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        assert lab(tmp_path / "own", "--port", str(taken.getsockname()[1])) == 2
        assert "is taken" in capsys.readouterr().err and not (tmp_path / "own").exists()
    assert lab(tmp_path / "own", "--port", "99999") == 2 and "not allowed" in capsys.readouterr().err
    assert list((tmp_path / "full").iterdir()) == [tmp_path / "full" / "thesis.tex"]


@pytest.mark.slow
@pytest.mark.parametrize("home", ["home", "file/me"], ids=["home", "a home that cannot be written to"])
def test_it_opens_jupyterlab_on_this_computer_only_with_a_token(home, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "file").write_text("not even root can make a folder in it")
    command = [sys.executable, "-m", "nst_lessons", "lab", str(tmp_path / "own")]
    folders = {"HOME": str(tmp_path / home), "TMPDIR": str(tmp_path)}
    environment = os.environ | folders | {"BROWSER": "true", "PYTHONUNBUFFERED": "1"}
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        end, found = time.monotonic() + 60, None
        while found is None and time.monotonic() < end:
            found = re.search(r"http://localhost:(\d+)/lab\?token=(\w+)", (tmp_path / "log").read_text())
            time.sleep(0.2)
        assert found, (tmp_path / "log").read_text()
        port, token = found.groups()
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents?token={token}", timeout=10).read()
        assert b"00_start_here.ipynb" in page
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=10)
    finally:
        server.terminate()
        server.wait(20)
