"""Watch a reader's loop, a function minimise(start, loss_of, steps), from inside the loss that it minimises."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from nst_lessons.checks.trial import Wrong
from nst_lessons.checks.values import brief


class Watched:
    """A loss that remembers every picture it gets, and what happens to the gradients."""

    def __init__(self, loss: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.loss = loss
        self.pictures: list[torch.Tensor] = []  # every picture that loss_of got
        self.leaves: list[torch.Tensor] = []  # the variables that the last picture was computed from
        self.slopes: list[torch.Tensor] = []  # one flat gradient for each picture that had one
        self.free: list[bool] = []  # for each picture: is it computed from the variable, rather than the variable itself?
        self.piled_up = False

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return the loss of a picture, a scalar."""
        if not isinstance(image, torch.Tensor):
            raise Wrong(f"loss_of needs the picture, a tensor; you pass {brief(image)}.")
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
        """Look at a picture that has a gradient; subclasses may override this."""

    def look_at_gradients(self) -> None:
        """Notice a `.grad` that has piled up: it is not a multiple of any single gradient."""
        grads = [leaf.grad.flatten() for leaf in self.leaves if leaf.grad is not None]
        if not grads or not self.slopes or torch.cat(grads).norm() == 0:
            return
        grad = torch.cat(grads)
        single = [slope for slope in self.slopes if slope.shape == grad.shape and slope.norm() > 0]
        rests = [(grad - (grad @ slope) / (slope @ slope) * slope).norm() / grad.norm() for slope in single]
        self.piled_up |= bool(rests) and min(rests).item() > 1e-2


@dataclass(frozen=True)
class Run:
    """One run of the reader's loop: its input and result, the loss that watched it, and the optimiser of each step."""

    start: torch.Tensor  # a copy from before the run
    given: torch.Tensor  # the input after the run
    result: object
    watched: Watched
    taken: list[torch.optim.Optimizer]
    steps: int


def leaves_of(image: torch.Tensor) -> list[torch.Tensor]:
    """Return the tensors with a gradient that a picture was computed from."""
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
    """Run the reader's loop on a copy of `start`; raise Wrong if it crashes because nothing requires a gradient."""
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
    "the picture that you pass to loss_of has no gradient. Call `requires_grad_(True)` on the tensor that the optimiser "
    "moves, and pass that tensor or a picture computed from it."
)


def check_given(run: Run) -> None:
    """Raise Wrong unless the input is unchanged and loss_of got a picture with a gradient."""
    if not torch.equal(run.given, run.start):
        raise Wrong("your function changed its input, the picture. Make the canvas a copy, with `.clone()`.")
    if run.given.requires_grad:
        raise Wrong("your function switched on the gradient of its input. Make the canvas a copy first, with `.clone()`.")
    if not run.watched.pictures:
        raise Wrong("loss_of was never called: compute the loss with it in the closure.")
    if not run.watched.slopes:
        raise Wrong(NO_GRADIENT)


def check_first(run: Run, tolerance: float) -> None:
    """Raise Wrong unless the first picture passed to loss_of is the start."""
    first = run.watched.pictures[0]
    if first.shape != run.start.shape:
        raise Wrong(f"you pass {brief(first)} to loss_of, but the picture to start from has shape {tuple(run.start.shape)}.")
    if (first - run.start).abs().max() > tolerance:
        both = torch.stack([first.flatten(), run.start.flatten()])
        kind = "yours looks like noise"
        if first.std() < 1e-3:
            kind = f"yours is {first.mean():.2g} everywhere"
        elif both.corrcoef()[0, 1].abs() > 0.9:
            kind = "yours has different values"
        raise Wrong(f"the first picture that you pass to loss_of should be the start, but {kind}.")


def check_result(run: Run) -> None:
    """Raise Wrong unless the result is a picture without a graph."""
    if run.result is None or run.result is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(run.result, torch.Tensor):
        raise Wrong(f"return the picture, a tensor; this is {brief(run.result)}.")
    if run.result.shape != run.start.shape:
        raise Wrong(f"return a picture of shape {tuple(run.start.shape)}; this is {brief(run.result)}.")
    if not run.result.isfinite().all():
        raise Wrong("the picture is not finite (inf or nan). Do old gradients pile up, or is the step far too large?")
    if run.result.requires_grad:
        raise Wrong("the result still has its graph: return it with `.detach()`.")


def check_movement(run: Run) -> None:
    """Raise Wrong if nothing was optimised, or if the result is not what was optimised."""
    pictures = run.watched.pictures
    moved = any(not torch.equal(pictures[0], picture) for picture in pictures[1:])
    if not run.taken and not moved:
        raise Wrong("the canvas did not move: no optimiser took a step. The loop calls `optimizer.step(closure)`.")
    if not moved and all(leaf.grad is None for leaf in run.watched.leaves):
        raise Wrong(
            "the canvas did not move: it has no gradient. Does the closure call `loss.backward()`, and `zero_grad()` before it?"
        )
    if not moved and len(pictures) > 1:
        raise Wrong(
            "the canvas did not move, though its gradient was computed. Does the optimiser get that tensor, in a list, and "
            "is the gradient still there when it takes its step?"
        )
    if moved and torch.equal(run.result, run.start):
        raise Wrong("you return the input picture: return the canvas that was moved.")


def check_canvas(run: Run) -> None:
    """Raise Wrong unless the result is the final canvas or a picture that loss_of got."""
    ends = [leaf.detach() for leaf in run.watched.leaves if leaf.shape == run.result.shape]
    pictures = [*run.watched.pictures, *ends, *(end.clamp(0, 1) for end in ends)]
    if min((run.result - picture).abs().max() for picture in pictures) > 1e-3:
        raise Wrong("your result is not the canvas that the optimiser moved: return the canvas.")


def check_optimizer(run: Run) -> None:
    """Raise Wrong unless L-BFGS took the steps, with fresh gradients."""
    others = {type(one).__name__ for one in run.taken if not isinstance(one, torch.optim.LBFGS)}
    if others:
        raise Wrong(f"that is {others.pop()}: use L-BFGS, `torch.optim.LBFGS([...])`, with a closure.")
    if not run.taken:
        raise Wrong("the canvas moves, but no torch optimiser takes a step: use `torch.optim.LBFGS([...])`.")
    if run.watched.piled_up:
        raise Wrong("old gradients pile up: clear them in the closure, with `optimizer.zero_grad()`, before `backward()`.")


def check_steps(short: Run, long: Run, counted: bool) -> None:
    """Raise Wrong unless `steps` decides how long the loop runs.

    counted: whether the optimiser must take exactly `steps` steps; a single step with many evaluations is accepted, too.
    """
    counts = [len(run.taken) for run in (short, long)]
    if all(len({id(one) for one in run.taken}) > 1 for run in (short, long)):
        raise Wrong("you make a new optimiser for every step, and it forgets what it learned: make it once, before the loop.")
    measured = [len(run.watched.pictures) for run in (short, long)]
    if measured[0] == measured[1] or (counts[0] == counts[1] and measured[1] < 1.2 * measured[0]):
        raise Wrong(
            f"`steps` makes no difference: with steps={short.steps} and with steps={long.steps} your loop calls loss_of "
            f"{measured[1]} times. Let `steps` decide how long the loop runs."
        )
    if counted and counts[0] != counts[1] and counts[1] != long.steps:
        raise Wrong(
            f"with steps={long.steps} your loop takes {counts[1]} steps: where does `range` start, and where does it end?"
        )
