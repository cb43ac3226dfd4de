"""Read, resize and save pictures.

A picture is a float32 tensor of shape (1, 3, H, W), sRGB, values in [0, 1]. A size is the LONG side in pixels.
"""

import os
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from nst_lessons import decoding, samples
from nst_lessons.containers import Refused
from nst_lessons.files import as_path, check_is_file, place_for, shown, write_or_rescue
from nst_lessons.machine import check_memory
from nst_lessons.sizes import check_sides, fit, whole

SAVED = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".gif": "GIF", ".avif": "AVIF"}
SAVED |= dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG")


def load_image(source: object, size: int | None = None) -> torch.Tensor:
    """Read a picture from a path, a sample's name, a file's bytes, a `PIL.Image`, an array or a tensor.

    Arrays are (H, W) or (H, W, 3|4), uint8 or float in [0, 1]; tensors are (3, H, W) or (1, 3, H, W). The picture is turned
    upright (EXIF), put on white where it is transparent, and converted to sRGB from any mode and colour profile.
    size: the long side to resize to, with antialiasing; reading a large file then takes a fraction of the memory.
    Raises FileNotFoundError or ValueError, whose first line says what is wrong and what to do.
    """
    size = None if size is None else whole(size, "The size", 1, "the long side in pixels, ")
    if isinstance(source, str | os.PathLike):
        path = located(source)
        return read(path, size, path)
    if isinstance(source, bytes):
        return read(BytesIO(source), size, "This")
    if isinstance(source, torch.Tensor):
        image, shape = _from_tensor(source), source.shape[-2:]
    elif isinstance(source, np.ndarray):
        image, shape = _from_array(source), source.shape[:2]
    elif isinstance(source, Image.Image):
        image, shape = _from_pil(source, size)
    else:
        raise ValueError(f"Cannot read a picture from a {type(source).__name__}: give a path, a sample's name or an array.")
    return _fitted(image, shape, size)


def load_views(source: str | os.PathLike) -> list[torch.Tensor]:
    """Return the left and the right view (1, 3, H, W) in an MPO or a JPS; an empty list if there is only one."""
    return [_from_array(view) for view in decoding.views(located(source))]


def read(file: Path | BinaryIO, size: int | None, name: object) -> torch.Tensor:
    """Return the picture in a file. size: as for `load_image`. name: the file's name in messages."""
    pixels, shape = decoding.read(file, name, size)
    try:
        return _fitted(_from_array(pixels), shape, size)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def resize(image: torch.Tensor, size: int | tuple[int, int]) -> torch.Tensor:
    """Resize (B, C, H, W) to a long side of `size`, or to `size` = (height, width). Bicubic, with antialiasing."""
    if isinstance(size, tuple | list) and len(size) == 2:
        shape = tuple(whole(side, "A side", 1, "its length in pixels, ") for side in size)
    else:
        shape = fit(image.shape[-2:], size)
    if tuple(image.shape[-2:]) == tuple(shape):
        return image
    return F.interpolate(image, size=shape, mode="bicubic", antialias=True, align_corners=False).clamp_(0, 1)


def shape_of(source: object) -> tuple[int, int]:
    """Return the (height, width) of any picture for `load_image`, before it is turned upright. Read only a file's header."""
    if not isinstance(source, str | os.PathLike):
        return tuple(load_image(source).shape[-2:])
    shape = decoding.shape(located(source))
    check_sides(*shape)
    return shape


def to_pil(image: torch.Tensor) -> Image.Image:
    """Convert a picture (1, 3, H, W) or (3, H, W) to an 8-bit `PIL.Image`. Values outside [0, 1] are clipped."""
    if not isinstance(image, torch.Tensor) or image.ndim < 3:
        raise ValueError(f"A {type(image).__name__} is no tensor (1, 3, H, W): give a picture, such as a result's `image`.")
    pixels = image.detach().float().cpu().reshape(image.shape[-3:])  # (3, H, W)
    pixels = pixels.clamp(0, 1).mul_(255).round_().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def to_jpeg(image: torch.Tensor) -> bytes:
    """Return a picture as the bytes of a JPEG, good enough for a screen."""
    data = BytesIO()
    to_pil(image).save(data, format="jpeg", quality=90)
    return data.getvalue()


