"""VGG: the frozen network that looks at pictures. Nothing in it is ever trained here."""

import os
from collections.abc import Iterable

import torch
from torch import nn

from nst_lessons import vgg_weights as weights_file
from nst_lessons.fast import FrozenConvReLU, flip
from nst_lessons.machine import best_device, best_dtype


class VGG(nn.Module):
    """The features of VGG19 or VGG16 (Simonyan and Zisserman 2014, arXiv 1409.1556, table 1) by the papers' names.

        vgg = VGG()
        features = vgg(image, ["relu1_1", "relu4_2"])  # {"relu1_1": (B, 64, H, W), "relu4_2": (B, 512, H/8, W/8)}

    weights: a path, "torchvision", or None for the first that is found (see `nst_lessons.vgg_weights`).
    arch: "vgg19", or "vgg16" (with torchvision's weights only). pooling: "max" as trained, or "avg" (Gatys 2015,
    section 2). device: the best there is. dtype: of the network and of the features; `machine.best_dtype` tells which
    is quickest. fast: the backward pass as a plain convolution (see `nst_lessons.fast`); False is autograd's own.
    """

    def __init__(
        self,
        weights: str | os.PathLike | None = None,
        *,
        arch: str = "vgg19",
        pooling: str = "max",
        device: str | torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        fast: bool = True,
    ) -> None:
        super().__init__()
        if pooling not in ("max", "avg"):
            raise ValueError(f"There is no pooling {pooling!r}: choose max or avg.")
        found = weights_file.load(weights, arch)
        self.arch, self.fast = arch, fast
        self.steps = nn.ModuleDict()
        for name, (kernel, bias) in found.convs.items():
            block, index = name.removeprefix("conv").split("_")
            self.steps[name] = _frozen_conv(kernel, bias)
            self.steps[f"relu{block}_{index}"] = nn.ReLU()  # never in place: the convolution's output is a feature too
            if int(index) == weights_file.CONVS_PER_BLOCK[arch][int(block) - 1]:
                self.steps[f"pool{block}"] = nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2)
        self.register_buffer("mean", torch.tensor(found.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(found.std).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()
        self.to(device=best_device() if device is None else device, memory_format=torch.channels_last)
        for conv in (step for step in self.steps.values() if isinstance(step, nn.Conv2d)):
            conv.to(dtype)  # mean and std stay float32: the picture is normalised before it is rounded
            conv.register_buffer("flipped", flip(conv.weight), persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.mean.device

    @property
    def dtype(self) -> torch.dtype:
        """The type in which it computes, and of its features."""
        return self.steps["conv1_1"].weight.dtype

    @property
    def layers(self) -> list[str]:
        """The names of all layers, from conv1_1 to pool5."""
        return list(self.steps)

    def check_layer(self, name: str) -> None:
        """Raise ValueError, with the list of layers, if there is none of this name."""
        if name not in self.steps:
            raise ValueError(f"{self.arch} has no layer {name!r}: choose among {', '.join(self.steps)}.")

    def forward(self, image: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """The features of pictures (B, 3, H, W) in [0, 1] at `layers`, in that order; the deepest ends the work.

        Raises ValueError for a layer that is not there, or a picture so small that nothing would reach it.
        """
        wanted = list(layers)
        for name in wanted:
            self.check_layer(name)
        x = ((image.to(self.device) - self.mean) / self.std).to(self.dtype, memory_format=torch.channels_last)
        found, names = {}, iter(self.steps)
        while len(found) < len(set(wanted)):
            name = next(names)
            step = self.steps[name]
            if self.fast and isinstance(step, nn.Conv2d) and name not in wanted:
                name = next(names)  # a convolution and its ReLU in one
                x = FrozenConvReLU.apply(x, step.weight, step.bias, step.flipped)
            elif name.startswith("pool") and min(x.shape[-2:]) < 2:
                raise ValueError(f"The picture is too small for layer {wanted[-1]}: nothing is left after {name}.")
            else:
                x = step(x)
            if name in wanted:
                found[name] = x
        return {name: found[name] for name in wanted}


def default_vgg(device: torch.device | None = None, weights: str | os.PathLike | None = None) -> VGG:
    """VGG19 in the number type that is quickest on `device`, by default the best there is; weights: as for `VGG`."""
    device = best_device() if device is None else device
    return VGG(weights, device=device, dtype=best_dtype(device))


def _frozen_conv(kernel: torch.Tensor, bias: torch.Tensor) -> nn.Conv2d:
    conv = nn.utils.skip_init(nn.Conv2d, kernel.shape[1], kernel.shape[0], kernel_size=3, padding=1)
    conv.weight.data, conv.bias.data = kernel, bias
    return conv
