"""Define what is minimised: the weighted sum of the losses for one content and one or more styles, at one size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real

import torch
import torch.nn.functional as F

from nst_lessons.fast import Gram
from nst_lessons.losses import content_loss, moment_loss, style_loss, total_variation
from nst_lessons.vgg import VGG

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")  # Gatys 2015, section 2
CONTENT_LAYER = "relu4_2"
LARGEST = 1e300  # weight; in a run, one above 1e38 is reported when the loss is no longer finite
Statistics = tuple[torch.Tensor, torch.Tensor]  # of one layer's features: the Gram matrix (1, C, C), the means (1, C)


@dataclass
class Weights:
    """How much each loss counts. You may change it during a run: `transfer` reads it again at every step.

    loss = content * L_content + style * sum_l w_l L_style,l / sum_l w_l + tv * L_tv: equation (7) of Gatys 2015 with
    w_l from `layers`. L_content and L_style are in units of their target's energy, so weights mean the same at every size.
    L_style,l = `style_loss` of the Gram matrices + moments * `moment_loss` of the channels' means and deviations (Galerne et
    al. 2024). With moments = 0 it is that of Gatys 2015. With moments = 2 and style = 5, the distribution of the features comes
    closer to the painting's, and about as much of the photo stays.
    """

    content: float = 1.0
    style: float = 10.0
    tv: float = 1.0
    layers: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 1.0))
    moments: float = 0.0

    def check(self) -> None:
        """Raise ValueError if a weight is no number from 0 to LARGEST, or if there is nothing to optimise."""
        numbers = {"content": self.content, "style": self.style, "tv": self.tv, "moments": self.moments}
        for name, number in (numbers | self.layers).items():
            if not (isinstance(number, Real) and 0 <= number <= LARGEST):
                raise ValueError(f"The weight of {name} is {number!r}: give a number from 0 to {LARGEST:g}.")
        if not (self.content or self.tv or (self.style and any(self.layers.values()))):
            raise ValueError("All weights are zero, so there is nothing to optimise: raise content or style above 0.")


@dataclass(frozen=True)
class Losses:
    """The unweighted losses of one picture, scalars in float32; a loss with weight 0 is skipped and reported as 0."""

    content: torch.Tensor
    style: torch.Tensor
    tv: torch.Tensor
    style_by_layer: dict[str, torch.Tensor]

    def total(self, weights: Weights) -> torch.Tensor:
        """Return the weighted sum of the losses."""
        return float(weights.content) * self.content + float(weights.style) * self.style + float(weights.tv) * self.tv


class Objective:
    """The losses of a picture against one content and one or more styles. Their targets are computed once.

    vgg: the network for the features
    content: the photo (1, 3, H, W)
    styles: pairs of a picture, of any size, and its share. The targets are the share-weighted means of their Gram matrices and
    of their channels' means. For Gram matrices, that has the same minimum as the share-weighted sum of squared distances
    style_layers, content_layer: the layers whose targets are computed
    masks: one (1, 1, H, W) in [0, 1] per style, white where the style belongs: the guided Gram matrices of Gatys et al. 2017
    (arXiv 1611.07865), section 3
    """

    def __init__(
        self,
        vgg: VGG,
        content: torch.Tensor,
        styles: Sequence[tuple[torch.Tensor, float]],
        style_layers: Sequence[str] = STYLE_LAYERS,
        content_layer: str = CONTENT_LAYER,
        masks: Sequence[torch.Tensor] = (),
    ) -> None:
        self.vgg, self.content_layer = vgg, content_layer
        self.shape = tuple(content.shape[-2:])  # (height, width)
        with torch.no_grad():
            self.content = vgg(content, [content_layer])[content_layer]
            found = [{name: Gram.apply(f) for name, f in vgg(image, style_layers).items()} for image, _ in styles]
        shares = [share for _, share in styles]
        if masks:
            self.regions = list(zip(masks, shares, found, strict=True))  # (mask, share, {layer: (Gram matrix, means)})
        else:
            mixed = {name: _mixed([one[name] for one in found], shares) for name in style_layers}
            self.regions = [(None, 1.0, mixed)]

    def __call__(self, image: torch.Tensor, weights: Weights) -> Losses:
        """Return the losses of `image` (1, 3, H, W). Layers with weight 0 are skipped."""
        layers = {name: float(w) for name, w in weights.layers.items() if w and weights.style}
        features = self.vgg(image, [*layers, *([self.content_layer] if weights.content else [])])
        by_layer = {
            name: sum(w * _distance(_inside(features[name], mask), target[name], weights) for mask, w, target in self.regions)
            for name in layers
        }
        zero = image.new_zeros(())
        return Losses(
            content=content_loss(features[self.content_layer], self.content) if weights.content else zero,
            style=sum(w * by_layer[name] for name, w in layers.items()) / sum(layers.values()) if layers else zero,
            tv=total_variation(image) if weights.tv else zero,
            style_by_layer=by_layer,
        )


def _distance(found: Statistics, target: Statistics, weights: Weights) -> torch.Tensor:
    """Return one layer's style loss: the Gram matrices' distance, plus the weighted distance of means and deviations."""
    (gram, mean), (wanted_gram, wanted_mean) = found, target
    loss = style_loss(gram, wanted_gram)
    if not weights.moments:
        return loss
    return loss + weights.moments * moment_loss(mean, _std(gram, mean), wanted_mean, _std(wanted_gram, wanted_mean))


def _std(gram: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Return the channels' standard deviations (1, C). The Gram matrix's diagonal has their mean squares, divided by C."""
    squares = mean.shape[1] * gram.diagonal(dim1=1, dim2=2)
    return torch.maximum(squares - mean.square(), 1e-6 * squares + 1e-12).sqrt()  # an even channel's root has no slope


def _mixed(styles: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """Return the share-weighted mean of the styles' Gram matrices, and that of their channels' means."""
    return tuple(sum(share * one for share, one in zip(shares, kind, strict=True)) for kind in zip(*styles, strict=True))


def _inside(features: torch.Tensor, mask: torch.Tensor | None) -> Statistics:
    """Return the statistics of the features where `mask` is white: the sums are divided by the mask's, not by the size."""
    if mask is None:
        return Gram.apply(features)
    guide = F.interpolate(mask, features.shape[-2:], mode="area")
    gram, mean = Gram.apply(features * guide.to(features.dtype))
    return gram / guide.square().mean().clamp_min(1e-6), mean / guide.mean().clamp_min(1e-6)
