"""Files: where they may be found, and how they are written, whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KAGGLE_INPUT = Path(os.environ.get("NST_KAGGLE_INPUT", "/kaggle/input"))  # a notebook's data sets; the variable is for tests


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
