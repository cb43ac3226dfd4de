"""The picture that a run starts from."""

from collections.abc import Sequence

import torch

from nst_lessons.images import load_image, resize
from nst_lessons.one_pass.realtime import realtime
from nst_lessons.one_pass.universal import universal
from nst_lessons.vgg import VGG

FEED_FORWARD = ("universal", "realtime")
_SIDE = 256  # pixels, at which the network of `realtime` paints: it needs 64 on the short side


def first_image(init: object, content: torch.Tensor, style: torch.Tensor, seed: int) -> torch.Tensor:
    """The picture to start from, of the content's shape: its copy, noise, noise in the style's colours, or `init`."""
    if not isinstance(init, str):
        return resize(load_image(init), tuple(content.shape[-2:]))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))
    if init == "content":
        return content
    if init == "noise":
        return (0.5 + 0.2 * noise).clamp(0, 1)
    if init == "style":
        mean, std = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
        return (mean + std * noise).clamp(0, 1)
    raise ValueError(f"There is no init {init!r}: choose content, noise, style, universal, realtime, or give a picture.")


def feed_forward(
    method: str,
    content: object,
    styles: Sequence[object],
    shares: Sequence[float],
    masks: Sequence[object] | None,
    size: int,
    vgg: VGG,
) -> torch.Tensor:
    """The picture that a method without optimising makes: where a run may begin, so that fewer steps are left to do.

    "universal": whitening and colouring at `size`, in any styles. "realtime": the network that ships, which knows the
    bundled styles by their names alone; masks are left to the run then. Raises ValueError for a style that it does not know.
    """
    if method == "universal":
        return universal(content, styles, alpha=1.0, size=size, style_weights=shares, masks=masks, vgg=vgg)
    if not all(isinstance(style, str) for style in styles):
        raise ValueError('init="realtime" takes styles by the names it has learned: give names, or take init="universal".')
    return realtime(content, dict(zip(styles, shares, strict=True)), size=max(size, _SIDE))
