"""Find pictures by name: photos, bundled styles, public-domain paintings, and your own pictures.

The photos come with scikit-image and matplotlib. `data/draw_styles.py` has drawn the styles. A painting comes from the
folder `NST_DATA_DIR` or is downloaded once, checked against its SHA-256, and kept in the user's cache. Your own pictures are
those in `data/own`, in the folder `NST_DATA_DIR`, and in the data sets of a Kaggle notebook.
"""

import difflib
import importlib.util
import json
import os
import re
from collections import deque
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from nst_lessons.decoding import ENDINGS
from nst_lessons.files import replacing
from nst_lessons.machine import KAGGLE_INPUT

PER_FOLDER, OF_OWN, FOLDERS = 100, 1000, 300  # limits on own pictures: per folder, in all, and folders searched
_PACKAGE = Path(__file__).parent
_PHOTOS = {  # name: (package with the file, path in it, title, credit)
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
    """A picture with a name. `kind` is "photo", "style", "painting" or "own"; `path` is None until it is on this disk."""

    name: str
    kind: str
    title: str
    credit: str
    path: Path | None

    @property
    def folder(self) -> str:
        """The folder that it is listed in: the one in an own picture's name, or else photos, styles or paintings."""
        return self.name.rpartition("/")[0] if self.kind == "own" else f"{self.kind}s"


def data_dir() -> Path:
    """Return the folder with the bundled data: inside an installed package, or beside it in a clone."""
    inside = _PACKAGE / "data"
    return inside if inside.is_dir() else _PACKAGE.parent / "data"


def available() -> dict[str, Sample]:
    """Return all samples by name: photos, styles, paintings, and then your own, named after their folders and files.

    A name such as `club/ada_lovelace` has only letters, digits, _ and /, plus a number if it would not be unique. At most
    PER_FOLDER own pictures per folder are listed, and OF_OWN in all. You can still read any other picture by its path.
    """
    known = _bundled()
    shipped = {sample.path.resolve() for sample in known.values() if sample.path}
    for name, path in islice(_own(), OF_OWN):
        if path.resolve() not in shipped:
            shipped.add(path.resolve())
            name = unused(name, known)
            known[name] = Sample(name, "own", path.name, f"in {path.parent}", path)
    return known


def find(name: str) -> Path:
    """Return the file of the sample `name`. Download a painting that is not on this disk, with a progress bar.

    Raises ValueError for an unknown name (and suggests the nearest one), FileNotFoundError if the file cannot be found.
    """
    known = _bundled()
    if name not in known:  # only now walk through the user's own folders
        known = available()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        others = ", ".join(sample.name for sample in known.values() if sample.kind != "own")
        hint = f"did you mean {near[0]!r}?" if near else f"the names are {others}, and those of your own pictures."
        raise ValueError(f"There is no file and no sample called {name!r}: {hint}")
    if known[name].path is not None:
        return known[name].path
    if known[name].kind == "painting":
        return _download(next(entry for entry in _catalogue() if entry["name"] == name))
    raise FileNotFoundError(f"The photo {name!r} is not in this installation of {_PHOTOS[name][0]}: choose another sample.")


def looks_like_name(text: str) -> bool:
    """Return whether `text` looks like a sample's name: only letters, digits and _, or the name of an own picture."""
    return re.fullmatch(r"\w+", text) is not None or (_may_be_own(text) and text in available())


def pictures_in(folder: str | os.PathLike) -> list[Path]:
    """Return the pictures in a folder, without its subfolders, sorted by name. The file ending decides what is a picture.

    Raises FileNotFoundError if there is no such folder or no picture in it.
    """
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"There is no folder {folder} (looked in {Path.cwd()}): give the one with your pictures.")
    found = sorted(path for path in Path(folder).iterdir() if _is_picture(path))
    if not found:
        raise FileNotFoundError(f"The folder {folder} has no pictures in it (files that end in .jpg, .png, .webp, ...).")
    return found


def others_in(folder: str | os.PathLike) -> list[Path]:
    """Return the files in a folder that `pictures_in` leaves out, without hidden files and subfolders, sorted by name."""
    listed = sorted(path for path in Path(folder).iterdir() if os.path.isfile(path) and path.name[0] != ".")
    return [path for path in listed if not _named_as_picture(path)]


