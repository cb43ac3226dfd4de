"""Measures how good a picture is, for the model cards, by a loss that no method here minimises directly."""

import torch
from PIL import Image

from nst_lessons.images import load_image, to_pil
from nst_lessons.losses import content_loss, gram_matrix, style_loss
from nst_lessons.objective import CONTENT_LAYER, STYLE_LAYERS
from nst_lessons.vgg import VGG

SIZES = (128, 256, 512)


@torch.no_grad()
def energy(picture: torch.Tensor, photo: torch.Tensor, painting: torch.Tensor, vgg: VGG) -> float:
    """Return the three-size energy of a picture of a photo in the style of a painting; lower is better.

    picture, photo, painting: (1, 3, H, W) in [0, 1] each.
    vgg: the extractor; to compare figures, use one in float32.
    All three, in 8 bits, are resized to long sides of 128, 256 and 512 (sides rounded to multiples of 16). At each size the
    energy is the style loss, averaged over relu1_1 ... relu5_1, plus a twentieth of the content loss at relu4_2; the result
    is the mean over the sizes. It takes about two seconds on two cores.
    """
    total = 0.0
    for size in SIZES:
        found, content, style = (
            vgg(_resized(to_pil(one), size), [*STYLE_LAYERS, CONTENT_LAYER]) for one in (picture, photo, painting)
        )
        losses = (style_loss(gram_matrix(found[name]), gram_matrix(style[name])) for name in STYLE_LAYERS)
        total += sum(losses) / len(STYLE_LAYERS) + content_loss(found[CONTENT_LAYER], content[CONTENT_LAYER]) / 20
    return float(total / len(SIZES))


def _resized(picture: Image.Image, size: int) -> torch.Tensor:
    scale = size / max(picture.size)
    width, height = (max(16, round(side * scale / 16) * 16) for side in picture.size)
    return load_image(picture.resize((width, height), Image.Resampling.LANCZOS))
