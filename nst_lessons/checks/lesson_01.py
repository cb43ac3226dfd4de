"""The exercises of 01_what_a_network_sees."""

from collections.abc import Callable, Sequence

import torch

from nst_lessons.checks.question import Question, Wrong, equal_to, same_as

shape = Question(
    equal_to(
        [512, 20, 30],
        [
            ("that is where the block ends: relu4_1 stands before pool4, so three poolings have gone by.", [512, 10, 15]),
            ("height and width are exchanged: in a tensor the height comes first.", [512, 30, 20]),
            ("the channels come first: (C, H, W).", [20, 30, 512]),
            ("the number of channels doubles once more after relu3_1.", [256, 20, 30]),
            ("the convolutions keep the size, but each of the three poolings before relu4_1 halves it.", [512, 160, 240]),
            ("relu4_1 stands behind pool1, pool2 and pool3: three halvings, not two.", [512, 40, 60]),
        ],
    ),
    hints=[
        "How many poolings stand before relu4_1? Each halves height and width.",
        "pool1, pool2 and pool3 make 160 / 8 and 240 / 8. The channels of the five blocks are 64, 128, 256, 512, 512.",
    ],
    code="my_shape = (512, 20, 30)",
    why="each pooling halves height and width, and the channels grow: fewer places, more said about each of them.",
)


def _receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size


def _without_jump(layers: Sequence[tuple[int, int]]) -> int:
    return 1 + sum(kernel - 1 for kernel, _ in layers)


def _jump_too_early(layers: Sequence[tuple[int, int]]) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


def _whole_kernels(layers: Sequence[tuple[int, int]]) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        size += kernel * jump
        jump *= stride
    return size


_CONV, _POOL = (3, 1), (2, 2)
_STACKS = [
    [_CONV],
    [_CONV, _CONV, _POOL, _CONV],
    [_CONV, _CONV, _POOL, _CONV, _CONV, _POOL, _CONV],
    [(7, 2), (3, 2), (5, 1)],
]

receptive_field = Question(
    same_as(
        _receptive_field,
        [(stack,) for stack in _STACKS],
        [
            ("a layer behind a pooling reaches further: its steps are `jump` pixels of the input long.", _without_jump),
            ("`jump` is multiplied too early: a layer's own stride counts for the layers behind it.", _jump_too_early),
            ("you start from 1 pixel, and a kernel of 3 adds 2 steps to it, not 3.", _whole_kernels),
            ("you have left out the 1 pixel to start from.", lambda layers: _receptive_field(layers) - 1),
            (
                "that is the jump, the distance of neighbouring values; wanted is how wide one value sees.",
                lambda layers: torch.tensor([stride for _, stride in layers]).prod(),
            ),
        ],
    ),
    hints=[
        "Go through the layers with two numbers: how wide one value sees (1 at first), and the jump, how many pixels of the "
        "input lie between neighbours (1 at first).",
        "Each layer: `size += (kernel - 1) * jump`, and after that `jump *= stride`.",
    ],
    code="""
    def receptive_field(layers):
        size, jump = 1, 1
        for kernel, stride in layers:
            size += (kernel - 1) * jump
            jump *= stride
        return size
    """,
    why="a kernel of 3 adds two neighbours, and behind a pooling the neighbours are twice as far apart.",
)


def _climb(u: torch.Tensor, score_of: Callable, step: float) -> torch.Tensor:
    gradient = _gradient(u, score_of)
    return u + step * gradient / gradient.square().mean().sqrt()


def _gradient(u: torch.Tensor, score_of: Callable) -> torch.Tensor:
    u = u.detach().clone().requires_grad_()
    return torch.autograd.grad(score_of(u), u)[0]


def _hill(u: torch.Tensor) -> torch.Tensor:
    return (u.sin() * torch.linspace(0.2, 3, u.shape[-1])).sum()


def _bowl(u: torch.Tensor) -> torch.Tensor:
    return -40 * (u - 0.7).square().mean() + u.mean()


def _start(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


climb = Question(
    same_as(
        _climb,
        [(_start(1, 3, 6, 7), _hill, 0.1), (_start(2, 3, 5, 5), _bowl, 0.5)],
        [
            (
                "you walk downhill: to make the score larger, ADD the gradient.",
                lambda u, s, step: 2 * u - _climb(u, s, step),
            ),
            (
                "the gradient is not yet divided by its root mean square: as it is, the length of a step depends on the layer.",
                lambda u, s, step: u + step * _gradient(u, s),
            ),
            (
                "you have divided by the norm, the root of the SUM of squares: the steps of a large picture would be tiny. "
                "Take the root of the mean.",
                lambda u, s, step: u + step * _gradient(u, s) / _gradient(u, s).norm(),
            ),
            (
                "only the sign is left of your gradient: divide all of it by one number, its root mean square.",
                lambda u, s, step: u + step * _gradient(u, s).sign(),
            ),
            (
                "you have divided by the mean square: its root is missing.",
                lambda u, s, step: u + step * _gradient(u, s) / _gradient(u, s).square().mean(),
            ),
            (
                "that is the step alone: add it to u.",
                lambda u, s, step: _climb(u, s, step) - u,
            ),
        ],
    ),
    hints=[
        "Switch the gradient on for a copy of u, compute the score, and ask `torch.autograd.grad` for its slope in u.",
        "`gradient, = torch.autograd.grad(score_of(u), u)`; then add `step * gradient / gradient.square().mean().sqrt()`.",
    ],
    code="""
    def climb(u, score_of, step):
        u = u.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(score_of(u), u)
        return (u + step * gradient / gradient.square().mean().sqrt()).detach()
    """,
    why="the slope of the score tells each pixel in which direction it excites the channel more. The network stays as it is.",
)

_TIE = 0.03  # layers nearer than this in the measurement count as equal: six eyes allow no finer ruler

_NUDGE = {
    "edge": "How many pixels does it take to see an edge?",
    "eye": "What does an eye consist of, and how many pixels wide is it?",
}


def _examine_depth(edge: str, eye: str, measured: dict[str, dict[str, float]]) -> None:
    """The guessed layers against what was measured: {"edge": {layer: score}, "eye": {layer: score}}."""
    for concept, guess in (("edge", edge), ("eye", eye)):
        scores = measured[concept]
        if guess not in scores:
            raise Wrong(f"{guess!r} is none of the layers: {', '.join(scores)}.")
        best = max(scores, key=scores.get)
        if scores[guess] >= scores[best] - _TIE:
            continue
        names = list(scores)
        side = "deeper" if names.index(best) > names.index(guess) else "shallower"
        raise Wrong(
            f"for {concept!r} the best layer in the measurement lies {side}: {guess} reached {scores[guess]:.2f}. "
            + _NUDGE[concept]
        )


depth = Question(
    _examine_depth,
    hints=[
        "An edge is visible in 3 x 3 pixels, an eye in some 20 x 20. Which layers see that far?",
        "Compare both with the receptive fields: 3, 10, 24, 68 and 156 pixels.",
    ],
    code='my_edge, my_eye = "relu1_1", "relu4_1"',
    why="one channel of an early layer is an edge detector; for an eye, parts must come together first. The measurement had "
    "the last word, and it tells what one channel alone says, not what the layer as a whole could tell.",
)
