"""Keeping the photo's colours: functions of pictures (1, 3, H, W) in [0, 1], before and after a transfer.

Gatys, Bethge, Hertzmann and Shechtman 2016 (arXiv 1606.05897); Gatys et al. 2017 (arXiv 1611.07865), section 4.
"""

import torch

_Y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)  # of YIQ (NTSC)


def luminance(image: torch.Tensor) -> torch.Tensor:
    """The grey picture (1, 3, H, W) of an image's Y channel."""
    return (image * _Y.to(image.device)).sum(1, keepdim=True).repeat(1, 3, 1, 1)


def match_luminance(style: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """The grey picture of `style` with the mean and the deviation of the photo's luminance; cut to [0, 1].

    arXiv 1606.05897, section 4.2: without it a dark painting would darken the photo.
    """
    grey, wanted = luminance(style), luminance(photo)
    return ((grey - grey.mean()) / grey.std().clamp_min(1e-4) * wanted.std() + wanted.mean()).clamp(0, 1)


def with_colours_of(image: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """The luminance of `image` with the photo's chrominance (I and Q), both of one size; cut to [0, 1]."""
    chroma = photo - luminance(photo)  # of equal I and Q, and Y = 0
    return (luminance(image) + chroma).clamp(0, 1)


def match_colours(style: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """`style` with the mean and covariance of the photo's colours; cut to [0, 1].

    arXiv 1606.05897, section 4.1, with the symmetric square root: x -> S_p^1/2 S_s^-1/2 (x - m_s) + m_p.
    """
    (pixels, mean, root), (_, wanted_mean, wanted_root) = _statistics(style), _statistics(photo)
    moved = wanted_root @ torch.linalg.inv(root) @ (pixels - mean) + wanted_mean  # (3, H*W)
    return moved.view_as(style).clamp(0, 1).to(style.dtype)


def _statistics(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The pixels (3, H*W), their mean (3, 1), and the symmetric square root of their covariance (3, 3)."""
    pixels = image[0].flatten(1).double()
    covariance = torch.cov(pixels) + 1e-5 * torch.eye(3, dtype=pixels.dtype, device=pixels.device)  # for a grey picture
    values, vectors = torch.linalg.eigh(covariance)
    return pixels, pixels.mean(1, keepdim=True), vectors @ values.sqrt().diag() @ vectors.mT
