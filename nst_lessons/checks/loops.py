"""What a reader's loop, a function minimise(start, loss_of, steps), does: watched from inside the loss that it minimises."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from nst_lessons.checks.trial import Wrong
from nst_lessons.checks.values import brief


class Watched:
    """A loss that remembers every picture it measures, and what becomes of the gradients."""

    def __init__(self, loss: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.loss = loss
        self.pictures: list[torch.Tensor] = []  # all that were measured
        self.leaves: list[torch.Tensor] = []  # what the last of them was computed from
        self.slopes: list[torch.Tensor] = []  # the gradient of each measurement that had one, as one row of numbers
        self.free: list[bool] = []  # for each picture: is it something else than the variable that is moved?
        self.piled_up = False

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """The loss of a picture, a scalar."""
        if not isinstance(image, torch.Tensor):
            raise Wrong(f"loss_of wants the picture, a tensor; it was given {brief(image)}.")
        self.look_at_gradients()
        self.pictures.append(image.detach().clone())
        loss = self.loss(image)
        if torch.is_grad_enabled() and image.requires_grad:
            self.leaves = leaves_of(image)
            same = any(leaf.shape == image.shape and torch.equal(leaf, image) for leaf in self.leaves)
            self.free.append(not same)
            self.examine(image)
            slopes = torch.autograd.grad(loss, self.leaves, retain_graph=True, allow_unused=True)
            self.slopes.append(torch.cat([slope.flatten() for slope in slopes if slope is not None]))
        return loss

    def examine(self, image: torch.Tensor) -> None:
        """Look at a picture that has a gradient; for what is watched more closely."""

    def look_at_gradients(self) -> None:
        """Notice a `.grad` that is a sum of several measurements: it is no multiple of any single one."""
        grads = [leaf.grad.flatten() for leaf in self.leaves if leaf.grad is not None]
        if not grads or not self.slopes or torch.cat(grads).norm() == 0:
            return
        grad = torch.cat(grads)
        single = [slope for slope in self.slopes if slope.shape == grad.shape and slope.norm() > 0]
        rests = [(grad - (grad @ slope) / (slope @ slope) * slope).norm() / grad.norm() for slope in single]
        self.piled_up |= bool(rests) and min(rests).item() > 1e-2


@dataclass(frozen=True)
class Run:
    """One run of the reader's loop: what it was given, gave back, measured, and which optimiser took each step."""

    start: torch.Tensor  # as it was before
    given: torch.Tensor  # as it is afterwards
    result: object
    watched: Watched
    taken: list[torch.optim.Optimizer]
    steps: int


def leaves_of(image: torch.Tensor) -> list[torch.Tensor]:
    """The tensors that require a gradient, and from which a picture was computed."""
    if image.is_leaf:
        return [image]
    found, seen, todo = [], set(), [image.grad_fn]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        todo += [other for other, _ in node.next_functions]
    return found


def go(minimise: Callable, start: torch.Tensor, watched: Watched, steps: int) -> Run:
    """Run the reader's loop on its own copy of `start`; raises Wrong for what torch would say in words of its own."""
    given, taken = start.clone(), []
    hook = register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: taken.append(optimizer))
    try:
        result = minimise(given, watched, steps)
    except Wrong:
        raise
    except Exception:
        if watched.pictures and not watched.slopes:
            raise Wrong(NO_GRADIENT) from None
        raise
    finally:
        hook.remove()
    watched.look_at_gradients()
    return Run(start, given, result, watched, taken, steps)


NO_GRADIENT = (
    "loss_of was given a picture that needs no gradient: switch it on with `requires_grad_(True)` for the tensor that the "
    "optimiser moves, and measure that tensor, or what is computed from it."
)


def check_given(run: Run) -> None:
    """Raise Wrong unless the picture given stayed as it was, and a picture with a gradient was measured."""
    if not torch.equal(run.given, run.start):
        raise Wrong("your function changed its input: the picture given was changed. Make the canvas a copy, with `.clone()`.")
    if run.given.requires_grad:
        raise Wrong("the picture given now requires a gradient: make the canvas a copy first, with `.clone()`.")
    if not run.watched.pictures:
        raise Wrong("loss_of was never called: the closure measures the loss with it.")
    if not run.watched.slopes:
        raise Wrong(NO_GRADIENT)


