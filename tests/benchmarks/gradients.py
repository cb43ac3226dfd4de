"""How near the engine's gradient is to autograd's through PyTorch's own modules in float64, and what causes the rest.

Three things may differ: rounding, which of several equal pixels a pooling takes, and a ReLU whose input is so near to 0 that
rounding decides its sign. On a picture with tiny noise no two pixels tie. In float64 rounding is left out. And PyTorch's own
float32 has the same rounding and the same doubtful ReLUs. If the forward pass is the modules' own, every ReLU and pooling
decides as theirs does, and only the arithmetic of the backward pass differs.
"""

import os
from collections.abc import Callable
from unittest import mock

import torch

import nst_lessons as nst
from nst_lessons import vgg_weights
from nst_lessons.convolve import convolve
from nst_lessons.objective import Objective, Weights

from .energy import Judge
from .textbook import CONTENT, STYLE, features_of, gram

NOISE = 1e-3  # at most, of values in [0, 1]: a quarter of an 8-bit step


def autograd(dtype: torch.dtype, photo: torch.Tensor, painting: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """The textbook's loss through stock modules in `dtype`, as a function of the picture."""
    judge = Judge(vgg_weights.load())
    layers = {name: layer.to(dtype) for name, layer in judge.layers.items()}
    mean, std = judge.mean.to(dtype), judge.std.to(dtype)
    with torch.no_grad():
        content = features_of(layers, mean, std, photo.to(dtype))[CONTENT]
        targets = {name: gram(f) for name, f in features_of(layers, mean, std, painting.to(dtype)).items() if name in STYLE}

    def loss(image: torch.Tensor) -> torch.Tensor:
        found = features_of(layers, mean, std, image.to(dtype))
        style = sum((gram(found[name]) - a).square().mean() / a.square().mean() for name, a in targets.items()) / len(STYLE)
        return style + 0.05 * (found[CONTENT] - content).square().mean() / content.square().mean()

    return loss


def engine(
    dtype: torch.dtype, photo: torch.Tensor, painting: torch.Tensor, fast: bool = True
) -> Callable[[torch.Tensor], torch.Tensor]:
    """The same loss by the package."""
    vgg = nst.VGG(device="cpu", dtype=dtype, fast=fast)
    objective, weights = Objective(vgg, photo, [(painting, 1.0)]), Weights(content=0.05, style=1.0, tv=0.0)
    return lambda image: objective(image, weights).total(weights)


def gradient(loss_of: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor) -> torch.Tensor:
    """The gradient of a picture, in float64."""
    image = image.clone().requires_grad_(True)
    loss_of(image).backward()
    return image.grad.double()


def gradient_table(dtypes: list[torch.dtype], size: int) -> list[str]:
    """The relative error of each way, as a Markdown table: for a picture, and for the same with tiny noise."""
    photo, painting = nst.load_image("astronaut", size), nst.load_image("stained_glass", size)
    flat = (1.5 * photo).clamp(0, 1)  # overexposed: large areas are white
    noise = torch.rand(photo.shape, generator=torch.Generator().manual_seed(0))
    pictures = [flat, flat + NOISE * noise]
    exact = autograd(torch.float64, photo, painting)
    expected = [gradient(exact, picture) for picture in pictures]
    ways = {"PyTorch's modules, float32": autograd(torch.float32, photo, painting)}
    ways |= {f"the package, {str(dtype)[6:]}": engine(dtype, photo, painting) for dtype in (torch.float64, *dtypes)}

    def row(name: str, way: str) -> str:
        found = [gradient(ways[way], picture) for picture in pictures]
        errors = [f"{(f - e).norm() / e.norm():.1e}" for f, e in zip(found, expected, strict=True)]
        return f"| {name} | {' | '.join(errors)} |"

    lines = ["| gradient by | a picture with white areas | with tiny noise, so no ties |", "|---|---|---|"]
    lines += [row(name, name) for name in ways]
    with mock.patch.dict(os.environ, NST_CONV="direct"):
        lines.append(row("the package, float32, direct convolutions", "the package, float32"))
    return [*lines, "", *against_autograd(photo, painting, pictures)]


def against_autograd(photo: torch.Tensor, painting: torch.Tensor, pictures: list[torch.Tensor]) -> list[str]:
    """How far the package is from autograd's gradient by `VGG(fast=False)`, as a Markdown table; all in float32."""
    plain = engine(torch.float32, photo, painting, fast=False)
    expected = [gradient(plain, picture) for picture in pictures]

    def row(name: str) -> str:
        loss = engine(torch.float32, photo, painting)
        errors = [(gradient(loss, picture) - e).norm() / e.norm() for picture, e in zip(pictures, expected, strict=True)]
        return f"| {name} | {' | '.join(f'{error:.1e}' for error in errors)} |"

    def only_back(conv, x: torch.Tensor, back: bool = False) -> torch.Tensor:
        return convolve(conv, x, back) if back else conv(x)

    lines = ["| against autograd's in float32 | a picture with white areas | with tiny noise, so no ties |", "|---|---|---|"]
    lines.append(row("the package, float32"))
    with mock.patch("nst_lessons.fast.convolve", only_back):
        return [*lines, row("the same, where all ReLUs and poolings decide as autograd's do")]
