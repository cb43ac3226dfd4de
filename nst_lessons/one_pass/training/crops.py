"""The project's training data: photos from installed packages, the bundled styles, and drawn areas."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from nst_lessons import samples
from nst_lessons.images import load_image, resize

HELD_OUT = ("chelsea", "hopper")  # no network here is trained on these two
TRAINING = ("astronaut", "coffee", "rocket", "motorcycle")
_MORE = ("motorcycle_right.png", "hubble_deep_field.jpg", "retina.jpg", "camera.png", "brick.png", "grass.png", "gravel.png")
_LARGEST = 768  # pixels, the long side


def training_photos() -> list[torch.Tensor]:
    """Return scikit-image's photos and textures, the bundled styles, and drawn areas, (1, 3, H, W) each.

    `painterly` is left out, because it is drawn over a held-out photo. The drawn areas are smooth gradients and flat
    patches: a network that has never seen a flat sky paints blotches into it.
    """
    folder = Path(samples.find("astronaut")).parent
    found = [*TRAINING, *(folder / name for name in _MORE if (folder / name).is_file())]
    photos = [_at_most(load_image(one), _LARGEST) for one in found]
    return photos + training_styles() + _drawn(torch.Generator().manual_seed(0))


def training_styles() -> list[torch.Tensor]:
    """Return the bundled styles except `painterly`, (1, 3, H, W) each."""
    names = [name for name, sample in samples.available().items() if sample.kind == "style" and name != "painterly"]
    return [_at_most(load_image(name), _LARGEST) for name in names]


def held_out_photos() -> list[torch.Tensor]:
    """Return the photos of `HELD_OUT`, (1, 3, H, W) each; the model cards' figures are measured on them."""
    return [_at_most(load_image(name), _LARGEST) for name in HELD_OUT]


def crops(pictures: Sequence[torch.Tensor], batch: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Return a batch (batch, 3, size, size) of squares from random pictures, at a random scale, mirrored at random.

    pictures: (1, 3, H, W) each. batch: how many squares. size: their side in pixels. generator: the random numbers.
    A square covers between `size` and three times `size` pixels of its picture, or less if the picture is smaller.
    Raises ValueError if there are no pictures.
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
    """Return three gradients between four colours, and three fields of flat patches, 384 x 384 each."""
    corners = [torch.rand(1, 3, 2, 2, generator=generator) for _ in range(3)]
    patches = [torch.rand(1, 3, n, n, generator=generator) for n in (2, 4, 7)]
    smooth = [F.interpolate(one, size=(384, 384), mode="bilinear", align_corners=True) for one in corners]
    return smooth + [F.interpolate(one, size=(384, 384), mode="nearest") for one in patches]


def _at_most(picture: torch.Tensor, size: int) -> torch.Tensor:
    return resize(picture, size) if max(picture.shape[-2:]) > size else picture


def _integer(end: int, generator: torch.Generator) -> int:
    return int(torch.randint(end, (), generator=generator))
