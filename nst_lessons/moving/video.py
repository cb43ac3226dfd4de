"""Stylises a clip without flicker: temporal consistency by optimisation (Ruder et al. 2016, arXiv 1604.08610).

`transfer_video` is the loop, a generator of `Frame`s; `stylize_video` runs it with callbacks. Equation numbers are those of
the paper.
"""

import operator
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256

import torch

from nst_lessons.colour import match_colours
from nst_lessons.files import as_path
from nst_lessons.images import load_image, to_pil
from nst_lessons.loop import stylize
from nst_lessons.moving.clips import check_frames
from nst_lessons.moving.flow import optical_flow, trusted, warp
from nst_lessons.moving.frames import Frame, Kept, Motion, Painted, Photos, file_names, paint_all
from nst_lessons.moving.keyframe import KeyframeNet, train_keyframe
from nst_lessons.objective import Weights
from nst_lessons.progress_bars import shortened
from nst_lessons.settings import coarse_to_fine, seed_of, weights_of
from nst_lessons.sizes import real, whole
from nst_lessons.step import drive
from nst_lessons.vgg import VGG, vgg_of

METHODS = ("optimise", "frame", "keyframe")


@dataclass(frozen=True)
class Video:
    """The frames of a run, and why it stopped early, if it did."""

    frames: list[Frame]
    stopped: str | None = None

    @property
    def images(self) -> list[torch.Tensor]:
        """The stylised pictures."""
        return [frame.image for frame in self.frames]


