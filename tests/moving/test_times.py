"""When frames are shown: the numbers are worked out by hand."""

import numpy as np
import pytest

from nst_lessons.moving.times import constant_rate, in_order, times_of


def shots(begins):
    return [(begin, 0.0, np.full((1, 1, 3), number)) for number, begin in enumerate(begins)]


def kept(begins, fps=None):
    """Which frames are read, and when they begin."""
    found = list(in_order(shots(begins), fps))
    return [int(pixels[0, 0, 0]) for _, _, pixels in found], [begin for begin, _, _ in found]


def test_every_frame_with_a_later_time_is_read():
    assert kept([0, 0.04, 0.04, 0.03, 0.1]) == ([0, 1, 4], [0, 0.04, 0.1])


@pytest.mark.parametrize(
    ("rate", "fps", "numbers"),
    [(30, 10, [0, 3, 6, 9]), (24, 12, [0, 2, 4, 6, 8, 10]), (25, 10, [0, 3, 5, 8, 10]), (10, 30, range(12))],
)
def test_of_more_frames_than_wanted_the_first_of_each_part_of_a_second_is_read(rate, fps, numbers):
    found, begins = kept([number / rate for number in range(12)], fps)
    assert found == list(numbers) and begins == [number / rate for number in numbers]
    found, _ = kept([number / rate for number in range(12 * rate)], fps)  # of twelve seconds
    assert len(found) == 12 * min(rate, fps)


@pytest.mark.parametrize(
    ("begins", "length", "fps", "times"),
    [
        ([0, 0.1, 0.2], 0.1, None, [0, 0.1, 0.2, 0.3]),
        ([0, 0.1, 0.2], 0.001, None, [0, 0.1, 0.2, 0.3]),  # a length of no account
        ([0, 0.1, 0.2], 0, None, [0, 0.1, 0.2, 0.3]),
        ([0, 0.1, 0.2], 5, None, [0, 0.1, 0.2, 5.2]),  # the last picture of a slide show
        ([0, 1, 2], 0.3, None, [0, 1, 2, 2.3]),  # a last picture that is short
        ([0.02, 0.12, 0.22], 0.1, None, [0, 0.1, 0.2, 0.3]),  # the sound begins a moment before
        ([0.4, 0.5, 0.6], 0.1, None, [0, 0.5, 0.6, 0.7]),
        ([0, 0.1, 0.2], 0.033, 10, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_the_times_end_when_the_last_frame_does(begins, length, fps, times):
    assert times_of(begins, length, fps) == pytest.approx(times)


@pytest.mark.parametrize(
    ("times", "rate", "shown"),
    [
        ([0, 0.1, 0.2, 0.3], 10, [1, 1, 1]),
        ([0, 0.033, 0.067, 0.1], 30, [1, 1, 1]),  # in whole milliseconds
        ([0, 0.03, 0.08, 0.1], 30, [1, 1, 1]),  # each within half a frame of its place
        ([0, 1 / 3, 2 / 3, 1, 31 / 30, 32 / 30, 33 / 30, 34 / 30, 35 / 30], 30, [10, 10, 10, 1, 1, 1, 1, 1]),
        ([0, 5, 5.31, 6], 60, [300, 19, 41]),
        ([0, 0.2, 0.203, 0.7, 1], 60, [12, 0, 30, 18]),  # too short to be seen
    ],
)
def test_frames_that_do_not_follow_evenly_are_repeated(times, rate, shown):
    found, counts = constant_rate(times)
    assert (found, counts) == (pytest.approx(rate), shown)
