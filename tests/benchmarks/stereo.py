"""`python -m tests.benchmarks.stereo [size ...]`: a stereo pair, painted together and apart.

A few minutes on two cores at 256 pixels, the default. Prints what it measures, and writes pictures to out/stereo.
"""

import sys
import time
from pathlib import Path

import torch

import nst_lessons as nst
from nst_lessons.moving.disparity import scaled
from nst_lessons.moving.stereo import consistency_error, stylize_pair
from nst_lessons.moving.viewing import anaglyph, on_screen, save_wiggle, side_by_side
from nst_lessons.objective import Objective
from nst_lessons.vgg import default_vgg

STYLE = "swirls"
BORDER = 16  # pixels
OUT = Path("out/stereo")


def style_of(image: torch.Tensor, size: int, judge: nst.VGG, border: int = 0) -> float:
    """The style loss of one view, measured alone, without `border` pixels at each side.

    A view that is painted for itself fits its own border, where VGG sees zeros; a part of a canvas does not.
    """
    height, width = image.shape[-2:]
    inner = image[..., border : height - border, border : width - border]
    return Objective(judge, inner, [(nst.load_image(STYLE, size), 1.0)])(inner, nst.Weights()).style.item()


def pairs(size: int, vgg: nst.VGG, judge: nst.VGG) -> None:
    """The consistency error and the style loss: the photos, each view for itself, both together with and without the loss."""
    from skimage.data import stereo_motorcycle

    left, right, disparity = stereo_motorcycle()
    photos = [nst.load_image(view, size) for view in (left, right)]
    depth = scaled(torch.from_numpy(disparity)[None, None], photos[0].shape[-2:])

    def row(name: str, views: list[torch.Tensor], seconds: float) -> None:
        whole, inner = (sum(style_of(view, size, judge, border) for view in views) / 2 for border in (0, BORDER))
        error = consistency_error(*views, depth)
        print(f"{size:4} {name:20} error {error:.4f}  style {whole:.4f}, inner {inner:.4f}  {seconds:5.1f} s", flush=True)

    row("photos", photos, 0)
    start = time.perf_counter()
    alone = [nst.stylize(view, STYLE, size=size, vgg=vgg).image for view in (left, right)]
    row("each for itself", alone, time.perf_counter() - start)
    for weight in (0.0, 100.0):
        start = time.perf_counter()
        pair = stylize_pair(left, right, STYLE, disparity, size=size, consistency=weight, vgg=vgg)
        row(f"together, weight {weight:g}", [pair.left, pair.right], time.perf_counter() - start)
    both = [side_by_side(*views) for views in (alone, (pair.left, pair.right))]
    nst.save_image(torch.cat(both, dim=2), OUT / f"pair_{size}.png")
    screen = on_screen(pair.left, pair.right, depth)
    nst.save_image(anaglyph(*screen), OUT / f"anaglyph_{size}.png")
    save_wiggle(*screen, OUT / f"wiggle_{size}.gif")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    vgg, judge = default_vgg(), nst.VGG()
    for size in [int(word) for word in sys.argv[1:]] or [256]:
        pairs(size, vgg, judge)


if __name__ == "__main__":
    main()
