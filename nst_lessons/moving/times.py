"""Computes when the frames of a clip are shown.

The times of n frames are n + 1 numbers in seconds: when each frame begins (the first at 0), and when the last one ends.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

Shot = tuple[float, float, np.ndarray]  # a frame's start and length (0 if unknown) in seconds; its pixels (H, W, 3)

UNEVEN = 60  # frames per second of a file for frames at uneven times


def in_order(shots: Iterable[Shot], fps: float | None = None) -> Iterator[Shot]:
    """Yield the frames that begin later than the one before; with `fps`, only the first in each interval of 1/fps seconds."""
    last, part = -math.inf, -math.inf
    for begin, length, pixels in shots:
        now = math.floor(begin * fps + 1e-6) if fps else math.inf
        if begin > last and (now > part or not fps):
            yield begin, length, pixels
            last, part = begin, now


def times_of(begins: Sequence[float], length: float, fps: float | None = None) -> list[float]:
    """Return the times of frames that start at `begins`. length: how long the last one is shown, in seconds; 0 if unknown.

    If a film's sound begins before its pictures, the first frame is shown from the start. If the gap is shorter than a
    frame, as it often is, all frames are moved instead.
    """
    usual = 1 / fps if fps else median(_gaps(begins))
    shift = begins[0] if begins[0] < usual else 0
    least = usual / 2 if fps else min(usual / 2, 0.01)  # some files claim a millisecond
    end = begins[-1] + (length if length > least else usual)
    return [0.0, *(time - shift for time in [*begins[1:], end])]


def constant_rate(times: Sequence[float]) -> tuple[float, list[int]]:
    """Return a constant rate for a file, and how many of the file's frames show each frame.

    Evenly spaced frames, each within half a frame of its place, keep their rate and are shown once. Others are repeated
    until the next one begins. If all of them fit the median rate, as in a film with a pause, the file has that rate;
    otherwise, as in a screen recording, it has 60 frames per second.
    """
    count = len(times) - 1
    mean = count / times[-1]
    if all(abs(time * mean - place) <= 0.5 for place, time in enumerate(times)):
        return mean, [1] * count
    own = 1 / median(_gaps(times))
    rate = own if all(abs(tick(time, own) / own - time) < 0.5 / UNEVEN for time in times) else UNEVEN
    return rate, _gaps([tick(time, rate) for time in times])


def tick(time: float, rate: float) -> int:
    """Return the nearest tick's number; halfway, always the earlier one, so that even spacing stays even."""
    return math.ceil(time * rate - 0.5 - 1e-6)


def _gaps(numbers: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(numbers)]
