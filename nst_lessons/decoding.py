"""Decode picture files: known formats only, no more than fits into memory, turned upright, in sRGB."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from nst_lessons.coded_colours import colours_of
from nst_lessons.containers import Refused, advice, may_hold_two, seek_photo, two_views, without_texts
from nst_lessons.machine import free_memory
from nst_lessons.sizes import check_sides, fit

# The formats of photos and scans. Pillow goes by content, not by a file's ending, and knows 40 more formats: for PostScript,
# it starts another program.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF")
ENDINGS = {".jpg", ".jpeg", ".jpe", ".jfif", ".jps", ".mpo", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff", ".bmp"}
ENDINGS |= {".avif", ".heic", ".heif", ".hif"}
MOST_PIXELS = 300_000_000
MOST_BYTES = 1_000_000_000  # while a picture is decoded
BYTES_PER_PIXEL = {"WEBP": 17, "AVIF": 11}  # while it is decoded (measured)
MANY = 4_000_000  # pixels: a picture with more is made smaller before it becomes float
_PLAIN = 8  # bytes per pixel of the other formats
_ORIENTATION = 0x0112
_TURNS = {  # turn a picture of this EXIF orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_one_at_a_time = threading.RLock()  # since Pillow has one limit for the whole process
Found = TypeVar("Found")


def read(file: Path | BinaryIO, name: object, size: int | None = None) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a picture's pixels, (H, W, 3) in uint8 or (H, W) in float, and its full (height, width), both upright.

    name: the file's name in messages. size: the long side that the caller needs; a larger file is read with fewer pixels,
    but at least twice `size` on the long side. Raises ValueError for anything that goes wrong in the decoder.
    """
    return _using(file, name, lambda image: _one_view(image, name, size))


def shape(file: Path) -> tuple[int, int]:
    """Return the (height, width) of the picture in a file, before it is turned upright. Read only the header."""
    return _using(file, file, lambda image: (image.height, image.width))


def views(file: Path) -> list[np.ndarray]:
    """Return the pixels of the left and the right view in an MPO or a JPS file; an empty list if there is only one."""
    return _using(file, file, lambda image: [pixels(view)[0] for view in _both_views(image, file)])


