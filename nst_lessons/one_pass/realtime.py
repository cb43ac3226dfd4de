"""A painting in one pass: a network trained to do what optimisation does, for several styles at once.

The transform network is that of Johnson et al. 2016 (arXiv 1603.08155). Conditional instance normalisation selects the style
(Dumoulin et al. 2017, arXiv 1610.07629). `training/stylizer.py` trains the network.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.images import load_image, shape_of
from nst_lessons.machine import check_memory
from nst_lessons.one_pass.models import built, load_model, save_model
from nst_lessons.sizes import fit, real

CHANNELS, BLOCKS = (24, 48, 96), 5
MODEL = "stylizer"
STRIDE = 4  # the network halves the picture twice
BYTES_PER_PIXEL = 700  # of a picture while it is painted (measured)
MIN_SIDE = 64  # each pixel of the result depends on 109 x 109 pixels: in smaller pictures most are reflected border


class ConditionalInstanceNorm(nn.Module):
    """Computes z = gamma_s (x - mu) / sigma + beta_s: equation (5) of Dumoulin et al. 2017.

    mu and sigma are those of one channel of one picture; each style s has its own gamma and beta, `scale[s]` and `shift[s]`.
    """

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(styles, channels))  # gamma
        self.shift = nn.Parameter(torch.zeros(styles, channels))  # beta

    def forward(self, x: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
        """Normalise x (B, C, H, W). mix: the styles' shares (B, S), which mix gamma and beta, not pictures."""
        scale, shift = mix @ self.scale, mix @ self.shift  # (B, C)
        one_by_one = zip(x.split(1), scale, shift, strict=True)  # batch norm of a single picture is instance norm
        return torch.cat([F.batch_norm(picture, None, None, a, b, training=True) for picture, a, b in one_by_one])


