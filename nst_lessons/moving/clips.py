"""Clips: a GIF or a video file as a list of pictures, and back.

GIF and WebP are read by Pillow. All else (MP4, MOV, WebM, ...) needs ffmpeg, which the wheel `imageio-ffmpeg` carries.
"""

import importlib.util
import math
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from nst_lessons.files import place_for, replacing
from nst_lessons.images import load_image, to_pil

INSTALL = 'pip install "imageio-ffmpeg>=0.6"'
BY_PILLOW = {".gif", ".webp"}
IN_MP4 = {"aac", "mp3", "ac3", "alac"}  # kinds of sound that an MP4 takes as they are


@dataclass(frozen=True)
class Clip:
    """What was read of a file: its pictures, how fast they follow, whether it has sound, and what was wrong with it."""

    frames: list[torch.Tensor]  # each (1, 3, H, W)
    fps: float  # frames a second; the mean, where each frame has its own time
    sound: bool
    note: str | None = None  # for a damaged file: how much of it could be read


def read_clip(path: str | os.PathLike, size: int | None = None, most: int | None = None) -> Clip:
    """The clip in a file: GIF or WebP, or anything that ffmpeg reads, turned as a phone held it.

    size: the long side that each frame is resized to; most: how many frames to read, None for all. A file that is cut off
    gives the frames before the cut, and a `note` that says so.
    Raises ValueError for a file that is no clip or has fewer than two frames, FileNotFoundError where there is none, and
    where ffmpeg is needed and not installed, with the line that installs it.
    """
    path = _existing(path)
    if most is not None and most < 2:
        raise ValueError(f"At most {most} frames are no clip: ask for two or more.")
    read = _read_pillow if path.suffix.lower() in BY_PILLOW else _read_ffmpeg
    frames, fps, sound, error = read(path, size, most)
    if not frames:
        raise ValueError(f"{path} is not a clip that can be read ({error}): use GIF or MP4, or get the file again.")
    if len(frames) < 2:
        early = f" ({error})" if error else ""
        raise ValueError(f"{path} has one frame{early} and does not move: give a clip, or use `stylize` for one picture.")
    note = f"{path} is damaged or cut off ({error}): the {len(frames)} frames that could be read are used."
    return Clip(frames, fps, sound, note if error else None)


def save_clip(
    frames: Sequence[torch.Tensor], path: str | os.PathLike, fps: float = 12.0, sound: str | os.PathLike | None = None
) -> Path:
    """Write pictures (1, 3, H, W) of one size as a clip, .gif or .mp4; returns the path.

    A GIF has one palette of 256 colours for all frames, so that colours do not flicker, no sound, and at most 50 frames a
    second. An MP4 (H.264, as every browser plays it) has even sides: an odd one loses its last row or column.
    sound: a file whose sound is put under the pictures of an MP4, as it is where the format takes it, for as long as they last.
    The file appears whole or not at all. Raises ValueError for bad input, OSError where it cannot be written (a full disk).
    """
    path = writable_clip(path)
    check_frames(frames)
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"A clip of {fps} frames a second cannot be played: give a number above 0.")
    with replacing(path) as temporary:
        if path.suffix.lower() == ".gif":
            _write_gif(frames, temporary, fps)
        else:
            _write_mp4(frames, temporary, fps, sound)
    return path


def writable_clip(path: str | os.PathLike) -> Path:
    """`path` as a Path if a clip can be written there; the errors of `save_clip` before the work, not after it."""
    ending = Path(path).suffix.lower()
    if ending not in (".gif", ".mp4"):
        raise ValueError(f"Cannot save a clip as {Path(path).name!r}: end the name in .mp4 or .gif.")
    if ending == ".mp4":
        ffmpeg()
    return place_for(path)


def check_frames(frames: Sequence[torch.Tensor]) -> None:
    """Raise ValueError unless there are two pictures or more, all of one size."""
    if len(frames) < 2:
        raise ValueError(f"A clip of {len(frames)} frames does not move: give two or more, or use `stylize` for one picture.")
    for number, frame in enumerate(frames, 1):
        if frame.shape != frames[0].shape:
            (h, w), (height, width) = frame.shape[-2:], frames[0].shape[-2:]
            raise ValueError(
                f"Frame {number} is {w} x {h} pixels and the first {width} x {height}: crop or resize them to one size."
            )


