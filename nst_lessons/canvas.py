"""The canvas: a picture as free variables u, each pixel being (1 + sin u) / 2; and the optimisers that change them.

So every pixel stays in [0, 1] at every step, and no clamp disturbs the optimiser. A pixel at exactly 0 or 1 has no slope
and would never move, so the first picture is kept slightly inside these bounds.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from nst_lessons.aside import put_aside
from nst_lessons.images import resize

POWER = -0.35  # `LongWavesFirst` scales a wave by its frequency to this power; with -0.5, more grain of a noisy start stays
_INSIDE = 0.99  # sin u at the start is at most this: pixels from 1.3 to 253.7 of 255


def to_canvas(image: torch.Tensor) -> torch.Tensor:
    """Return the variables u of a picture (1, 3, H, W) in [0, 1], ready for an optimiser."""
    return put_aside((2 * image.detach()).sub_(1).clamp_(-_INSIDE, _INSIDE).asin_().contiguous()).requires_grad_()


def to_image(canvas: torch.Tensor) -> torch.Tensor:
    """Return the picture (1, 3, H, W) of variables u."""
    return canvas.sin().add_(1).div_(2)


def to_canvas_gradient(gradient: torch.Tensor, canvas: torch.Tensor) -> torch.Tensor:
    """Turn a gradient for the picture of a canvas, in place, into that for its variables u: times cos u / 2."""
    return gradient.mul_(canvas.detach().cos()).div_(2)


def enlarge(image: torch.Tensor, photo: torch.Tensor, smaller_photo: torch.Tensor) -> torch.Tensor:
    """Enlarge `image`, made from `smaller_photo`, to the size of `photo`, and add the detail that `smaller_photo` lacks."""
    shape = tuple(photo.shape[-2:])
    return (resize(image, shape) + photo).sub_(resize(smaller_photo, shape)).clamp_(0, 1)


def to_pyramid(canvas: torch.Tensor, levels: int = 6) -> list[torch.Tensor]:
    """Return the Laplacian pyramid of a canvas: what each level adds to the next smaller one, then the smallest.

    An optimiser that moves every variable by the same step thus moves large areas as easily as single pixels.
    """
    small, pyramid = canvas.detach(), []
    while len(pyramid) < levels - 1 and min(small.shape[-2:]) >= 4:
        large, small = small, F.avg_pool2d(small, 2, ceil_mode=True)
        pyramid.append(large - _doubled(small, large))
    return [level.contiguous().requires_grad_() for level in [*pyramid, small]]


def from_pyramid(pyramid: list[torch.Tensor]) -> torch.Tensor:
    """Return the canvas of a Laplacian pyramid: the inverse of `to_pyramid`."""
    canvas = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        canvas = level + _doubled(canvas, level)
    return canvas


def _doubled(small: torch.Tensor, large: torch.Tensor) -> torch.Tensor:
    return F.interpolate(small, large.shape[-2:], mode="bilinear", align_corners=False)


class LBFGS(torch.optim.LBFGS):
    """L-BFGS with one evaluation per step. The first step, before the curvature is known, moves each u by 0.01 on average.

    torch's own first step is divided by the sum of the gradients: so small that it is lost in bfloat16's rounding.
    """

    def __init__(self, params: list[torch.Tensor]) -> None:
        first = 0.01 * params[0].numel()
        super().__init__(params, lr=first, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)

    def step(self, closure: Callable) -> torch.Tensor:
        loss = super().step(closure)
        self.param_groups[0]["lr"] = 1
        return loss


class LongWavesFirst(LBFGS):
    """L-BFGS for the first size of a run, where large areas still change: long waves move more easily.

    The canvas is its start + K v, and v is optimised. K multiplies each wave of v by a power of its frequency. That is a
    preconditioner (Olah et al. 2017, https://distill.pub/2017/feature-visualization/, "Preconditioning and Parameterization").
    After 55 steps, the loss is about as low as after 80 of `LBFGS` (measured). Later, the long waves are already right.
    """

    def __init__(self, params: list[torch.Tensor]) -> None:
        (self.canvas,) = params
        self.start = self.canvas.detach().clone()
        strengths = frequencies(*self.start.shape[-2:]) ** POWER
        strengths /= strengths.square().mean().sqrt()  # so the first step is about as large as that of `LBFGS`
        self.strengths = strengths.to(self.start.device)
        super().__init__([torch.zeros_like(self.start).requires_grad_()])

    def step(self, closure: Callable) -> torch.Tensor:
        (v,) = self.param_groups[0]["params"]

        def measure() -> torch.Tensor:
            loss = closure()
            v.grad = self._scaled(self.canvas.grad)
            return loss

        loss = super().step(measure)
        with torch.no_grad():
            self.canvas.copy_(self.start + self._scaled(v))
        return loss

    def _scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Return K values. K is its own transpose, so it serves for gradients, too."""
        return torch.fft.irfft2(torch.fft.rfft2(values) * self.strengths, s=values.shape[-2:])


def frequencies(height: int, width: int) -> torch.Tensor:
    """Return the frequencies (H, W // 2 + 1) of a picture's waves, in cycles per pixel and in the order of `torch.fft.rfft2`.

    The mean, whose frequency is 0, counts as the longest wave.
    """
    squares = torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width) ** 2
    return squares.sqrt().clamp_min(1 / max(height, width))


class Momentum(torch.optim.Optimizer):
    """Follow the gradients' running sum, in units of their size, by a rate that fades to a fifth over `steps`.

    For large pictures: it keeps one number per variable where L-BFGS keeps twenty. In ten steps after an enlargement, it comes
    as far down as L-BFGS, and further than Adam (measured).
    """

    def __init__(self, params: list[torch.Tensor], steps: int, rate: float = 0.02, memory: float = 0.8) -> None:
        super().__init__(params, {})
        self.rates, self.memory = iter(torch.linspace(rate, rate / 5, max(1, steps)).tolist()), memory
        self.moving = put_aside(torch.zeros_like(params[0]))

    def step(self, closure: Callable) -> torch.Tensor:
        loss = closure()
        (canvas,) = self.param_groups[0]["params"]
        unit = torch.linalg.vector_norm(canvas.grad, 1) / canvas.numel()
        self.moving.mul_(self.memory).add_(canvas.grad, alpha=1 / max(unit.item(), 1e-30))
        with torch.no_grad():
            canvas.sub_(self.moving, alpha=next(self.rates))
        return loss


def _without_compiler() -> None:
    """Keep the first optimiser from loading torch's compiler (0.8 s), which it loads only to switch it off.

    Once that is done for a function, torch gives it an attribute. A torch without this attribute loads the compiler as usual.
    """
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        function = getattr(method, "__wrapped__", None)
        if function is not None and not hasattr(function, "__dynamo_disable"):
            function.__dynamo_disable = function


_without_compiler()
OPTIMIZERS = {"lbfgs": LBFGS, "adam": partial(torch.optim.Adam, lr=0.05)}
