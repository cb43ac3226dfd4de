"""Pictures that excite a channel of VGG, by gradient ascent on waves instead of pixels.

The tricks are those of Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization/.
"""

import math
from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F

from nst_lessons.canvas import frequencies
from nst_lessons.images import load_image
from nst_lessons.progress_bars import progress
from nst_lessons.vgg import VGG

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle", "hopper")


def excite(
    vgg: VGG, layer: str, channels: Sequence[int], *, coloured: bool = True, steps: int = 48, side: int = 160, seed: int = 0
) -> torch.Tensor:
    """Return pictures (B, 3, side, side), one per channel in `channels`, that make the channel's mean large.

    layer: best a convolution before its ReLU: after it, a silent channel has gradient 0. coloured: mix red, green and blue as
    in photos. The picture is shifted, turned and zoomed before each of `steps` steps of Adam. side: an even number of pixels.
    """
    random = torch.Generator().manual_seed(seed)
    u = 0.1 * torch.randn(len(channels), 3, side, side // 2 + 1, 2, generator=random)
    optimizer = torch.optim.Adam([u.requires_grad_()], lr=0.05, maximize=True)
    for _ in progress(steps):
        features = vgg(jitter(waves(u, coloured=coloured), random), [layer])[layer]  # (B, C, H, W)
        score = sum(features[index, channel].mean() for index, channel in enumerate(channels))
        optimizer.zero_grad()
        score.backward()
        optimizer.step()
    return waves(u, coloured=coloured).detach()


def waves(u: torch.Tensor, *, coloured: bool) -> torch.Tensor:
    """Return pictures (B, 3, N, N) in [0, 1], whose waves have the strengths u (B, 3, N, N // 2 + 1, 2), long ones more.

    coloured: mix red, green and blue as they occur together in six photos, instead of each by itself.
    """
    side = u.shape[2]
    strengths = torch.view_as_complex(u) / frequencies(side, side)
    pictures = 0.5 * torch.fft.irfft2(strengths, s=(side, side), norm="ortho")
    if coloured:
        pictures = torch.einsum("ij,bjhw->bihw", photo_colours(), pictures)
    return pictures.sigmoid()


def jitter(pictures: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Return the pictures (B, 3, H, W), shifted by up to a twentieth, turned by up to 6 degrees, zoomed by up to a tenth."""
    turn, zoom, right, down = (2 * torch.rand(4, generator=random) - 1).tolist()
    cos, sin = math.cos(0.1 * turn) * (1 + 0.1 * zoom), math.sin(0.1 * turn) * (1 + 0.1 * zoom)
    move = torch.tensor([[cos, -sin, 0.1 * right], [sin, cos, 0.1 * down]])
    grid = F.affine_grid(move.expand(len(pictures), 2, 3), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


@cache
def photo_colours() -> torch.Tensor:
    """Return a matrix (3, 3) that gives independent colours the covariance of those in six photos, up to a factor."""
    pixels = torch.cat([load_image(name, 96)[0].flatten(1) for name in PHOTOS], dim=1)  # (3, all pixels)
    mix = torch.linalg.cholesky(pixels.cov())
    return mix / mix.diagonal().mean()