class Conv(nn.Module):
    """Nearest-neighbour upsampling by `upsample`, reflection padding, a convolution, conditional instance normalisation.

    A transposed convolution draws a checkerboard; one after nearest upsampling does not. No bias: the norm would remove it.
    """

    def __init__(self, styles: int, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, upsample: int = 1) -> None:
        super().__init__()
        self.pad, self.stride, self.upsample = kernel // 2, stride, upsample
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, bias=False)
        self.norm = ConditionalInstanceNorm(styles, outputs)

    def forward(self, x: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
        if self.upsample > 1:
            x = F.interpolate(x, scale_factor=self.upsample, mode="nearest")
        return self.norm(self.conv(F.pad(x, (self.pad,) * 4, mode="reflect")), mix)


class Block(nn.Module):
    """A residual block: adds the output of two convolutions to its input."""

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.first, self.second = (Conv(styles, channels, channels) for _ in range(2))

    def forward(self, x: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
        return x + self.second(self.first(x, mix).relu(), mix)


class Stylizer(nn.Module):
    """Johnson's transform network for the named styles: down by 4, residual blocks, up by 4, a sigmoid.

    Departures from Johnson et al. 2016: 24, 48 and 96 channels instead of 32, 64 and 128, conditional instance normalisation
    instead of batch normalisation, nearest upsampling instead of transposed convolutions, a sigmoid instead of tanh.
    """

    def __init__(self, styles: Sequence[str], channels: Sequence[int] = CHANNELS, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.styles, n = tuple(styles), len(styles)
        self.card: dict = {}  # how it was trained, if it was read from a file
        first, *_, last = channels
        self.down = nn.ModuleList([Conv(n, 3, first, kernel=9), *(Conv(n, a, b, stride=2) for a, b in pairwise(channels))])
        self.blocks = nn.ModuleList(Block(n, last) for _ in range(blocks))
        self.up = nn.ModuleList(Conv(n, a, b, upsample=2) for a, b in pairwise(reversed(channels)))
        self.last = nn.Conv2d(first, 3, 9)
        self.to(memory_format=torch.channels_last)

    def forward(self, image: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
        """Paint pictures (B, 3, H, W) in [0, 1], H and W multiples of 4, in styles with shares `mix` (B, S); the same shape."""
        x = (image - 0.5).contiguous(memory_format=torch.channels_last)
        for layer in self.down:
            x = layer(x, mix).relu()
        for block in self.blocks:
            x = block(x, mix)
        for layer in self.up:
            x = layer(x, mix).relu()
        return self.last(F.pad(x, (4,) * 4, mode="reflect")).float().sigmoid()

    def mix_of(self, style: str | Mapping[str, float]) -> torch.Tensor:
        """Return the shares (1, S), which add up to 1, of one style or of several: {"wave": 0.7, "ink_hatching": 0.3}.

        Raises ValueError for an unknown style, or for shares that are negative, not finite or all 0.
        """
        if not isinstance(style, str | Mapping):
            raise ValueError(f"The style is {style!r}: give a name, or shares such as {{'wave': 0.7, 'ink_hatching': 0.3}}.")
        shares = {style: 1.0} if isinstance(style, str) else dict(style)
        for name, share in shares.items():
            if name not in self.styles:
                raise ValueError(f"This network has not learned the style {name!r}: choose among {', '.join(self.styles)}.")
            if not 0 <= real(share, f"The share of {name}") < float("inf"):
                raise ValueError(f"The share of {name} is {share}: give a finite number, 0 or more.")
        if not sum(shares.values()):
            raise ValueError("All shares are zero, so there is no style: give one style more than 0.")
        mix = torch.tensor([[shares.get(name, 0.0) for name in self.styles]])
        return mix / mix.sum()

    @torch.no_grad()
    def paint(self, photo: torch.Tensor, style: str | Mapping[str, float]) -> torch.Tensor:
        """Paint the photo (1, 3, H, W) in a style or a mix of styles; returns the same shape.

        Sides that are not multiples of 4 are padded by reflection, and the result is cropped. Raises ValueError for a side
        below 64 pixels (the network's receptive field is 109), or for a style that it has not learned.
        """
        height, width = photo.shape[-2:]
        if min(height, width) < MIN_SIDE:
            raise ValueError(
                f"A picture of {width} x {height} pixels is too small for this network, which looks at 109 x 109 pixels at "
                f"once: each side needs {MIN_SIDE} or more. Choose a larger size."
            )
        device = self.last.weight.device
        padded = F.pad(photo.to(device), (0, -width % STRIDE, 0, -height % STRIDE), mode="reflect")
        return self(padded, self.mix_of(style).to(device))[..., :height, :width]


def realtime(
    content: object, style: str | Mapping[str, float], *, size: int = 512, model: Stylizer | None = None
) -> torch.Tensor:
    """Paint the content in a style that `model` has learned, in one pass; returns (1, 3, H, W) on the CPU.

    content: anything `load_image` reads.
    style: a name, or shares such as {"wave": 0.7, "ink_hatching": 0.3}.
    size: the long side in pixels.
    model: a `Stylizer`, by default the one that ships with the project.
    Raises ValueError for a style that it has not learned, or a side below 64 pixels.
    """
    model = load_stylizer() if model is None else model
    if not isinstance(model, Stylizer):
        raise ValueError(f"model is {model!r}: give the network that `load_stylizer` returns, or leave it out.")
    check_memory([fit(shape_of(content), size)], model.last.weight.device, torch.float32, BYTES_PER_PIXEL)
    return model.paint(load_image(content, size), style).cpu()


def load_stylizer(path: str | os.PathLike = MODEL) -> Stylizer:
    """Load the network in a file of `save_stylizer`, by default the one that ships; its `card` says how it was trained.

    Raises as `models.load_model` does.
    """
    state, card = load_model(path, "stylizer")
    styles = card.get("styles")
    named = isinstance(styles, list) and all(isinstance(name, str) for name in styles)
    if not named or not isinstance(card.get("blocks"), int) or card["blocks"] > len(state):  # building so many would never end
        card = card | {"blocks": None}
    model = built(lambda: Stylizer(card["styles"], card["channels"], card["blocks"]), state, path)
    model.card = card
    return model.eval().requires_grad_(False)


def save_stylizer(model: Stylizer, path: str | os.PathLike, **card) -> Path:
    """Write the network in float16, with a card of its shape and of `card`. Returns the path."""
    channels = [layer.conv.out_channels for layer in model.down]
    shape = {"styles": list(model.styles), "channels": channels, "blocks": len(model.blocks)}
    return save_model(path, "stylizer", model.state_dict(), shape | card)
