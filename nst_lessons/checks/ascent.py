"""How one step of gradient ascent is examined, in 01_what_a_network_sees."""

from collections.abc import Callable

import torch

from nst_lessons.checks.cases import normal
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried


def _climb(u: torch.Tensor, score_of: Callable, step: float) -> torch.Tensor:
    return _step(u, score_of, step, lambda g: g.square().mean().sqrt())


def _gradient(u: torch.Tensor, score_of: Callable) -> torch.Tensor:
    u = u.detach().clone().requires_grad_()
    return torch.autograd.grad(score_of(u), u)[0]


def _step(u: torch.Tensor, score_of: Callable, step: float, length: Callable) -> torch.Tensor:
    """One step uphill whose gradient is divided by length(gradient)."""
    gradient = _gradient(u, score_of)
    return u + step * gradient / length(gradient)


def _hill(u: torch.Tensor) -> torch.Tensor:
    return (u.sin() * torch.linspace(0.2, 3, u.shape[-1])).sum()


def _bowl(u: torch.Tensor) -> torch.Tensor:
    return -4 * (u - 0.7).square().mean() + u.mean()


def _direction(tried: Tried) -> str:
    """What is wrong about the step: its direction or its length."""
    u = tried.inputs[1][0].double()
    step, right = (one[1] - u for one in (tried.found, tried.expected))
    cosine = ((step * right).sum() / (step.norm() * right.norm())).item()
    if abs(cosine) < 0.99999:
        return (
            "your step does not go along the gradient, in which the score grows most: the whole gradient is multiplied or "
            "divided by ONE number."
        )
    times = (step.norm() / right.norm()).item()
    return f"your step goes along the gradient, but it is {times:.4g} times as long as it should be."


examine_climb = SameAs(
    _climb,
    [
        (torch.tensor([[[[0.0, 1.0]]]]), _bowl, 0.1),
        (normal(1, 3, 5, 7, seed=22), _hill, 0.1),
        (normal(2, 3, 4, 5, seed=14), _bowl, 0.5),
    ],
    {
        "you walk downhill: to make the score larger, ADD the gradient.": lambda u, s, step: 2 * u - _climb(u, s, step),
        "the gradient is not divided by its root mean square: a step's length depends on the layer.": lambda u, s, step: _step(
            u, s, step, lambda g: 1
        ),
        "you walk downhill, and the gradient is not divided by its root mean square.": lambda u, s, step: _step(
            u, s, step, lambda g: -1
        ),
        "you have divided by the norm, the root of the SUM of squares: the steps of a large picture would be tiny. "
        "Take the root of the mean.": lambda u, s, step: _step(u, s, step, torch.norm),
        "only the sign is left of your gradient: divide it by one number, its root mean square.": lambda u, s, step: (
            u + step * _gradient(u, s).sign()
        ),
        "you have divided by the mean square: its root is missing.": lambda u, s, step: _step(
            u, s, step, lambda g: g.square().mean()
        ),
        "you have divided by the sum of squares: take their mean, and its root.": lambda u, s, step: _step(
            u, s, step, lambda g: g.square().sum()
        ),
        "you have divided by the mean of absolute values: the root of the mean SQUARE is wanted.": lambda u, s, step: _step(
            u, s, step, lambda g: g.abs().mean()
        ),
        "you have divided by the largest value: the root mean square of all is wanted.": lambda u, s, step: _step(
            u, s, step, lambda g: g.abs().max()
        ),
        "a standard deviation takes the mean away first: the root mean square does not.": lambda u, s, step: _step(
            u, s, step, torch.std
        ),
        "square the gradient first, and take the mean afterwards.": lambda u, s, step: _step(
            u, s, step, lambda g: g.mean().square().sqrt()
        ),
        "divide by the gradient's root mean square; yours multiplies by it.": lambda u, s, step: _step(
            u, s, step, lambda g: 1 / g.square().mean().sqrt()
        ),
        "you divide by the root mean square of `u`: it is the gradient's that is wanted.": lambda u, s, step: _step(
            u, s, step, lambda g: u.square().mean().sqrt()
        ),
        "that is the step alone: add it to u.": lambda u, s, step: _climb(u, s, step) - u,
        "the factor `step` is missing.": lambda u, s, step: _climb(u, s, 1.0),
        "that is the gradient alone: take a step along it.": lambda u, s, step: _gradient(u, s),
    },
    also=[_direction],
    wants="a tensor of the shape of u",
)
