"""Stylises a stereo pair: paints both views together, so that they still fuse (Chen et al. 2018, arXiv 1802.10591).

If each view is painted on its own, it gets different strokes, and the eyes find no common points. Here both views lie on one
canvas, one below the other, and an additional loss compares every point that both see: equation (4) of the paper.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from nst_lessons.images import load_image, load_views, located, resize
from nst_lessons.loop import stylize
from nst_lessons.moving.disparity import flow_of, match, scaled, visible
from nst_lessons.moving.flow import warp
from nst_lessons.objective import Weights
from nst_lessons.settings import coarse_to_fine, weights_of
from nst_lessons.sizes import real
from nst_lessons.step import Step
from nst_lessons.vgg import VGG

CONSISTENCY = 100.0  # the default weight of the loss between the views
MARGIN = 16  # pixels by which each view is mirrored towards the other, so that VGG sees no edge there
STRIDE = 4  # the canvas is painted at a quarter and half of its size first; there, too, views start at whole pixels
MATCHED_AT = 512  # the long side at which disparities are searched: the cost grows with its cube


@dataclass(frozen=True)
class StereoResult:
    """Two painted views (1, 3, H, W) on the CPU, the disparity (1, 1, H, W) between them, and the run's history."""

    left: torch.Tensor
    right: torch.Tensor
    disparity: torch.Tensor  # NaN where unknown
    error: float  # `consistency_error` of the painted views
    history: list[Step]  # of the canvas with both views
    stopped: str | None = None