def check_first(run: Run, tolerance: float) -> None:
    """Raise Wrong unless the first picture that is measured is the one to start from."""
    first = run.watched.pictures[0]
    if first.shape != run.start.shape:
        raise Wrong(f"loss_of was given {brief(first)}; the picture to start from has the shape {tuple(run.start.shape)}.")
    if (first - run.start).abs().max() > tolerance:
        both = torch.stack([first.flatten(), run.start.flatten()])
        kind = "it looks like noise"
        if first.std() < 1e-3:
            kind = f"it is {first.mean():.2g} everywhere"
        elif both.corrcoef()[0, 1].abs() > 0.9:
            kind = "it is made from that one, with other values"
        raise Wrong(f"the first picture that you measure should be the one you are given to start from; but {kind}.")


def check_result(run: Run) -> None:
    """Raise Wrong unless what is given back is a picture without a graph."""
    if run.result is None or run.result is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(run.result, torch.Tensor):
        raise Wrong(f"give back the picture, a tensor; this is {brief(run.result)}.")
    if run.result.shape != run.start.shape:
        raise Wrong(f"give back a picture of the shape {tuple(run.start.shape)}; this is {brief(run.result)}.")
    if not run.result.isfinite().all():
        raise Wrong("the picture is not finite (inf or nan): were old gradients added up, or is the step far too large?")
    if run.result.requires_grad:
        raise Wrong("the result still hangs on its graph: give it back with `.detach()`.")


def check_movement(run: Run) -> None:
    """Raise Wrong where nothing was optimised, or not what is given back."""
    pictures = run.watched.pictures
    moved = any(not torch.equal(pictures[0], picture) for picture in pictures[1:])
    if not run.taken and not moved:
        raise Wrong("the canvas did not move: no optimiser took a step. The loop calls `optimizer.step(closure)`.")
    if not moved and all(leaf.grad is None for leaf in run.watched.leaves):
        raise Wrong(
            "the canvas did not move: there is no gradient in it. Does the closure call `loss.backward()`, after "
            "`zero_grad()` and not before it?"
        )
    if not moved and len(pictures) > 1:
        raise Wrong(
            "the canvas did not move, though its gradient was computed: is what you measure computed from the tensor that the "
            "optimiser was given, in a list, and are its gradients still there when it takes its step?"
        )
    if moved and torch.equal(run.result, run.start):
        raise Wrong("you give back the picture that you were given: give back the canvas that was moved.")


def check_canvas(run: Run) -> None:
    """Raise Wrong unless the canvas as it is at the end, or a picture that was measured, is given back."""
    ends = [leaf.detach() for leaf in run.watched.leaves if leaf.shape == run.result.shape]
    pictures = [*run.watched.pictures, *ends, *(end.clamp(0, 1) for end in ends)]
    if min((run.result - picture).abs().max() for picture in pictures) > 1e-3:
        raise Wrong("what you give back is not the canvas that the optimiser has moved.")


def check_optimizer(run: Run) -> None:
    """Raise Wrong unless L-BFGS took the steps, with fresh gradients."""
    others = {type(one).__name__ for one in run.taken if not isinstance(one, torch.optim.LBFGS)}
    if others:
        raise Wrong(f"that is {others.pop()}: here L-BFGS is asked for, `torch.optim.LBFGS([...])` with a closure.")
    if not run.taken:
        raise Wrong("the canvas moves, but no optimiser of torch's takes a step: use `torch.optim.LBFGS([...])`.")
    if run.watched.piled_up:
        raise Wrong("old gradients are added up: clear them in the closure, with `optimizer.zero_grad()`, before `backward()`.")


def check_steps(short: Run, long: Run, counted: bool) -> None:
    """Raise Wrong unless `steps` decides how long the loop runs.

    counted: whether the optimiser must take exactly so many steps; one step of many measurements is as good.
    """
    counts = [len(run.taken) for run in (short, long)]
    if all(len({id(one) for one in run.taken}) > 1 for run in (short, long)):
        raise Wrong("a new optimiser is made for every step, and forgets what it has learned: make it once, before the loop.")
    measured = [len(run.watched.pictures) for run in (short, long)]
    if measured[0] == measured[1] or (counts[0] == counts[1] and measured[1] < 1.2 * measured[0]):
        raise Wrong(
            f"`steps` makes no difference: with steps={short.steps} and with steps={long.steps} your loop measured "
            f"{measured[1]} times. It has to decide how long the loop runs."
        )
    if counted and counts[0] != counts[1] and counts[1] != long.steps:
        raise Wrong(
            f"with steps={long.steps} your loop takes {counts[1]} steps: where does `range` begin, and where does it end?"
        )
