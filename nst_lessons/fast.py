"""What makes a frozen network quick: four facts that autograd does not know, each an exact rewriting.

1. The kernels never change, so a convolution needs a gradient for its input only. That gradient is itself a convolution,
   with the kernel flipped and transposed (Dumoulin and Visin 2016, arXiv 1603.07285, section 4).
2. The output of a ReLU shows where it was positive, and one bit shows which of two values is the larger: that is all that
   their backward passes need.
3. The Gram matrix of a feature map is one matrix product, and so is its gradient.
4. A 3x3 convolution can be done with a quarter of the multiplications (Winograd's algorithm; Lavin and Gray 2016,
   arXiv 1509.09308). `nst_lessons.convolve` has it, and chooses what is quickest on this machine.
"""

import torch

from nst_lessons.convolve import FrozenConv, convolve


class FrozenConvReLU(torch.autograd.Function):
    """relu(conv(x)) for a `FrozenConv`; a gradient for x, none for kernel and bias."""

    @staticmethod
    def forward(ctx, x: torch.Tensor, conv: FrozenConv) -> torch.Tensor:
        """x (B, I, H, W); returns (B, O, H, W)."""
        out = convolve(conv, x).relu_()
        ctx.save_for_backward(out)
        ctx.conv = conv
        return out

    @staticmethod
    def backward(ctx, grad):
        """The gradient passes where the output is positive, then back through the flipped kernel."""
        (out,) = ctx.saved_tensors
        grad = torch.ops.aten.threshold_backward(grad, out, 0)  # grad * (out > 0) in one pass over memory
        return convolve(ctx.conv, grad, back=True), None


class MaxPool(torch.autograd.Function):
    """The largest of each 2 x 2 pixels: first of two rows, then of two columns. Of equal ones the first gets the gradient.

    For channels first, where PyTorch's own takes ten times as long; it also keeps indices of 64 bits.
    """

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        """x (B, C, H, W); returns (B, C, H // 2, W // 2)."""
        height, width = (side // 2 * 2 for side in x.shape[-2:])
        even, odd = x[..., :height:2, :width], x[..., 1:height:2, :width]
        rows = torch.maximum(even, odd)
        ctx.save_for_backward(even >= odd, rows[..., ::2] >= rows[..., 1::2])
        ctx.shape = x.shape
        return torch.maximum(rows[..., ::2], rows[..., 1::2])

    @staticmethod
    def backward(ctx, grad):
        """The gradient goes to the pixel that was the largest."""
        upper, left = ctx.saved_tensors
        rows = torch.empty(upper.shape, dtype=grad.dtype)
        torch.mul(grad, left, out=rows[..., ::2])
        torch.sub(grad, rows[..., ::2], out=rows[..., 1::2])
        height, width = 2 * upper.shape[-2], upper.shape[-1]
        new = torch.empty if (height, width) == ctx.shape[-2:] else torch.zeros  # an odd side's last line gets none
        found = new(ctx.shape, dtype=grad.dtype)
        even, odd = found[..., :height:2, :width], found[..., 1:height:2, :width]
        torch.mul(rows, upper, out=even)
        torch.sub(rows, even, out=odd)
        return found


class Gram(torch.autograd.Function):
    """`losses.gram_matrix` for one feature map (1, C, H, W), in its own precision and layout."""

    @staticmethod
    def forward(ctx, features: torch.Tensor) -> torch.Tensor:
        """Returns (1, C, C) in float32."""
        ctx.save_for_backward(features)
        return _product(features)[None] / features.numel()

    @staticmethod
    def backward(ctx, grad):
        """dL/dF = (dL/dG + its transpose) F, equation (6) of Gatys 2015 without its ReLU."""
        (features,) = ctx.saved_tensors
        weights = (grad[0] + grad[0].mT) / features.numel()  # (C, C)
        return torch.conv2d(features, weights.to(features.dtype)[:, :, None, None])  # a product at each position


def _product(features: torch.Tensor) -> torch.Tensor:
    """F F' (C, C) in float32, of features (1, C, H, W) in their own precision.

    A product in half precision is rounded: so the positions are taken in parts, long enough that the parts' results are
    small beside them, and the results are added in float32. Few positions are converted instead.
    """
    flat = features.permute(0, 2, 3, 1).flatten(0, 2)  # (H*W, C): a view where the channels are last in memory ...
    if features.is_contiguous():
        flat = features[0].flatten(1).mT  # ... and where they are first
    positions, channels = flat.shape
    parts = min(64, positions // (4 * channels))
    if flat.dtype == torch.float32 or parts < 8:
        return flat.float().mT @ flat.float()
    even = positions // parts * parts
    split, rest = flat[:even].reshape(parts, -1, channels), flat[even:].float()
    return torch.bmm(split.mT, split).float().sum(0) + rest.mT @ rest
