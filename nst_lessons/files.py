"""Write files whole or not at all, and check file names before the work starts."""

import hashlib
import os
import platform
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ABANDONED = 3600  # seconds after which a temporary file is removed, even if its writer may still run
_HERE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]  # this computer, in the names of temporary files


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a new file to write to, beside `path` and with its ending, that replaces `path` on success.

    If the writing raises, the new file is removed and `path` stays as it was. Links are followed. The new file gets the mode
    of the old one, or the umask's. Temporary files that killed writers of the same `path` left behind are removed.
    """
    path = Path(os.path.realpath(path))
    before = _regular(path)
    name = f".nst-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}-"
    _remove_abandoned(path.parent, name)
    ending = path.suffix if len(path.suffix) < 10 else ".part"
    temporary = path.parent / f"{name}{_HERE}-{os.getpid()}-{secrets.token_hex(3)}{ending or '.part'}"
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if before else 0o666))
    mode = stat.S_IMODE((before or temporary.stat()).st_mode)
    try:
        yield temporary
        temporary.chmod(mode)  # some writers replace the file by their own
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_or_rescue(path: str | os.PathLike, write: Callable[[Path], object]) -> None:
    """Write a file, whole or not at all, by calling `write` with the path to write to.

    If that fails (the disk may be full), write it to the folder for temporary files instead, so that the work is not lost.
    Then raise OSError, which says where the file is and what to do.
    """
    path = Path(path)
    try:
        with replacing(path) as temporary:
            write(temporary)
    except OSError as error:
        failed = f"{path} could not be written ({error.strerror or error})"
        try:
            rescued = Path(tempfile.mkdtemp(prefix="nst_lessons-")) / path.name
            write(rescued)
        except OSError:
            raise OSError(f"{failed}: make room on the disk, or choose another place, and try again.") from None
        raise OSError(f"{failed}. It was saved as {rescued}: make room on the disk, or copy it to another place.") from None


def as_path(given: object, what: str) -> Path:
    """Return `given` as a Path if it can be the path of a file or a folder, or raise a ValueError that calls it `what`."""
    if not isinstance(given, str | os.PathLike):
        raise ValueError(f"{what} is {given!r}: give a path, such as 'out/picture.png'.")
    if "\0" in str(given):
        raise ValueError(f"No file can have the name {str(given)!r}, since it has a null character: choose a simpler one.")
    return Path(given)


def place_for(path: str | os.PathLike, *inputs: str | os.PathLike) -> Path:
    """Return `path` as a Path if a file can be written there and it is none of `inputs`, the files that are read.

    Raises ValueError for a folder, an impossible name, a device or pipe, or one of `inputs`; FileNotFoundError if the folder
    is missing; PermissionError if nothing may be written there.
    """
    path = Path(path)
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"No file can have the name {shown(path.name)} ({reason}): choose a shorter, simpler one.") from None
    if os.path.isdir(path):
        raise ValueError(f"Cannot save {path}: that is a folder. Add a file name, for example {path / 'out.png'}.")
    target = Path(os.path.realpath(path))  # follows links
    if not target.parent.is_dir():
        missing = target.parent if path.is_symlink() else path.parent
        raise FileNotFoundError(f"The folder {missing} does not exist: make it first, or choose another place.")
    if not os.access(target.parent, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise PermissionError(f"No permission to write {path}: choose another place.")
    if _regular(target) and any(os.path.samefile(target, one) for one in inputs):
        raise ValueError(f"{path} is an input file, which would be lost: choose another name for the result.")
    return path


def check_is_file(path: Path, given: str | os.PathLike, kind: str) -> None:
    """Raise ValueError or FileNotFoundError unless `path` is a file that is not empty. `given`: what the user wrote for it."""
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder, not a {kind}: give the path of a file in it.")
    if not os.path.isfile(path):
        if os.path.exists(path):
            raise ValueError(f"{path} is a device or a pipe, not a {kind}: give the path of a file.")
        advice = _looks_like(os.fspath(given)) or "check the name and the folder."
        raise FileNotFoundError(f"There is no file {shown(path)} (looked in {Path.cwd()}): {advice}")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty (0 bytes): get the {kind} again.")


def shown(text: object) -> str:
    """Return a name in the form for a message: on one line, and shortened to fit there."""
    text = str(text)
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-60:]}"


def _looks_like(text: str) -> str | None:
    """Say what to do if a path looks like something else, such as a web address."""
    if re.match(r"\s*(https?|ftp|file|data):", text, re.IGNORECASE):
        return "this is a web address. Download the picture first, then give the name of its file."
    if len(text) > 1 and text.strip()[:1] in {"'", '"', "“", "„", "‘", "«"}:
        return "leave out the quotation marks around it."
    if any(letter in text for letter in "\a\b\t\n\v\f\r"):
        return 'a backslash and the letter after it were read as one character. Write the path as r"...", or use / for \\.'
    if "\\" in text and os.name != "nt":
        return "this is a Windows path, but this computer separates folders with /."
    if text != text.strip() and os.path.isfile(text.strip()):
        return "leave out the spaces around it."
    return None


def _regular(path: Path) -> os.stat_result | None:
    """Return the status of the file at `path`, or None if there is none. Raises ValueError for a folder, a device or a pipe."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"Cannot write to {path}: it is a folder, a device or a pipe. Choose another name.")
    return found


def _remove_abandoned(folder: Path, start: str) -> None:
    """Remove temporary files whose names begin with `start` if their writer, a process on this computer, has ended."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(start):
                with suppress(OSError, ValueError, OverflowError):
                    computer, process = entry.name.removeprefix(start).split("-")[:2]
                    ended = computer == _HERE and not psutil.pid_exists(int(process))
                    if ended or time.time() - entry.stat().st_mtime > ABANDONED:
                        os.unlink(entry)
