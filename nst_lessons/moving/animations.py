"""Reads the animations that Pillow knows (GIF, WebP, APNG, AVIF), and writes GIFs."""

import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from nst_lessons.coded_colours import NOTED, codes
from nst_lessons.decoding import formats
from nst_lessons.images import load_image, to_pil
from nst_lessons.moving.times import Shot, tick

FORMATS = ("GIF", "WEBP", "PNG", "AVIF")


@dataclass(frozen=True)
class Animation:
    """What is known about an animation before any frame is decoded; see `films.Film`."""

    path: Path
    count: int  # 0 if unknown
    pixels: int
    seconds: float = 0.0
    sound: str | None = None
    hdr: None = None

    def shots(self, size: int | None, errors: list[str]) -> Iterator[Shot]:
        """Decode the frames, with long side `size`; yields a `Shot` each. Appends to `errors` what is wrong with the file."""
        begin = 0.0
        with _open(self.path) as image:
            colours = codes(image)
            for number in count(int(getattr(image, "default_image", False))):  # skips an APNG's stand-in for old viewers
                try:
                    with warnings.catch_warnings(action="ignore"):  # about damage, which is reported anyway
                        image.seek(number)
                        picture = image.copy()
                    if colours:
                        picture.info[NOTED] = colours
                except EOFError:  # the regular end
                    if image.format == "GIF" and not _has_trailer(self.path):
                        errors.append("it has no end mark")
                    return
                except Exception as damage:  # a decoder may raise anything
                    errors.append(str(damage) or type(damage).__name__)
                    return
                milliseconds = image.info.get("duration") or 0
                length = milliseconds / 1000 if milliseconds > 10 else 0.1  # as browsers do
                try:
                    pixels = np.asarray(to_pil(load_image(picture, size)))
                except ValueError as error:  # too small or too thin
                    raise ValueError(f"{self.path}: {error}") from None
                yield begin, length, pixels
                begin += length


def animation(path: Path) -> Animation | None:
    """Examine an animation; returns None if the content, whatever the file's name, has none of these formats."""
    try:
        with warnings.catch_warnings(action="ignore"), _open(path) as image:
            try:
                number = image.n_frames - int(getattr(image, "default_image", False))
            except Exception:  # the file is damaged, but its first frames may be whole
                number = 0
            return Animation(path, number, image.width * image.height)
    except Image.DecompressionBombError:
        raise ValueError("its frames have too many pixels") from None
    except Exception:  # ffmpeg may know more
        return None


def write_gif(picture: Callable[[int], Image.Image], times: Sequence[float], path: Path) -> None:
    """Write a GIF with one palette for all frames. Frames shown for less than two hundredths of a second are left out.

    picture: a function that returns a frame by its number, from 0 up. times: as in `times.py`. path: the file.
    Raises ValueError for a frame of more than 655 seconds.
    """
    ticks = [tick(time, 100) for time in times]  # a GIF counts hundredths; players turn one hundredth into ten
    kept = []
    for number, begin in enumerate(ticks[:-1]):
        if not kept or begin - ticks[kept[-1]] >= 2:
            kept.append(number)
    begins = [ticks[number] for number in kept]
    lengths = [10 * max(2, end - begin) for begin, end in zip(begins, [*begins[1:], ticks[-1]], strict=True)]
    some = [np.asarray(picture(number)) for number in kept[:: max(1, len(kept) // 8)]]  # enough to choose the palette
    palette = Image.fromarray(np.concatenate(some, axis=1)).quantize(256, method=Image.Quantize.MEDIANCUT)
    first, *rest = (picture(number).quantize(palette=palette, dither=Image.Dither.NONE) for number in kept)
    try:
        first.save(path, save_all=True, append_images=rest, duration=lengths, loop=0)
    except (OverflowError, struct.error):  # 16 bits of hundredths; Pillow makes one long frame of several equal ones
        raise ValueError("A GIF can show one picture for at most 655 seconds: save the clip as .mp4.") from None


def _open(path: Path) -> Image.Image:
    with warnings.catch_warnings(action="ignore"):  # about many pixels, which `read_clip` refuses later
        return Image.open(path, formats=[name for name in FORMATS if name in formats()])


def _has_trailer(path: Path) -> bool:
    """Whether a GIF ends with its end mark; zeros after it are harmless."""
    return path.read_bytes().rstrip(b"\0").endswith(b";")
