"""The picture that a run starts from."""

import torch

from nst_lessons.images import load_image, resize


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
    raise ValueError(f"There is no init {init!r}: choose content, noise, style, or give a picture.")
