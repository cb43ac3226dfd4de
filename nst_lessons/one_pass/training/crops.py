"""What the project's networks are trained on: photos that come with installed packages, bundled styles, drawn areas."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from nst_lessons import samples
from nst_lessons.images import load_image, resize

HELD_OUT = ("chelsea", "hopper")  # no network here is ever trained on these two
TRAINING = ("astronaut", "coffee", "rocket", "motorcycle")
_MORE = ("motorcycle_right.png", "hubble_deep_field.jpg", "retina.jpg", "camera.png", "brick.png", "grass.png", "gravel.png")
_LARGEST = 768  # pixels of the long side


def training_photos() -> list[torch.Tensor]:
    """The photos and textures of scikit-image, the bundled styles, and drawn areas, (1, 3, H, W) each.

    Without `painterly`, which is drawn over a held-out photo. The drawn areas are smooth gradients and flat patches: a
    network that has never seen a flat sky leaves blotches in one.
    """
    folder = Path(samples.find("astronaut")).parent
    found = [*TRAINING, *(folder / name for name in _MORE if (folder / name).is_file())]
    photos = [_at_most(load_image(one), _LARGEST) for one in found]
    return photos + training_styles() + _drawn(torch.Generator().manual_seed(0))


def training_styles() -> list[torch.Tensor]:
    """The bundled styles but `painterly`, (1, 3, H, W) each."""
    names = [name for name, sample in samples.available().items() if sample.kind == "style" and name != "painterly"]
    return [_at_most(load_image(name), _LARGEST) for name in names]


def held_out_photos() -> list[torch.Tensor]:
    """The photos of `HELD_OUT`, (1, 3, H, W) each, on which the figures of the model cards are measured."""
    return [_at_most(load_image(name), _LARGEST) for name in HELD_OUT]


def crops(pictures: Sequence[torch.Tensor], batch: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """A batch (batch, 3, size, size) of square pieces of random pictures, at a random scale, every other one mirrored.

    A piece is between `size` and three times `size` pixels wide in its picture, as far as that has so many.
    """
    if not pictures:
        raise ValueError("There are no pictures to take crops from: give at least one.")
    return torch.cat([_crop(pictures[_integer(len(pictures), generator)], size, generator) for _ in range(batch)])


def _crop(picture: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    limit = min(*picture.shape[-2:], 3 * size)
    side = round(size * (limit / size) ** torch.rand((), generator=generator).item()) if limit > size else limit
    top, left = (_integer(extent - side + 1, generator) for extent in picture.shape[-2:])
    piece = resize(picture[..., top : top + side, left : left + side], (size, size))
    return piece.flip(3) if _integer(2, generator) else piece


def _drawn(generator: torch.Generator) -> list[torch.Tensor]:
    """Three gradients between four colours, and three fields of flat patches, 384 x 384."""
    corners = [torch.rand(1, 3, 2, 2, generator=generator) for _ in range(3)]
    patches = [torch.rand(1, 3, n, n, generator=generator) for n in (2, 4, 7)]
    smooth = [F.interpolate(one, size=(384, 384), mode="bilinear", align_corners=True) for one in corners]
    return smooth + [F.interpolate(one, size=(384, 384), mode="nearest") for one in patches]


def _at_most(picture: torch.Tensor, size: int) -> torch.Tensor:
    return resize(picture, size) if max(picture.shape[-2:]) > size else picture


def _integer(end: int, generator: torch.Generator) -> int:
    return int(torch.randint(end, (), generator=generator))