def plain(text: str) -> str:
    """Turn `text` into a name with only letters, digits and _."""
    return re.sub(r"\W+", "_", text).strip("_") or "picture"


def unused(name: str, taken: Container[str]) -> str:
    """Return `name`, with the lowest number that makes it unique if it is taken."""
    return next(one for number in count(1) if (one := name if number == 1 else f"{name}_{number}") not in taken)


def _bundled() -> dict[str, Sample]:
    """Return photos, styles and paintings by name."""
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


def _may_be_own(name: str) -> bool:
    """Return whether an own picture can have this name: its first part must be one of our `_roots`."""
    first, slash, _ = name.partition("/")
    return bool(slash) and re.fullmatch(r"[\w/]+", name) is not None and first in {folder for _, folder in _roots()}


def _is_picture(entry: Path | os.DirEntry) -> bool:
    return _named_as_picture(entry) and os.path.isfile(entry)  # unlike entry.is_file(), this never raises


def _named_as_picture(entry: Path | os.DirEntry) -> bool:
    return os.path.splitext(entry.name)[1].lower() in ENDINGS and entry.name[0] != "."


def _is_folder(entry: os.DirEntry) -> bool:
    """Return whether to look into a folder. Skip the one of this package, which a data set may contain."""
    return not _named_as_picture(entry) and entry.name[0] != "." and entry.name != "nst_lessons" and os.path.isdir(entry)


def _own() -> Iterator[tuple[str, Path]]:
    """Yield the names (not yet unique) and the files of own pictures: first a folder's own, later its subfolders'."""
    waiting, seen = deque(_roots()), set()
    while waiting and len(seen) < FOLDERS:
        folder, name = waiting.popleft()
        inside = [] if folder.resolve() in seen else _listed(folder)
        seen.add(folder.resolve())
        for entry in islice(filter(_is_picture, inside), PER_FOLDER):
            yield f"{name}/{plain(Path(entry.name).stem)}", Path(entry.path)
        waiting.extend((Path(entry.path), f"{name}/{plain(entry.name)}") for entry in filter(_is_folder, inside))


def _roots() -> list[tuple[Path, str]]:
    """Return the folders that are searched for own pictures, each with the first part of its pictures' names."""
    given = os.environ.get("NST_DATA_DIR")
    roots = [Path("data/own"), data_dir() / "own", *([Path(given)] if given else [])]
    roots += [Path(entry.path) for entry in _listed(KAGGLE_INPUT)]
    return [(root, plain(root.resolve().name)) for root in roots]


def _listed(folder: Path) -> list[os.DirEntry]:
    """Return up to 2000 entries of a folder (a data set may hold a million), sorted by name; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, 2000), key=lambda entry: entry.name)
    except OSError:
        return []


def _shipped(package: str, file: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / file if spec else None
    return path if path and os.path.isfile(path) else None


def _catalogue() -> list[dict]:
    return json.loads((_PACKAGE / "paintings.json").read_text(encoding="utf-8"))


def _cache() -> Path:
    import pooch  # here, so that `import nst_lessons` stays quick

    return Path(pooch.os_cache("nst_lessons"))


def _on_disk(entry: dict) -> Path | None:
    own = os.environ.get("NST_DATA_DIR")
    folders = ([Path(own)] if own else []) + [_cache()]
    return next((folder / entry["file"] for folder in folders if os.path.isfile(folder / entry["file"])), None)


def _download(entry: dict) -> Path:
    import pooch

    path = _cache() / entry["file"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:  # pooch's own temporary file would stay after a killed download
            pooch.HTTPDownloader(progressbar=True, timeout=20)(entry["url"], str(temporary), None)
            if pooch.file_hash(str(temporary)) != entry["sha256"]:
                raise ValueError("what arrived is another file")
    except (OSError, ValueError) as error:  # no network, or the wrong file
        raise FileNotFoundError(
            f"{entry['title']} could not be downloaded: use a bundled style, or put {entry['file']} into a folder and set "
            f"NST_DATA_DIR to it.\n  from: {entry['url']}\n  reason: {error}"
        ) from None
    return path