def stylize_pair(
    left: object,
    right: object,
    style: object,
    disparity: object = None,
    *,
    size: int = 512,
    steps: int | None = None,
    weights: Weights | None = None,
    consistency: float = CONSISTENCY,
    vgg: VGG | None = None,
    callback: Callable | Sequence[Callable] | None = None,
) -> StereoResult:
    """Stylize both views of a scene in one style, so that points that both see look the same.

    left, right: pictures as in `transfer`, of one size; a point of the scene is in the same row of both. A file with both
    views (MPO or JPS) may be given twice.
    style: as in `transfer`.
    disparity: of the left view, an array (H, W) in pixels of the given views, NaN or infinite where unknown (see
    `disparity.py`); None searches for it.
    size: the long side of each view.
    steps, weights, vgg: as in `transfer`.
    consistency: the weight of the mean squared difference between the left view and the right one warped onto it, over the
    pixels that both see.
    callback: as in `stylize`; a step's image is the canvas, the left view above the right.

    Departure from Chen et al. 2018: it optimises pixels instead of training a network, so there is no loss on feature maps.
    Raises ValueError for views or a disparity that do not fit together.
    """
    consistency = real(consistency, "The weight of the consistency")
    if not 0 <= consistency < float("inf"):
        raise ValueError(f"The weight of the consistency is {consistency}: give a finite number, 0 or more.")
    schedule = coarse_to_fine(size, steps)  # raises for bad numbers
    left, right, disparity = _prepared(left, right, disparity, size)
    canvas = _canvas(left, right)
    long, above = max(canvas.shape[-2:]), torch.zeros_like(canvas)
    above[..., : canvas.shape[2] // 2, :] = 1
    result = stylize(
        canvas,
        [style, style],
        masks=[above, 1 - above],  # so that each view gets the whole style
        schedule=[(long // round(size / part), count) for part, count in schedule],  # as for a single view
        weights=weights_of(weights),
        style_scale=size / long,  # strokes as in a single view
        vgg=vgg,
        extra=_PairLoss(_canvas_disparity(disparity, canvas), consistency),
        callback=callback,
    )
    left, right = _views(result.image, *left.shape[-2:])
    return StereoResult(left, right, disparity, consistency_error(left, right, disparity), result.history, result.stopped)


def consistency_error(left: torch.Tensor, right: torch.Tensor, disparity: torch.Tensor) -> float:
    """Return the mean absolute difference between the left view and the right one warped onto it.

    left, right: (1, 3, H, W) in [0, 1]; disparity: (1, 1, H, W). Only pixels that both views see count. The result is 0 if
    every point looks the same in both views.
    """
    seen = visible(disparity)
    difference = (left - warp(right, flow_of(disparity))).abs().mean(1, keepdim=True)
    return (difference * seen).sum().item() / seen.sum().item()


def _prepared(left, right, disparity, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Load both views and the disparity, check that they fit together, and resize them; search a missing disparity."""
    left, right = _loaded(left, right)
    if left.shape != right.shape:
        sizes = " and ".join(f"{view.shape[3]} x {view.shape[2]}" for view in (left, right))
        raise ValueError(f"The views are {sizes} pixels: a stereo pair has two pictures of the same size. Crop or resize one.")
    given = None if disparity is None else _as_map(disparity, left)
    left, right = resize(left, size), resize(right, size)
    disparity = _searched(left, right) if given is None else scaled(given, left.shape[-2:])
    if not visible(disparity).any():
        raise ValueError(
            "No pixel of the left view is visible in the right one: all disparities are unknown or lead out of the picture. "
            "The left view's (x, y) must be the right view's (x - d, y), in pixels: did you swap the views or the sign?"
        )
    return left, right, disparity


def _loaded(left: object, right: object) -> tuple[torch.Tensor, torch.Tensor]:
    """Load both views; a file that is given for both must hold two, as a stereo camera's does."""
    if all(isinstance(view, str | os.PathLike) for view in (left, right)) and os.path.samefile(located(left), located(right)):
        views = load_views(left)
        if not views:
            raise ValueError(
                f"Both views are {left}, which holds one picture: give the left view and the right one, or a file with both "
                "(MPO or JPS)."
            )
        return tuple(views)
    return load_image(left), load_image(right)


class _PairLoss:
    """Computes the weighted mean squared difference between the two views on a canvas of any size.

    disparity: of the canvas (1, 1, H, W), known in the left view only.
    """

    def __init__(self, disparity: torch.Tensor, weight: float) -> None:
        self.disparity, self.weight = disparity, weight
        self.shape = None

    def __call__(self, canvas: torch.Tensor) -> torch.Tensor:
        if canvas.shape != self.shape:
            self._fit(canvas)
        difference = canvas - warp(canvas, self.flow)
        return self.weight * (difference.square() * self.seen).sum() / (3 * self.seen.sum().clamp_min(1))

    def _fit(self, canvas: torch.Tensor) -> None:
        """Scale the flow from the left view to the right one, and the mask of what both see, to the canvas."""
        height, width = canvas.shape[-2:]
        disparity = scaled(self.disparity, (height, width)).to(canvas.device)
        self.seen, self.flow, self.shape = visible(disparity), flow_of(disparity), canvas.shape
        self.flow[:, 1] = _apart(self.disparity) * height / self.disparity.shape[2]


def _canvas(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Put the left view above the right one; each is mirrored towards the other, and up to multiples of STRIDE."""
    down, across = (-side % STRIDE for side in left.shape[-2:])
    above = F.pad(left, (0, across, 0, down + MARGIN), mode="reflect")
    below = F.pad(right, (0, across, MARGIN, down), mode="reflect")
    return torch.cat([above, below], dim=2)


def _apart(canvas: torch.Tensor) -> int:
    """Return the number of rows from the left view to the right one."""
    return canvas.shape[2] // 2 + MARGIN


def _views(canvas: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    below = _apart(canvas)
    return canvas[..., :height, :width], canvas[..., below : below + height, :width]


def _canvas_disparity(disparity: torch.Tensor, canvas: torch.Tensor) -> torch.Tensor:
    """Return the left view's disparity on the canvas, unknown everywhere else."""
    down, across = (whole - part for whole, part in zip(canvas.shape[-2:], disparity.shape[-2:], strict=True))
    return F.pad(disparity, (0, across, 0, down), value=torch.nan)


def _searched(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    size = min(MATCHED_AT, max(left.shape[-2:]))
    return scaled(match(resize(left, size), resize(right, size)), left.shape[-2:])


def _as_map(disparity: object, view: torch.Tensor) -> torch.Tensor:
    """Return an array or tensor (H, W) or (1, 1, H, W) as (1, 1, H, W), NaN where it is not finite."""
    try:
        found = torch.as_tensor(np.asarray(disparity), dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ValueError("The disparity has no numbers: give an array (H, W) in pixels, NaN where it is unknown.") from None
    height, width = view.shape[-2:]
    if found.ndim not in (2, 4) or found.numel() != height * width or found.shape[-2:] != (height, width):
        raise ValueError(
            f"The disparity has the shape {tuple(found.shape)} but the views are {width} x {height} pixels: give one number "
            f"for each pixel of the left view, an array of shape ({height}, {width})."
        )
    return torch.where(torch.isfinite(found), found, torch.nan).view(1, 1, height, width)
