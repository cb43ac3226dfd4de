"""The exercises of 03_style."""

from collections.abc import Callable
from functools import partial

import torch

from nst_lessons.checks import cases, guesses, puzzles_to_04
from nst_lessons.checks.cases import relative, uniform
from nst_lessons.checks.examine import EqualTo, OneOf, SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.probes import below, grows
from nst_lessons.checks.question import Question, Wrong
from nst_lessons.checks.trial import NOTHING_FITS, check_function, run
from nst_lessons.checks.values import as_tensor, brief

gram = Question(
    SameAs(
        cases.gram,
        [
            (torch.tensor([[[1.0, 0.0, 2.0]], [[0.0, 3.0, 1.0]]]),),
            *((uniform(*sizes, seed=sum(sizes)),) for sizes in ((3, 5, 7), (7, 2, 5), (5, 11, 3))),
        ],
        {
            "`reshape` to rows of C numbers cuts each channel into pieces: flatten the last two axes, which keeps one row per "
            "channel.": cases.of_pieces,
            **cases.GRAM_MISTAKES,
        },
        axes=("CHW",),
        gradient=("features",),
        never=("gram_matrix",),
        wants="a matrix (C, C)",
    ),
    hints=[
        "G_ij compares channel i with channel j. Over which axes of (C, H, W) do you sum, so that they disappear?",
        "Turn the features into a matrix F with one row per channel and one column per position. Multiply F by its transpose, "
        "in the order that gives C x C, and divide by the number of values.",
        "`F = features.____(1)`, and then `return F @ ____ / features.____()`",
    ],
    code="""
    def gram(features):
        F = features.flatten(1)  # (C, H*W)
        return F @ F.T / features.numel()
    """,
    why="Row i of F is channel i at all positions, so (F Fᵀ)_ij sums F_i F_j over the positions. Where they were is lost.",
)

by_hand = Question(
    EqualTo(
        [[0.75, 0.25], [0.25, 1.25]],
        {
            "these are the sums: now divide them by C*H*W.": [[6, 2], [2, 10]],
            "you divide by H*W only: divide by C*H*W, which is 8 here.": [[1.5, 0.5], [0.5, 2.5]],
            "you divide by C only: divide by C*H*W, which is 8 here.": [[3, 1], [1, 5]],
            "you add the values and then multiply: multiply position by position first, then add.": [[2, 2], [2, 2]],
            "multiply position by position before you add, and divide once.": [[16, 16], [16, 16]],
            "the diagonal is right. The other entries multiply two different channels, and that sum is not 0 here.": [
                [0.75, 0],
                [0, 1.25],
            ],
            "the diagonal multiplies a channel by ITSELF: square its values before you add them.": [
                [0.5, 0.25],
                [0.25, 0.5],
            ],
            "you swap G11 and G22: G11 belongs to channel 1, and G22 to channel 2.": [[1.25, 0.25], [0.25, 0.75]],
            "the four numbers are in the wrong places: G11 and G22 are on the diagonal.": [[0.25, 0.75], [1.25, 0.25]],
            "that is a product of the two small matrices, row by column. Multiply position by position, then add.": [
                [0, 3 / 8],
                [1 / 8, 6 / 8],
            ],
        },
        least=0,
        most=16,
        outside="no value is negative, so no sum is negative, and the largest sum is 10.",
    ),
    hints=[
        "G12 says how often channel 1 and channel 2 fire at the same place. What do you do with the two numbers of a place?",
        "For each of G11, G12 and G22, multiply the two channels position by position. Add the four products, and divide by "
        "C*H*W. G21 equals G12.",
        "Channel 1 is 1 0 2 1 and channel 2 is 0 3 1 0, so G12 = (1*0 + 0*3 + ____ + ____) / ____.",
    ],
    code="my_G = [[6 / 8, 2 / 8], [2 / 8, 10 / 8]]",
    why="The diagonal says how strong each channel is; the other entries say how often two channels fire at the same place.",
)


def _style_loss(G: torch.Tensor, A: torch.Tensor) -> torch.Tensor:
    return relative(G, A)


