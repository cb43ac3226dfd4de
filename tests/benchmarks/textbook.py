"""Neural Style Transfer as the well-known tutorials write it: the baseline that everybody knows.

Stock modules, float32, one size, L-BFGS for 300 closure calls from the photo, Gatys' layers, and the pixels clamped inside
the closure. Its two losses and their ratio are those of the energy that judges it, so that it minimises what is measured.
"""

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import mse_loss

STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT = "relu4_2"


def gram(features: torch.Tensor) -> torch.Tensor:
    """F F^T / (H W) of features (1, C, H, W)."""
    flat = features.flatten(2)[0]  # (C, H*W)
    return flat @ flat.T / flat.shape[1]


def features_of(layers: dict[str, nn.Module], mean: torch.Tensor, std: torch.Tensor, image: torch.Tensor) -> dict:
    """The features of all layers that count, from modules by name, in order."""
    x, found = (image - mean) / std, {}
    for name, layer in layers.items():
        x = layer(x)
        if name in (*STYLE, CONTENT):
            found[name] = x
        if name == STYLE[-1]:
            return found
    raise ValueError("the network ends too early")


def textbook(
    layers: dict[str, nn.Module],
    mean: torch.Tensor,
    std: torch.Tensor,
    photo: torch.Tensor,
    painting: torch.Tensor,
    calls: int = 300,
    watch: Callable[[int, float, torch.Tensor], None] = lambda call, seconds, image: None,
) -> torch.Tensor:
    """The picture after `calls` evaluations; `watch(call, seconds, image)` sees each, and its time is not counted."""
    with torch.no_grad():
        content_target = features_of(layers, mean, std, photo)[CONTENT]
        style_targets = {name: gram(f) for name, f in features_of(layers, mean, std, painting).items() if name in STYLE}
    image = photo.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([image])
    call, watched, start = 0, 0.0, time.perf_counter()

    def closure():
        nonlocal call, watched
        with torch.no_grad():
            image.clamp_(0, 1)
        began = time.perf_counter()
        watch(call, began - start - watched, image.detach())
        watched += time.perf_counter() - began
        optimizer.zero_grad()
        features = features_of(layers, mean, std, image)
        content = mse_loss(features[CONTENT], content_target) / content_target.square().mean()
        style = sum(mse_loss(gram(features[n]), a) / a.square().mean() for n, a in style_targets.items()) / len(STYLE)
        loss = style + 0.05 * content
        loss.backward()
        call += 1
        return loss

    while call < calls:
        optimizer.step(closure)
    result = image.detach().clamp(0, 1)
    watch(call, time.perf_counter() - start - watched, result)
    return result
