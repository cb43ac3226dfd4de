"""Motion between two pictures: estimates optical flow, finds where it is reliable, and warps pictures along it.

A flow (1, 2, H, W) leads from each pixel of one picture to the same point in another: u pixels to the right and v pixels
down. Equation numbers are those of Ruder et al. 2016 (arXiv 1604.08610).
"""

import torch
import torch.nn.functional as F


def warp(image: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """Warp an image (1, C, H, W) along a flow (1, 2, H', W'): out[y, x] = image[y + v, x + u], (1, C, H', W').

    flow: in pixels of `image`, u to the right and v down. Interpolates bilinearly; outside the image it takes the nearest
    border pixel (see `inside`). Differentiable in both arguments.
    """
    height, width = image.shape[-2:]
    ys, xs = _grid(flow)
    points = torch.stack([2 * (xs + flow[:, 0]) / (width - 1) - 1, 2 * (ys + flow[:, 1]) / (height - 1) - 1], dim=-1)
    return F.grid_sample(image, points, mode="bilinear", padding_mode="border", align_corners=True)


def inside(flow: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Return 1.0 where a flow (1, 2, H', W') leads into a picture of `shape` (height, width), else 0.0; (1, 1, H', W')."""
    height, width = shape
    ys, xs = _grid(flow)
    x, y = xs + flow[:, 0], ys + flow[:, 1]
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)).float()[:, None]


def optical_flow(image: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Estimate the flow (1, 2, H, W) from one picture (1, 3, H, W) to another: image ~ warp(other, flow).

    So `optical_flow(frame, previous)` is the backward flow, which warps `previous` onto `frame`. The method is TV-L1 (Zach,
    Pock and Bischof 2007) on grey values, which keeps the edges of moving objects sharp. It takes about half a second at 256
    pixels. Areas without texture, reflections and motions above some 30 pixels mislead it.
    Raises ValueError for pictures of different sizes.
    """
    from skimage.registration import optical_flow_tvl1  # here, so that programs without flow start quickly

    if image.shape != other.shape:
        raise ValueError(
            f"A flow needs two pictures of one size, but these are {tuple(image.shape[-2:])} and {tuple(other.shape[-2:])} "
            "pixels high and wide: resize one to the other."
        )
    first, second = (one.detach().float().cpu().mean(1)[0].numpy() for one in (image, other))
    down, right = optical_flow_tvl1(first, second)
    return torch.stack([torch.from_numpy(right), torch.from_numpy(down)])[None].float().to(image.device)


def disoccluded(backward: torch.Tensor, forward: torch.Tensor) -> torch.Tensor:
    """Return 1.0 where a frame shows what the frame before it hid, else 0.0; (1, 1, H, W).

    backward: the flow from the frame to the one before; forward: the flow from that one to the frame. If a pixel was
    visible before, going back and forth ends where it began. Equation (5), with w~ the forward flow warped along the
    backward flow w^: |w~ + w^|^2 > 0.01 (|w~|^2 + |w^|^2) + 0.5.
    """
    there = warp(forward, backward)
    return (_square(there + backward) > 0.01 * (_square(there) + _square(backward)) + 0.5).float()


def motion_boundary(flow: torch.Tensor) -> torch.Tensor:
    """Return 1.0 where the flow (1, 2, H, W) changes abruptly, and so is inexact, else 0.0; (1, 1, H, W).

    Equation (6): |grad u|^2 + |grad v|^2 > 0.01 |w|^2 + 0.002.
    """
    down, right = torch.gradient(flow, dim=(2, 3))
    return (_square(down) + _square(right) > 0.01 * _square(flow) + 0.002).float()


def trusted(backward: torch.Tensor, forward: torch.Tensor) -> torch.Tensor:
    """Return the weights c of the temporal loss: 1.0 where the backward flow is reliable, else 0.0; (1, 1, H, W).

    They are 0 at disocclusions, at motion boundaries (section 4.1), and where the flow leads out of the picture.
    """
    bad = torch.maximum(disoccluded(backward, forward), motion_boundary(backward))
    return inside(backward, tuple(backward.shape[-2:])) * (1 - bad)


def _square(vectors: torch.Tensor) -> torch.Tensor:
    """Return |w|^2 of each vector, (1, 1, H, W)."""
    return vectors.square().sum(1, keepdim=True)


def _grid(flow: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows and columns (1, H', W') of a flow's own positions."""
    height, width = flow.shape[-2:]
    ys = torch.arange(height, device=flow.device, dtype=flow.dtype).view(1, -1, 1).expand(1, height, width)
    xs = torch.arange(width, device=flow.device, dtype=flow.dtype).view(1, 1, -1).expand(1, height, width)
    return ys, xs
