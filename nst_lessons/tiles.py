"""Compute a picture's losses and their exact gradient tile by tile, so that memory does not grow with the picture.

All that a style loss needs to know of a picture is sums over its positions: Gram matrices and means. So it takes two passes
(Galerne et al. 2024, arXiv 2212.13459, section 3):

1. Without gradients, add up the sums of all tiles. From these follow the loss and its derivative with respect to each sum.
2. For each tile, compute the features again and backpropagate these derivatives to its pixels.

A feature depends on the pixels around it. So VGG sees each tile with a margin, whose own features do not count. For relu5_1,
80 pixels are exact. At 1024 pixels, the gradient is wrong by 0.4% with a margin of 64, by 3% with 48, and by 8% with 32.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import torch

from nst_lessons.aside import free_memory_aside, put_aside

STRIDE, MARGIN = 16, 80  # of relu5_1, see `reach`


@dataclass(frozen=True)
class Tile:
    """A part of a picture: what VGG sees of it, and what counts in there, (start, end) in pixels each."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    seen_rows: tuple[int, int]
    seen_columns: tuple[int, int]
    shape: tuple[int, int]  # (height, width) of the picture

    def seen(self, picture: torch.Tensor) -> torch.Tensor:
        """Return what VGG sees of a picture (B, C, H, W): a view."""
        return picture[..., slice(*self.seen_rows), slice(*self.seen_columns)]

    def counted(self, features: torch.Tensor, stride: int = 1, more: int = 0) -> torch.Tensor:
        """Return those positions of the tile's own features that count, plus `more` rows and columns after them.

        stride: pixels of the picture per position
        """
        return features[..., self._inner(0, stride, more), self._inner(1, stride, more)]

    def place(self, whole: torch.Tensor, stride: int = 1) -> torch.Tensor:
        """Return the positions of the whole picture's features that this tile counts."""
        parts = []
        for (start, end), side in zip((self.rows, self.columns), self.shape, strict=True):
            parts.append(slice(start // stride, side // stride if end == side else end // stride))
        return whole[..., parts[0], parts[1]]

    @property
    def size(self) -> tuple[int, int]:
        """Return the height and the width of what counts."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    def share(self, stride: int) -> float:
        """Return how much of all positions this tile counts, 0 to 1."""
        whole = (self.shape[0] // stride) * (self.shape[1] // stride)
        parts = [self._inner(axis, stride, 0) for axis in (0, 1)]
        return (parts[0].stop - parts[0].start) * (parts[1].stop - parts[1].start) / whole

    def _inner(self, axis: int, stride: int, more: int) -> slice:
        (start, end), (seen, _) = ((self.rows, self.seen_rows), (self.columns, self.seen_columns))[axis]
        side = self.shape[axis]
        end = side // stride if end == side else end // stride + more
        return slice((start - seen) // stride, end - seen // stride)


def tiles_of(shape: tuple[int, int], side: int | None, stride: int = STRIDE, margin: int = MARGIN) -> list[Tile]:
    """Cut a picture of (height, width) pixels into tiles: a single one if it is not larger than `side`, or `side` is None.

    side: the largest height and width of a tile with its margins, in pixels
    stride, margin: see `reach`. Tiles and margins start at multiples of the stride: pooling then meets the same pixels
    """
    rows, columns = (_cut(length, side, stride, margin) for length in shape)
    return [Tile(row, column, seen_row, seen_column, shape) for row, seen_row in rows for column, seen_column in columns]


def _cut(length: int, side: int | None, stride: int, margin: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return ((start, end), (first seen, last seen + 1)) of the parts of one axis."""
    if side is None or length <= side:
        return [((0, length), (0, length))]
    count = -(-(length - 2 * margin) // (side - 2 * margin - stride))
    step = (length - 2 * margin) / count  # all see as much: the first and the last have one margin only, and count more
    ends = [0, *(round((margin + number * step) / stride) * stride for number in range(1, count)), length]
    return [((a, b), (max(0, a - margin), min(length, b + margin))) for a, b in pairwise(ends)]


def reach(layers: Sequence[str], wanted: Sequence[str]) -> tuple[int, int]:
    """Return the stride of the deepest layer that is wanted, and how far it looks beyond its own pixels, rounded up to strides.

    layers: all layers of the network in their order
    """
    stride, pixels = 1, 0
    for name in layers[: 1 + max(map(layers.index, wanted))]:
        if name.startswith("conv"):
            pixels += stride  # 3 x 3: one position on each side
        elif name.startswith("pool"):
            stride *= 2
    return stride, -(-pixels // stride) * stride


def stride_of(layer: str) -> int:
    """Return the pixels per position of a layer of VGG: 1 for relu1_1, 2 for relu2_1, ... 16 for relu5_1."""
    block = int(re.search(r"\d", layer)[0])
    return 2 ** (block if layer.startswith("pool") else block - 1)


def overhead(tiles: Sequence[Tile]) -> float:
    """Return how many times as long a step takes in tiles: for the margins, and for the first pass, a third of the work."""
    if len(tiles) == 1:
        return 1.0
    height, width = tiles[0].shape
    seen = sum((tile.seen_rows[1] - tile.seen_rows[0]) * (tile.seen_columns[1] - tile.seen_columns[0]) for tile in tiles)
    return 4 / 3 * seen / (height * width)


Sums = Callable[[torch.Tensor, Tile], list[torch.Tensor]]


def over_tiles(sums: Sums, picture: torch.Tensor, tiles: Sequence[Tile]) -> Sequence[torch.Tensor]:
    """Return `sums` of a picture (1, 3, H, W), added up over its tiles. The memory is that of one tile, also in backward().

    sums: a function of what VGG sees of a tile, (1, 3, h, w), and of the tile. It returns tensors that may be added up
    """
    if len(tiles) == 1:
        return sums(picture, tiles[0])
    return _OverTiles.apply(picture, sums, tiles)


class _OverTiles(torch.autograd.Function):
    """The two passes."""

    @staticmethod
    def forward(ctx, picture, sums, tiles):
        """Add up the sums of all tiles, and keep nothing of their features."""
        ctx.save_for_backward(picture)
        ctx.sums, ctx.tiles = sums, tiles
        ctx.set_materialize_grads(False)  # None for a sum that is not used, so nothing is computed for it
        found = sums(tiles[0].seen(picture), tiles[0])
        for tile in tiles[1:]:
            for total, part in zip(found, sums(tile.seen(picture), tile), strict=True):
                total += part
            free_memory_aside()  # the next tile may have another shape, for which the kept blocks are too small
        return tuple(found)

    @staticmethod
    def backward(ctx, *derivatives):
        """Compute each tile's features again, and add its gradient to the picture's, also where only its margin is."""
        (picture,) = ctx.saved_tensors
        used = [derivative is not None for derivative in derivatives]
        gradient = put_aside(torch.zeros_like(picture))
        for tile in ctx.tiles:
            part = tile.seen(picture).detach().requires_grad_()
            with torch.enable_grad():
                found = [*compress(ctx.sums(part, tile), used)]
            tile.seen(gradient).add_(torch.autograd.grad(found, part, [*compress(derivatives, used)])[0])
            del found
            free_memory_aside()
        return gradient, None, None
