"""When the frames of a clip are shown.

The times of n frames are n + 1 numbers in seconds: when each frame begins, the first at 0, and when the last one ends.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

Shot = tuple[float, float, np.ndarray]  # when a frame begins; how long it is shown, 0 if unknown; its pixels (H, W, 3)

UNEVEN = 60  # frames per second of a file whose frames do not follow evenly


def in_order(shots: Iterable[Shot], fps: float | None = None) -> Iterator[Shot]:
    """The frames that begin later than the one before; with `fps`, the first of each so many parts of a second."""
    last, part = -math.inf, -math.inf
    for begin, length, pixels in shots:
        now = math.floor(begin * fps + 1e-6) if fps else math.inf
        if begin > last and (now > part or not fps):
            yield begin, length, pixels
            last, part = begin, now


def times_of(begins: Sequence[float], length: float, fps: float | None = None) -> list[float]:
    """The times of frames with these begins, the last of which is shown for `length` seconds, 0 if unknown.

    In a film whose sound begins before its pictures, the first frame is shown from the start. Where that is less than a
    frame, as it often is, all frames are moved instead.
    """
    usual = 1 / fps if fps else median(_gaps(begins))
    shift = begins[0] if begins[0] < usual else 0
    end = begins[-1] + (length if length > usual / 2 else usual)  # some files claim a millisecond
    return [0.0, *(time - shift for time in [*begins[1:], end])]


def constant_rate(times: Sequence[float]) -> tuple[float, list[int]]:
    """A constant rate for a file, and for how many of the file's frames each frame is shown.

    Frames that follow evenly, each within half a frame of its place, keep their rate and are shown once each. Others are
    repeated until the next one begins: at the rate of most of them if all have a place there, as in a film with a pause, or
    else, as in the recording of a screen, at 60 frames per second.
    """
    count = len(times) - 1
    mean = count / times[-1]
    if all(abs(time * mean - place) <= 0.5 for place, time in enumerate(times)):
        return mean, [1] * count
    own = 1 / median(_gaps(times))
    rate = own if all(abs(tick(time, own) / own - time) < 0.5 / UNEVEN for time in times) else UNEVEN
    return rate, _gaps([tick(time, rate) for time in times])


def tick(time: float, rate: float) -> int:
    """The number of the nearest tick, the earlier one halfway: so of every second frame each has its own."""
    return math.ceil(time * rate - 0.5 - 1e-6)


def _gaps(numbers: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(numbers)]
