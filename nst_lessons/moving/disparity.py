"""Computes how far each pixel of a left view has moved in the right one, and which pixels both views see.

A disparity d (1, 1, H, W) in pixels says that the left view's (x, y) is the right view's (x - d, y); it is NaN where unknown.
"""

import torch
import torch.nn.functional as F

from nst_lessons.moving.flow import inside

RADIUS = 2  # of the census transform's window: 5 x 5 pixels
SMALL, LARGE = 4, 24  # penalties for a disparity that differs from its neighbour's by 1, or by more (costs have 24 bits)
TOLERANCE = 1.0  # pixels by which two disparities of the same point may differ
_FAR = 1e4


def flow_of(disparity: torch.Tensor) -> torch.Tensor:
    """Return the flow (1, 2, H, W) with which `warp(right, flow)` shows the right picture from the left; 0 where unknown."""
    known = disparity.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    return torch.cat([-known, torch.zeros_like(known)], dim=1)


def visible(disparity: torch.Tensor) -> torch.Tensor:
    """Return 1.0 where both views see the left view's pixel, else 0.0; (1, 1, H, W).

    There the disparity is known and leads into the picture, and no nearer point of the left view covers its target: the
    right view's disparity at the target, computed from the left view's, is the same within `TOLERANCE`.
    """
    known = torch.isfinite(disparity)
    target = _targets(disparity)
    nearest = seen_from_right(disparity).gather(3, target)  # at least the pixel's own disparity
    hidden = nearest > disparity + TOLERANCE
    return inside(flow_of(disparity), disparity.shape[-2:]) * (known & ~hidden)


def seen_from_right(disparity: torch.Tensor) -> torch.Tensor:
    """Return the disparity (1, 1, H, W) of the right view's pixels: if two points meet, the nearer one's; NaN at gaps."""
    values = torch.where(torch.isfinite(disparity), disparity, -_FAR)
    seen = torch.full_like(values, -_FAR).scatter_reduce(3, _targets(disparity), values, "amax")
    return torch.where(seen > -_FAR, seen, torch.nan)


def scaled(disparity: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Scale a disparity to `shape` (height, width), by nearest neighbours: a mean of two depths would be a wrong depth."""
    return F.interpolate(disparity, size=shape, mode="nearest-exact") * (shape[1] / disparity.shape[3])


def match(left: torch.Tensor, right: torch.Tensor, largest: int | None = None) -> torch.Tensor:
    """Estimate the disparity (1, 1, H, W) between two views (1, 3, H, W), from 0 to `largest` pixels (an eighth of the width).

    Semi-global matching (Hirschmüller 2008, "Stereo Processing by Semiglobal Matching and Mutual Information") along four
    directions, with the census transform as cost. NaN where matching from the right to the left view disagrees.
    Raises ValueError if `largest` is below 1 or not below the width.
    """
    largest = left.shape[3] // 8 if largest is None else largest
    if not 1 <= largest < left.shape[3]:
        raise ValueError(f"The largest disparity is {largest}: give 1 or more, but less than the width, {left.shape[3]}.")
    found = _matched(left, right, largest)
    other = _matched(right.flip(3), left.flip(3), largest).flip(3)  # the right view's, by the same search on mirrored views
    agree = (other.gather(3, _targets(found)) - found).abs() <= TOLERANCE
    return torch.where(agree, found, torch.nan)


def _targets(disparity: torch.Tensor) -> torch.Tensor:
    """Return the right view's column (1, 1, H, W) to which each pixel leads, clamped to the picture."""
    width = disparity.shape[3]
    columns = torch.arange(width, device=disparity.device).view(1, 1, 1, -1)
    return (columns + flow_of(disparity)[:, :1]).round().long().clamp(0, width - 1)


def _matched(left: torch.Tensor, right: torch.Tensor, largest: int) -> torch.Tensor:
    """Return the disparity of least cost for each pixel of the left view, to a fraction of a pixel."""
    ours, theirs = _census(left), _census(right)  # (H, W, 24)
    cost = torch.full((largest + 1, *ours.shape[:2]), float(ours.shape[2]), device=left.device)  # (D, H, W)
    for d in range(min(largest + 1, left.shape[3])):
        cost[d, :, d:] = (ours[:, d:] != theirs[:, : left.shape[3] - d]).sum(2)
    cost = cost.permute(1, 2, 0)  # (H, W, D)
    ways = [cost, cost.flip(1), cost.transpose(0, 1), cost.transpose(0, 1).flip(1)]
    right_on, left_on, down, up = (_along(way) for way in ways)
    total = right_on + left_on.flip(1) + down.transpose(0, 1) + up.flip(1).transpose(0, 1)
    return _least(total)[None, None]


def _census(image: torch.Tensor) -> torch.Tensor:
    """Return which neighbours of each pixel are darker than it, (H, W, 24); a change of exposure does not affect this."""
    grey = image.mean(1, keepdim=True)
    side, (height, width) = 2 * RADIUS + 1, image.shape[-2:]
    around = F.unfold(F.pad(grey, (RADIUS,) * 4, mode="replicate"), side).view(side**2, height, width)
    darker = around < grey[0]
    return torch.cat([darker[: side**2 // 2], darker[side**2 // 2 + 1 :]]).permute(1, 2, 0)


def _along(cost: torch.Tensor) -> torch.Tensor:
    """Return the least cost (N, L, D) of a path along L to each place and disparity: Hirschmüller's equation (13)."""
    best = torch.empty_like(cost)
    best[:, 0] = before = cost[:, 0]
    for place in range(1, cost.shape[1]):
        least = before.amin(1, keepdim=True)  # (N, 1)
        beside = F.pad(before, (1, 1), value=_FAR)
        step = torch.minimum(beside[:, :-2], beside[:, 2:]) + SMALL
        before = cost[:, place] + torch.minimum(torch.minimum(before, step), least + LARGE) - least
        best[:, place] = before
    return best


def _least(total: torch.Tensor) -> torch.Tensor:
    """Return where the sums (H, W, D) are least; a parabola through the minimum and its neighbours gives the fraction."""
    whole = total.argmin(2, keepdim=True)
    low, here, high = (total.gather(2, (whole + k).clamp(0, total.shape[2] - 1)) for k in (-1, 0, 1))
    fraction = (low - high) / (2 * (low - 2 * here + high)).clamp_min(1e-6)
    inner = (whole > 0) & (whole < total.shape[2] - 1)
    return (whole + torch.where(inner, fraction.clamp(-0.5, 0.5), 0.0))[..., 0]
