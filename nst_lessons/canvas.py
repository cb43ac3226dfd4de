"""The canvas: a picture as the free variables u of an optimisation, each pixel being (1 + sin u) / 2; and its optimisers.

So bounds hold at every step, and no clamp disturbs the optimiser. A pixel at 0 or 1 would have no slope and never move:
the start is kept a hair inside.
"""

from collections.abc import Callable
from functools import partial

import torch

from nst_lessons.images import resize

_INSIDE = 0.99  # sin u at the start is at most this: pixels from 1.3 to 253.7 of 255


def to_canvas(image: torch.Tensor) -> torch.Tensor:
    """The variables u of a picture (1, 3, H, W) in [0, 1], ready for an optimiser."""
    return torch.asin((2 * image.detach() - 1).clamp(-_INSIDE, _INSIDE)).contiguous().requires_grad_()


def to_image(canvas: torch.Tensor) -> torch.Tensor:
    """The picture (1, 3, H, W) of variables u."""
    return (1 + canvas.sin()) / 2


def enlarge(image: torch.Tensor, photo: torch.Tensor, smaller_photo: torch.Tensor) -> torch.Tensor:
    """`image`, made against `smaller_photo`, at the size of `photo`, with the photo's detail that the small one lacks."""
    shape = tuple(photo.shape[-2:])
    return (resize(image, shape) + photo - resize(smaller_photo, shape)).clamp(0, 1)


class LBFGS(torch.optim.LBFGS):
    """One evaluation a step. The first step, when nothing is known of the curvature, moves each u by 0.01 on average.

    torch's own would divide by the sum of the gradients: so little that in bfloat16 only rounding is seen to change.
    """

    def __init__(self, params: list[torch.Tensor]) -> None:
        first = 0.01 * params[0].numel()
        super().__init__(params, lr=first, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)

    def step(self, closure: Callable) -> torch.Tensor:
        loss = super().step(closure)
        self.param_groups[0]["lr"] = 1
        return loss


def _without_compiler() -> None:
    """Spare the first optimiser the loading of torch's compiler (0.8 s), which would only be asked to keep out.

    torch marks a function that is done with that by an attribute; a torch without it loads the compiler as ever.
    """
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        function = getattr(method, "__wrapped__", None)
        if function is not None and not hasattr(function, "__dynamo_disable"):
            function.__dynamo_disable = function


_without_compiler()
OPTIMIZERS = {"lbfgs": LBFGS, "adam": partial(torch.optim.Adam, lr=0.05)}
