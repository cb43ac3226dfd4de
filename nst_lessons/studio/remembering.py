"""A network that remembers what it saw: when a stroke starts a run anew, the photo and the paintings are the same as before."""

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

import torch
from torch import nn

from nst_lessons.vgg import VGG, default_vgg

MOST = 3  # pictures: the photo and two paintings


class RememberingVGG(VGG):
    """`vgg`, which keeps the features of the last few pictures that no gradient is wanted for: not those of a canvas."""

    def __init__(self, vgg: VGG) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(vgg.__dict__)  # the same layers, not copies of them
        self._kept: dict[tuple, dict[str, torch.Tensor]] = {}

    def forward(self, image: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """Do what `VGG` does, or remember it."""
        layers = tuple(layers)
        if image.requires_grad:
            return super().forward(image, layers)
        key = image.shape, blake2b(image.cpu().contiguous().numpy()).digest(), layers
        found = self._kept.pop(key, None) or super().forward(image, layers)
        self._kept[key] = found  # the latest comes last
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return found


@cache
def shared_network() -> RememberingVGG:
    """Return one network, shared by all Studios that are given none."""
    return RememberingVGG(default_vgg())
