"""Clips: moving pictures in a file, such as a GIF or a video, as a sequence of pictures, and back."""

import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nst_lessons.files import check_is_file, place_for, replacing, shown
from nst_lessons.images import load_image, to_pil
from nst_lessons.moving.animations import Animation, animation, write_gif
from nst_lessons.moving.films import Film, can_convert_hdr, ffmpeg, film, write_film
from nst_lessons.moving.times import Shot, in_order, times_of
from nst_lessons.sizes import fit

IN_MEMORY = 2**27  # bytes of a clip's frames; where there are more, they are kept in a temporary file
MOST_PIXELS = 36_000_000  # of a frame: 8K has 33 million


class Frames(Sequence[torch.Tensor]):
    """The frames of a clip, all of one size, kept as bytes. `frames[i]`, (1, 3, H, W), is made when it is asked for."""

    def __init__(self) -> None:
        # the file has no name: it is gone when nobody uses it any more, even after a kill
        self._bytes = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._shape, self._count = (0, 0, 3), 0

    def append(self, pixels: np.ndarray) -> None:
        """Add a frame: (H, W, 3) in 8 bits."""
        self._shape = pixels.shape
        self._bytes.seek(self._count * pixels.nbytes)
        try:
            self._bytes.write(pixels.tobytes())
        except OSError as error:
            place = f"{tempfile.gettempdir()} ({error.strerror})"
            raise OSError(
                f"No room for the frames in {place}: make room there, or set TMPDIR to a folder on another disk."
            ) from None
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int | slice) -> torch.Tensor | list[torch.Tensor]:
        number = range(self._count)[index]
        if isinstance(index, slice):
            return [self[i] for i in number]
        size = math.prod(self._shape)
        self._bytes.seek(number * size)
        return load_image(np.frombuffer(bytearray(self._bytes.read(size)), np.uint8).reshape(self._shape))


@dataclass(frozen=True)
class Clip:
    """What was read of a file: its pictures, when they are shown, whether it has sound, and what was wrong with it."""

    frames: Frames  # each (1, 3, H, W)
    times: list[float]  # in seconds: when each frame begins, and when the last one ends
    sound: bool
    note: str | None = None  # of a damaged file, how much of it could be read; of an HDR film, if its colours are wrong

    @property
    def fps(self) -> float:
        """Frames per second; the mean, if each frame has its own time."""
        return len(self.frames) / self.times[-1]


def read_clip(
    path: str | os.PathLike,
    size: int | None = None,
    most: int | None = None,
    *,
    fps: float | None = None,
    progress: Callable[..., Iterable[Shot]] | None = None,
) -> Clip:
    """Read a clip: GIF, WebP, APNG, AVIF, or anything that ffmpeg reads, as a player shows it.

    size: the long side that each frame is resized to.
    most: how many frames to read, None for all.
    fps: frames per second to read, at most; None for all that there are, each with its own time.
    progress: a function of the frames and their number, `total`, that shows how far it is, such as `tqdm.tqdm`.

    If a file is cut off, the frames before the cut are read, and a `note` says so.
    Raises ValueError for a file that is no clip, has fewer than two frames or needs more room than there is, and
    FileNotFoundError if there is no file, or if ffmpeg is needed and not installed, with the line that installs it.
    """
    path = _existing(path)
    if most is not None and most < 2:
        raise ValueError(f"At most {most} frames are no clip: ask for two or more.")
    if fps is not None:
        check_rate(fps)
    found = _look(path)
    wanted = math.ceil(fps * found.seconds) if fps else None
    total = min((number for number in (found.count, most, wanted) if number), default=None)
    frames, begins, length, errors = Frames(), [], 0.0, []
    with closing(found.shots(size, errors)) as shots:
        shown = in_order(shots, fps)
        for begin, seconds, pixels in progress(shown, total=total) if progress else shown:
            begins.append(begin)
            if len(frames) == most:
                break  # this is when the last one that is wanted ends
            if not frames:
                _check_frame(path, pixels, total or 0)
            frames.append(pixels)
            length = seconds
    if not frames:
        raise ValueError(_unreadable(path, errors[0] if errors else "it has no pictures"))
    if len(frames) < 2:
        early = f" ({errors[0]})" if errors else ""
        raise ValueError(f"{path} has one frame{early} and does not move: give a clip, or use `stylize` for one picture.")
    if len(begins) > len(frames):
        length = begins.pop() - begins[-1]
    return Clip(frames, times_of(begins, length, fps), found.sound is not None, _note(found, errors, len(frames)))


