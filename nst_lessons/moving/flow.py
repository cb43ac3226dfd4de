"""Motion between two pictures: optical flow, where it can be trusted, and pictures moved along it.

A flow (1, 2, H, W) leads from each pixel of one picture to where the same thing is in another: u to the right and v
down, in pixels. Equation numbers are those of Ruder et al. 2016 (arXiv 1604.08610).
"""

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


def optical_flow(image: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The flow (1, 2, H, W) from the pixels of a picture (1, 3, H, W) to where they are in another: image ~ warp(other, flow).

    So `optical_flow(frame, previous)` is the backward flow, along which `previous` is warped onto `frame`. Estimated from
    grey values by TV-L1 (Zach, Pock and Bischof 2007), which keeps the edges of a moving thing sharp; about half a second
    at 256 pixels. Smooth areas without a mark, reflections and motions of more than some 30 pixels mislead it.
    Raises ValueError for pictures of different sizes.
    """
    from skimage.registration import optical_flow_tvl1  # here, so that what needs no flow starts quickly

    if image.shape != other.shape:
        raise ValueError(
            f"A flow needs two pictures of one size, and these are {tuple(image.shape[-2:])} and {tuple(other.shape[-2:])} "
            "pixels high and wide: resize one to the other."
        )
    first, second = (one.detach().float().cpu().mean(1)[0].numpy() for one in (image, other))
    down, right = optical_flow_tvl1(first, second)
    return torch.stack([torch.from_numpy(right), torch.from_numpy(down)])[None].float().to(image.device)


def disoccluded(backward: torch.Tensor, forward: torch.Tensor) -> torch.Tensor:
    """1.0 where a frame shows what the frame before it hid, else 0.0; (1, 1, H, W).

    backward: from the frame to the one before; forward: from that one to the frame. Where a pixel was visible before, going
    there and back again ends where it began; equation (5), with w~ the forward flow seen along the backward flow w^:
    |w~ + w^|^2 > 0.01 (|w~|^2 + |w^|^2) + 0.5.
    """
    there = warp(forward, backward)
    return (_square(there + backward) > 0.01 * (_square(there) + _square(backward)) + 0.5).float()


def motion_boundary(flow: torch.Tensor) -> torch.Tensor:
    """1.0 where the flow (1, 2, H, W) changes abruptly, and so is not exact, else 0.0; (1, 1, H, W).

    Equation (6): |grad u|^2 + |grad v|^2 > 0.01 |w|^2 + 0.002.
    """
    down, right = torch.gradient(flow, dim=(2, 3))
    return (_square(down) + _square(right) > 0.01 * _square(flow) + 0.002).float()


def trusted(backward: torch.Tensor, forward: torch.Tensor) -> torch.Tensor:
    """The weights c of the temporal loss: 1.0 where the backward flow can be followed, else 0.0; (1, 1, H, W).

    0 where something is disoccluded, at motion boundaries (section 4.1), and where the flow leads out of the picture.
    """
    bad = torch.maximum(disoccluded(backward, forward), motion_boundary(backward))
    return inside(backward, tuple(backward.shape[-2:])) * (1 - bad)


def _square(vectors: torch.Tensor) -> torch.Tensor:
    """|w|^2 of each vector, (1, 1, H, W)."""
    return vectors.square().sum(1, keepdim=True)


def _grid(flow: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows and columns (1, H', W') of a flow's own positions."""
    height, width = flow.shape[-2:]
    ys = torch.arange(height, device=flow.device, dtype=flow.dtype).view(1, -1, 1).expand(1, height, width)
    xs = torch.arange(width, device=flow.device, dtype=flow.dtype).view(1, 1, -1).expand(1, height, width)
    return ys, xs
