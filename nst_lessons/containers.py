"""Handle what a picture's file holds besides the picture (thumbnails, raw data, a second view, texts), and other files."""

import struct
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image

RAW = {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw"}  # endings of files
RAW |= {".sr2", ".srf", ".orf", ".rw2", ".raf", ".pef", ".srw"}
_RAW_TAGS = {50706, 33422, 50740}  # DNGVersion, CFAPattern, DNGPrivateData
_PHOTOS = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"hevc"}  # what HEIC and AVIF call themselves
_SUBFILE, _PAGES = 254, 16
_IS_RAW = " is a camera's raw file, which cannot be read here: open it in the camera's or phone's program and save it as JPEG."


class Refused(Exception):
    """Raised for a file that we do not decode. Its text follows the file's name in the message."""


def seek_photo(image: Image.Image, name: object) -> None:
    """Go to the photo in a TIFF that begins with thumbnails. Refuse a camera's raw file, which we cannot develop."""
    if image.format != "TIFF":
        return
    if _RAW_TAGS & image.tag_v2.keys() or Path(str(name)).suffix.lower() in RAW:
        raise Refused(_IS_RAW)
    page = 0
    while image.tag_v2.get(_SUBFILE, 0) & 1:  # a thumbnail
        page += 1
        try:
            image.seek(page)
        except EOFError:
            raise Refused(_IS_RAW) from None
        if page > _PAGES:
            raise Refused(" begins with many small pictures: save the one that you want as PNG or JPEG.")


def without_texts(stream: BinaryIO) -> BytesIO | None:
    """Return a PNG without its texts, or None if `stream` is not a PNG."""
    stream.seek(0)
    kept = stream.read(8)
    if kept != b"\x89PNG\r\n\x1a\n":
        return None
    kept = BytesIO(kept)
    kept.seek(8)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            stream.seek(length + 4, 1)
        else:
            kept.write(head + stream.read(length + 4))
    return kept


def may_hold_two(image: Image.Image, name: object) -> bool:
    """Return whether the file is an MPO or a JPS, in which stereo cameras store both views."""
    return image.format == "MPO" or bool(_jps(image)) or Path(str(name)).suffix.lower() == ".jps"


def two_views(image: Image.Image) -> list[Image.Image]:
    """Return the left and the right view in an MPO or a JPS, or an empty list if an MPO holds no second view."""
    if image.format == "MPO":
        found, first = [], image.size
        for number in range(min(image.n_frames, _PAGES)):
            image.seek(number)
            if image.size == first and len(found) < 2:  # others are previews, a depth map or a brightness map
                found.append(image.copy())
        return found if len(found) == 2 else []
    # the descriptor's bytes: gap, field order, arrangement, kind (VRex 1997). Without a descriptor, the right view comes first
    _, order, arrangement, _ = _jps(image)[10:14].rjust(4, b"\0")
    width, height = image.size
    if arrangement == 3:
        views = [image.crop((0, 0, width, height // 2)), image.crop((0, height // 2, width, height // 2 * 2))]
    else:
        views = [image.crop((0, 0, width // 2, height)), image.crop((width // 2, 0, width // 2 * 2, height))]
    return views if order & 4 else views[::-1]


def _jps(image: Image.Image) -> bytes:
    """Return the segment that marks a JPEG as a JPS; empty if there is none."""
    return next((data for _, data in getattr(image, "applist", ()) if data.startswith(b"_JPSJPS_")), b"")


def advice(file: Path | BinaryIO, name: object, heic: bool) -> str:
    """Say what to do with a file whose format is not one for photos."""
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as stream:
        stream.seek(0)
        start = stream.read(32)
    if Path(str(name)).suffix.lower() in RAW:
        return "it" + _IS_RAW
    if start[4:8] == b"ftyp" and not heic and start[8:11] in (b"hei", b"hev", b"mif", b"msf"):
        return "HEIC photos need one more package: run `pip install pillow-heif` and start again, or save the photo as JPEG."
    if start[4:8] == b"ftyp" and start[8:12] not in _PHOTOS:
        return "it is a video. `nst-lessons video` paints videos."
    if start[4:8] == b"ftyp" or start[:3] == b"\xff\xd8\xff" or start[:8] == b"\x89PNG\r\n\x1a\n":
        return "it is damaged or cut off. Get the picture again."
    return "use JPEG, PNG, HEIC, AVIF, WebP, GIF, BMP or TIFF."
