"""Answers in lesson 04."""

import math

import numpy as np
import torch

from tests.checks.lesson_04 import RUN


def _loop_over(c, s, alpha, beta):
    total = alpha * c
    for one in s:
        total = total + beta * one / len(s)
    return total


def _popping(c, s, alpha, beta):
    count, total = len(s), 0
    while s:
        total = total + s.pop()
    return alpha * c + beta * total / count


def _content_in_place(c, s, alpha, beta):
    c *= alpha
    return c + beta * sum(s) / len(s)


def _summed_into_first(c, s, alpha, beta):
    total = s[0]
    for one in s[1:]:
        total += one
    return alpha * c + beta * total / len(s)


RIGHT = {
    "04.total_loss": [
        _loop_over,
        lambda c, s, alpha, beta: alpha * c + beta * torch.stack(s).mean(),
        lambda c, s, alpha, beta: torch.stack([alpha * c, *(beta * one / len(s) for one in s)]).sum(),
        lambda c, s, alpha, beta: c * alpha + sum(s) * beta / len(s),
        lambda c, s, alpha, beta: alpha * c + beta * (sum(s) / len(s)),
        lambda c, s, alpha, beta: torch.add(alpha * c, torch.stack(list(s)).mean(), alpha=beta),
    ],
    "04.curves": [("Content", RUN), ("the content", RUN)],
    "04.rescaled_beta": [
        lambda beta, k: beta / k**2,
        lambda beta, k: beta * k**-2,
        lambda beta, k: np.float64(beta) / np.square(k),
        lambda beta, k: beta / k / k,
        lambda beta, k: torch.tensor(beta / (k * k)),
    ],
}

WRONG = {
    "04.total_loss": {
        "overwritten": [_popping, _content_in_place, _summed_into_first],
        "gradient": [
            lambda c, s, a, b: a * float(c) + b * np.mean([float(one) for one in s]),
            lambda c, s, a, b: a * c.item() + b * sum(s) / len(s),
            lambda c, s, a, b: a * c + b * torch.tensor(s).mean(),
            lambda c, s, a, b: a * c + b * sum(one.item() for one in s) / len(s),
            lambda c, s, a, b: a * c + b * (sum(s[:-1]) + s[-1].detach()) / len(s),
            lambda c, s, a, b: a * c + b * np.mean(torch.stack(s).numpy()),
        ],
        "formula": [
            lambda c, s, a, b: a * c + b * sum(s),
            lambda c, s, a, b: b * c + a * sum(s) / len(s),
            lambda c, s, a, b: a * c + b * s[0],
            lambda c, s, a, b: a * c + b * s[-1],
            lambda c, s, a, b: a * c + b * max(s),
            lambda c, s, a, b: a * c + b * sum(s) / 5,
            lambda c, s, a, b: c + sum(s),
            lambda c, s, a, b: (c + sum(s)) / (len(s) + 1),
            lambda c, s, a, b: a + c + b + sum(s),
            lambda c, s, a, b: a * c * b * sum(s) / len(s),
            lambda c, s, a, b: c / a + sum(s) / len(s) / b,
            lambda c, s, a, b: a * c + b * sum(one**2 for one in s) / len(s),
            lambda c, s, a, b: a * c + b * math.prod(s),
            lambda c, s, a, b: a * c + b * sum(s) * len(s),
            lambda c, s, a, b: a / b * c + sum(s) / len(s),
            lambda c, s, a, b: sum(a * c + b * one for one in s),
            lambda c, s, a, b: [a * c + b * one for one in s],
            lambda c, s, a, b: a * c - b * sum(s) / len(s),
            lambda c, s, a, b: a**2 * c + b**2 * sum(s) / len(s),
        ],
        "precedence": [
            lambda c, s, a, b: (a * c + b * sum(s)) / len(s),
            lambda c, s, a, b: a * (c + b * sum(s) / len(s)),
            lambda c, s, a, b: (a * c + b) * sum(s) / len(s),
        ],
        "torch's words": [
            lambda c, s, a, b: a * c + b * s,
            lambda c, s, a, b: a * c + b * s.mean(),
            lambda c, s, a, b: a * c + b * torch.mean(s),
            lambda c, s, a, b: alpha * c,  # noqa: F821
            lambda c, s, a, b: (a * c)(b),
        ],
        "container": [lambda c, s, a, b: (a * c, b * sum(s) / len(s)), lambda c, s, a, b: print(end="")],
    },
    "04.rescaled_beta": {
        "formula": [
            *(lambda b, k: b * k, lambda b, k: b / k, lambda b, k: b / k**4, lambda b, k: b * k**2, lambda b, k: b / k**3),
            *(lambda b, k: b, lambda b, k: 1 / k**2, lambda b, k: k**2, lambda b, k: b - k, lambda b, k: b / math.sqrt(k)),
            *(
                lambda b, k: b / 58**2,
                lambda b, k: b**2 / k**2,
                lambda b, k: b / (1 + k**2),
                lambda b, k: k / b,
                lambda b, k: k**2 / b,
            ),
            *(
                lambda b, k: b / k**2 / 2,
                lambda b, k: math.log(b) / k**2,
                lambda b, k: b ** (1 / k),
                lambda b, k: round(b / k**2),
            ),
        ],
        "precedence": [
            lambda b, k: b / k * 2,
            lambda b, k: b / k * k,
            lambda b, k: (b / k) ** 2,
            lambda b, k: b / 2 * k,
            lambda b, k: b / (2 * k),
        ],
        "torch's words": [lambda b, k: b / k.square(), lambda b, k: b / (k - k), lambda b, k: beta / k**2],  # noqa: F821
        "container": [lambda b, k: (b, k), lambda b, k: f"{b / k**2}", 10 / 58**2],
    },
}
