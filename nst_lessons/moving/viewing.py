"""Shows a stereo pair side by side, as an anaglyph for red-cyan glasses, or as a wiggle GIF."""

import os
from pathlib import Path

import torch
from PIL import Image

from nst_lessons.files import replacing
from nst_lessons.images import to_pil, writable

# Dubois 2001, "A projection method to generate anaglyph stereo images": least squares for red-cyan glasses, in linear light
_LEFT = [[0.4561, 0.5005, 0.1764], [-0.0401, -0.0378, -0.0158], [-0.0152, -0.0206, -0.0055]]
_RIGHT = [[-0.0435, -0.0879, -0.0016], [0.3785, 0.7336, -0.0185], [-0.0722, -0.1130, 1.2264]]


def side_by_side(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Put both views (1, 3, H, W) side by side, (1, 3, H, 2 W), for a viewer or parallel eyes; for crossed eyes, swap them."""
    return torch.cat([left, right], dim=3)


def anaglyph(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Mix both views (1, 3, H, W) into one for red-cyan glasses, red on the left eye, as in Dubois 2001.

    Of all mixtures that are linear in light, it comes closest to what each eye should see through the glasses.
    """
    mixed = sum(
        torch.einsum("ij,bjhw->bihw", torch.tensor(matrix, device=view.device), _to_light(view))
        for matrix, view in ((_LEFT, left), (_RIGHT, right))
    )
    return _from_light(mixed.clamp(0, 1))


def on_screen(left: torch.Tensor, right: torch.Tensor, disparity: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Crop both views at the sides so that a point of median disparity is at the same place in both.

    It then lies in the plane of the screen, with nearer points in front and farther ones behind; eyes need to turn less.
    """
    shift = round(disparity[torch.isfinite(disparity)].median().item())
    ours, theirs = max(shift, 0), max(-shift, 0)
    width = left.shape[3] - abs(shift)
    return left[..., ours : ours + width], right[..., theirs : theirs + width]


def save_wiggle(left: torch.Tensor, right: torch.Tensor, path: str | os.PathLike, seconds: float = 0.16) -> Path:
    """Write a GIF in which the views take turns, which shows depth without glasses. Returns the path.

    left, right: (1, 3, H, W). path: a .gif, written whole or not at all. seconds: how long each view is shown.
    Both frames share one palette, so that colours do not flicker. Raises ValueError for another ending.
    """
    path = writable(path)
    if path.suffix.lower() != ".gif":
        raise ValueError(f"Cannot save a wiggle as {path.name!r}: end the name in .gif.")
    palette = to_pil(torch.cat([left, right], dim=3)).quantize(256, method=Image.Quantize.MEDIANCUT)
    first, second = (to_pil(view).quantize(palette=palette, dither=Image.Dither.NONE) for view in (left, right))
    with replacing(path) as temporary:
        first.save(temporary, save_all=True, append_images=[second], duration=round(1000 * seconds), loop=0)
    return path


def _to_light(image: torch.Tensor) -> torch.Tensor:
    """Convert sRGB values in [0, 1] to linear light (IEC 61966-2-1)."""
    return torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def _from_light(light: torch.Tensor) -> torch.Tensor:
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
