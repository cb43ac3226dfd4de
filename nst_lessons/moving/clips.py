"""Reads clips, such as GIFs and films, as sequences of pictures, and writes them."""

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

from nst_lessons.files import as_path, check_is_file, place_for, replacing, shown
from nst_lessons.images import load_image, to_pil
from nst_lessons.moving.animations import Animation, animation, write_gif
from nst_lessons.moving.films import Film, can_convert_hdr, ffmpeg, film, write_film
from nst_lessons.moving.times import Shot, in_order, times_of
from nst_lessons.sizes import fit, listed, real, whole

IN_MEMORY = 2**27  # bytes of frames that are kept in memory; more go to a temporary file
MOST_PIXELS = 36_000_000  # per frame: 8K has 33 million


class Frames(Sequence[torch.Tensor]):
    """Holds a clip's frames, all of one size, as bytes. `frames[i]`, (1, 3, H, W), is made on demand."""

    def __init__(self) -> None:
        # the file has no name, so it disappears when nobody uses it any more, even after a kill
        self._bytes = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._shape, self._count = (0, 0, 3), 0

    def append(self, pixels: np.ndarray) -> None:
        """Add a frame (H, W, 3) in 8 bits. Raises OSError if there is no room for it."""
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
    """What was read from a file: pictures, times, whether it has sound, and a note if something was wrong."""

    frames: Frames  # each (1, 3, H, W)
    times: list[float]  # in seconds: when each frame begins, and when the last one ends
    sound: bool
    note: str | None = None  # how much of a damaged file was read, or that an HDR film's colours are wrong

    @property
    def fps(self) -> float:
        """Frames per second, on average."""
        return len(self.frames) / self.times[-1]


def read_clip(
    path: str | os.PathLike,
    size: int | None = None,
    most: int | None = None,
    *,
    fps: float | None = None,
    progress: Callable[..., Iterable[Shot]] | None = None,
) -> Clip:
    """Read a clip (GIF, WebP, APNG, AVIF, or anything that ffmpeg reads) as a player shows it.

    path: the file.
    size: the long side in pixels that frames are resized to; None keeps it.
    most: how many frames to read, 2 or more; None reads all.
    fps: frames per second to read at most; None reads all. Each frame keeps its own time.
    progress: a function that wraps the frames (and takes `total`) to show progress, such as `tqdm.tqdm`.

    If a file is cut off, the frames before the cut are read, and `note` says so.
    Raises ValueError for a file that is not a clip, has fewer than two frames or needs too much room; FileNotFoundError for
    a missing file, or, with the command that installs it, for a missing ffmpeg.
    """
    path = _existing(path)
    if not (progress is None or callable(progress)):
        raise ValueError(f"progress is {progress!r}: give a function, such as tqdm.tqdm, or leave it out.")
    if most is not None and whole(most, "The number of frames to read") < 2:
        raise ValueError(f"A clip needs two frames or more, and at most {most} were asked for: ask for more.")
    size = None if size is None else whole(size, "The size", 1, "the long side in pixels, ")
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
                break  # when this one begins, the last wanted one ends
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

    frames: anything `load_image` reads; each is loaded when it is needed.
    path: the file, written whole or not at all.
    fps: frames per second.
    sound: a file whose sound is added to an MP4, for the length of the pictures.
    times: replaces `fps`: in seconds, when each frame begins and when the last one ends, as in a `Clip`.

    A GIF has one palette of 256 colours, so that colours do not flicker, no sound, and at most 50 frames per second. An MP4
    (H.264, which every browser plays) has even sides: an odd one loses its last row or column. Its rate is constant: frames
    at uneven times are repeated.
    Raises ValueError for bad input, OSError if the file cannot be written (a full disk).
    """
    frames = frames if isinstance(frames, Sequence) else listed(frames, "frames", "give a list of pictures.")
    path = writable_clip(path, *([] if sound is None else [as_path(sound, "The sound's path")]))
    _check_count(frames)
    if times is None:
        check_rate(fps)
        times = [number / fps for number in range(len(frames) + 1)]
    times = [real(time, "A time") for time in listed(times, "times", "give a list of seconds.")]
    if len(times) != len(frames) + 1 or times[0] != 0 or not all(a < b < math.inf for a, b in pairwise(times)):
        raise ValueError(
            f"{len(frames)} frames need {len(frames) + 1} times: 0, then rising numbers, up to the end of the last."
        )
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
    """Return `path` as a Path if a clip can be written there; raises the errors of `save_clip` before the work, not after it.

    inputs: files that are read and must not be replaced.
    """
    path = as_path(path, "The clip's path")
    if path.suffix.lower() not in (".gif", ".mp4"):
        raise ValueError(f"Cannot save a clip as {shown(path.name)!r}: end the name in .mp4 or .gif.")
    if path.suffix.lower() == ".mp4":
        ffmpeg()
    return place_for(path, *filter(os.path.exists, map(os.path.expanduser, inputs)))


def check_frames(frames: Sequence[torch.Tensor]) -> None:
    """Raise ValueError unless there are at least two pictures, all of one size."""
    _check_count(frames)
    first = frames[0].shape
    for number, frame in enumerate(frames):
        _check_shape(frame.shape, first, number)


def check_rate(fps: float) -> None:
    """Raise ValueError unless `fps` is a finite number above 0."""
    if not 0 < real(fps, "The number of frames per second") < math.inf:
        raise ValueError(f"A clip of {fps} frames per second cannot be played: give a number above 0.")


def _look(path: Path) -> Animation | Film:
    """Examine a file without decoding a frame. Raises ValueError if it is not a clip or has too many pixels."""
    try:
        found = animation(path) or film(path)
    except ValueError as reason:
        raise ValueError(_unreadable(path, reason)) from None
    if found.pixels > MOST_PIXELS:
        raise ValueError(f"{path} has frames of {found.pixels / 1e6:.0f} million pixels, too many to read: make it smaller.")
    return found


def _note(found: Animation | Film, errors: list[str], count: int) -> str | None:
    if errors:
        return f"{found.path} is damaged or cut off ({errors[0]}): only the {count} frames that could be read are used."
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
            f"Frame {number + 1} is {w} x {h} pixels but the first is {width} x {height}: crop or resize them to one size."
        )


def _check_frame(path: Path, pixels: np.ndarray, count: int) -> None:
    """Raise ValueError if a frame is too small or too thin, or if the disk has no room for `count` frames like it."""
    try:
        fit(pixels.shape[:2], max(pixels.shape[:2]))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    needed, folder = count * pixels.nbytes, tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if needed > max(IN_MEMORY, 0.9 * free):
        raise ValueError(
            f"{path} has about {count} frames, which need {needed / 1e9:.1f} GB at {pixels.shape[1]} x {pixels.shape[0]}, "
            f"but {folder} has only {free / 1e9:.1f} GB free: read fewer frames, fewer per second, or smaller ones."
        )


def _existing(path: str | os.PathLike) -> Path:
    found = as_path(path, "The clip's path").expanduser()
    check_is_file(found, path, "clip")
    return found