def save_image(image: torch.Tensor, path: str | os.PathLike, dpi: int | None = None) -> Path:
    """Write a picture, and return its path, whose ending chooses the format (.png, .jpg, .webp, ...).

    dpi: dots per inch, for a printer; .png, .jpg and .tif files hold it
    The file is written whole or not at all. Raises ValueError for an unknown ending; FileNotFoundError for a missing folder;
    PermissionError; OSError for a full disk (the picture is then saved in the folder for temporary files).
    """
    path, picture = writable(path), to_pil(image)
    options = {"quality": 95} if dpi is None else {"quality": 95, "dpi": (dpi, dpi)}
    write_or_rescue(path, lambda place: picture.save(place, format=SAVED[path.suffix.lower()], **options))
    return path


def writable(path: str | os.PathLike, *inputs: object) -> Path:
    """Return `path` as a Path if a picture can be written there. Raises the errors of `save_image` before the work starts.

    inputs: the pictures that the work reads. Raises ValueError if `path` is one of their files.
    """
    path = as_path(path, "The picture's path")
    kind = SAVED.get(path.suffix.lower())
    if kind is None or (kind == "AVIF" and kind not in decoding.formats()):
        raise ValueError(f"Cannot save a picture as {shown(path.name)!r}: end the name in .png, .jpg or .webp.")
    return place_for(path, *(located(one) for one in inputs if isinstance(one, str | os.PathLike)))


def located(source: str | os.PathLike) -> Path:
    """Return the file for a path or a sample's name."""
    path = Path(os.path.expanduser(source))
    if isinstance(source, str) and samples.looks_like_name(source) and not os.path.isfile(path):
        return samples.find(source)
    check_is_file(path, source, "picture")
    return path


def _fitted(image: torch.Tensor, shape: tuple[int, int], size: int | None) -> torch.Tensor:
    """Resize `image`, whose full (height, width) is `shape`, to a long side of `size`. Contiguous, as L-BFGS requires."""
    if size is None:
        return image.contiguous()
    fitted = fit(shape, size)
    check_memory([fitted], image.device, image.dtype, bytes_per_pixel=24)  # two pictures in float32
    return resize(image, fitted).contiguous()


def _from_pil(source: Image.Image, size: int | None) -> tuple[torch.Tensor, tuple[int, int]]:
    try:
        pixels, shape = decoding.pixels(source, size)
    except Refused as refused:
        raise ValueError(f"This picture{refused}") from None
    except Exception as error:  # Pillow decodes a file only now, when we need its pixels
        raise ValueError(f"This picture is damaged or cut off ({error}): get it again.") from None
    return _from_array(pixels), shape


def _from_array(array: np.ndarray) -> torch.Tensor:
    if array.ndim == 2:
        array = np.stack([array] * 3, axis=-1)  # (H, W, 3)
    if array.ndim != 3 or array.shape[-1] not in (3, 4):
        raise ValueError(f"An array of shape {array.shape} is not a picture: give (H, W), (H, W, 3) or (H, W, 4).")
    pixels = _from_tensor(torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1))  # (1, 3 or 4, H, W)
    if pixels.shape[1] == 4:
        alpha = pixels[:, 3:]
        pixels = pixels[:, :3] * alpha + (1 - alpha)  # onto white
    return pixels


def _from_tensor(tensor: torch.Tensor) -> torch.Tensor:
    shape = tuple(tensor.shape)
    pixels = tensor.detach()[None] if tensor.ndim == 3 else tensor.detach()
    if pixels.ndim != 4 or pixels.shape[0] != 1 or pixels.shape[1] not in (3, 4):
        raise ValueError(f"A tensor of shape {shape} is not a picture: give (1, 3, H, W) or (3, H, W).")
    check_sides(*pixels.shape[-2:])
    if tensor.dtype == torch.uint8:
        return pixels.float().div_(255)
    if not tensor.is_floating_point():
        raise ValueError(f"A picture cannot have the type {tensor.dtype}: give uint8 (0 to 255) or float (0 to 1).")
    low, high = pixels.min().item(), pixels.max().item()
    if not (low >= 0 and high <= 1):  # NaN fails this too
        raise ValueError(f"The pixels range from {low:g} to {high:g}: a float picture has values from 0 to 1 (divide by 255?).")
    return pixels.float().contiguous()
