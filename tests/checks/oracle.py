"""Whether an answer is right, without the check: its results beside those of the solution, on inputs that no check uses."""

import copy
import importlib
import warnings
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from nst_lessons.checks.question import Question


def question(lesson: str, name: str) -> Question:
    return getattr(importlib.import_module(f"nst_lessons.checks.lesson_{lesson}"), name)


def gram(features: torch.Tensor) -> torch.Tensor:
    """The Gram matrices (B, C, C) that 06_break_it has in its notebook."""
    return torch.einsum("bchw,bdhw->bcd", features, features) / features[0].numel()


def made(code: str) -> object:
    """The function that the code defines, or the values that it assigns: one, or a tuple of them."""
    scope = {"torch": torch, "F": F, "np": np, "gram": gram}
    before = dict(scope)
    exec(code, scope)
    new = [value for name, value in scope.items() if before.get(name) is not value and name != "__builtins__"]
    return new[0] if len(new) == 1 else tuple(new)


def _rand(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1000 + seed))


def _randn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(2000 + seed))


def _painters(seed: int) -> tuple:
    matrices = [k * _rand(10 * seed + index, 3, 3) for index, k in enumerate((0.3, 1.0, 2.0))]
    target = (0.2 + 2 * _rand(seed, 1).item()) * _rand(10 * seed + 7, 3, 3)
    return target, dict(zip("abc" if seed % 2 else "cab", matrices, strict=True))


def _mix(seed: int, batch: int, styles: int) -> torch.Tensor:
    shares = _rand(seed, batch, styles)
    return shares / shares.sum(1, keepdim=True)


def _score(u: torch.Tensor) -> torch.Tensor:
    return (u.cos() * torch.arange(u.numel()).view_as(u)).sum() / 7


def _flows(seed: int, height: int, width: int) -> tuple:
    back = 10 * _rand(seed, 1, 2, height, width) - 5
    return back, -back + 1.3 * _randn(seed, 1, 2, height, width) ** 3


def _frames(seed: int, height: int, width: int) -> tuple:
    return _rand(seed, 1, 3, height, width), _rand(seed + 1, 1, 3, height, width)


