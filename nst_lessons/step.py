"""One iteration of a run, and what can be made of a stream of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from nst_lessons.colour import with_colours_of
from nst_lessons.images import resize


@dataclass(frozen=True)
class Step:
    """One iteration: the losses of `image`, each unweighted but for `loss`."""

    index: int  # 1, 2, ... total
    total: int
    size: tuple[int, int]  # (height, width) of the image
    loss: float  # what is minimised: the weighted sum of the three, averaged with that at the smaller sizes, and `extra`
    content: float
    style: float
    tv: float
    style_by_layer: dict[str, float]
    seconds: float  # of computing since the start
    remaining: float  # seconds to go, estimated
    image: torch.Tensor | None  # (1, 3, H, W), detached; None in a Result's history
    extra: float = 0.0  # the loss that the caller added, as it counts in `loss`


def recoloured(steps: Iterator[Step], photo: torch.Tensor) -> Iterator[Step]:
    """The steps of a run in grey, with the photo's colours."""
    for step in steps:
        yield replace(step, image=with_colours_of(step.image, resize(photo, step.size)))


def averaged(steps: Iterator[Step], share: float) -> Iterator[Step]:
    """The steps with their pictures replaced by the running average at each size."""
    mean = None
    for step in steps:
        mean = step.image if mean is None or mean.shape != step.image.shape else step.image.lerp(mean, share)
        yield replace(step, image=mean)