def pixels(image: Image.Image, size: int | None = None) -> tuple[np.ndarray, tuple[int, int]]:
    """Do the work of `read` for a picture that Pillow has opened."""
    if image.format not in (None, *FORMATS):
        raise Refused(f" is in the format {image.format}, which is not for photos: save it as PNG or JPEG first.")
    _check_memory(image, size)
    coded = colours_of(image)  # both first, because Pillow decodes a whole PNG to find its orientation
    turn = None if image.format == "TIFF" else _TURNS.get(_orientation(image))  # Pillow turns a TIFF itself
    full = (image.width, image.height) if turn in _SIDEWAYS else (image.height, image.width)
    _check_shape(full, size)
    if size is not None:
        part = 2 * size / max(full)
        image.draft("RGB", (max(1, round(part * image.width)), max(1, round(part * image.height))))  # a JPEG at a fraction
    profile = None if coded else image.info.get("icc_profile")
    image = _in_plain_mode(image)
    if size is not None and image.width * image.height > MANY:
        image = image.reduce(max(1, max(image.size) // (2 * size)))
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode != "F":
        image = _in_srgb(image, profile)
    found = np.array(image if turn is None else image.transpose(turn))
    return coded.to_srgb(found) if coded and found.ndim == 3 else found, full


_SIDEWAYS = {_TURNS[number] for number in (5, 6, 7, 8)}


@cache
def formats() -> tuple[str, ...]:
    """Return the FORMATS that this installation can read. AVIF needs Pillow 11.3 or later, HEIC pillow-heif."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _using(file: Path | BinaryIO, name: object, use: Callable[[Image.Image], Found]) -> Found:
    """Return `use(picture)` for the picture in a file. Turn any error into a ValueError that begins with the file's name."""
    try:
        with _one_at_a_time, _own_limit(), file.open("rb") if isinstance(file, Path) else nullcontext(file) as stream:
            try:
                return _first_try(stream, name, use)
            except ValueError:
                texts_left_out = without_texts(stream)  # a PNG's texts may be longer than Pillow accepts
                if texts_left_out is None:
                    raise
                return _first_try(texts_left_out, name, use)
    except Refused as refused:
        raise ValueError(f"{name}{refused}") from None
    except UnidentifiedImageError:
        raise ValueError(f"{name} is not a picture that can be read: {advice(file, name, 'HEIF' in formats())}") from None
    except (MemoryError, Image.DecompressionBombError):
        raise ValueError(f"{name} has too many pixels for the memory of this computer: make it smaller first.") from None
    except Exception as error:  # a decoder may raise anything for a damaged file
        reason = str(error).partition("\n")[0][:100] if " object at 0x" not in str(error) else ""
        raise ValueError(f"{name} is damaged or cut off ({reason or type(error).__name__}): get the picture again.") from None


def _one_view(image: Image.Image, name: object, size: int | None) -> tuple[np.ndarray, tuple[int, int]]:
    if image.format == "MPO":  # its first picture is the photo or the left view
        return pixels(image, size)
    return pixels(next(iter(_both_views(image, name)), image), size)


def _both_views(image: Image.Image, name: object) -> list[Image.Image]:
    if not may_hold_two(image, name):
        return []
    _check_memory(image, None)
    return two_views(image)


def _first_try(stream: BinaryIO, name: object, use: Callable[[Image.Image], Found]) -> Found:
    stream.seek(0)
    with Image.open(stream, formats=formats()) as image:
        seek_photo(image, name)
        return use(image)


@contextmanager
def _own_limit() -> Iterator[None]:
    """Replace Pillow's limit, which ignores that JPEGs can be read at a fraction of their size and what other formats need.

    Hide Pillow's warnings, too: they concern metadata that do not matter here.
    """
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MOST_PIXELS
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_shape(full: tuple[int, int], size: int | None) -> None:
    """Refuse a picture that is too small or too thin."""
    try:
        check_sides(*full)
        if size is not None:
            fit(full, size)
    except ValueError as error:
        raise Refused(f": {error}") from None


def _check_memory(image: Image.Image, size: int | None) -> None:
    """Refuse a picture by its header if it needs more than the memory takes."""
    count = image.width * image.height
    needed = count * BYTES_PER_PIXEL.get(image.format, _PLAIN)
    if image.format in ("JPEG", "MPO") and size is not None:
        fraction = min(8, max(1, max(image.size) // (2 * size)))
        needed = count * (_PLAIN / fraction**2 + 4 * ("progressive" in image.info))
    if count > MOST_PIXELS or needed > MOST_BYTES:
        raise Refused(f" has {image.width} x {image.height} pixels, too many to open: make it smaller first.")
    needed += 0 if size is not None else 30 * count  # as float, and a copy
    if needed > free_memory():
        raise Refused(
            f" has {image.width} x {image.height} pixels and needs {needed / 1e9:.1f} GB of memory, more than is free: give a "
            "size, such as size=512, or make it smaller first."
        )


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, or 1 if it cannot be read. Other parts of the EXIF data may be broken."""
    try:
        number = image.getexif().get(_ORIENTATION)
    except Exception:
        return 1
    return number if isinstance(number, int) else 1


def _in_plain_mode(image: Image.Image) -> Image.Image:
    """Decode to L, RGB, CMYK, LAB or YCbCr; to RGBA if there is transparency, or to F if there are more than 8 bits."""
    image.load()
    if image.mode.startswith("I"):  # 16 bits per pixel; Pillow's own conversion to RGB would clip it
        grey = np.array(image, np.float32)
        grey /= 65535
        return Image.fromarray(grey.clip(0, 1, out=grey))
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK", "LAB", "YCbCr", "F") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to RGB, from the colours of the file's profile to sRGB. Ignore a broken profile."""
    if image.mode == "LAB":
        return ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), _srgb(), outputMode="RGB")
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            if given.profile.xcolor_space.strip() == "RGB" and image.mode != "RGB":
                image = image.convert("RGB")
            return ImageCms.profileToProfile(image, given, _srgb(), outputMode="RGB")
    return image.convert("RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
