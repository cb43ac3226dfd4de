"""What makes a frozen network quick: three facts that autograd cannot know, each an exact rewriting.

The kernels never change, so the gradient of a convolution is needed for its input alone, and that is itself a
convolution with the kernel flipped and transposed (Dumoulin and Visin 2016, arXiv 1603.07285, section 4). The output
of a ReLU tells where it was positive, so its input is not kept. With channels last in memory, a feature map is
the matrix (H*W, C), and its Gram matrix a product without a copy.
"""

import torch
import torch.nn.functional as F


class FrozenConvReLU(torch.autograd.Function):
    """relu(conv(x, kernel) + bias) with 3x3 kernels and padding 1; a gradient for x, none for kernel and bias."""

    @staticmethod
    def forward(ctx, x, kernel, bias, flipped):
        """x (B, I, H, W), kernel (O, I, 3, 3), bias (O,), flipped = `flip(kernel)`; returns (B, O, H, W)."""
        out = F.conv2d(x, kernel, bias, padding=1).relu_()
        ctx.save_for_backward(out, flipped)
        return out

    @staticmethod
    def backward(ctx, grad):
        """The gradient passes where the output is positive, then back through the flipped kernel."""
        out, flipped = ctx.saved_tensors
        grad = torch.ops.aten.threshold_backward(grad, out, 0)  # grad * (out > 0) in one pass over memory
        return F.conv2d(grad, flipped, padding=1), None, None, None


class Gram(torch.autograd.Function):
    """`losses.gram_matrix` for one feature map (1, C, H, W), read as the matrix (H*W, C) in its own precision."""

    @staticmethod
    def forward(ctx, features):
        """Returns (1, C, C) in float32."""
        flat = _rows(features)  # (H*W, C)
        ctx.save_for_backward(features)
        return _product(flat)[None] / flat.numel()

    @staticmethod
    def backward(ctx, grad):
        """dL/dF = F (dL/dG + its transpose), the equation (6) of Gatys 2015 without its ReLU."""
        (features,) = ctx.saved_tensors
        weights = (grad[0] + grad[0].mT) / features.numel()  # (C, C)
        return F.conv2d(features, weights.to(features.dtype)[:, :, None, None])  # a product at each position


def flip(kernel: torch.Tensor) -> torch.Tensor:
    """The kernel (I, O, 3, 3) of the backward pass of a convolution with `kernel` (O, I, 3, 3)."""
    return kernel.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)


def _product(flat: torch.Tensor) -> torch.Tensor:
    """flat.T @ flat (C, C) in float32, of (H*W, C) in its own precision.

    A product in half precision is rounded: so the rows are taken in parts, long enough that the parts' results are small
    beside them, and the results are added in float32. Few rows are converted instead.
    """
    rows, channels = flat.shape
    parts = min(64, rows // (4 * channels))
    if flat.dtype == torch.float32 or parts < 8:
        return flat.float().mT @ flat.float()
    even = rows // parts * parts
    split, rest = flat[:even].view(parts, -1, channels), flat[even:].float()
    return torch.bmm(split.mT, split).float().sum(0) + rest.mT @ rest


def _rows(features: torch.Tensor) -> torch.Tensor:
    """(1, C, H, W) as (H*W, C): a view where the channels are last in memory."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
