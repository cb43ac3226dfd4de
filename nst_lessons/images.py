"""Read, resize and save pictures.

A picture is a float32 tensor of shape (1, 3, H, W), sRGB, values in [0, 1]. A size is the LONG side in pixels.
"""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps, UnidentifiedImageError

from nst_lessons import samples
from nst_lessons.files import place_for, replacing

MIN_SIDE = 16  # four poolings halve a side four times: below 16 pixels nothing reaches relu5_1


def load_image(source: object, size: int | None = None) -> torch.Tensor:
    """A picture from a path, a sample's name, a `PIL.Image`, an array or a tensor.

    Arrays are (H, W) or (H, W, 3|4), uint8 or float in [0, 1]; tensors (3, H, W) or (1, 3, H, W). EXIF orientation is
    applied, transparency laid on white, any mode converted to RGB; `size` resizes the long side, with antialiasing.
    Raises FileNotFoundError or ValueError, whose first line says what is wrong and what to do.
    """
    if isinstance(source, torch.Tensor):
        image = _from_tensor(source)
    elif isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, Image.Image):
        image = _from_pil(source, size)
    elif isinstance(source, str | os.PathLike):
        image = _from_file(_resolve(source), size)
    else:
        raise ValueError(f"Cannot read a picture from a {type(source).__name__}: give a path, a sample's name or an array.")
    return (image if size is None else resize(image, size)).contiguous()  # as L-BFGS needs its parameters to be


def resize(image: torch.Tensor, size: int | tuple[int, int]) -> torch.Tensor:
    """Resize (B, C, H, W) so that its long side is `size`, or to `size` = (height, width); bicubic, antialiased."""
    if isinstance(size, int):
        size = fit(image.shape[-2:], size)
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    return F.interpolate(image, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def fit(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """The (height, width) of the same aspect ratio as `shape` whose long side is `size` pixels."""
    height, width = shape
    scale = size / max(height, width)
    fitted = round(height * scale), round(width * scale)
    if min(fitted) < MIN_SIDE:
        raise ValueError(
            f"A picture of {width} x {height} pixels is {fitted[1]} x {fitted[0]} at size {size}, and VGG needs at least "
            f"{MIN_SIDE} on each side: crop the picture to a shape nearer to a square, or choose a larger size."
        )
    return fitted


def shape_of(source: object) -> tuple[int, int]:
    """The (height, width) of a picture that `load_image` reads, before it is turned; of a file only the header is read."""
    try:
        if isinstance(source, str | os.PathLike):
            with Image.open(_resolve(source)) as image:
                shape = image.height, image.width
            _check_sides(*shape)
            return shape
    except (OSError, SyntaxError, Image.DecompressionBombError):
        pass  # load_image says what is wrong
    return tuple(load_image(source).shape[-2:])


def to_pil(image: torch.Tensor) -> Image.Image:
    """The 8-bit `PIL.Image` of a picture (1, 3, H, W) or (3, H, W); values outside [0, 1] are clipped."""
    pixels = image.detach().float().cpu().reshape(image.shape[-3:])  # (3, H, W)
    pixels = pixels.clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def to_jpeg(image: torch.Tensor) -> bytes:
    """The bytes of a JPEG of a picture, for a screen."""
    data = BytesIO()
    to_pil(image).save(data, format="jpeg", quality=90)
    return data.getvalue()


def save_image(image: torch.Tensor, path: str | os.PathLike) -> Path:
    """Write a picture; the ending of `path` chooses the format (.png, .jpg, .webp, ...). Returns the path.

    The file appears whole or not at all: it is written under a temporary name beside it and then renamed.
    Raises ValueError for an unknown ending, FileNotFoundError for a missing folder, PermissionError.
    """
    path = writable(path)
    with replacing(path) as temporary:
        to_pil(image).save(temporary, quality=95)
    return path


def writable(path: str | os.PathLike) -> Path:
    """`path` as a Path if a picture can be written there; the errors of `save_image` before the work, not after it."""
    path = Path(path)
    formats = Image.registered_extensions()
    if formats.get(path.suffix.lower()) not in Image.SAVE:
        raise ValueError(f"Cannot save a picture as {path.name!r}: end the name in .png, .jpg or .webp.")
    return place_for(path)


def _resolve(source: str | os.PathLike) -> Path:
    path = Path(source).expanduser()
    if isinstance(source, str) and samples.looks_like_name(source) and not path.is_file():
        return samples.find(source)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a picture: give the path of a file in it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} (looked in {Path.cwd()}): check the name and the folder.")
    return path


def _from_file(path: Path, size: int | None) -> torch.Tensor:
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes): get the picture again.")
    try:
        with Image.open(path) as image:
            return _from_pil(image, size)
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not a picture that can be read: use PNG, JPEG, WebP, GIF or TIFF.") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{path} has too many pixels to be opened safely: make it smaller first.") from None
    except (OSError, SyntaxError) as error:  # Pillow's words for a file that ends early or is damaged
        raise ValueError(f"{path} is damaged or cut off ({error}): get the picture again.") from None


def _from_pil(image: Image.Image, size: int | None) -> torch.Tensor:
    _check_sides(image.height, image.width)
    if size is not None:
        image.draft("RGB", (2 * size, 2 * size))  # a JPEG of 50 megapixels is decoded at a fraction of its size
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion to RGB would clip it
        grey = np.asarray(image).astype(np.float32) / 65535
        return _from_array(grey.clip(0, 1))
    if image.mode == "F":
        return _from_array(np.asarray(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return _from_array(np.array(image.convert("RGB")))


def _from_array(array: np.ndarray) -> torch.Tensor:
    if array.ndim == 2:
        array = np.stack([array] * 3, axis=-1)  # (H, W, 3)
    if array.ndim != 3 or array.shape[-1] not in (3, 4):
        raise ValueError(f"An array of shape {array.shape} is no picture: give (H, W), (H, W, 3) or (H, W, 4).")
    pixels = _from_tensor(torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1))  # (1, 3 or 4, H, W)
    if pixels.shape[1] == 4:
        alpha = pixels[:, 3:]
        pixels = pixels[:, :3] * alpha + (1 - alpha)  # onto white
    return pixels


def _from_tensor(tensor: torch.Tensor) -> torch.Tensor:
    shape = tuple(tensor.shape)
    pixels = tensor.detach()[None] if tensor.ndim == 3 else tensor.detach()
    if pixels.ndim != 4 or pixels.shape[0] != 1 or pixels.shape[1] not in (3, 4):
        raise ValueError(f"A tensor of shape {shape} is no picture: give (1, 3, H, W) or (3, H, W).")
    _check_sides(*pixels.shape[-2:])
    if tensor.dtype == torch.uint8:
        return pixels.float() / 255
    if not tensor.is_floating_point():
        raise ValueError(f"A picture of type {tensor.dtype}: give uint8 (0 to 255) or float (0 to 1).")
    low, high = pixels.min().item(), pixels.max().item()
    if not (low >= 0 and high <= 1):  # NaN fails this too
        raise ValueError(f"The pixels go from {low:g} to {high:g}: a float picture has values from 0 to 1 (divide by 255?).")
    return pixels.float().contiguous()


def _check_sides(height: int, width: int) -> None:
    if min(height, width) < MIN_SIDE:
        raise ValueError(f"A picture of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
