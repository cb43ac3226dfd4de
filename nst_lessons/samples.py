"""Pictures that a lesson can name: photos, bundled styles, and public-domain paintings.

The photos come with scikit-image and matplotlib; the styles are drawn by `data/draw_styles.py`; a painting is taken
from the folder `NST_DATA_DIR` or downloaded once, checked against its SHA-256, and kept in the user's cache.
"""

import difflib
import importlib.util
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).parent
_PHOTOS = {  # name: (package that ships the file, path in it, title, credit)
    "astronaut": ("skimage", "data/astronaut.png", "Eileen Collins", "NASA, public domain"),
    "chelsea": ("skimage", "data/chelsea.png", "Chelsea the cat", "Stéfan van der Walt, CC0"),
    "coffee": ("skimage", "data/coffee.png", "A cup of coffee", "Rachel Michetti, CC0"),
    "rocket": ("skimage", "data/rocket.jpg", "Falcon 9 on its pad", "SpaceX, CC0"),
    "motorcycle": (
        "skimage",
        "data/motorcycle_left.png",
        "Motorcycle",
        "Scharstein et al., Middlebury stereo benchmark 2014",
    ),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "Grace Hopper", "US Navy, public domain"),
}


@dataclass(frozen=True)
class Sample:
    """A picture with a name. `kind` is "photo", "style" or "painting"; `path` is None while it is not on this disk."""

    name: str
    kind: str
    title: str
    credit: str
    path: Path | None


def data_dir() -> Path:
    """The folder of what ships with the project: inside an installed package, or beside it in a clone."""
    inside = _PACKAGE / "data"
    return inside if inside.is_dir() else _PACKAGE.parent / "data"


def available() -> dict[str, Sample]:
    """Every sample by its name: photos, then styles, then paintings."""
    found = [
        Sample(name, "photo", title, credit, _shipped(package, file))
        for name, (package, file, title, credit) in _PHOTOS.items()
    ]
    for path in sorted((data_dir() / "styles").glob("*.jpg")):
        found.append(Sample(path.stem, "style", path.stem.replace("_", " "), "drawn by data/draw_styles.py, MIT", path))
    for entry in _catalogue():
        credit = f"{entry['artist']}, {entry['year']}, public domain"
        found.append(Sample(entry["name"], "painting", entry["title"], credit, _on_disk(entry)))
    return {sample.name: sample for sample in found}


def find(name: str) -> Path:
    """The file of the sample `name`; a painting that is not on this disk is downloaded, with a progress bar.

    Raises ValueError for an unknown name (with the nearest one), FileNotFoundError where it cannot be had.
    """
    known = available()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"the names are {', '.join(known)}."
        raise ValueError(f"There is no file and no sample called {name!r}: {hint}")
    if known[name].path is not None:
        return known[name].path
    if known[name].kind == "painting":
        return _download(next(entry for entry in _catalogue() if entry["name"] == name))
    raise FileNotFoundError(f"The photo {name!r} is not in this installation of {_PHOTOS[name][0]}: choose another sample.")


def looks_like_name(text: str) -> bool:
    """Whether `text` can be meant as a sample's name rather than as a path: letters, digits and _ only."""
    return re.fullmatch(r"\w+", text) is not None


def _shipped(package: str, file: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / file if spec else None
    return path if path and path.is_file() else None


def _catalogue() -> list[dict]:
    return json.loads((_PACKAGE / "paintings.json").read_text(encoding="utf-8"))


def _cache() -> Path:
    import pooch  # here, so that `import nst_lessons` stays quick

    return Path(pooch.os_cache("nst_lessons"))


def _on_disk(entry: dict) -> Path | None:
    own = os.environ.get("NST_DATA_DIR")
    folders = ([Path(own)] if own else []) + [_cache()]
    return next((folder / entry["file"] for folder in folders if (folder / entry["file"]).is_file()), None)


def _download(entry: dict) -> Path:
    import pooch

    try:
        path = pooch.retrieve(
            entry["url"],
            known_hash=f"sha256:{entry['sha256']}",
            fname=entry["file"],
            path=_cache(),
            downloader=pooch.HTTPDownloader(progressbar=True, timeout=20),
        )
    except (OSError, ValueError) as error:  # no network, or not the file that it should be
        raise FileNotFoundError(
            f"{entry['title']} could not be downloaded: use a bundled style, or put {entry['file']} into a folder and set "
            f"NST_DATA_DIR to it.\n  from: {entry['url']}\n  reason: {error}"
        ) from None
    return Path(path)
