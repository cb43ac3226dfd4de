"""Measures how good a picture is, for the model cards, by a loss that no method here minimises directly."""

from collections.abc import Sequence

import torch
from PIL import Image

from nst_lessons.images import load_image, to_pil
from nst_lessons.losses import content_loss, gram_matrix, style_loss
from nst_lessons.objective import CONTENT_LAYER, STYLE_LAYERS
from nst_lessons.vgg import VGG

SIZES = (128, 256, 512)


@torch.no_grad()
def energies(pictures: Sequence[torch.Tensor], photo: torch.Tensor, painting: torch.Tensor, vgg: VGG) -> list[float]:
    """Return the three-size energy of each picture of a photo in the style of a painting; lower is better.

    pictures, photo, painting: each picture is (1, 3, H, W) in [0, 1].
    vgg: the extractor; to compare figures, use one in float32.
    All of them, in 8 bits, are resized to long sides of 128, 256 and 512 (sides rounded to multiples of 16). At each size the
    energy is the style loss, averaged over relu1_1 ... relu5_1, plus a twentieth of the content loss at relu4_2; the result
    is the mean over the sizes. On two cores this takes about a second, plus half a second per picture.
    """
    totals = [0.0] * len(pictures)
    for size in SIZES:
        content = vgg(_resized(to_pil(photo), size), [CONTENT_LAYER])[CONTENT_LAYER]
        style = _grams(vgg(_resized(to_pil(painting), size), STYLE_LAYERS))
        for number, picture in enumerate(pictures):
            found = vgg(_resized(to_pil(picture), size), [*STYLE_LAYERS, CONTENT_LAYER])
            losses = map(style_loss, _grams(found), style)
            totals[number] += sum(losses) / len(STYLE_LAYERS) + content_loss(found[CONTENT_LAYER], content) / 20
    return [float(total / len(SIZES)) for total in totals]


def _grams(features: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    return [gram_matrix(features[name]) for name in STYLE_LAYERS]


def _resized(picture: Image.Image, size: int) -> torch.Tensor:
    scale = size / max(picture.size)
    width, height = (max(16, round(side * scale / 16) * 16) for side in picture.size)
    return load_image(picture.resize((width, height), Image.Resampling.LANCZOS))
