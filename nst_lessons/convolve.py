"""Compute a frozen 3x3 convolution by the implementation that is quickest on this machine.

There are three: PyTorch's own (oneDNN's), NNPACK's, and Winograd's algorithm as a few matrix products. Which one is quickest
depends on the shape, the number of threads and the processor. So each is timed once on a small piece, as `cudnn.benchmark`
does, and the choice is kept, also on disk. With as many threads, the same seed then gives the same picture tomorrow.
"""

import json
import os
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.files import replacing
from nst_lessons.machine import processor

PIECE = (24, 32)  # height and width of the piece that is timed: larger maps take long and rank alike
FEW_CHANNELS = 128 * 128  # in times out: up to here, double each side of the piece, or it is too quick to time
MANY_WEIGHTS = 2**19  # a larger kernel is read from memory at each call, since other layers fill the cache in between
TOLERANCE = 1e-3  # never choose an implementation that differs by more from the direct one
STRIP = 2**21  # values of a map that NNPACK gets at once
POINTS = (0, 1, -1, 2, 0.5)  # and infinity: where `winograd` evaluates its polynomials
ONE = 7 * POINTS.index(1)  # the point (1, 1) of the 6 x 6: all powers of 1 are 1, so it counts alike in each output


class FrozenConv(nn.Conv2d):
    """A convolution that is never trained: kernel (O, I, 3, 3), bias (O,), padding 1. Calling it runs PyTorch's own."""

    def __init__(self, kernel: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__(kernel.shape[1], kernel.shape[0], kernel_size=3, padding=1, device="meta")
        self.weight, self.bias = (nn.Parameter(value, requires_grad=False) for value in (kernel, bias))
        self._flipped = self._evaluated = None

    def _apply(self, fn, *arguments, **options):  # what was made from the kernel is made again where it moves to
        self._flipped = self._evaluated = None
        return super()._apply(fn, *arguments, **options)

    def flipped(self) -> torch.Tensor:
        """Return the kernel of the backward pass (I, O, 3, 3), made once."""
        if self._flipped is None:
            self._flipped = self.weight.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)
        return self._flipped

    def evaluated(self) -> torch.Tensor:
        """Return the kernel for `winograd`, its values at the 6 x 6 points (36, I, O), computed once."""
        if self._evaluated is None:
            along, k = _powers(3), self.weight.float()
            self._evaluated = torch.einsum("pi,ocij,qj->pqco", along, k, along).flatten(0, 1).contiguous()
        return self._evaluated


def convolve(conv: FrozenConv, x: torch.Tensor, back: bool = False) -> torch.Tensor:
    """Return conv(x) for x (B, I, H, W). With `back`, turn a gradient for the output (B, O, H, W) into that for the input.

    x may have any layout in memory. If the kernel has its channels last, so does the result.
    Raises ValueError if NST_CONV is set to anything but direct, nnpack or winograd, and RuntimeError if NNPACK is forced but
    cannot run.
    """
    return _WAYS[_chosen(conv, x, back)](conv, x, back)


def way_forced() -> str | None:
    """Return the implementation that the environment variable NST_CONV names, if any: for tests and bug reports."""
    name = os.environ.get("NST_CONV")
    if name and name not in _WAYS:
        raise ValueError(f"NST_CONV is {name!r}: choose {', '.join(_WAYS)}, or leave it unset.")
    return name or None


@cache
def nnpack_available() -> bool:
    """Return whether this build of PyTorch has NNPACK and this processor can run it. The first call initialises NNPACK."""
    available = getattr(torch, "_nnpack_available", None)
    return bool(available and available()) and hasattr(torch, "_nnpack_spatial_convolution")


def _direct(conv, x, back):
    return F.conv2d(x, conv.flipped(), padding=1) if back else F.conv2d(x, conv.weight, conv.bias, padding=1)