def ffmpeg() -> str:
    """The program ffmpeg. Raises FileNotFoundError, with the line that installs it, without the extra."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        raise FileNotFoundError(f"Video files other than GIF need ffmpeg, an extra: run `{INSTALL}` and try again.")
    from imageio_ffmpeg import get_ffmpeg_exe

    return get_ffmpeg_exe()


def _existing(path: str | os.PathLike) -> Path:
    path = Path(path).expanduser()
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a clip: give the path of a file in it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} (looked in {Path.cwd()}): check the name and the folder.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes): get the clip again.")
    return path


def _read_pillow(path: Path, size: int | None, most: int | None) -> tuple[list[torch.Tensor], float, bool, str | None]:
    """Frames, frames a second, no sound, and the error that ended it, if one did."""
    frames, milliseconds, error = [], 0, None
    try:
        with Image.open(path, formats=("GIF", "WEBP")) as image:
            for number in count() if most is None else range(most):
                image.seek(number)
                frames.append(load_image(image.copy(), size))
                milliseconds += image.info.get("duration") or 100  # which is how browsers take 0
    except EOFError:  # the regular end
        error = None if path.suffix.lower() != ".gif" or _has_trailer(path) else "it has no end mark"
    except UnidentifiedImageError:
        error = "it is no picture of any kind"
    except (OSError, SyntaxError, IndexError) as damage:  # Pillow's words for a file that ends early or is damaged
        error = str(damage)
    return frames, 1000 * len(frames) / max(milliseconds, 1), False, error


def _has_trailer(path: Path) -> bool:
    """Whether a GIF ends as its format asks; zeros behind it do no harm."""
    return path.read_bytes().rstrip(b"\0").endswith(b";")


def _read_ffmpeg(path: Path, size: int | None, most: int | None) -> tuple[list[torch.Tensor], float, bool, str | None]:
    """Frames, frames a second, whether there is sound, and the error that ended it, if one did."""
    command = [ffmpeg(), "-v", "error", "-i", str(path.resolve()), "-f", "image2pipe", "-c:v", "ppm", "-"]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as run:
            frames = [load_image(array, size) for array in islice(_ppm(run.stdout), most)]
            ended = len(frames) != most
            run.stdout.close()  # ffmpeg ends where nobody listens
        errors.seek(0)
        error = _reason(errors.read()) if ended else None
    if not frames:
        return [], 0.0, False, error or "it has no pictures"
    return frames, _fps(path), _sound(path) is not None, error


def _ppm(stream) -> Iterator[np.ndarray]:
    """The pictures (H, W, 3) in a stream of PPM files, as long as they are whole."""
    while stream.readline() == b"P6\n":
        width, height = map(int, stream.readline().split())
        stream.readline()  # the largest value, 255
        pixels = stream.read(3 * width * height)
        if len(pixels) == 3 * width * height:
            yield np.frombuffer(bytearray(pixels), np.uint8).reshape(height, width, 3)


def _fps(path: Path) -> float:
    """Frames a second of a video."""
    from imageio_ffmpeg import read_frames

    reader = read_frames(str(path.resolve()))
    try:
        return next(reader)["fps"]
    finally:
        reader.close()


def _sound(path: Path) -> str | None:
    """The kind of the sound in a file, such as aac; None where it has none."""
    told = subprocess.run([ffmpeg(), "-hide_banner", "-i", str(path.resolve())], stdin=subprocess.DEVNULL, capture_output=True)
    found = re.search(rb"Stream #.*: Audio: (\w+)", told.stderr)
    return found[1].decode() if found else None


def _reason(errors: bytes) -> str | None:
    """The first of ffmpeg's messages, without the address in front of it, and one that is hard to understand as it is meant."""
    lines = errors.decode(errors="replace").strip().splitlines()
    if not lines:
        return None
    return "it has no pictures" if "not contain any stream" in lines[0] else lines[0].rpartition("] ")[2]


def _write_gif(frames: Sequence[torch.Tensor], path: Path, fps: float) -> None:
    some = frames[:: max(1, len(frames) // 8)]  # enough to find the colours of all
    palette = to_pil(torch.cat(list(some), dim=3)).quantize(256, method=Image.Quantize.MEDIANCUT)
    first, *rest = (to_pil(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    ends = [round(100 * i / fps) for i in range(len(frames) + 1)]  # a GIF counts hundredths of a second
    times = [10 * max(2, end - start) for start, end in pairwise(ends)]  # less is played as a tenth
    first.save(path, save_all=True, append_images=rest, duration=times, loop=0)


def _write_mp4(frames: Sequence[torch.Tensor], path: Path, fps: float, sound: str | os.PathLike | None) -> None:
    height, width = (side // 2 * 2 for side in frames[0].shape[-2:])  # as yuv420p, which players expect, asks for
    command = [ffmpeg(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    command += ["-r", f"{fps:.6f}", "-i", "-"]
    if sound is not None:
        sound = _existing(sound)
        command += ["-i", str(sound.resolve()), "-map", "0:v", "-map", "1:a:0?"]
        command += ["-c:a", "copy" if _sound(sound) in IN_MP4 else "aac", "-t", f"{len(frames) / fps:.6f}"]
    command += ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path.resolve())]
    pixels = b"".join(to_pil(frame[..., :height, :width]).tobytes() for frame in frames)
    made = subprocess.run(command, input=pixels, capture_output=True)
    if made.returncode:
        raise OSError(f"The clip could not be written ({_reason(made.stderr)}): is there room on the disk?")
