"""Define what is minimised: the weighted sum of the losses for one content and one or more styles, at one size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Real

import torch
import torch.nn.functional as F

from nst_lessons.aside import free_memory_aside, put_aside
from nst_lessons.fast import Gram
from nst_lessons.losses import moment_loss, style_loss
from nst_lessons.tiles import Tile, over_tiles, reach, stride_of, tiles_of
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
    tile: work in tiles with sides of at most so many pixels (see `nst_lessons.tiles`); None for the whole picture at once
    """

    def __init__(
        self,
        vgg: VGG,
        content: torch.Tensor,
        styles: Sequence[tuple[torch.Tensor, float]],
        style_layers: Sequence[str] = STYLE_LAYERS,
        content_layer: str = CONTENT_LAYER,
        masks: Sequence[torch.Tensor] = (),
        tile: int | None = None,
    ) -> None:
        self.vgg, self.content_layer = vgg, content_layer
        self.shape = tuple(content.shape[-2:])  # (height, width)
        stride, margin = reach(vgg.layers, [*style_layers, content_layer])
        self.cut = partial(tiles_of, side=tile, stride=stride, margin=margin)
        self.tiles = self.cut(self.shape)
        self.unit = 8.0 if len(self.tiles) > 1 else 1.0  # of the photo's features: in float16, the largest number is 65504
        shares = [share for _, share in styles]
        with torch.no_grad():
            self.content = self._photo(content)
            parts = self.content.chunk(32 if len(self.tiles) > 1 else 1, dim=1)  # in float32 it may not fit into memory
            means = [(self.unit * part.float()).square().mean() for part in parts]
            self.energy = torch.stack(means).mean().clamp_min(1e-12)
            found = [self._painting(image, style_layers) for image, _ in styles]
        if masks:
            self.regions = list(zip(shares, found, strict=True))  # (share, {layer: (Gram matrix, means)})
            self.guides = {name: [_guide(mask, self.shape, stride_of(name)) for mask in masks] for name in style_layers}
        else:
            self.regions = [(1.0, {name: _mixed([one[name] for one in found], shares) for name in style_layers})]
            self.guides = {name: [None] for name in style_layers}

    def __call__(self, image: torch.Tensor, weights: Weights) -> Losses:
        """Return the losses of `image` (1, 3, H, W). Layers with weight 0 are skipped."""
        layers = {name: float(w) for name, w in weights.layers.items() if w and weights.style}
        names = [*layers, *([self.content_layer] if weights.content else [])]

        def sums(seen: torch.Tensor, tile: Tile) -> list[torch.Tensor]:
            features = self.vgg(seen, names)
            found = [_roughness(seen, tile)] if weights.tv else []
            if weights.content:
                found.append(self._difference(features[self.content_layer], tile))
            for name in layers:
                for guide in self.guides[name]:
                    found += self._statistics(features[name], tile, stride_of(name), guide)
            return found

        found = iter(over_tiles(sums, image, self.tiles))
        zero = image.new_zeros(())
        tv = next(found) if weights.tv else zero
        content = next(found) / self.energy if weights.content else zero
        by_layer = {}
        for name in layers:
            inside = [_inside(next(found), next(found), guide) for guide in self.guides[name]]
            regions = zip(self.regions, inside, strict=True)
            by_layer[name] = sum(share * _distance(one, target[name], weights) for (share, target), one in regions)
        style = sum(w * by_layer[name] for name, w in layers.items()) / sum(layers.values()) if layers else zero
        return Losses(content=content, style=style, tv=tv, style_by_layer=by_layer)

    def _photo(self, content: torch.Tensor) -> torch.Tensor:
        """Return the photo's features at the content layer, in tiles in half precision: the gradient moves by 0.002%."""
        layer, stride, whole = self.content_layer, stride_of(self.content_layer), None
        for tile in self.tiles:
            found = tile.counted(self.vgg(tile.seen(content), [layer])[layer], stride)
            if len(self.tiles) == 1:
                return found
            if whole is None:
                half = torch.float16 if found.dtype == torch.float32 else found.dtype
                whole = put_aside(found.new_empty(1, found.shape[1], *(side // stride for side in self.shape), dtype=half))
            tile.place(whole, stride).copy_(found / self.unit)
            free_memory_aside()
        return whole

    def _painting(self, image: torch.Tensor, layers: Sequence[str]) -> dict[str, Statistics]:
        """Return a painting's statistics at each layer."""

        def sums(seen: torch.Tensor, tile: Tile) -> list[torch.Tensor]:
            return [part for name, f in self.vgg(seen, layers).items() for part in self._statistics(f, tile, stride_of(name))]

        found = iter(over_tiles(sums, image, self.cut(tuple(image.shape[-2:]))))
        return {name: (next(found), next(found)) for name in layers}

    def _statistics(self, features: torch.Tensor, tile: Tile, stride: int, guide: torch.Tensor | None = None) -> Statistics:
        """Return a tile's part of a layer's Gram matrix and means."""
        counted, share = tile.counted(features, stride).contiguous(memory_format=torch.channels_last), tile.share(stride)
        if guide is not None:
            counted = counted * tile.place(guide, stride).to(counted.dtype)
        return share * Gram.apply(counted), share * counted.mean((2, 3), dtype=torch.float32)

    def _difference(self, features: torch.Tensor, tile: Tile) -> torch.Tensor:
        """Return a tile's part of the mean squared difference from the photo's features: `content_loss` without its unit."""
        stride = stride_of(self.content_layer)
        target = tile.place(self.content, stride)
        return tile.share(stride) * (tile.counted(features, stride).float() - self.unit * target.float()).square().mean()


def _roughness(seen: torch.Tensor, tile: Tile) -> torch.Tensor:
    """Return a tile's part of `total_variation`."""
    image = tile.counted(seen.float(), more=1)  # with the first pixels of the next tiles
    height, width = tile.size
    down = (image[..., 1:, :width] - image[..., :-1, :width]).square()
    across = (image[..., :height, 1:] - image[..., :height, :-1]).square()
    whole_height, whole_width = tile.shape
    down_share = down.numel() / (3 * (whole_height - 1) * whole_width)
    across_share = across.numel() / (3 * whole_height * (whole_width - 1))
    return down_share * down.mean() + across_share * across.mean()


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


def _guide(mask: torch.Tensor, shape: tuple[int, int], stride: int) -> torch.Tensor:
    """Return a mask at the size of a layer's features."""
    return F.interpolate(mask, (shape[0] // stride, shape[1] // stride), mode="area")


def _inside(gram: torch.Tensor, mean: torch.Tensor, guide: torch.Tensor | None) -> Statistics:
    """Return the statistics where `guide` is white: the sums are divided by the guide's, not by the size."""
    if guide is None:
        return gram, mean
    return gram / guide.square().mean().clamp_min(1e-6), mean / guide.mean().clamp_min(1e-6)