INPUTS: dict[str, Callable[[int], tuple]] = {  # of each question that wants a function of values, by a seed
    "01.receptive_field": lambda s: ([(3, 1)] * s + [(2, 2), (3, 1), (4 + s, 3), (3, 2), (5, 1)],),
    "01.climb": lambda s: (_randn(s, 1, 2, 3 + s, 4), _score, 0.05 * (s + 1)),
    "02.content_loss": lambda s: (_rand(s, 1, 4, 3, 6 + s), 2 * _rand(s + 9, 1, 4, 3, 6 + s)),
    "02.psnr": lambda s: (_rand(s, 1, 3, 4, 6 + s) * 0.9, _rand(s + 9, 1, 3, 4, 6 + s) * 0.8),
    "02.loss_map": lambda s: (_rand(s, 1, 4, 3, 6 + s), 2 * _rand(s + 9, 1, 4, 3, 6 + s)),
    "03.gram": lambda s: (_rand(s, 4, 3, 6 + s),),
    "03.style_loss": lambda s: (_rand(s, 4 + s, 4 + s), 3 * _rand(s + 9, 4 + s, 4 + s)),
    "03.who_painted": _painters,
    "04.total_loss": lambda s: (_rand(s, 1)[0], list(_rand(s + 9, 2 + 2 * s)), 1.5 + s, 4.0 - s),
    "04.rescaled_beta": lambda s: (3.5 + s, 1.5 + 2 * s),
    "05.keep_colours": lambda s: (_rand(s, 1, 3, 4, 6 + s), _rand(s + 9, 1, 3, 4, 6 + s)),
    "05.upper_mask": lambda s: (11 + 3 * s, 7 + s, (0.24, 0.61, 0.83, 0.42)[s]),
    "06.gram": lambda s: (_rand(s, 1 + s, 4, 3, 5),),
    "06.to_bytes": lambda s: (1.5 * _rand(s, 1, 3, 4, 6 + s) - 0.25,),
    "06.alpha_for": lambda s: (0.7 + s, (40 + s, 61), (95, 150 + 7 * s)),
    "07.whiten": lambda s: (_randn(s, 3 + s, 3 + s) @ _randn(s + 9, 3 + s, 97) + 2,),
    "07.colour": lambda s: (_randn(s, 2 + s, 40), _randn(s, 2 + s, 2 + s) @ _randn(s + 9, 2 + s, 55 + s) + 3),
    "07.adain": lambda s: (
        _randn(s, 1, 3 + s, 60, 50) * (1 + _rand(s, 1, 3 + s, 1, 1)) + 1,
        _randn(s + 9, 1, 3 + s, 55, 70) * (2 - _rand(s, 1, 3 + s, 1, 1)) - 3 * _rand(s, 1, 3 + s, 1, 1),
    ),
    "08.parameters": lambda s: (5 + s, 11 - s, 3 + 2 * s, 2 + s),
    "08.instance_norm": lambda s: (2 * _randn(s, 2 + s, 3, 6, 4 + s) + _randn(s, 2 + s, 3, 1, 1),),
    "08.conditional_norm": lambda s: (
        _randn(s, 2 + s, 3, 6, 4) + 1,
        _rand(s, 4, 3) + 0.5,
        _randn(s + 5, 4, 3),
        _mix(s, 2 + s, 4),
    ),
    "08.break_even": lambda s: (90.5 + s, 8.0 - s, 0.5 + s),
    "09.warp": lambda s: (
        _rand(s, 3, 9 + s, 8),
        (7 * _rand(s, 9 + s, 8) - 3).floor().long(),
        (9 * _rand(s + 5, 9 + s, 8) - 4).floor().long(),
    ),
    "09.flicker": lambda s: (*_frames(s, 9, 4 + s), (_rand(s + 5, 1, 1, 9, 4 + s) > 0.3).float()),
    "09.visible": lambda s: _flows(s, 16, 9 + s),
    "09.temporal_loss": lambda s: (*_frames(s, 9, 4 + s), _rand(s + 5, 1, 1, 9, 4 + s)),
    "10.nearest": lambda s: (
        _randn(s, 30, 5 + s) * (0.3 + _rand(s, 30, 1)) + 3 * _rand(s + 3, 5 + s),
        _randn(s + 9, 20, 5 + s) * (0.3 + 2 * _rand(s + 9, 20, 1)) + 4 * _rand(s + 5, 5 + s),
    ),
    "10.matched_loss": lambda s: (_randn(s, 1, 4, 3, 6 + s), 2 * _randn(s + 9, 1, 4, 3, 6 + s) + 0.5),
}


def same_as_solution(key: str, answer: Callable, seeds: int = 4) -> bool:
    """Whether a function gives what the solution gives on inputs that no check uses."""
    right = made(question(*key.split(".")).code)
    count = 40 if key == "03.who_painted" else seeds
    try:
        with warnings.catch_warnings(action="ignore"):
            pairs = [[function(*copy.deepcopy(INPUTS[key](seed))) for function in (answer, right)] for seed in range(count)]
    except Exception:  # the answer stops
        return False
    return all(_close(*pair) for pair in pairs)


def _close(one: object, other: object) -> bool:
    if isinstance(other, str):
        return one == other
    if one is None or isinstance(one, str | tuple | list | dict) or callable(one):
        return False
    one, other = (torch.as_tensor(value).detach() for value in (one, other))
    if other.dtype == torch.uint8:
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
    rtol = 1e-6 if not other.is_floating_point() else 1e-3
    return one.shape == other.shape and torch.allclose(
        one.double(), other.double(), rtol=rtol, atol=rtol * other.abs().max().item()
    )
