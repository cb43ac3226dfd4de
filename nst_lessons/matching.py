"""Neural neighbours: match every place of a picture with a place of a painting. Functions of tensors, in float32.

Kolkin et al. 2022 (arXiv 2203.13215). A place is described by its hypercolumn: all that VGG's layers say about it, stacked.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F

from nst_lessons.vgg import VGG

LAYERS = ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_3", "relu4_1")
VALUES = 2**22  # of the table of cosines that `nearest` holds at once: 16 MB


def hypercolumns(vgg: VGG, picture: torch.Tensor, layers: Sequence[str] = LAYERS) -> torch.Tensor:
    """Return the hypercolumns of a picture (1, 3, H, W): its features at all `layers`, (1, C, H // 4, W // 4).

    Each layer is resized to a quarter of the picture and scaled so that its columns' mean square length is 1: otherwise the
    deep layers, whose values are large, would decide alone. Then the layers' channels are stacked (section 3.1).
    """
    return stacked(vgg(picture, layers), quarter(picture))


def quarter(picture: torch.Tensor) -> tuple[int, int]:
    """Return a quarter of the picture's height and width: the size of its hypercolumns."""
    return picture.shape[-2] // 4, picture.shape[-1] // 4


def stacked(features: Mapping[str, torch.Tensor], shape: tuple[int, int]) -> torch.Tensor:
    """Resize features (1, C, h, w) to `shape` = (height, width), scale them as for `hypercolumns`, and stack their channels."""
    maps = [resized(feature, shape) for feature in features.values()]
    return torch.cat([one / one.detach().square().sum(1).mean().sqrt().clamp_min(1e-6) for one in maps], 1)


def resized(feature: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Resize features (1, C, h, w) to `shape` = (height, width): by area if it is smaller, else bilinearly."""
    (height, width), (h, w) = feature.shape[-2:], shape
    if (height, width) == (h, w):
        return feature.float()
    if height < h:
        return F.interpolate(feature.float(), shape, mode="bilinear", align_corners=False)
    return F.adaptive_avg_pool2d(feature.float(), shape)


def as_rows(features: torch.Tensor) -> torch.Tensor:
    """Return features (1, C, h, w) as one row per position, (h * w, C)."""
    return features[0].flatten(1).mT


def nearest(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return for each row of `query` (N, C) which row of `keys` (M, C) is nearest: N numbers from 0 to M - 1.

    Nearest is the largest cosine after each set's mean is subtracted (section 3.2): argmax_j cos(q_i - mean q, k_j - mean k).
    Without the mean, everything that all places share would count, and all cosines would be close to 1.
    """
    query, keys = (F.normalize(rows - rows.mean(0)) for rows in (query.float(), keys.float()))
    parts = query.split(max(1, VALUES // len(keys)))  # so that memory stays small
    return torch.cat([(part @ keys.mT).argmax(1) for part in parts])


def matched(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return the target of a query (1, C, h, w): at each position, the nearest of the rows `keys` (M, C)."""
    return keys[nearest(as_rows(query), keys)].mT.reshape(query.shape)


def matched_loss(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return how far columns (1, C, h, w) are from their target: the mean over positions of 1 - cos(c_i, t_i), a scalar."""
    columns, target = columns.float(), target.float()
    lengths = (columns.square().sum(1) * target.square().sum(1)).clamp_min(1e-12).sqrt()
    return (1 - (columns * target).sum(1) / lengths).mean()  # a third of the time of F.cosine_similarity


def origins(vgg: VGG, picture: torch.Tensor, painting: torch.Tensor, layers: Sequence[str] = LAYERS) -> torch.Tensor:
    """Return where in a painting each position of a picture has its nearest neighbour, (H // 4, W // 4, 2).

    The two values are the row and the column in the painting, from 0 (top or left) to 1. The picture may be a result, and
    then this is where its patches come from.
    """
    with torch.no_grad():
        columns, keys = hypercolumns(vgg, picture, layers), hypercolumns(vgg, painting, layers)
        index = nearest(as_rows(columns), as_rows(keys))
    height, width = keys.shape[-2:]
    places = torch.stack([(index // width + 0.5) / height, (index % width + 0.5) / width], 1)
    return places.view(*columns.shape[-2:], 2)
