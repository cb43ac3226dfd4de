import torch

from nst_lessons.checks import lesson_01
from tests.checks import Case, puzzles

MEASURED = {
    "edge": {"relu1_1": 0.98, "relu2_1": 0.97, "relu3_1": 0.87, "relu4_1": 0.77, "relu5_1": 0.6},
    "eye": {"relu1_1": 0.75, "relu2_1": 0.73, "relu3_1": 0.86, "relu4_1": 0.99, "relu5_1": 0.98},
}


def _field_stub(layers):
    """How many pixels wide one value sees."""
    ...


def _backwards(layers):
    size = 1
    for kernel, stride in reversed(layers):
        size = size * stride + kernel - stride
    return size


def _forwards(layers):
    first, last, jump = 0, 0, 1  # the pixels at both ends, the second as a distance from the first
    for kernel, stride in layers:
        last += jump * (kernel - 1)
        jump = jump * stride
    return torch.tensor(last - first + 1)


def _early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


def _three_each(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += kernel * jump
        jump *= stride
    return size


def _climb_stub(u, score_of, step):
    """One step uphill."""
    ...


def _grad(u, score_of):
    u = u.clone().requires_grad_()
    score_of(u).backward()
    return u.grad


def _by_backward(u, score_of, step):
    g = _grad(u, score_of)
    return u + step * g / (g**2).mean() ** 0.5


def _by_std(u, score_of, step):
    u = u.requires_grad_()
    (g,) = torch.autograd.grad(score_of(u), u)
    return u + step * g * g.numel() ** 0.5 / g.norm()


CASES = {
    "shape": Case(
        right=[(torch.tensor([512, 20, 30]),), [512.0, 20.0, 30.0]],
        wrong=[
            ([512, 10, 15], "before pool4"),
            ([512, 30, 20], "swapped"),
            ([20, 30, 512], "channels come first"),
            ([256, 20, 30], "doubles once more"),
            ([512, 160, 240], "keep the size"),
            ([512, 40, 60], "does not give 40"),
            ([512, 80, 120], "halving 160 three times"),
            ([1, 2, 3], "how many channels block 4 has"),
            ([20, 30], "yours have shape (2,)"),
        ],
        stub=...,
        crashing=None,
    ),
    "receptive_field": Case(
        right=[_backwards, _forwards],
        wrong=[
            (lambda layers: sum(kernel - 1 for kernel, _ in layers) + 1, "reaches further"),
            (_early, "too early"),
            (_three_each, "adds 2 steps"),
            (lambda layers: _backwards(layers) - 1, "1 pixel that you start from"),
            (lambda layers: 2 ** sum(stride == 2 for _, stride in layers), "is the jump"),
            (lambda layers: len(layers), "number of layers"),
            (lambda layers: f"{_backwards(layers)} pixels", "returns the text"),
        ],
        stub=_field_stub,
        crashing=lambda layers: layers[99],
    ),
    "climb": Case(
        right=[_by_backward, _by_std],
        wrong=[
            (lambda u, s, step: u - step * _grad(u, s) / _grad(u, s).square().mean().sqrt(), "downhill"),
            (lambda u, s, step: u + step * _grad(u, s), "is not divided by its root"),
            (lambda u, s, step: u + step * _grad(u, s) / _grad(u, s).norm(), "by the norm"),
            (lambda u, s, step: u + step * _grad(u, s).sign(), "only the sign"),
            (lambda u, s, step: u + step * _grad(u, s) / _grad(u, s).square().mean(), "root is missing"),
            (lambda u, s, step: _by_backward(u, s, step) - u, "only the step"),
            (lambda u, s, step: u[0], "axis is missing"),
        ],
        stub=_climb_stub,
        crashing=lambda u, s, step: torch.autograd.grad(s(u), u),
    ),
    "depth": Case(
        right=[("relu1_1", "relu4_1", MEASURED), ("relu2_1", "relu5_1", MEASURED)],
        wrong=[
            (("relu5_1", "relu4_1", MEASURED), "best for 'edge' is shallower"),
            (("relu1_1", "relu1_1", MEASURED), "best for 'eye' is deeper"),
            (("relu1_1", "relu3_1", MEASURED), "relu3_1 reached only 0.86"),
            (("conv9", "relu3_1", MEASURED), "none of the choices"),
        ],
        stub=(..., ..., MEASURED),
        crashing=None,
    ),
}
CASES |= puzzles.cases(lesson_01)
