"""The losses of Neural Style Transfer: pure functions of tensors, computed in float32.

Features F^l have shape (B, C, H, W): Gatys' N_l filters are our C, his M_l positions our H*W. The content and the style
loss are divided by the energy of their target, so they are of order one for any layer, size and weights file.
Equation numbers are those of Gatys et al. 2015 (arXiv 1508.06576).
"""

import torch


def content_loss(features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the content loss, how far features are from the photo's: sum (F - P)^2 / sum P^2, a scalar, 0 if equal.

    Gatys' equation (1) is 1/2 sum (F - P)^2. Here the unit is the target's own energy.
    """
    features, target = features.float(), target.float()
    return (features - target).square().mean() / target.square().mean().clamp_min(1e-12)


def gram_matrix(features: torch.Tensor) -> torch.Tensor:
    """Return the Gram matrix (B, C, C): which channels fire together, at any position, G_ij = sum_k F_ik F_jk / (C H W).

    This is equation (3), divided by the number of values C*H*W, so that pictures of different sizes can be compared.
    """
    channels, height, width = features.shape[-3:]
    flat = features.float().flatten(-2)  # (B, C, H*W)
    return flat @ flat.mT / (channels * height * width)


def style_loss(gram: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the style loss, how far a Gram matrix is from the painting's: sum (G - A)^2 / sum A^2, a scalar, 0 if equal.

    Equation (4) divides sum (G - A)^2 by 4 N^2 M^2. Here the unit is the target's own energy.
    """
    gram, target = gram.float(), target.float()
    return (gram - target).square().mean() / target.square().mean().clamp_min(1e-12)


def moment_loss(mean: torch.Tensor, std: torch.Tensor, target_mean: torch.Tensor, target_std: torch.Tensor) -> torch.Tensor:
    """Return how far the channels' means and deviations are from the painting's: |m - M|^2 / |M|^2 + |s - S|^2 / |S|^2.

    A Gram matrix mixes the two: G_ii is (m_i^2 + s_i^2) / C, so an even grey and a strong texture can have the same one.
    Galerne et al. 2024 (arXiv 2212.13459) add both squared distances to each layer's style loss. Here the unit of each is
    the target's own energy.

    mean, std, target_mean, target_std: (B, C) each, the mean and standard deviation of each channel over all positions
    """
    return content_loss(mean, target_mean) + content_loss(std, target_std)


def total_variation(image: torch.Tensor) -> torch.Tensor:
    """Return the total variation, how rough a picture is: the mean squared difference of neighbours, down plus across.

    Mahendran and Vedaldi 2015 (arXiv 1412.0035), equation (5) with beta = 2. Not in Gatys 2015.
    """
    image = image.float()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    across = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    return down + across
