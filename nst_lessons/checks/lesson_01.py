"""The exercises of 01_what_a_network_sees."""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

from nst_lessons.checks import guesses, puzzles_to_04
from nst_lessons.checks.ascent import examine_climb
from nst_lessons.checks.examine import SameAs, numbers_of
from nst_lessons.checks.guesses import LAYERS
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.measured import examine_depth
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question, Wrong
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike, as_tensor, from_text

_CHANNELS = {
    256: "the number of channels doubles once more after relu3_1.",
    128: "block 2 has 128 channels, but relu4_1 is in block 4.",
    64: "block 1 has 64 channels, but relu4_1 is in block 4.",
    3: "the photo itself has 3 channels; the text says how many each block has.",
}


def _examine_shape(answer: object) -> None:
    given = as_tensor(from_text(answer))
    if given is not None and given.shape == (4,) and given[0] == 1:
        raise Wrong("leave out the 1 for the batch: (C, H, W).")
    channels, height, width = (round(one, 3) for one in numbers_of(answer, (3,)).tolist())
    if (channels, height, width) == (512, 20, 30):
        return
    if (channels, height, width) == (512, 30, 20):
        raise Wrong("height and width are swapped: in a tensor the height comes first.")
    if sorted((channels, height, width)) == [20, 30, 512]:
        raise Wrong("the channels come first: (C, H, W).")
    if channels != 512:
        raise Wrong("the channels: " + _CHANNELS.get(channels, "the text says how many channels block 4 has."))
    if (height, width) == (10, 15):
        raise Wrong("that is the size at the end of the block: relu4_1 comes before pool4, after three poolings only.")
    if (height, width) == (160, 240):
        raise Wrong("the convolutions keep the size, but each of the three poolings before relu4_1 halves it.")
    side, said, full = (height, "height", 160) if height != 20 else (width, "width", 240)
    raise Wrong(
        f"the {said}: halving {full} three times does not give {side:g}. relu4_1 comes after pool1, pool2 and pool3, and each "
        "of them halves it."
    )


shape = Question(
    _examine_shape,
    hints=[
        "Which poolings come before relu4_1, and what does one pooling do to height and width?",
        "Three numbers (C, H, W). Read the channels of block 4 from the text. Then halve 160 and 240, once for each pooling "
        "before block 4.",
        "my_shape = (____, 160 / 2**____, 240 / 2**____), as whole numbers.",
    ],
    code="my_shape = (512, 20, 30)",
    why="Each pooling halves height and width, and the number of channels grows: fewer places, more numbers for each of them.",
)


def _receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size


def _jumps(layers: Sequence[tuple[int, int]]) -> list[int]:
    """Return the jump before each layer."""
    return [prod(stride for _, stride in layers[:index]) for index in range(len(layers))]


def _sum(layers: Sequence[tuple[int, int]], added: Callable[[int, int, int], int], start: int = 1) -> int:
    """Return `start` plus the sum of added(kernel, stride, jump) over the layers."""
    return start + sum(added(*layer, jump) for layer, jump in zip(layers, _jumps(layers), strict=True))


def _adding_strides(layers: Sequence[tuple[int, int]]) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump += stride
    return size


_CONV, _POOL = (3, 1), (2, 2)
_STACKS = [
    [_CONV],
    [_CONV, _CONV, _POOL, _CONV],
    [_CONV, _CONV, _POOL, _CONV, _CONV, _POOL, _CONV],
    [(7, 2), (3, 3), (5, 1), (3, 2)],
]


def _first_stack(tried: Tried) -> str | None:
    """Say where to start if even the simplest network is wrong."""
    if alike(tried.found[0], tried.expected[0]):
        return None
    first = tried.found[0].item()
    return f"start with one 3 x 3 convolution: the text says how many pixels it sees, but your function returns {first:g}."