def _nnpack(conv, x, back):
    if not nnpack_available():
        raise RuntimeError("This PyTorch has no NNPACK, or NNPACK refuses this processor: leave NST_CONV unset.")
    kernel, bias = (conv.flipped(), None) if back else (conv.weight, conv.bias)
    height, width = x.shape[-2:]
    strip = max(8, STRIP // (kernel.shape[0] * width))  # rows at a time: NNPACK works in twice the memory of what it is given
    out = x.new_empty(len(x), height, width, len(kernel)).permute(0, 3, 1, 2)
    for top in range(0, height, strip):
        above, bottom = min(top, 1), min(top + strip, height)
        part = x[:, :, top - above : bottom + 1].contiguous()  # with one row more on each side, whose results are left out
        out[:, :, top:bottom] = torch._nnpack_spatial_convolution(part, kernel, bias, 1, 1)[:, :, above : above + bottom - top]
    return out


def winograd(conv: FrozenConv, x: torch.Tensor, back: bool = False) -> torch.Tensor:
    """Do the work of `convolve` by F(4x4, 3x3) of Lavin and Gray 2016 (arXiv 1509.09308), section 4.

    A row of 3 weights and a row of 4 values are polynomials of degree 2 and 3. Their product is determined by its values
    at 6 points. Correlation is that product transposed: Y = A' [(G g G') * (B' d B)] A for a tile d of 6 x 6 inputs and 4 x 4
    outputs. Neighbouring tiles overlap by 2. Here all tiles are the columns of one matrix. So A and B are one product each,
    and the middle is a product of (tiles, I) and (I, O) at each of the 36 points. The channels are last in
    memory, so all values of a pixel are copied as one piece.

    The flipped kernel's value at a point p is the kernel's value at 1/p, times p^2. For every point p, 1/p is also a point,
    so the backward pass uses the same values in another order.
    """
    batch, channels, height, width = x.shape
    rows, columns = -(-height // 4), -(-width // 4)
    pixels = x.permute(0, 2, 3, 1)  # (B, H, W, channels of x)
    kernel = conv.evaluated().mT if back else conv.evaluated()  # (36, channels of x, channels of the result)
    before, after = _transforms(back)  # (36, 36), (16, 36)
    out = x.new_empty(batch, 4 * rows, 4 * columns, kernel.shape[2])
    place = out.unflatten(2, (columns, 4)).unflatten(1, (rows, 4))  # (B, rows, 4, columns, 4, O)
    strip = max(1, 2**21 // (36 * max(kernel.shape[1:]) * batch * columns))  # rows of tiles at a time: 8 MB
    for top in range(0, rows, strip):
        end = min(top + strip, rows)
        seen, above = pixels[:, max(0, 4 * top - 1) : 4 * end + 1], int(top == 0)
        below = 4 * (end - top) + 2 - above - seen.shape[1]
        seen = F.pad(seen, (0, 0, 1, 4 * columns + 1 - width, above, below))
        tiles = seen.unfold(1, 6, 4).unfold(2, 6, 4)  # (B, rows, columns, channels of x, 6, 6)
        part = tiles.permute(4, 5, 0, 1, 2, 3).reshape(36, -1)
        values = torch.bmm((before @ part).view(36, -1, channels), kernel)  # (36, B * rows * columns, O)
        if not back:
            values[ONE] += conv.bias
        part = (after @ values.view(36, -1)).view(4, 4, batch, -1, columns, kernel.shape[2])
        place[:, top:end] = part.permute(2, 3, 0, 4, 1, 5)
    return out[:, :height, :width].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


_WAYS = {"direct": _direct, "nnpack": _nnpack, "winograd": winograd}


@cache
def _powers(count: int) -> torch.Tensor:
    """Return the matrix (6, count) that evaluates a polynomial with `count` coefficients at POINTS and infinity."""
    finite = torch.tensor(POINTS, dtype=torch.float64)[:, None] ** torch.arange(count)
    return torch.cat([finite, torch.eye(count, dtype=torch.float64)[-1:]]).float()


@cache
def _transforms(back: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the matrices of `winograd` before and after the product, for both axes at once: (36, 36) and (16, 36)."""
    b, a = torch.linalg.inv(_powers(6).double()).mT, _powers(4).double().mT  # (6, 6), (4, 6)
    if back:
        order, squares = [5, 1, 2, 4, 3, 0], torch.tensor([1, 1, 1, 0.25, 4, 1], dtype=torch.float64)  # of 1/p; its p^2
        b, a = squares[:, None] * b[order], a[:, order]
    return torch.kron(b, b).float(), torch.kron(a, a).float()


def _chosen(conv: FrozenConv, x: torch.Tensor, back: bool) -> str:
    """Return the name of the quickest implementation for this shape on this machine."""
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return "direct"
    if forced := way_forced():
        return forced
    batch, channels, *_ = x.shape
    result = conv.in_channels if back else conv.out_channels
    height, width = (side * (2 if channels * result <= FEW_CHANNELS else 1) for side in PIECE)
    piece = x[:, :, :height, :width]
    bits = piece[0, 0].numel().bit_length()  # so maps of about the same size share a choice
    key = f"{torch.get_num_threads()} threads, {channels} to {result}, {batch} of up to 2^{bits} positions"
    choices = _choices()
    if key not in choices:
        choices[key] = _quickest(conv, piece.contiguous(memory_format=torch.channels_last), back)
        _keep(choices)
    return choices[key]


def _quickest(conv: FrozenConv, x: torch.Tensor, back: bool) -> str:
    """Time each implementation that agrees with the direct one on x, and return the name of the quickest."""
    expected, best = None, {}
    for name, way in _WAYS.items():
        try:
            found = way(conv, x, back)  # once, untimed: the first call also prepares things
            expected = found if expected is None else expected
            if not (found - expected).norm() <= TOLERANCE * expected.norm():
                continue
            best[name] = _seconds(lambda way=way: way(conv, x, back), cold=conv.weight.numel() > MANY_WEIGHTS)
        except RuntimeError:  # there is no NNPACK, or too little memory
            continue
    return min(best, key=best.get)


def _seconds(function: Callable[[], object], cold: bool) -> float:
    """Return the seconds of the quickest of up to five calls; stop after a hundredth of a second.

    cold: empty the processor's cache before each call, as the other layers of a network do.
    """
    calls = []
    while len(calls) < 5 and sum(calls) < 0.01:
        if cold:
            _other_data().sum()
        start = time.perf_counter()
        function()
        calls.append(time.perf_counter() - start)
    return min(calls)


@cache
def _other_data() -> torch.Tensor:
    """Return as much data as a processor's cache holds. Reading it evicts everything else."""
    return torch.ones(2**23)


@cache
def _choices() -> dict[str, str]:
    """Return the earlier choices on this machine, by shape; empty if none can be read."""
    try:
        found = json.loads(_kept_in().read_text())
        return {key: name for key, name in found.items() if name in _WAYS}
    except (OSError, ValueError, AttributeError):
        return {}


def _keep(choices: dict[str, str]) -> None:
    path = _kept_in()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(choices, indent=0))
    except OSError:  # the home folder cannot be written: measure again next time
        pass


def _kept_in() -> Path:
    import pooch  # here, so that `import nst_lessons` stays quick

    machine = f"{torch.__version__}-{torch.backends.cpu.get_cpu_capability()}-{processor()}"  # computers may share a home
    return Path(pooch.os_cache("nst_lessons")) / f"convolution-choices-{re.sub('[^A-Za-z0-9.+]+', '-', machine)}.json"