def _matrices(size: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    left, right = uniform(2, size, size, seed=seed)
    return left + left.T, 2 * (right + right.T)


style_loss = Question(
    SameAs(
        _style_loss,
        [(torch.tensor([[2.0, 1.0], [1.0, 3.0]]), torch.tensor([[4.0, 2.0], [2.0, 1.0]])), _matrices(3, 0), _matrices(7, 1)],
        {
            **cases.relative_mistakes("G", "A"),
            "`@` multiplies matrices: square each entry instead.": lambda G, A: ((G - A) @ (G - A)).sum() / (A @ A).sum(),
            "you use the diagonal only: all entries of the matrices count.": lambda G, A: relative(G.diag(), A.diag()),
        },
        axes=("CC", "CC"),
        gradient=("G",),
        never=("style_loss", "content_loss"),
        also=[below("G", "A"), grows("G", "A", 4)],
        wants="one number, 0 if G equals A",
    ),
    hints=[
        "Which number is 0 when the two matrices agree, and does not depend on how strong a layer's activations are?",
        "Two sums over all entries. In the numerator, the squares of the differences; in the denominator, those of A. Divide.",
        "`return (G - A).____.sum() / ____`",
    ],
    code="""
    def style_loss(G, A):
        return (G - A).square().sum() / A.square().sum()
    """,
    why="0 means the same statistics. The division by A's sum of squares makes layers comparable, however strong they are.",
)

shuffle = Guess(
    OneOf(
        "same",
        {
            "different": "the sum runs over all positions k, and a sum does not depend on the order of its terms. What did the "
            "cell print as the style loss?",
            "zero": "shuffling moves the values, but none is lost: each product F_ik F_jk is still there, at another k.",
            "transposed": "channels i and j keep their places; only the positions k are shuffled.",
        },
    ),
    hints=[
        "G_ij is a sum over positions k. What happens to a sum if its terms come in another order?",
        "All channels are shuffled in the same way, so F_ik and F_jk still meet. Check the formula: does G use anything else?",
        "G_ij sums F_ik F_jk over all ____. The shuffle changes the ____ of the terms, but not the terms.",
    ],
    code='my_guess = "same"',
    why="The sum over positions forgets their order. That is why a texture may put its strokes anywhere.",
)


_ABOVE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {  # {what is wrong: function of the difference D}
    "": lambda D: D.square().sum(),
    "square the differences instead of taking absolute values": lambda D: D.abs().sum(),
    "leave out the root of the sum of squares, which `norm()` takes": lambda D: D.norm(),
    "sum all squares instead of taking the largest": lambda D: D.square().max(),
    "square the differences, or they cancel": lambda D: D.sum(),
    "square the differences before you sum, or they cancel": lambda D: D.sum().abs(),
    "use all entries, not just the diagonal": lambda D: D.diag().square().sum(),
}
_BELOW: dict[str, Callable[[torch.Tensor], torch.Tensor | float]] = {  # {what is wrong: function of the painter's matrix A}
    "": lambda A: A.square().sum(),
    "divide by that painter's own sum of squares (undivided, or divided by that of G, a painter with small numbers "
    "wins)": lambda A: 1.0,
    "divide by the sum of the painter's squares, not of the absolute values": lambda A: A.abs().sum(),
    "divide by the sum of the painter's squares; `norm()` is its square root": lambda A: A.norm(),
    "divide by the sum of the painter's squares, not by the largest": lambda A: A.square().max(),
    "divide by the painter's sum of squares, don't multiply": lambda A: 1 / A.square().sum(),
}
_OTHERWISE: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "you compare only directions (a cosine), but the strength counts too: use the style loss": lambda G, A: (
        -((G * A).sum() / (G.norm() * A.norm()))
    ),
    "you divide entry by entry: divide one sum by the other": lambda G, A: ((G - A) / A).square().sum(),
    "you compare only the strength of two matrices: compare them entry by entry": lambda G, A: (G.norm() - A.norm()).abs(),
    "you compare only the strength of the painters: compare each with G": lambda G, A: A.square().sum(),
    "take the difference of the two matrices, not their sum": lambda G, A: relative(-G, A),
    "divide by the painter's sum of squares, don't subtract it": lambda G, A: (G - A).square().sum() - A.square().sum(),
}
_FARNESS = _OTHERWISE | {
    "; ".join(filter(None, (above, below))): lambda G, A, over=over, under=under: over(G - A) / under(A)
    for above, over in _ABOVE.items()
    for below, under in _BELOW.items()
}