receptive_field = Question(
    SameAs(
        _receptive_field,
        [(stack,) for stack in _STACKS],
        {
            "a layer after a pooling reaches further: each of its steps is `jump` input pixels long.": lambda ls: _sum(
                ls, lambda k, s, j: k - 1
            ),
            "you multiply `jump` too early: a layer's own stride counts only for the layers after it.": lambda ls: _sum(
                ls, lambda k, s, j: (k - 1) * j * s
            ),
            "a kernel of 3 adds 2 steps, not 3: its middle is already counted.": lambda ls: _sum(ls, lambda k, s, j: k * j),
            "a kernel of 3 adds 2 steps, not 3, and each of them is `jump` pixels long.": lambda ls: _sum(
                ls, lambda k, s, j: k
            ),
            "you have left out the 1 pixel that you start from.": lambda ls: _receptive_field(ls) - 1,
            "start from 1 pixel, not from more.": lambda ls: _receptive_field(ls) + 1,
            "that is the jump, the distance between neighbouring values: compute how wide one value sees.": lambda ls: prod(
                stride for _, stride in ls
            ),
            "2 to the power of the number of poolings is the jump: compute how wide one value sees.": lambda ls: (
                2 ** sum(stride == 2 for _, stride in ls)
            ),
            "the jump is the PRODUCT of all strides so far: multiply it by each stride, don't add.": _adding_strides,
            "the jump is the product of ALL strides so far, not the stride of one layer.": lambda ls: _sum(
                ls, lambda k, s, j: (k - 1) * s
            ),
            "you start at the last layer: go through the layers from the input on.": lambda ls: _receptive_field(ls[::-1]),
            "kernel and stride are swapped: a pair is (kernel, stride).": lambda ls: _receptive_field(
                [(stride, kernel) for kernel, stride in ls]
            ),
            "don't multiply the kernels: each one adds (its width minus 1) times the jump.": lambda ls: prod(
                kernel for kernel, _ in ls
            ),
            "that is the number of pixels in the field: give its WIDTH, without the square.": lambda ls: (
                _receptive_field(ls) ** 2
            ),
            "that is the number of layers: compute how many pixels wide one value sees.": lambda ls: len(ls),
            "you leave out the last layer: go through all of `layers`.": lambda ls: _receptive_field(ls[:-1]),
            "you leave out the first layer: go through all of `layers`.": lambda ls: _receptive_field(ls[1:]),
            "a kernel adds `kernel - 1` steps on both sides TOGETHER, not on each.": lambda ls: _sum(
                ls, lambda k, s, j: 2 * (k - 1) * j
            ),
            "you count one side only: a kernel adds `kernel - 1` steps on both sides together.": lambda ls: _sum(
                ls, lambda k, s, j: (k - 1) // 2 * j
            ),
        },
        also=[_first_stack],
        wants="one whole number, the width in pixels",
    ),
    hints=[
        "How wide does one value see after one 3 x 3 convolution? After two? And with a pooling between them?",
        "Keep two numbers, both 1 at first: how wide one value sees, and the jump, the distance in pixels between "
        "neighbouring values. Go through the layers; each one changes first the width, then the jump.",
        "In the loop: `size += (____) * jump`, and after that `jump *= ____`.",
    ],
    code="""
    def receptive_field(layers):
        size, jump = 1, 1
        for kernel, stride in layers:
            size += (kernel - 1) * jump
            jump *= stride
        return size
    """,
    why="A kernel of 3 adds two neighbours, and after a pooling the neighbours are twice as far apart.",
)


climb = Question(
    examine_climb,
    hints=[
        "Which direction in u makes the score grow fastest, and how do you ask torch for it?",
        "Three steps. Copy u, and let the copy require a gradient. Compute the gradient of the score. Then add to u: `step` "
        "times the gradient, divided by one number, its root mean square.",
        "`(gradient,) = torch.autograd.grad(____, u)`, and then `u + step * gradient / gradient.square().____.____`.",
    ],
    code="""
    def climb(u, score_of, step):
        u = u.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(score_of(u), u)
        return (u + step * gradient / gradient.square().mean().sqrt()).detach()
    """,
    why="The gradient tells each pixel in which direction it excites the channel more. The network does not change.",
)

depth = Guess(
    examine_depth,
    LAYERS,
    LAYERS,
    hints=[
        "How many pixels must a layer see to know an edge? And an eye?",
        "Compare their sizes with the receptive fields: 3, 10, 24, 68 and 156 pixels. An edge fits into 3 x 3 pixels. An eye "
        "needs some tens of pixels, and its parts must be put together first.",
        "The layer for the edge sees ____ pixels; the layer for the eye is one of those that see more than ____.",
    ],
    code='my_edge, my_eye = "relu1_1", "relu4_1"',
    why="One channel of an early layer detects edges; an eye must be put together from parts. The measurement has the last "
    "word, but it shows only what single channels know, not what the whole layer knows.",
)

moved = guesses.moved
extractor_order = puzzles_to_04.extractor_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
