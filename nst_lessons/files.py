"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A new file to write to, beside `path` and with its ending, which takes its place at the end.

    Where the writing raises, the new file is removed and what was at `path` stays.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix or ".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes it readable by its owner alone
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def place_for(path: str | os.PathLike) -> Path:
    """`path` as a Path if a file can be written there.

    Raises ValueError where it is a folder, FileNotFoundError where its folder is missing, PermissionError.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"Cannot save {path}: that is a folder. Add a file name, for example {path / 'out.png'}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: make it first, or choose another place.")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise PermissionError(f"No permission to write {path}: choose another place.")
    return path