def save_clip(
    frames: Sequence[object],
    path: str | os.PathLike,
    fps: float = 12.0,
    sound: str | os.PathLike | None = None,
    *,
    times: Sequence[float] | None = None,
) -> Path:
    """Write pictures of one size as a clip, .gif or .mp4; returns the path.

    frames: anything `load_image` reads; each is loaded when its turn comes.
    fps: frames per second.
    sound: a file whose sound is put under the pictures of an MP4, for as long as they last.
    times: instead of `fps`, when each frame begins and when the last one ends, as in a `Clip`.

    A GIF has one palette of 256 colours for all frames, so that colours do not flicker, no sound, and at most 50 frames a
    second. An MP4 (H.264, as every browser plays it) has even sides: an odd one loses its last row or column. It has a
    constant rate: frames that do not follow evenly are repeated.
    The file appears whole or not at all. Raises ValueError for bad input, OSError where it cannot be written (a full disk).
    """
    path = writable_clip(path, *([] if sound is None else [sound]))
    _check_count(frames)
    if times is None:
        check_rate(fps)
        times = [number / fps for number in range(len(frames) + 1)]
    if len(times) != len(frames) + 1 or times[0] != 0 or not all(a < b < math.inf for a, b in pairwise(times)):
        raise ValueError(f"{len(frames)} frames need {len(frames) + 1} times: 0, and rising numbers up to the end of the last.")
    first = load_image(frames[0]).shape

    def picture(number: int) -> Image.Image:
        frame = load_image(frames[number])
        _check_shape(frame.shape, first, number)
        return to_pil(frame)

    with replacing(path) as temporary:
        if path.suffix.lower() == ".gif":
            write_gif(picture, times, temporary)
        else:
            write_film(picture, times, temporary, None if sound is None else _existing(sound))
    return path


def writable_clip(path: str | os.PathLike, *inputs: str | os.PathLike) -> Path:
    """`path` as a Path if a clip can be written there: the errors of `save_clip` before the work, not after it.

    inputs: files that are read, which it must not replace.
    """
    path = Path(path)
    if path.suffix.lower() not in (".gif", ".mp4"):
        raise ValueError(f"Cannot save a clip as {shown(path.name)!r}: end the name in .mp4 or .gif.")
    if path.suffix.lower() == ".mp4":
        ffmpeg()
    return place_for(path, *filter(os.path.exists, map(os.path.expanduser, inputs)))


def check_frames(frames: Sequence[torch.Tensor]) -> None:
    """Raise ValueError unless there are two pictures or more, all of one size."""
    _check_count(frames)
    first = frames[0].shape
    for number, frame in enumerate(frames):
        _check_shape(frame.shape, first, number)


def check_rate(fps: float) -> None:
    """Raise ValueError unless `fps` is a number of frames per second."""
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"A clip of {fps} frames a second cannot be played: give a number above 0.")


def _look(path: Path) -> Animation | Film:
    """What is in a file, before a frame is decoded; ValueError if that is no clip, or one of too many pixels."""
    try:
        found = animation(path) or film(path)
    except ValueError as reason:
        raise ValueError(_unreadable(path, reason)) from None
    if found.pixels > MOST_PIXELS:
        raise ValueError(f"{path} has frames of {found.pixels / 1e6:.0f} million pixels, too many to be read: make it smaller.")
    return found


def _note(found: Animation | Film, errors: list[str], count: int) -> str | None:
    if errors:
        return f"{found.path} is damaged or cut off ({errors[0]}): the {count} frames that could be read are used."
    if found.hdr and not can_convert_hdr():
        return f"{found.path} is an HDR film, and this ffmpeg cannot convert its colours: they are paler than they should be."
    return None


def _unreadable(path: Path, reason: object) -> str:
    return f"{path} is not a clip that can be read ({reason}): use GIF or MP4, or get the file again."


def _check_count(frames: Sequence[object]) -> None:
    if len(frames) < 2:
        raise ValueError(f"A clip of {len(frames)} frames does not move: give two or more, or use `stylize` for one picture.")


def _check_shape(shape: Sequence[int], first: Sequence[int], number: int) -> None:
    if shape != first:
        (h, w), (height, width) = shape[-2:], first[-2:]
        raise ValueError(
            f"Frame {number + 1} is {w} x {h} pixels and the first {width} x {height}: crop or resize them to one size."
        )


def _check_frame(path: Path, pixels: np.ndarray, count: int) -> None:
    """Raise ValueError if a frame is too small or too thin, or so many like it are more than the disk has room for."""
    try:
        fit(pixels.shape[:2], max(pixels.shape[:2]))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    needed, folder = count * pixels.nbytes, tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if needed > max(IN_MEMORY, 0.9 * free):
        raise ValueError(
            f"{path} has about {count} frames, which need {needed / 1e9:.1f} GB at {pixels.shape[1]} x {pixels.shape[0]}, "
            f"and {free / 1e9:.1f} GB are free in {folder}: read fewer frames, fewer per second, or smaller ones."
        )


def _existing(path: str | os.PathLike) -> Path:
    found = Path(path).expanduser()
    check_is_file(found, path, "clip")
    return found
