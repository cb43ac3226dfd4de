"""The Studio under the widgets of Colab today: ipywidgets 7.7.1, ipykernel 6.17, IPython 7.34, beside the installed torch."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

pytestmark = pytest.mark.notebook
CELL = """
import time
import ipywidgets, IPython, ipykernel
import nst_lessons as nst

studio = nst.Studio("chelsea", "swirls", size=64, steps=2000)
studio.start()
while studio.step is None or studio.step.index < 5:
    time.sleep(0.02)
studio.panel.weights["style"].value = 100.0
index = studio.step.index
while studio.step.index < index + 3:
    time.sleep(0.02)
studio.stop()
print(IPython.__version__, ipykernel.__version__, ipywidgets.__version__, studio.run.weights.style)
"""


@pytest.fixture
def old(old_packages):
    """The environment variables with which Python finds the old packages first."""
    return {"PYTHONPATH": os.pathsep.join([str(old_packages), str(ROOT)])}


def test_the_studios_callbacks(old):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/studio/test_{name}.py" for name in ("chooser", "studio", "background", "regions", "camera", "drop")]
    command += ["-k", "not neighbours"]  # a start that takes long, and that the widgets see as they see `universal`
    command += ["-W", "ignore::DeprecationWarning"]  # the old packages' own, on a new Python
    run = subprocess.run(command, cwd=ROOT, env=os.environ | old, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]


def test_in_a_notebook(old, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", old["PYTHONPATH"])
    cells = [nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell("studio")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(output.text for output in notebook.cells[0].outputs if output.get("name") == "stdout")
    assert printed.split() == ["7.34.0", "6.17.1", "7.7.1", "100.0"]
    assert "application/vnd.jupyter.widget-view+json" in json.dumps(notebook.cells[1].outputs)
