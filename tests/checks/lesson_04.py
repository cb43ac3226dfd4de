from types import SimpleNamespace

import torch

from nst_lessons.checks import lesson_04
from tests.checks import Case, puzzles


def _run(*losses):
    """A run's steps, from (content, style) of each."""
    return [SimpleNamespace(content=content, style=style) for content, style in losses]


RUN = _run((0.0, 0.7), (0.3, 0.2), (0.4, 0.1))


def _loss_stub(content, style_by_layer, alpha, beta):
    """The total."""
    ...


def _loop_stub(image, loss_of, steps):
    """The picture."""
    ...


def _beta_stub(beta, k):
    """The weight."""
    ...


def _loop(copy=True, backward=True, steps=True, detach=True, clear=True, optimizer=None):
    """A reader's loop, with one thing or another forgotten."""

    def minimise(image, loss_of, count):
        canvas = (image.clone() if copy else image).requires_grad_(True)
        chosen = optimizer([canvas]) if optimizer else torch.optim.LBFGS([canvas], max_iter=5)

        def closure():
            if clear:
                chosen.zero_grad()
            loss = loss_of(canvas)
            if backward:
                loss.backward()
            return loss

        for _ in range(count if steps else 1):
            chosen.step(closure)
        return canvas.detach() if detach else canvas

    return minimise


def _in_one_call(image, loss_of, steps):
    canvas = torch.nn.Parameter(image.detach().clone())
    optimizer = torch.optim.LBFGS([canvas], max_iter=6 * steps, line_search_fn="strong_wolfe")

    def closure():
        canvas.grad = None
        loss_of(canvas).backward()
        return loss_of(canvas)

    optimizer.step(closure)
    return canvas.data


CASES = {
    "total_loss": Case(
        right=[
            lambda c, s, alpha, beta: alpha * c + beta * torch.stack(s).mean(),
            lambda c, s, alpha, beta: c * alpha + sum(beta * one / len(s) for one in s),
        ],
        wrong=[
            (lambda c, s, a, b: a * c + b * torch.stack(s).sum(), "take their mean"),
            (lambda c, s, a, b: b * c + a * torch.stack(s).mean(), "alpha goes with the content"),
            (lambda c, s, a, b: a * c, "style term"),
            (lambda c, s, a, b: torch.stack(s).mean() + c, "weights are missing"),
            (lambda c, s, a, b: float(c) * a + sum(b * float(one) / len(s) for one in s), "no gradient flows"),
            (lambda c, s, a, b: print(end=""), "returns nothing"),
        ],
        stub=_loss_stub,
        crashing=lambda c, s, a, b: a * c + b * s,
    ),
    "loop": Case(
        right=[_loop(), _in_one_call],
        wrong=[
            (_loop(copy=False), "changed its input"),
            (_loop(backward=False), "did not move"),
            (_loop(detach=False), "still has its graph"),
            (_loop(steps=False, optimizer=lambda p: torch.optim.LBFGS(p, max_iter=3)), "makes no difference"),
            (_loop(optimizer=lambda p: torch.optim.LBFGS(p, lr=1e-4)), "too slowly"),
            (_loop(optimizer=lambda p: torch.optim.SGD(p, lr=0.01)), "that is SGD"),
            (_loop(clear=False), "old gradients"),
            (lambda image, loss_of, steps: image, "never called"),
        ],
        stub=_loop_stub,
        crashing=lambda image, loss_of, steps: loss_of(image.reshape(7, 7)),
    ),
    "curves": Case(
        right=[("content", RUN), ("Content", RUN), ("style", _run((0.4, 0.1), (0.1, 0.2)))],
        wrong=[
            (("style", RUN), "orange"),
            (("both", RUN), "weighted sum would rise"),
            (("none", RUN), "left end"),
            ((3, RUN), "none of the choices"),
            (("content", _run((0.4, 0.7), (0.1, 0.2))), "in your run it came out 'none'"),
            (("content", 0.4), "not what was measured"),
        ],
        stub=...,
        crashing=None,
    ),
    "rescaled_beta": Case(
        right=[lambda beta, k: beta / (k * k), lambda beta, k: beta * k**-4 * k**2],
        wrong=[
            (lambda beta, k: beta / k**4, "only the rest"),
            (lambda beta, k: beta * k**2, "wrong way round"),
            (lambda beta, k: beta / k, "count the powers"),
            (lambda beta, k: beta, "beta must change"),
        ],
        stub=_beta_stub,
        crashing=lambda beta, k: beta / (k - k),
    ),
}
CASES |= puzzles.cases(lesson_04)
