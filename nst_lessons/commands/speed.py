"""How fast this computer paints, compared with the reference: the machine on which all times in the lessons were measured."""

import time

import torch

from nst_lessons.objective import Objective, Weights
from nst_lessons.vgg import VGG

# A newer processor acts as the reference with ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 and a VGG in float32.
REFERENCE = "2 cores, AVX2, float32"
REFERENCE_SECONDS = 0.377  # what `seconds_per_step` returned on the reference when the times in the lessons were measured
SIZE = 256  # pixels: the middle size of a default painting, 128, 256, 512
LEAST_CALLS, LEAST_SECONDS = 3, 1.0


def seconds_per_step(vgg: VGG) -> float:
    """Return the seconds that one loss and its gradient take, for a picture of SIZE x SIZE: the quickest of several calls.

    The first call is not counted. The others go on for LEAST_SECONDS, so the whole takes about two seconds.
    """
    random = torch.Generator().manual_seed(0)
    content, style, image = torch.rand(3, 1, 3, SIZE, SIZE, generator=random).to(vgg.device)
    objective, weights = Objective(vgg, content, [(style, 1.0)]), Weights()
    image.requires_grad_()

    def step() -> float:
        start = time.perf_counter()
        (gradient,) = torch.autograd.grad(objective(image, weights).total(weights), image)
        gradient.sum().item()  # waits for a GPU
        return time.perf_counter() - start

    step()
    seconds = []
    while len(seconds) < LEAST_CALLS or sum(seconds) < LEAST_SECONDS:
        seconds.append(step())
    return min(seconds)


def compared(seconds: float) -> str:
    """Say how fast a computer is that needs `seconds` per step, and what this means for a time in a lesson."""
    factor = REFERENCE_SECONDS / seconds
    if 0.9 < factor < 1.1:
        return f"This computer paints about as fast as the reference ({REFERENCE}): the times in the lessons hold here."
    if factor > 1:
        speed = f"paints about {_rounded(factor)} times as fast as"
    else:
        speed = f"takes about {_rounded(1 / factor)} times as long as"
    return (
        f"This computer {speed} the reference ({REFERENCE}): "
        f"where a lesson says 20 seconds, expect about {_rounded(max(1, round(20 / factor)))}."
    )


def _rounded(number: float) -> str:
    """Two digits, which is as much as one measurement can say: 1.8, 11, 150."""
    return f"{float(f'{number:.2g}'):g}"
