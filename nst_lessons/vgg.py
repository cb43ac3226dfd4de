"""VGG: the frozen network that extracts a picture's features. We never train it."""

import os
import warnings
from collections.abc import Iterable

import torch
from torch import nn

from nst_lessons import vgg_weights as weights_file
from nst_lessons.convolve import FrozenConv, way_forced
from nst_lessons.fast import FrozenConvReLU
from nst_lessons.machine import best_device, best_dtype, device_named, keep_freed_memory
from nst_lessons.sizes import listed
from nst_lessons.waiting import TORCH_CAME_FIRST, wait_asleep


class VGG(nn.Module):
    """The features of VGG19 or VGG16 (Simonyan and Zisserman 2014, arXiv 1409.1556, table 1), named as in the papers.

        vgg = VGG()
        features = vgg(image, ["relu1_1", "relu4_2"])  # {"relu1_1": (B, 64, H, W), "relu4_2": (B, 512, H/8, W/8)}

    weights: a path, "torchvision", or None for the first file that is found (see `nst_lessons.vgg_weights`)
    arch: "vgg19", or "vgg16" (with torchvision's weights only)
    pooling: "max" as trained, or "avg" (Gatys 2015, section 2)
    device: by default the best one
    dtype: of the network and its features; `machine.best_dtype` returns the quickest
    fast: use the shortcuts of `nst_lessons.fast`, or with False plain PyTorch modules and autograd
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
        if str(pooling) not in ("max", "avg"):
            raise ValueError(f"There is no pooling {pooling!r}: choose max or avg.")
        way_forced()  # a wrong NST_CONV is reported here, not in the middle of a run
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise ValueError(f"dtype is {dtype!r}: give torch.float32, torch.bfloat16 or torch.float16.")
        found, device = weights_file.load(weights, arch), device_named(device)
        self.arch, self.fast = arch, fast
        self.steps = nn.ModuleDict()
        for name, (kernel, bias) in found.convs.items():
            block, index = name.removeprefix("conv").split("_")
            self.steps[name] = FrozenConv(kernel, bias)
            self.steps[f"relu{block}_{index}"] = nn.ReLU()  # never in place: the convolution's output is a feature, too
            if int(index) == weights_file.CONVS_PER_BLOCK[arch][int(block) - 1]:
                self.steps[f"pool{block}"] = nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2)
        self.register_buffer("mean", torch.tensor(found.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(found.std).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()
        self.to(device=device, memory_format=torch.channels_last)
        for conv in (step for step in self.steps.values() if isinstance(step, nn.Conv2d)):
            conv.to(dtype)  # mean and std stay float32: the picture is normalised before it is rounded
        if device.type == "cpu":
            keep_freed_memory()
            if TORCH_CAME_FIRST:
                wait_asleep()
        elif fast and not agrees_with_autograd(self):
            self.fast = False
            warnings.warn(f"The fast gradient is wrong on {device}: using autograd's, which is slower.", stacklevel=2)

    @property
    def device(self) -> torch.device:
        """The device that the network is on."""
        return self.mean.device

    @property
    def dtype(self) -> torch.dtype:
        """The number type of its computations and features."""
        return self.steps["conv1_1"].weight.dtype

    @property
    def layers(self) -> list[str]:
        """The names of all layers, from conv1_1 to pool5."""
        return list(self.steps)

    def check_layer(self, name: str) -> None:
        """Raise ValueError, with a list of the layers, if no layer has this name."""
        if str(name) not in self.steps:
            raise ValueError(f"{self.arch} has no layer {name!r}: choose among {', '.join(self.steps)}.")

    def forward(self, image: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """Return the features of pictures (B, 3, H, W) in [0, 1] at `layers`, in that order. Stop after the deepest one.

        Raises ValueError for a layer that does not exist, or for a picture so small that nothing is left at that layer.
        """
        wanted = listed(layers, "layers", "give a list of names, such as ['relu1_1', 'relu4_2'].")
        for name in wanted:
            self.check_layer(name)
        x = ((image.to(self.device) - self.mean) / self.std).to(self.dtype, memory_format=torch.channels_last)
        found, names = {}, iter(self.steps)
        while len(found) < len(set(wanted)):
            name = next(names)
            step = self.steps[name]
            if self.fast and isinstance(step, nn.Conv2d) and name not in wanted:
                name = next(names)  # do a convolution and its ReLU in one
                x = FrozenConvReLU.apply(x, step)
            elif name.startswith("pool") and min(x.shape[-2:]) < 2:
                raise ValueError(f"The picture is too small for layer {wanted[-1]}: nothing is left after {name}.")
            else:
                x = step(x)
            if name in wanted:
                found[name] = x
        return {name: found[name] for name in wanted}


def vgg_of(given: VGG | None) -> VGG:
    """Return the network of a run: the given one, or the default. Raises ValueError for an object of another type."""
    if not isinstance(given, VGG | None):
        raise ValueError(f"vgg is {given!r}: give a network, such as nst.VGG(), or leave vgg out.")
    return default_vgg() if given is None else given


def default_vgg(device: torch.device | None = None, weights: str | os.PathLike | None = None) -> VGG:
    """Return VGG19 in the quickest number type for `device` (by default the best one). weights: as for `VGG`."""
    device = best_device() if device is None else device
    return VGG(weights, device=device, dtype=best_dtype(device))


def agrees_with_autograd(vgg: VGG, tolerance: float = 0.1) -> bool:
    """Return whether the fast gradient of a random picture equals autograd's, within `tolerance` of its length.

    This is for devices where we cannot run tests. Rounding in half precision or TF32 stays well below the tolerance.
    """
    picture, gradients, fast = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0)), [], vgg.fast
    for vgg.fast in (True, False):
        image = picture.clone().to(vgg.device).requires_grad_()
        features = vgg(image, ["relu1_1", "relu3_1", "relu4_1"])
        sum(feature.float().square().mean() for feature in features.values()).backward()
        gradients.append(image.grad)
    vgg.fast = fast
    found, expected = gradients
    return bool((found - expected).norm() <= tolerance * expected.norm())
