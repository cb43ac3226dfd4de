"""Check the sizes of pictures, other numbers and lists from a caller."""

import operator
from numbers import Real

MOST_STEPS = 1_000_000
MIN_SIDE = 16  # four poolings halve a side four times: below 16 pixels, nothing reaches relu5_1


def whole(value: object, what: str, least: int = 0, unit: str = "", most: int = 2**63 - 1) -> int:
    """Return `value` as an int if it is a whole number of any type (including numpy's). Raises ValueError otherwise.

    value: the number to check
    what: its name in the message, such as "The size"
    least, most: the smallest and the largest allowed value
    unit: what it counts, for the message, such as "the long side in pixels, "
    """
    if isinstance(value, str):
        raise ValueError(f"{what} is the text {value!r}: give {unit}a whole number without quotation marks.")
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{what} is {value}: give {unit}a whole number from {least} up.") from None
    if number < least:
        raise ValueError(f"{what} is {number}: give {unit}a whole number from {least} up.")
    if number > most:
        raise ValueError(f"{what} is too large a number: give {unit}a whole number up to {most:,}.")
    return number


def real(value: object, what: str) -> float:
    """Return `value` as a float if it is a real number, or raise a ValueError that calls it `what`."""
    if not isinstance(value, Real):
        raise ValueError(f"{what} is {value!r}: give a number{' without quotation marks' if isinstance(value, str) else ''}.")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{what} is too large a number: give a smaller one.") from None


def listed(given: object, what: str, advice: str) -> list:
    """Return the items of a list, a tuple or an array, or raise a ValueError that calls it `what` and gives `advice`."""
    try:
        if not isinstance(given, str | bytes):
            return list(given)
    except TypeError:
        pass
    raise ValueError(f"{what} is {given!r}: {advice}")


def fit(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return the (height, width) with the aspect ratio of `shape` and a long side of `size` pixels.

    Raises ValueError if the short side is too small for VGG.
    """
    size = whole(size, "The size", 1, "the long side in pixels, ")
    height, width = shape
    scale = size / max(height, width)
    fitted = round(height * scale), round(width * scale)
    if min(fitted) < MIN_SIDE:
        raise ValueError(
            f"A picture of {width} x {height} pixels is {fitted[1]} x {fitted[0]} at size {size}, but VGG needs at least "
            f"{MIN_SIDE} on each side: crop the picture to a shape nearer to a square, or choose a larger size."
        )
    return fitted


def check_sides(height: int, width: int) -> None:
    """Raise ValueError if a picture of `height` x `width` pixels is too small for VGG."""
    if min(height, width) < MIN_SIDE:
        raise ValueError(f"A picture of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
