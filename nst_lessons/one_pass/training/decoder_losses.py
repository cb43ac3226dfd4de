"""The losses of the decoders' training, one per round (see `decoders.train_decoders`)."""

import torch
import torch.nn.functional as F

from nst_lessons.fast import Gram
from nst_lessons.losses import content_loss, style_loss
from nst_lessons.objective import STYLE_LAYERS
from nst_lessons.one_pass.decoders import Decoder
from nst_lessons.one_pass.transforms import wct
from nst_lessons.vgg import VGG

FEATURE_WEIGHT = 0.03  # makes the two losses of a trained decoder about equal
STYLE_WEIGHT, ROW_STYLE_WEIGHT = 0.05, 0.08


def photos_loss(decoder: Decoder, vgg: VGG, pictures: torch.Tensor) -> torch.Tensor:
    """Return the reconstruction loss of `pictures` (B, 3, H, W), in pixels and in features: equation (1) of Li et al."""
    layer = f"relu{decoder.level}_1"
    with torch.no_grad():
        features = vgg(pictures, [layer])[layer]
    found = _decoded(decoder, features, vgg)
    return F.mse_loss(found, pictures) + FEATURE_WEIGHT * content_loss(vgg(found, [layer])[layer], features)


def fine_loss(decoder: Decoder, vgg: VGG, pictures: torch.Tensor) -> torch.Tensor:
    """Return the loss of round two: half of the pictures as in round one, the other half in their style.

    The second half's features take on the statistics of the first half's. The decoded picture must have these features
    again, and the style's Gram matrices from this level to relu1_1: the next levels would overdo a picture without the
    style's grain.
    """
    layers, half = [f"relu{level}_1" for level in range(1, decoder.level + 1)], len(pictures) // 2
    with torch.no_grad():
        features = vgg(pictures, layers)
        plain, others = features[layers[-1]].float().split(half)
        given = torch.cat([plain, *(wct(a, b) for a, b in zip(others.split(1), plain.split(1), strict=True))])
    found = _decoded(decoder, given, vgg)
    again = vgg(found, layers)
    style = [
        style_loss(Gram.apply(again[layer][half + i : half + i + 1]), Gram.apply(features[layer][i : i + 1]))
        for layer in layers
        for i in range(half)
    ]
    outside = (found - found.clamp(0, 1)).square().mean()
    features_loss = FEATURE_WEIGHT * content_loss(again[layers[-1]], given)
    return F.mse_loss(found[:half], pictures[:half]) + outside + features_loss + STYLE_WEIGHT * sum(style) / len(style)


def row_loss(decoders: dict[int, Decoder], decoder: Decoder, vgg: VGG, pictures: torch.Tensor) -> torch.Tensor:
    """Return the loss of round three, in a row of decoders.

    decoders: all of them, by level. decoder: the one that learns. vgg: the extractor.
    pictures: a picture, a style and a photo, (3, 3, H, W).
    The picture counts as in round one. The photo first goes through the deeper decoders, as in `universal`. The decoded
    photo must have the style's Gram matrices from relu1_1 to relu5_1, at the crop's size, half and a quarter of it: the
    next levels cannot repair errors of this one.
    """
    plain, style, photo = pictures.split(1)
    layer = f"relu{decoder.level}_1"
    with torch.no_grad():
        for level in range(max(decoders), decoder.level, -1):
            name = f"relu{level}_1"
            mixed = wct(vgg(photo, [name])[name].float(), vgg(style, [name])[name].float())
            photo = _decoded(decoders[level], mixed, vgg).clamp(0, 1)
        features = [vgg(one, [layer])[layer].float() for one in (plain, style, photo)]
        given = torch.cat([features[0], wct(features[2], features[1])])
        wanted = [vgg(part, STYLE_LAYERS) for part in _three_sizes(style)]
    found = _decoded(decoder, given, vgg)
    again = [vgg(part, STYLE_LAYERS) for part in _three_sizes(found[1:])]
    pairs = [(mine[name], theirs[name]) for mine, theirs in zip(again, wanted, strict=True) for name in STYLE_LAYERS]
    styles = sum(style_loss(Gram.apply(mine), Gram.apply(theirs)) for mine, theirs in pairs) / len(pairs)
    outside = (found - found.clamp(0, 1)).square().mean()
    features_loss = FEATURE_WEIGHT * content_loss(again[0][layer], given[1:])
    return F.mse_loss(found[:1], plain) + outside + features_loss + ROW_STYLE_WEIGHT * styles


def _three_sizes(image: torch.Tensor) -> list[torch.Tensor]:
    return [image, F.avg_pool2d(image, 2), F.avg_pool2d(image, 4)]


def _decoded(decoder: Decoder, features: torch.Tensor, vgg: VGG) -> torch.Tensor:
    with torch.autocast(vgg.device.type, vgg.dtype, enabled=vgg.dtype != torch.float32):
        return decoder(features).float()
