"""Sizes of pictures, and other numbers that a caller gives."""

import operator
from numbers import Real

MIN_SIDE = 16  # four poolings halve a side four times: below 16 pixels nothing reaches relu5_1


def whole(value: object, what: str, least: int = 0, unit: str = "") -> int:
    """`value` as an int if it is a whole number of any type, numpy's too, from `least` up; ValueError otherwise.

    what: its name in the message, such as "The size"; unit: what it counts, such as "the long side in pixels, ".
    """
    if isinstance(value, str):
        raise ValueError(f"{what} is the text {value!r}: give {unit}a whole number without quotation marks.")
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{what} is {value}: give {unit}a whole number from {least} up.") from None
    if number < least:
        raise ValueError(f"{what} is {number}: give {unit}a whole number from {least} up.")
    return number


def real(value: object, what: str) -> float:
    """`value` as a float if it is a number of any type, numpy's too; ValueError otherwise. what: its name in the message."""
    if not isinstance(value, Real):
        raise ValueError(f"{what} is {value!r}: give a number{' without quotation marks' if isinstance(value, str) else ''}.")
    return float(value)


def fit(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """The (height, width) of the same aspect ratio as `shape` whose long side is `size` pixels."""
    size = whole(size, "The size", 1, "the long side in pixels, ")
    height, width = shape
    scale = size / max(height, width)
    fitted = round(height * scale), round(width * scale)
    if min(fitted) < MIN_SIDE:
        raise ValueError(
            f"A picture of {width} x {height} pixels is {fitted[1]} x {fitted[0]} at size {size}, and VGG needs at least "
            f"{MIN_SIDE} on each side: crop the picture to a shape nearer to a square, or choose a larger size."
        )
    return fitted


def check_sides(height: int, width: int) -> None:
    """Raise ValueError for a picture that is too small for VGG."""
    if min(height, width) < MIN_SIDE:
        raise ValueError(f"A picture of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
