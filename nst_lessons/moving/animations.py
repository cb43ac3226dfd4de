"""Moving pictures that Pillow reads: GIF, WebP, APNG and AVIF; and GIFs written."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from nst_lessons.decoding import formats
from nst_lessons.images import load_image, to_pil
from nst_lessons.moving.times import Shot, tick

FORMATS = ("GIF", "WEBP", "PNG", "AVIF")


@dataclass(frozen=True)
class Animation:
    """What is known of moving pictures before one is decoded; see `films.Film`."""

    path: Path
    count: int  # 0 if unknown
    pixels: int
    seconds: float = 0.0
    sound: str | None = None
    hdr: None = None

    def shots(self, size: int | None, errors: list[str]) -> Iterator[Shot]:
        """Its frames; what is wrong with the file is added to `errors`. size: the long side that they are resized to."""
        begin = 0.0
        with _open(self.path) as image:
            for number in count(int(getattr(image, "default_image", False))):  # what an APNG shows where it cannot move
                try:
                    with warnings.catch_warnings(action="ignore"):  # of damage, which is told anyway
                        image.seek(number)
                        picture = image.copy()
                except EOFError:  # the regular end
                    if image.format == "GIF" and not _has_trailer(self.path):
                        errors.append("it has no end mark")
                    return
                except Exception as damage:  # a decoder may raise anything
                    errors.append(str(damage) or type(damage).__name__)
                    return
                milliseconds = image.info.get("duration") or 0
                length = milliseconds / 1000 if milliseconds > 10 else 0.1  # which is how browsers take it
                try:
                    pixels = np.asarray(to_pil(load_image(picture, size)))
                except ValueError as error:  # too small or too thin
                    raise ValueError(f"{self.path}: {error}") from None
                yield begin, length, pixels
                begin += length


def animation(path: Path) -> Animation | None:
    """The moving pictures in a file; None if it is of none of these formats, whatever its name."""
    try:
        with warnings.catch_warnings(action="ignore"), _open(path) as image:
            try:
                number = image.n_frames - int(getattr(image, "default_image", False))
            except Exception:  # of a damaged file, whose first frames may be whole
                number = 0
            return Animation(path, number, image.width * image.height)
    except Image.DecompressionBombError:
        raise ValueError("its frames have too many pixels") from None
    except Exception:  # ffmpeg may know more
        return None


def write_gif(picture: Callable[[int], Image.Image], times: Sequence[float], path: Path) -> None:
    """Write a GIF with one palette for all frames. What would be shown for less than two hundredths of a second is left out.

    picture: the frame of a number, from 0 up.
    """
    ticks = [tick(time, 100) for time in times]  # a GIF counts hundredths, and less than two are played as ten
    kept = []
    for number, begin in enumerate(ticks[:-1]):
        if not kept or begin - ticks[kept[-1]] >= 2:
            kept.append(number)
    begins = [ticks[number] for number in kept]
    lengths = [10 * max(2, end - begin) for begin, end in zip(begins, [*begins[1:], ticks[-1]], strict=True)]
    some = [np.asarray(picture(number)) for number in kept[:: max(1, len(kept) // 8)]]  # enough for the colours of all
    palette = Image.fromarray(np.concatenate(some, axis=1)).quantize(256, method=Image.Quantize.MEDIANCUT)
    first, *rest = (picture(number).quantize(palette=palette, dither=Image.Dither.NONE) for number in kept)
    first.save(path, save_all=True, append_images=rest, duration=lengths, loop=0)


def _open(path: Path) -> Image.Image:
    with warnings.catch_warnings(action="ignore"):  # of many pixels, which are refused later
        return Image.open(path, formats=[name for name in FORMATS if name in formats()])


def _has_trailer(path: Path) -> bool:
    """Whether a GIF ends as its format asks; zeros behind it do no harm."""
    return path.read_bytes().rstrip(b"\0").endswith(b";")
