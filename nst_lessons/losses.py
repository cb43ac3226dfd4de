"""The losses of Neural Style Transfer: pure functions of tensors, computed in float32.

Features F^l have shape (B, C, H, W): Gatys' N_l filters are C, his M_l positions are H*W. Both losses are divided by
the energy of their target, so that they are of order one whatever the layer, the size and the weights file.
Equation numbers are those of Gatys et al. 2015 (arXiv 1508.06576).
"""

import torch


def content_loss(features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """How far features are from the photo's: sum (F - P)^2 / sum P^2, a scalar; 0 where they are equal.

    Gatys' equation (1) is 1/2 sum (F - P)^2; here it is measured in units of the target's own energy.
    """
    features, target = features.float(), target.float()
    return (features - target).square().mean() / target.square().mean().clamp_min(1e-12)


def gram_matrix(features: torch.Tensor) -> torch.Tensor:
    """Which channels fire together, wherever that is: G_ij = sum_k F_ik F_jk / (C H W), shape (B, C, C).

    Equation (3), divided by the number of values C*H*W, so that pictures of different sizes can be compared.
    """
    channels, height, width = features.shape[-3:]
    flat = features.float().flatten(-2)  # (B, C, H*W)
    return flat @ flat.mT / (channels * height * width)


def style_loss(gram: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """How far a Gram matrix is from the painting's: sum (G - A)^2 / sum A^2, a scalar; 0 where they are equal.

    Equation (4) divides sum (G - A)^2 by 4 N^2 M^2; here it is measured in units of the target's own energy.
    """
    gram, target = gram.float(), target.float()
    return (gram - target).square().mean() / target.square().mean().clamp_min(1e-12)


def total_variation(image: torch.Tensor) -> torch.Tensor:
    """How rough a picture is: the mean squared difference of neighbouring pixels, down and across, summed; a scalar.

    Mahendran and Vedaldi 2015 (arXiv 1412.0035), equation (5) with beta = 2. Not in Gatys 2015.
    """
    image = image.float()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    across = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    return down + across
