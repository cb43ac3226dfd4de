"""Winograd's convolution F(4x4, 3x3): a quarter of the multiplications, as a few matrix products.

A row of 3 weights and a row of 4 values are polynomials of degree 2 and 3. Their product is determined by its values at 6
points. Correlation is that product transposed: Y = A' [(G g G') * (B' d B)] A for a kernel g, a tile d of 6 x 6 inputs and
4 x 4 outputs Y. Neighbouring tiles overlap by 2. (Lavin and Gray 2016, arXiv 1509.09308, section 4)
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

import torch
import torch.nn.functional as F

POINTS = (0, 1, -1, 2, 0.5)  # and infinity: where the polynomials are evaluated
ONE = 7 * POINTS.index(1)  # the point (1, 1) of the 6 x 6: all powers of 1 are 1, so what is added there is added everywhere
TILES = 128  # that one core computes at a time: few, for its cache, but enough that it rarely reads the kernel


def evaluate(kernel: torch.Tensor) -> torch.Tensor:
    """Return the values G g G' of a kernel (O, I, 3, 3) at the 6 x 6 points, in the order (width, height): (36, I, O)."""
    along, rows = _powers(3), kernel.permute(3, 2, 1, 0)  # (6, 3), (3, 3, I, O)
    return (along @ (along @ rows.reshape(3, -1)).view(6, 3, -1)).view(36, *rows.shape[2:])


def winograd(x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None = None, back: bool = False) -> torch.Tensor:
    """Return the convolution of x (B, I, H, W), with padding 1, as (B, O, H, W) with its channels last in memory.

    kernel: its values (36, I, O), from `evaluate`
    bias: (O,), or None
    back: x is a gradient for the output (B, O, H, W); return that for the input (B, I, H, W)

    First B' is applied along the height, to strips of 6 whole rows. Only then are the strips cut into tiles, so a column that
    two tiles share is computed once. Next comes B' along the width. After the middle, A' is applied along the width, then along
    the height. Each is a matrix product for many tiles. The middle is a product of (tiles, I) and (I, O) at each of 36 points.
    The channels are last in memory, so a pixel's values are copied as one piece. Autograd sees none of this: see `fast`.
    """
    batch, channels, height, width = x.shape
    rows, columns = -(-height // 4), -(-width // 4)
    kernel = kernel.mT if back else kernel  # (36, channels of x, channels of the result)
    before, after = _transforms(back)  # (6, 6), (4, 6)
    pixels = x.permute(0, 2, 3, 1)  # (B, H, W, channels of x)
    out = x.new_empty(batch, 4 * rows, 4 * columns, kernel.shape[2])
    place = out.unflatten(2, (columns, 4)).unflatten(1, (rows, 4))  # (B, rows, 4, columns, 4, O)

    def compute(top: int, end: int) -> None:
        seen, above = pixels[:, max(0, 4 * top - 1) : 4 * end + 1], int(top == 0)
        below = 4 * (end - top) + 2 - above - seen.shape[1]
        seen = F.pad(seen, (0, 0, 1, 4 * columns + 1 - width, above, below))
        strips = seen.unfold(1, 6, 4).permute(0, 1, 4, 2, 3).flatten(3)  # (B, rows, 6, width * channels of x)
        part = (before @ strips).unflatten(3, (-1, channels))  # along the height
        tiles = part.unfold(3, 6, 4).permute(5, 2, 0, 1, 3, 4)  # (6, 6, B, rows, columns, channels of x)
        part = before @ tiles.reshape(6, -1)  # along the width
        part = torch.bmm(part.view(36, -1, channels), kernel)  # (36, B * rows * columns, O)
        if bias is not None:
            part[ONE].add_(bias)
        part = after @ (after @ part.view(6, -1)).view(4, 6, -1)
        place[:, top:end] = part.view(4, 4, batch, -1, columns, kernel.shape[2]).permute(2, 3, 1, 4, 0, 5)

    _share_out(compute, rows, batch * columns)
    return out[:, :height, :width].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def _share_out(compute: Callable[[int, int], None], rows: int, tiles: int) -> None:
    """Call compute(top, end) for all rows, with `tiles` tiles in each.

    The rows are cut into equal shares. Each core computes one alone, then takes the next. If there are few tiles, all cores
    work together.
    """
    threads = torch.get_num_threads()
    shares = threads * -(-rows * tiles // (threads * TILES)) if rows * tiles >= threads * TILES // 4 else 1
    tops = sorted({rows * share // shares for share in range(shares)})
    parts = [*zip(tops, [*tops[1:], rows], strict=True)]
    left = iter(parts)  # all cores take from this one, so each share is computed once

    @torch.inference_mode()  # a mode belongs to one thread, so it is set in each
    def work(given: Iterable[tuple[int, int]]) -> None:
        for top, end in given:
            compute(top, end)

    done = map(work, [parts])  # nothing is computed yet
    if threads > 1 and len(parts) > 1:
        with suppress(RuntimeError):  # no thread can start, for example because Python is ending
            done = _cores(threads).map(work, [left] * threads)
    try:
        list(done)
    finally:
        list(left)  # after an error or an interrupt, no core takes another share


@cache
def _cores(threads: int) -> ThreadPoolExecutor:
    """Return a pool of threads. Each runs torch's operations on one core."""
    started = threading.Barrier(threads + 1, timeout=10)  # seconds: after an interrupt, no thread waits for ever

    def start() -> None:
        torch.get_num_threads()  # first: at its first use, torch gives a thread the number that holds for new threads
        torch.set_num_threads(1)
        started.wait()

    pool = ThreadPoolExecutor(threads, "nst_lessons-core", start)
    try:
        for _ in range(threads):
            pool.submit(int)
        started.wait()
    finally:
        torch.set_num_threads(threads)  # restores the number for new threads, which those of the pool have set to 1
    return pool


@cache
def _powers(count: int) -> torch.Tensor:
    """Return the matrix (6, count) that evaluates a polynomial with `count` coefficients at POINTS and infinity."""
    finite = torch.tensor(POINTS, dtype=torch.float64)[:, None] ** torch.arange(count)
    return torch.cat([finite, torch.eye(count, dtype=torch.float64)[-1:]]).float()


@cache
def _transforms(back: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the matrices of `winograd` before and after the product, B' and A', for one axis: (6, 6) and (4, 6).

    back: for the backward pass. The flipped kernel's value at a point p is the kernel's value at 1/p, times p^2. For every
    point p, 1/p is also a point. So the kernel's values stay, and the matrices take the points in another order.
    """
    b, a = torch.linalg.inv(_powers(6).double()).mT, _powers(4).double().mT  # (6, 6), (4, 6)
    if back:
        order, squares = [5, 1, 2, 4, 3, 0], torch.tensor([1, 1, 1, 0.25, 4, 1], dtype=torch.float64)  # of 1/p; its p^2
        b, a = squares[:, None] * b[order], a[:, order]
    return b.float(), a.float()
