"""How fast this computer paints, compared with the reference: the machine on which all times in the lessons were measured."""

import time

import torch

from nst_lessons.objective import Objective, Weights
from nst_lessons.vgg import VGG

REFERENCE = "2 cores, AVX2, float32"
REFERENCE_SECONDS = 0.15  # what `seconds_per_step` returns there
SIZE = 128  # pixels: steps at this size take about as large a part of a painting's time as those at 256 and at 512
CALLS = 5


def seconds_per_step(vgg: VGG) -> float:
    """Return the seconds of one loss and its gradient, for noise of SIZE x SIZE: the quickest of CALLS, after a warm-up.

    It takes about a second on the reference. Raises nothing that a run would not raise, too.
    """
    random = torch.Generator().manual_seed(0)
    content, style, image = torch.rand(3, 1, 3, SIZE, SIZE, generator=random).to(vgg.device)
    objective, weights = Objective(vgg, content, [(style, 1.0)]), Weights()
    image.requires_grad_()
    seconds = []
    for _ in range(1 + CALLS):
        start = time.perf_counter()
        (gradient,) = torch.autograd.grad(objective(image, weights).total(weights), image)
        gradient.sum().item()  # waits for a GPU
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def compared(seconds: float) -> str:
    """Say how fast a computer is that needs `seconds` per step, and what this means for a time in a lesson."""
    factor = REFERENCE_SECONDS / seconds
    if 0.9 < factor < 1.1:
        return f"This computer paints about as fast as the reference ({REFERENCE}): expect the times that the lessons name."
    speed = f"{factor:.2g} times as fast as" if factor > 1 else f"{1 / factor:.2g} times slower than"
    return (
        f"This computer paints about {speed} the reference ({REFERENCE}): "
        f"where a lesson says 20 seconds, expect about {20 / factor:.2g}."
    )
