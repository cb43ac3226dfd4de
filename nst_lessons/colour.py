"""Keep the photo's colours: functions of pictures (1, 3, H, W) in [0, 1], for use before and after a transfer.

Gatys, Bethge, Hertzmann and Shechtman 2016 (arXiv 1606.05897); Gatys et al. 2017 (arXiv 1611.07865), section 4.
"""

import torch

_Y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)  # of YIQ (NTSC)


def luminance(image: torch.Tensor) -> torch.Tensor:
    """Return the luminance of an image, its Y channel, as a grey picture (1, 3, H, W)."""
    return (image * _Y.to(image.device)).sum(1, keepdim=True).repeat(1, 3, 1, 1)


def match_luminance(style: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """Return `style` in grey with the mean and the standard deviation of the photo's luminance, clipped to [0, 1].

    arXiv 1606.05897, section 4.2: otherwise a dark painting would darken the photo.
    """
    grey, wanted = luminance(style), luminance(photo)
    return ((grey - grey.mean()) / grey.std().clamp_min(1e-4) * wanted.std() + wanted.mean()).clamp(0, 1)


def with_colours_of(image: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """Join the luminance of `image` and the chrominance (I and Q) of a photo of the same size, clipped to [0, 1]."""
    chroma = photo - luminance(photo)  # has the photo's I and Q, and Y = 0
    return (luminance(image) + chroma).clamp(0, 1)


def match_colours(style: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """Give `style` the mean and the covariance of the photo's colours, clipped to [0, 1].

    arXiv 1606.05897, section 4.1, with the symmetric square root: x -> S_p^1/2 S_s^-1/2 (x - m_s) + m_p.
    """
    (pixels, mean, root), (_, wanted_mean, wanted_root) = _statistics(style), _statistics(photo)
    moved = wanted_root @ torch.linalg.inv(root) @ (pixels - mean) + wanted_mean  # (3, H*W)
    return moved.view_as(style).clamp(0, 1).to(style.dtype)


def _statistics(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the pixels (3, H*W), their mean (3, 1), and the symmetric square root of their covariance (3, 3)."""
    pixels = image[0].flatten(1).double()
    covariance = torch.cov(pixels) + 1e-5 * torch.eye(3, dtype=pixels.dtype, device=pixels.device)  # otherwise singular if grey
    values, vectors = torch.linalg.eigh(covariance)
    return pixels, pixels.mean(1, keepdim=True), vectors @ values.sqrt().diag() @ vectors.mT
