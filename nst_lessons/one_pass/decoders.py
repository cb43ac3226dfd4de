"""Decoders turn VGG's features back into pictures (Li et al. 2017, arXiv 1705.08086, section 3.1)."""

import math
import os

import torch
from torch import nn

from nst_lessons.one_pass.models import built, load_model
from nst_lessons.vgg import VGG
from nst_lessons.vgg_weights import CONVS_PER_BLOCK

CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512}  # of relu1_1, relu2_1, relu3_1, relu4_1


class Decoder(nn.Module):
    """Mirrors VGG19 from relu{level}_1 back to the pixels; upsampling repeats values, and padding reflects.

    Its input is divided by `rms`, the root mean square of the training features, since these are in the hundreds.
    """

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level
        self.net = nn.Sequential(*_mirror(level))
        self.register_buffer("rms", torch.tensor(1.0))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Decode features (B, C, H/s, W/s), s = 1, 2, 4, 8, into pictures (B, 3, H, W); values may leave [0, 1] slightly."""
        return self.net(features / self.rms)


def load_decoders(source: str | os.PathLike = "decoders") -> dict[int, Decoder]:
    """Load the decoders in a file, as {level: decoder} on the CPU; by default those that ship with the project.

    Raises as `models.load_model` does.
    """
    state, card = load_model(source, "decoders")
    decoders = {}
    levels = card.get("levels")
    for level in levels if isinstance(levels, list) and set(map(str, levels)) <= set(map(str, CHANNELS)) else [None]:
        own = {key[2:]: value for key, value in state.items() if key.startswith(f"{level}.")}
        decoders[level] = built(lambda level=level: Decoder(level), own, source)
        decoders[level].requires_grad_(False).eval().to(memory_format=torch.channels_last)
    return decoders


def psnr(decoder: Decoder, vgg: VGG, photo: torch.Tensor) -> float:
    """Return the peak signal-to-noise ratio in dB, -10 log10 MSE, of a photo (1, 3, H, W) that went through VGG and back."""
    height, width = (side // 8 * 8 for side in photo.shape[-2:])  # so that no pooling drops a row
    photo = photo[..., :height, :width].to(vgg.device)
    layer = f"relu{decoder.level}_1"
    with torch.no_grad():
        found = decoder(vgg(photo, [layer])[layer].float()).clamp(0, 1)
    return -10 * math.log10((found - photo).square().mean().item())


def _mirror(level: int) -> list[nn.Module]:
    """Return the layers from relu{level}_1 back to the pixels; the last ones equal those of the level above."""
    if level == 1:
        return [_conv(CHANNELS[1], 3)]
    wide, narrow = CHANNELS[level], CHANNELS[level - 1]
    layers = [_conv(wide, narrow), nn.ReLU(), nn.Upsample(scale_factor=2)]
    for _ in range(CONVS_PER_BLOCK["vgg19"][level - 2] - 1):
        layers += [_conv(narrow, narrow), nn.ReLU()]
    return layers + _mirror(level - 1)


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1, padding_mode="reflect")
