"""What a Studio's run can start from: the photo, noise, or a picture that another method has made."""

from collections.abc import Callable

from nst_lessons.neural_neighbours import neighbours
from nst_lessons.one_pass.universal import universal
from nst_lessons.step import Step
from nst_lessons.vgg import VGG

BEGINNINGS = {"the photo": "content", "noise": "noise", "one pass (universal)": "universal", "neighbours": "neighbours"}
MADE = ("universal", "neighbours")  # those that another method makes; the run then stays at the full size


def first_picture(begin: str, photo: object, style: object, size: int, vgg: VGG, callback: Callable[[Step], object]) -> object:
    """Return what `transfer` takes as `init`. `callback` sees each step of neighbours, which takes half a minute."""
    if begin == "universal":
        return universal(photo, style, size=size, vgg=vgg)
    return neighbours(photo, style, size=size, vgg=vgg, callback=callback).image if begin == "neighbours" else begin


def as_code(begin: str, content: str, style: str, size: int) -> tuple[list[str], list[str]]:
    """Return the lines that make the first picture again, and the option of `transfer` that uses it."""
    if begin == "content":
        return [], []
    if begin == "noise":
        return [], ["init='noise'"]
    first = ["from nst_lessons.one_pass.universal import universal"] if begin == "universal" else []
    call = "universal({})" if begin == "universal" else "nst.neighbours({}).image"
    return [*first, f"start = {call.format(f'{content!r}, {style!r}, size={size}')}"], ["init=start"]
