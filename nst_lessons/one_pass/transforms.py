"""Feature transforms: pure functions that give a photo's features the statistics of a style's features.

Whitening and colouring: Li et al. 2017 (arXiv 1705.08086). AdaIN, which treats each channel separately: Huang and Belongie
2017 (arXiv 1703.06868).
"""

import torch

SILENT = 1e-8  # a direction with less than this share of the largest variance counts as empty


def whiten(features: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Whiten features (1, C, H, W) to mean 0 and identity covariance: E D^-1/2 E^T (f - m), equation (2) of Li et al.

    E and D are the eigenvectors and eigenvalues of the covariance (divided by H*W). Directions in which the features do
    not vary (if C > H*W there are always some) stay at 0, so the covariance becomes a projection.
    mask: (1, 1, H, W) in [0, 1], the weight of each position in mean and covariance. Returns float64.
    """
    centred, _, values, vectors = _statistics(features, mask)
    return (_power(values, vectors, -0.5) @ centred).view(features.shape)


def colour(whitened: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """Give white features (1, C, H, W) the mean and covariance of `style` (1, C, H', W'): equation (3) of Li et al.

    This is exact if they are white in every direction that the style uses.
    """
    _, mean, values, vectors = _statistics(style)
    return (_power(values, vectors, 0.5) @ whitened.double().flatten(2)[0] + mean).view(whitened.shape)


def wct(content: torch.Tensor, style: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Apply the whitening and colouring transform: give content features (1, C, H, W) the style's mean and covariance.

    If the content varies in fewer directions than the style, no linear map reaches the style's full covariance. The
    result then has the part that those directions carry. mask: see `whiten`. Returns the dtype of `content`.
    """
    return colour(whiten(content, mask), style).to(content.dtype)


def adain(content: torch.Tensor, style: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Give each channel of content features (1, C, H, W) the style's mean and deviation: equation (8) of Huang and Belongie.

    This is the diagonal part of `wct`: correlations between channels stay those of the photo. mask: see `whiten`.
    """
    (centred, _, deviation), (_, mean, wanted) = _moments(content, mask), _moments(style)
    silent = deviation <= SILENT**0.5 * deviation.max()
    scale = torch.where(silent, 0, wanted / deviation.clamp_min(1e-12))
    return (scale * centred + mean).view(content.shape).to(content.dtype)


TRANSFORMS = {"wct": wct, "adain": adain}


def _statistics(features, mask=None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return centred features (C, H*W), their mean (C, 1), and the covariance's eigenvalues (C,) and eigenvectors (C, C)."""
    flat, weight = _flat(features, mask)
    mean = flat @ weight  # (C, 1)
    centred = flat - mean
    values, vectors = torch.linalg.eigh((centred * weight.mT) @ centred.mT)
    return centred, mean, values, vectors


def _moments(features, mask=None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the centred features (C, H*W), and each channel's mean and deviation (C, 1)."""
    flat, weight = _flat(features, mask)
    mean = flat @ weight
    return flat - mean, mean, ((flat - mean).square() @ weight).sqrt()


def _flat(features, mask) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features (C, H*W) in float64, and weights (H*W, 1) of the positions, which add up to 1."""
    flat = features[0].double().flatten(1)
    weight = torch.ones_like(flat[0]) if mask is None else mask.double().flatten()
    return flat, (weight / weight.sum()).unsqueeze(1)


def _power(values: torch.Tensor, vectors: torch.Tensor, exponent: float) -> torch.Tensor:
    """Return E D^exponent E^T (C, C), without the directions in which nothing varies."""
    kept = values > SILENT * values[-1].clamp_min(1e-12)  # eigenvalues ascend
    return (vectors[:, kept] * values[kept] ** exponent) @ vectors[:, kept].mT