def _nearest(G: torch.Tensor, painters: dict[str, torch.Tensor], far: Callable = relative) -> str:
    return min(painters, key=lambda name: far(G, painters[name]).item())


def _gallery(seed: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return a matrix and four painters of different strength, whose order depends on the seed."""
    strengths = [0.5 + 2 * one for one in uniform(5, seed=seed + 500).tolist()]
    *matrices, G = (k * uniform(4, 4, seed=10 * seed + index) for index, k in enumerate(strengths))
    names = ["Hokusai", "Klee", "Monet", "Seurat"] if seed % 3 else ["Goya", "Kahlo", "Monet", "Turner"]
    return G, {names[(seed + index) % 4]: matrix for index, matrix in enumerate(matrices)}


_GALLERIES = [_gallery(seed) for seed in range(24)]


def _examine_who(function: Callable) -> None:
    names = ["G", "painters"]
    check_function(function, names)
    right = [_nearest(*case) for case in _GALLERIES]
    answers = [run(function, case, names) for case in _GALLERIES]
    for answer, (_, painters) in zip(answers, _GALLERIES, strict=True):
        if answer is None or answer is ...:
            raise Wrong("your function returns nothing: does it end with `return`?")
        if isinstance(answer, int | float) or as_tensor(answer) is not None:
            raise Wrong("that is a number: return the NAME of the painter, the key of the dictionary.")
        if not isinstance(answer, str):
            raise Wrong(f"return one name, the key of the dictionary; your function returns {brief(answer)}.")
        if answer not in painters:
            raise Wrong(f"{answer!r} is none of the names in `painters`, which are {', '.join(painters)} here.")
    if answers == right:
        return
    if answers == [_nearest(*case, far=lambda G, A: -relative(G, A)) for case in _GALLERIES]:
        raise Wrong("that is the painter who is farthest away: take the smallest loss.")
    if len(set(answers)) == 1:
        raise Wrong(f"your function always returns {answers[0]!r}: compare G with each painter's matrix.")
    for place, said in ((0, "first"), (-1, "last")):
        if answers == [list(painters)[place] for _, painters in _GALLERIES]:
            raise Wrong(f"that is always the {said} name in the dictionary: go through all of them, and keep the nearest.")
    for message, far in _FARNESS.items():
        if answers == [_nearest(*case, far=far) for case in _GALLERIES]:
            raise Wrong(f"{message}.")
        if answers == [_nearest(*case, far=lambda G, A, far=far: -far(G, A)) for case in _GALLERIES]:
            raise Wrong(f"take the SMALLEST loss, not the largest. And {message}.")
    for name, matrix in _GALLERIES[0][1].items():
        if (said := run(function, (matrix, _GALLERIES[0][1]), names)) != name:
            raise Wrong(
                f"if G is {name}'s own matrix, the loss is 0 and {name} is the nearest; your function returns {said!r}."
            )
    count = sum(answer == name for answer, name in zip(answers, right, strict=True))
    raise Wrong(
        f"{NOTHING_FITS} Your function finds the nearest painter in {count} of {len(right)} galleries. Compute the style loss "
        "of G against each painter's matrix, and return the name with the smallest."
    )


who_painted = Question(
    _examine_who,
    hints=[
        "Which number says how far G is from one painter? And what do you do with one such number for each painter?",
        "Go through the names in `painters`. Compute the style loss of G against each matrix, and keep the name with the "
        "smallest. Python's `min` has a `key` for this.",
        "`return min(painters, key=lambda name: ____)`; put the style loss of G against `painters[name]` into the gap.",
    ],
    code="""
    def who_painted(G, painters):
        return min(painters, key=lambda name: ((G - painters[name]).square().sum() / painters[name].square().sum()).item())
    """,
    why="Two paintings by one hand have similar Gram matrices, though they show different things: the matrix is a fingerprint.",
)

partner = guesses.partner
smallest = guesses.smallest
more_layers = guesses.more_layers
style_order = puzzles_to_04.style_order
texture_order = puzzles_to_04.texture_order
diagonal = guesses.diagonal
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
