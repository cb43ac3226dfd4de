"""The optimisers of a canvas."""

from collections.abc import Callable
from functools import partial

import torch


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


OPTIMIZERS = {"lbfgs": LBFGS, "adam": partial(torch.optim.Adam, lr=0.05)}
