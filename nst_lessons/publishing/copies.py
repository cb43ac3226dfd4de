"""Copy the lessons into a reader's folder, and never over a file that the reader has changed."""

import hashlib
import json
import os
from pathlib import Path

from nst_lessons.files import replacing

RECORD = ".nst_lessons.json"  # in the folder: {name: SHA-256 of the copy}, which tells a changed file from an old one
_PACKAGE = Path(__file__).parents[1]


def lessons_dir() -> Path:
    """Return the folder with the lessons: inside an installed package, or beside it in a clone."""
    inside = _PACKAGE / "notebooks"
    return inside if inside.is_dir() else _PACKAGE.parent / "notebooks"


def copy_lessons(folder: str | os.PathLike, solutions: bool = False) -> list[str]:
    """Copy the lessons, their primers and the glossary into `folder`, which is made if it is missing.

    solutions: copy the solved lessons, too, into `solutions/`.
    Returns a sentence for each file that was changed since it was copied: it stays, and the new one is written beside it.
    Raises ValueError if `folder` is a file or holds other things, OSError if it cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the lessons.")
    known = _recorded(folder)
    if known is None and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"The folder {folder} holds other things: name a new one for the lessons.")
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise PermissionError(f"The folder {folder} cannot be written to: name another one for the lessons.")
    sources, notes, record = _sources(solutions), [], dict(known or {})
    for name, source in sources.items():
        data, place = source.read_bytes(), folder / name
        old = place.read_bytes() if place.is_file() else None
        if old is not None and old != data and _hash(old) != record.get(name):
            place = place.with_name(f"{place.stem}.new{place.suffix}")
            notes.append(f"{name} was changed, so it stays as it is; the new one is {place.name}.")
        elif old != data:
            record[name] = _hash(data)
        place.parent.mkdir(parents=True, exist_ok=True)
        if old != data:
            with replacing(place) as temporary:
                temporary.write_bytes(data)
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=1))
    return notes


def _sources(solutions: bool) -> dict[str, Path]:
    """Return {name in the reader's folder: file of the package}."""
    root = lessons_dir()
    patterns = ["*.ipynb", "*.md", "primers/*.md", *(["solutions/*.ipynb"] if solutions else [])]
    return {path.relative_to(root).as_posix(): path for pattern in patterns for path in sorted(root.glob(pattern))}


def _recorded(folder: Path) -> dict[str, str] | None:
    """Return what was copied here before, or None if nothing was."""
    try:
        found = json.loads((folder / RECORD).read_text())
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
