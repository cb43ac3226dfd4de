"""Do the steps of a run at one size: measure the losses, follow their gradient."""

from collections.abc import Iterator
from copy import deepcopy

import torch

from nst_lessons.aside import put_aside
from nst_lessons.canvas import OPTIMIZERS, LongWavesFirst, Momentum, to_canvas_gradient, to_image
from nst_lessons.images import resize
from nst_lessons.objective import Objective, Weights
from nst_lessons.settings import Settings

COARSER = 0.5  # weight of the loss at each smaller size; at the current size it is 1


def paint(canvas, objectives, weights: Weights, settings: Settings, steps: int, first: bool) -> Iterator[dict[str, object]]:
    """Optimise a canvas at one size. Yield fields of a `Step` each time. first: it is the first size of the run."""
    used, optimizer = None, None
    for left in range(steps, 0, -1):
        weights.check()
        if weights != used:  # curvature learned under the old weights misleads the optimiser
            optimizer = _optimizer(canvas, objectives[-1], settings, left, first)
            used = deepcopy(weights)
        last = left == 1  # its gradient would move a picture that nobody sees
        yield iterate(canvas, objectives, weights, None if last else optimizer, settings.extra)


def _optimizer(canvas, objective: Objective, settings: Settings, steps: int, first: bool) -> torch.optim.Optimizer:
    """Return the optimiser for the steps that are left at this size."""
    if settings.optimizer == "lbfgs":
        if len(objective.tiles) > 1:
            return Momentum([canvas], steps)
        if first and isinstance(settings.init, str):  # a given picture may be painted already
            return LongWavesFirst([canvas])
    return OPTIMIZERS[settings.optimizer]([canvas])


def _scalar(added: object) -> torch.Tensor:
    """Check what `extra` returned."""
    if not isinstance(added, torch.Tensor) or added.numel() != 1:
        kind = f"a tensor of shape {tuple(added.shape)}" if isinstance(added, torch.Tensor) else repr(added)
        raise ValueError(f"extra returned {kind}: return a scalar tensor, such as a mean over the picture.")
    return added.reshape(())


def iterate(canvas, objectives, weights, optimizer, extra) -> dict[str, object]:
    """Do one step of the optimiser. Return fields of a `Step`: the picture as it was before, and its losses.

    Without an optimiser, only measure the losses.
    """
    *coarser, here = objectives
    seen = {}

    def closure() -> torch.Tensor:
        canvas.grad = None
        picture = put_aside(to_image(canvas.detach())).requires_grad_()  # collects all sizes' gradients, one after the other
        share = 1 / (1 + COARSER * len(coarser))
        losses = here(picture, weights)
        added = _scalar(extra(picture)) if extra else picture.new_zeros(())
        loss = share * losses.total(weights) + added
        if optimizer:
            loss.backward()
        for objective in coarser:
            smaller = resize(picture, objective.shape).requires_grad_()  # no target, also at the last step (RememberingVGG)
            part = share * COARSER * objective(smaller, weights).total(weights)
            if optimizer:
                part.backward()
            loss = loss + part
        if optimizer:
            canvas.grad, picture.grad = to_canvas_gradient(picture.grad, canvas), None
        seen.update(image=picture.detach(), losses=losses, loss=loss.item(), added=added.item())
        return loss.detach()

    with torch.set_grad_enabled(optimizer is not None):
        optimizer.step(closure) if optimizer else closure()
    if not abs(seen["loss"]) < float("inf"):
        raise FloatingPointError(
            f"The loss became {seen['loss']} and the run was stopped: lower the weights (content {weights.content:g}, "
            f"style {weights.style:g}, tv {weights.tv:g})."
        )
    losses, image = seen["losses"], seen["image"]
    return {
        "size": tuple(image.shape[-2:]),
        "loss": seen["loss"],
        "content": losses.content.item(),
        "style": losses.style.item(),
        "tv": losses.tv.item(),
        "style_by_layer": {name: value.item() for name, value in losses.style_by_layer.items()},
        "image": image,
        "extra": seen["added"],
    }
