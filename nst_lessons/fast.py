"""Four exact shortcuts for a frozen network that autograd cannot take.

1. The kernels never change, so a convolution only needs the gradient for its input. That gradient is a convolution, too,
   with the kernel flipped and transposed (Dumoulin and Visin 2016, arXiv 1603.07285, section 4).
2. The output of a ReLU shows where it was positive. Its backward pass needs nothing else.
3. The Gram matrix of a feature map is one matrix product, and so is its gradient.
4. A 3x3 convolution needs only a quarter of the multiplications (Winograd's algorithm; Lavin and Gray 2016,
   arXiv 1509.09308): `nst_lessons.winograd`. `nst_lessons.convolve` chooses the quickest implementation on this machine.
"""

import torch

from nst_lessons.convolve import FrozenConv, convolve


class FrozenConvReLU(torch.autograd.Function):
    """relu(conv(x)) for a `FrozenConv`, with a gradient for x but none for the kernel and the bias."""

    @staticmethod
    def forward(ctx, x: torch.Tensor, conv: FrozenConv) -> torch.Tensor:
        """Return (B, O, H, W) for x (B, I, H, W)."""
        out = convolve(conv, x).relu_()
        ctx.save_for_backward(out)
        ctx.conv = conv
        return out

    @staticmethod
    def backward(ctx, grad):
        """Keep the gradient where the output is positive, and convolve it with the flipped kernel."""
        (out,) = ctx.saved_tensors
        grad = torch.ops.aten.threshold_backward(grad, out, 0)  # grad * (out > 0) in one pass over memory
        return convolve(ctx.conv, grad, back=True), None


class Gram(torch.autograd.Function):
    """`losses.gram_matrix` for one feature map (1, C, H, W), in the map's own precision and layout."""

    @staticmethod
    def forward(ctx, features: torch.Tensor) -> torch.Tensor:
        """Return the Gram matrix (1, C, C) in float32."""
        ctx.save_for_backward(features)
        return _product(features)[None] / features.numel()

    @staticmethod
    def backward(ctx, grad):
        """Return dL/dF = (dL/dG + its transpose) F: equation (6) of Gatys 2015 without its ReLU."""
        (features,) = ctx.saved_tensors
        weights = ((grad[0] + grad[0].mT) / features.numel()).to(features.dtype)  # (C, C)
        return torch.conv2d(features, weights[:, :, None, None])  # a product at each position


def _product(features: torch.Tensor) -> torch.Tensor:
    """Return F F' (C, C) in float32 for features F (1, C, H, W) of any precision.

    A product in half precision is rounded. So we split the positions into parts and add the parts' results in float32. Each
    part is long, so its result is small beside it. If there are few positions, we convert the features instead.
    """
    flat = features.permute(0, 2, 3, 1).flatten(0, 2)  # (H*W, C): a view, since the channels are last in memory
    positions, channels = flat.shape
    parts = min(64, positions // (4 * channels))
    if flat.dtype == torch.float32 or parts < 8:
        return flat.float().mT @ flat.float()
    even = positions // parts * parts
    split, rest = flat[:even].reshape(parts, -1, channels), flat[even:].float()
    return torch.bmm(split.mT, split).float().sum(0) + rest.mT @ rest
