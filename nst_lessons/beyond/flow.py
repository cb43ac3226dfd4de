"""Motion between two pictures: flow fields, and pictures moved along them."""

import torch
import torch.nn.functional as F


def warp(image: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """The image (1, C, H, W) seen along a flow (1, 2, H', W'): out[y, x] = image[y + v, x + u], (1, C, H', W').

    flow: in pixels of `image`, u to the right and v down. Between pixels bilinear; what comes from outside of the image is
    that of its nearest border (see `inside`). Differentiable in both.
    """
    height, width = image.shape[-2:]
    ys, xs = _grid(flow)
    points = torch.stack([2 * (xs + flow[:, 0]) / (width - 1) - 1, 2 * (ys + flow[:, 1]) / (height - 1) - 1], dim=-1)
    return F.grid_sample(image, points, mode="bilinear", padding_mode="border", align_corners=True)


def inside(flow: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """1.0 where a flow (1, 2, H', W') leads into a picture of `shape` (height, width), else 0.0; (1, 1, H', W')."""
    height, width = shape
    ys, xs = _grid(flow)
    x, y = xs + flow[:, 0], ys + flow[:, 1]
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)).float()[:, None]


def _grid(flow: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows and columns (1, H', W') of a flow's own positions."""
    height, width = flow.shape[-2:]
    ys = torch.arange(height, device=flow.device, dtype=flow.dtype).view(1, -1, 1).expand(1, height, width)
    xs = torch.arange(width, device=flow.device, dtype=flow.dtype).view(1, 1, -1).expand(1, height, width)
    return ys, xs