def temporal_loss(image: torch.Tensor, target: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the temporal loss of a picture x and the warped frame before it, w: 1/D sum_k c_k (x_k - w_k)^2, equation (7).

    image x, target w: (1, 3, H, W); mask c: (1, 1, H, W), 1 where the flow is reliable; D: the number of values of x.
    """
    return (mask * (image - target).square()).mean()


def long_term(masks: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the masks of several earlier frames, nearest first, each without what a nearer frame shows: equation (10)."""
    left, covered = [], torch.zeros_like(masks[0])
    for mask in masks:
        left.append((mask - covered).clamp_min(0))
        covered = covered + mask
    return left


def flicker(frames: Sequence[torch.Tensor], flows: Sequence[torch.Tensor], masks: Sequence[torch.Tensor]) -> float:
    """Return the mean absolute difference of each frame and the warped frame before it, where the mask is 1.

    flows[i - 1] and masks[i - 1] lead from frame i to frame i - 1. The result is 0 if every point keeps its colour.
    Raises ValueError unless there are at least two frames, and a flow and a mask for each but the first.
    """
    if len(frames) < 2 or not len(frames) - 1 == len(flows) == len(masks):
        raise ValueError(
            f"There are {len(frames)} frames, {len(flows)} flows and {len(masks)} masks: give two frames or more, and a flow "
            "and a mask for each frame but the first."
        )
    pairs = zip(frames, frames[1:], flows, masks, strict=False)
    return sum(_difference(frame, warp(before, flow), mask) for before, frame, flow, mask in pairs) / len(flows)


def estimated(frames: Sequence[torch.Tensor]) -> Motion:
    """Return a function that estimates the motion between two of `frames` by optical flow, masked by `flow.trusted`."""

    def motion(i: int, j: int) -> tuple[torch.Tensor, torch.Tensor]:
        backward = optical_flow(frames[i], frames[j])
        return backward, trusted(backward, optical_flow(frames[j], frames[i]))

    return motion


def transfer_video(
    frames: Sequence[object],
    style: object,
    *,
    method: str = "optimise",
    motion: Motion | None = None,
    folder: str | os.PathLike | None = None,
    vgg: VGG | None = None,
    weights: Weights | None = None,
    temporal: float = 30.0,
    spans: Sequence[int] = (1,),
    size: int = 256,
    steps: int | None = None,
    next_steps: int = 30,
    seed: int = 0,
) -> Iterator[Frame]:
    """Stylise a clip frame by frame; yields a `Frame` each.

    frames: pictures of one size, anything `load_image` reads. style: a picture.
    method: "optimise" starts each frame from the warped frame before, and the temporal loss keeps it close; "frame" stylises
    each independently; "keyframe" stylises the middle one, and a network learns from it to paint all (see `keyframe.py`).
    motion: a function (i, j) -> flow (1, 2, H, W) from frame i back to frame j, and its mask (1, 1, H, W), such as
    `Scene.motion`; None estimates it.
    folder: where each frame is saved at once, under a name that depends on the settings and the frames so far. Existing
    frames are not painted again: if a run was interrupted, the same call continues it.
    temporal: the weight of the temporal loss, gamma in (8).
    spans: how many frames back it looks: (1,) is the short-term loss (8), (1, 2, 4) the long-term one (9).
    size, steps, weights, vgg, seed: as in `transfer`, for the first frame; with "frame", for every frame.
    next_steps: steps of each later frame, at the full size only, since it starts from a painting.
    Raises ValueError for bad input, before the first frame is painted.
    """
    coarse_to_fine(size, steps)  # raises for bad numbers
    size, steps = int(size), None if steps is None else int(steps)  # equal numbers of any type give equal file names
    temporal, next_steps = real(temporal, "temporal"), whole(next_steps, "next_steps", 1)
    spans, seed = _checked(method, temporal, spans), seed_of(seed)
    weights = weights_of(weights)
    if not (motion is None or callable(motion)):
        raise ValueError(f"motion is {motion!r}: give a function (i, j) that returns a flow and a mask, or leave it out.")
    photos, style = Photos(frames, size), load_image(style, size)
    check_frames(photos)
    vgg = vgg_of(vgg)
    painted = partial(_painted, style=style, vgg=vgg, weights=weights, seed=seed)
    first = partial(painted, size=size, steps=steps)
    settings, given = (method, size, steps, weights, seed), None
    if method == "frame":
        paint = _each(photos, first)
    elif method == "keyframe":
        settings, paint = (*settings, _digest(photos)), _learned(photos, style, first, vgg, seed)
    else:
        settings, given = (*settings, temporal, spans, next_steps, motion is not None), motion
        later = partial(painted, schedule=[(size, shortened(next_steps))])
        paint = _following(photos, first, later, motion or estimated(photos), spans, temporal, vgg.device)
    folder = None if folder is None else as_path(folder, "folder")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return paint_all(photos, file_names(photos, style, settings, given, spans), folder, paint)


def stylize_video(
    frames: Sequence[object], style: object, *, callback: Callable | Sequence[Callable] | None = None, **options
) -> Video:
    """Run `transfer_video(frames, style, **options)` to its end; Ctrl-C (the stop button) keeps the finished frames.

    callback: one or more functions, such as a `LiveClip`, called with each `Frame`; one that returns False stops the run.
    If a run ends early, `callback.finish(last_frame)` is called where it exists.
    """
    made = []
    stopped = drive(transfer_video(frames, style, **options), made.append, callback)
    return Video(made, stopped)


def held(photo, targets, masks, weight: float, device) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
    """Return a frame's first picture and the temporal loss that keeps it close, for `transfer`'s `init` and `extra`.

    photo: the frame.
    targets, masks: earlier frames, warped onto this one, nearest first, and their masks, which do not overlap.
    weight: of the temporal loss. device: where it is computed.
    Areas that no target shows start from the photo in the nearest target's colours: in its own colours, it would still look
    like a photo after so few steps.
    """
    start = match_colours(photo, targets[0])
    for target, mask in zip(targets, masks, strict=True):
        start = torch.where(mask > 0, target, start)
    pairs = [(target.to(device), mask.to(device)) for target, mask in zip(targets, masks, strict=True)]
    return start, lambda image: weight * sum(temporal_loss(image, target, mask) for target, mask in pairs)


def _checked(method: str, temporal: float, spans: Sequence[int]) -> tuple[int, ...]:
    """Return the spans as int; raises ValueError for a bad option."""
    if str(method) not in METHODS:
        raise ValueError(f"There is no method {method!r} here: choose {', '.join(METHODS)}.")
    if not 0 <= temporal < float("inf"):
        raise ValueError(f"temporal is {temporal}: give a finite number, 0 or more.")
    try:
        numbers = tuple(map(operator.index, spans))
    except TypeError:
        numbers = ()
    if not numbers or sorted(set(numbers)) != list(numbers) or numbers[0] < 1:
        raise ValueError(f"spans is {spans!r}: give how many frames back to look, in rising order from 1, such as (1, 2, 4).")
    return numbers


def _each(photos, first) -> Callable[[int, list[Kept]], Painted]:
    """Return a function that paints each frame independently."""
    return lambda i, done: (*first(photos[i]), None)


def _digest(photos: Photos) -> str:
    """Return a digest of all frames: the network learns from each of them."""
    digest = sha256()
    for photo in photos:
        digest.update(to_pil(photo).tobytes())
    return digest.hexdigest()


def _learned(photos: Photos, style: torch.Tensor, first, vgg: VGG, seed: int) -> Callable[[int, list[Kept]], Painted]:
    """Return a function that paints frames by a network, trained on the middle frame when the first painting is needed."""

    @cache
    def network() -> KeyframeNet:
        middle = photos[len(photos) // 2]
        options = {"frames": photos, "style": style, "vgg": vgg, "seed": seed}
        # without a limit of time, since a continued run needs the same network
        return train_keyframe([(middle, first(middle)[0])], seconds=float("inf"), **options)

    return lambda i, done: (load_image(to_pil(network().paint(photos[i]))), None, None)


def _following(photos, first, later, motion: Motion, spans, weight: float, device) -> Callable[[int, list], Painted]:
    """Return a function that paints each frame close to those before it."""

    def paint(i: int, done: list[Kept]) -> Painted:
        back = [span for span in spans if span <= i]
        if not back:
            return *first(photos[i]), None
        flows, masks = zip(*(motion(i, i - span) for span in back), strict=True)
        targets = [warp(load_image(done[i - span]), flow) for span, flow in zip(back, flows, strict=True)]
        start, extra = held(photos[i], targets, long_term(masks), weight, device)
        image, style = later(photos[i], init=start, extra=extra)
        return image, style, _difference(image, targets[0], masks[0]) if back[0] == 1 else None

    return paint


def _painted(photo: torch.Tensor, **options) -> tuple[torch.Tensor, float]:
    """Stylize a photo; returns the picture, rounded to 8 bits as in a file, and its style loss. Ctrl-C raises again."""
    result = stylize(photo, **options)
    if result.stopped == "interrupted":
        raise KeyboardInterrupt
    return load_image(to_pil(result.image)), result.best.style


def _difference(frame: torch.Tensor, moved: torch.Tensor, mask: torch.Tensor) -> float:
    return (((frame - moved).abs() * mask).sum() / (frame.shape[1] * mask.sum().clamp_min(1))).item()
