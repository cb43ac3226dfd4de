"""How good a picture is, by a measure that no method here minimises as it stands: what the model cards are filled with."""

import torch
from PIL import Image

from nst_lessons.images import load_image, to_pil
from nst_lessons.losses import content_loss, gram_matrix, style_loss
from nst_lessons.objective import CONTENT_LAYER, STYLE_LAYERS
from nst_lessons.vgg import VGG

SIZES = (128, 256, 512)


@torch.no_grad()
def energy(picture: torch.Tensor, photo: torch.Tensor, painting: torch.Tensor, vgg: VGG) -> float:
    """The three-size energy of a picture (1, 3, H, W) of a photo in the style of a painting: the less, the better.

    All three, in 8 bits, are resized to the long sides 128, 256 and 512 (sides rounded to multiples of 16); the energy is
    the mean over the sizes of the style loss, averaged over relu1_1 ... relu5_1, and a twentieth of the content loss at
    relu4_2. About two seconds on two cores; take a `vgg` in float32 for figures that are to be compared.
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
