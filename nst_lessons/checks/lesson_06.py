"""The exercises of 06_break_it."""

from functools import partial

import torch

from nst_lessons.checks import cases, guesses
from nst_lessons.checks.cases import uniform
from nst_lessons.checks.diagnosis import diagnosis
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.prediction import tally
from nst_lessons.checks.question import Question
from nst_lessons.checks.repairs import examine_bounded, examine_bytes, examine_targets

__all__ = ["alpha_for", "bounded", "diagnosis", "gram", "targets", "to_bytes"]


def _gram(features: torch.Tensor) -> torch.Tensor:
    return cases.gram(features)


def _mixed(features: torch.Tensor) -> torch.Tensor:
    flat = features.reshape(features.shape[1], -1)  # (C, B*H*W): the pictures of the batch are mixed
    return (flat @ flat.T / features.numel()).expand(len(features), -1, -1)


gram = Question(
    SameAs(
        _gram,
        [
            (torch.tensor([[[[1.0, 0.0, 2.0]], [[0.0, 3.0, 1.0]]]]),),
            *((uniform(*sizes, seed=sum(sizes)),) for sizes in ((1, 3, 7, 5), (2, 5, 3, 7), (3, 7, 5, 2))),
        ],
        {
            "still the broken one: `reshape` to rows of C numbers cuts each channel into pieces. A row of (H*W, C) should hold "
            "one position's C values: that is a transpose.": cases.of_pieces,
            "still the broken one, with the batch mixed in: `reshape` to rows of C numbers cuts each channel into pieces.": (
                lambda f: (r := f.reshape(-1, f.shape[1])).T @ r / f.numel()
            ),
            "the pictures of the batch are mixed: each of the B pictures has a matrix of its own.": _mixed,
            "the pictures of the batch are added up: each of the B pictures has a matrix of its own.": (
                lambda f: _gram(f).sum(0, keepdim=True)
            ),
            "you have divided by the values of the whole batch: a matrix must not depend on its neighbours.": (
                lambda f: _gram(f) / len(f)
            ),
            "only the first picture of the batch has its matrix: go on for all B.": lambda f: _gram(f[:1]),
            "all pictures of the batch get the matrix of the first: each has its own.": lambda f: _gram(f[:1]).expand(
                len(f), -1, -1
            ),
            **cases.GRAM_MISTAKES,
        },
        axes=("BCHW",),
        gradient=("features",),
        never=("gram_matrix",),
        wants="a matrix for each picture, (B, C, C)",
    ),
    hints=[
        "In `features.reshape(-1, C)`, which numbers end up side by side in a row? Which should?",
        "Leave the axes B and C as they are, and make one axis of the last two: (B, C, H*W). Then multiply each picture's "
        "matrix by its own transpose, and divide by the number of values of one picture.",
        "`F = features.flatten(____)`, and then `return F @ F.____ / features[0].____()`",
    ],
    code="""
    def repaired_gram(features):
        F = features.flatten(2)  # (B, C, H*W)
        return F @ F.mT / features[0].numel()
    """,
    why="flatten keeps a channel's values together; if (H*W, C) is wanted, `transpose` makes it and `reshape` does not.",
)

bounded = Question(
    examine_bounded,
    hints=[
        "What if the optimiser moved something that may be any number, and the pixels were computed from it?",
        "Let L-BFGS move a free u, and make the pixels by a smooth function whose values lie in [0, 1], such as "
        "(1 + sin u) / 2. Choose u at the start so that the first picture is `start`. Measure, and give back, the pixels.",
        "`u = (2 * start.clamp(0.02, 0.98) - 1).____().requires_grad_(True)`; in the closure `loss_of((1 + u.____()) / 2)`; "
        "give back the same, with `.____()`.",
    ],
    code="""
    def bounded_lbfgs(start, loss_of, steps):
        u = (2 * start.clamp(0.02, 0.98) - 1).asin().requires_grad_(True)
        optimizer = torch.optim.LBFGS([u], max_iter=steps, tolerance_grad=0, tolerance_change=0)

        def closure():
            optimizer.zero_grad()
            loss = loss_of((1 + u.sin()) / 2)
            loss.backward()
            return loss

        optimizer.step(closure)
        return (1 + u.sin().detach()) / 2
    """,
    why="what is measured is what is saved, and nobody moves the variables behind the optimiser's back.",
)


targets = Question(
    examine_targets,
    hints=[
        "A target never changes during the run. What must it forget, and what must the features keep?",
        "A new dictionary with the same names. For each name: the Gram matrix of that layer's features, and of that a tensor "
        "with the same numbers and no graph.",
        "`return {name: gram(____).____() for name, F in features.items()}`",
    ],
    code="""
    def targets_of(features):
        return {name: gram(F).detach() for name, F in features.items()}
    """,
    why="A target is a number. With its graph, backward() walks into it a second time, where everything was freed.",
)


to_bytes = Question(
    examine_bytes,
    hints=[
        "What must happen to 1.02, to 0.5 and to -0.1, and in which order do a file's axes stand?",
        "Four things in this order: cut off at 0 and 1, times 255, round, and the axes from (3, H, W) to (H, W, 3), as uint8.",
        "`image[0].____(0, 1).mul(____).____().to(torch.uint8).permute(____)`",
    ],
    code="""
    def to_bytes(image):
        return image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
    """,
    why="Know at each border which range is meant: 0 to 1 in this package, 0 to 255 in a file, mean 0 inside VGG.",
)


def _alpha_for(alpha, draft, final):
    return alpha * draft[0] * draft[1] / (final[0] * final[1])


alpha_for = Question(
    SameAs(
        _alpha_for,
        [(1.0, (2, 3), (4, 9)), (5e-10, (64, 80), (128, 240)), (2.0, (100, 80), (50, 36)), (3.0, (48, 32), (144, 96))],
        {
            "the wrong way round: the larger picture has the larger sum, so its weight must become smaller.": lambda a, d, f: (
                a * f[0] * f[1] / (d[0] * d[1])
            ),
            "you have compared one side: a sum runs over height times width.": lambda a, d, f: a * d[0] / f[0],
            "you have compared the widths: a sum runs over height times width.": lambda a, d, f: a * d[1] / f[1],
            "you have compared the heights, the wrong way round: a sum runs over height times width.": lambda a, d, f: (
                a * f[0] / d[0]
            ),
            "you have compared height plus width: a sum runs over height TIMES width.": lambda a, d, f: a * sum(d) / sum(f),
            "you have compared the longer sides: a sum runs over height times width.": lambda a, d, f: a * max(d) / max(f),
            "you have compared squares of one side: not every picture is square. Height times width.": lambda a, d, f: (
                a * (d[0] / f[0]) ** 2
            ),
            "you have compared squares of the widths: not every picture is square. Height times width.": lambda a, d, f: (
                a * (d[1] / f[1]) ** 2
            ),
            "unchanged: that is the broken one.": lambda a, d, f: a,
            "the content loss has the square in it, but the number of its terms grows with H*W once.": lambda a, d, f: (
                a * (d[0] * d[1] / (f[0] * f[1])) ** 2
            ),
            "the sum grows with height times width itself, not with its root.": lambda a, d, f: (
                a * (d[0] * d[1] / (f[0] * f[1])) ** 0.5
            ),
            "mind the brackets: `/ a * b` divides by a and multiplies by b.": lambda a, d, f: a * d[0] * d[1] / f[0] * f[1],
            "alpha itself is missing: that is the ratio of the two sizes.": lambda a, d, f: d[0] * d[1] / (f[0] * f[1]),
            "the draft's size is missing: what counts is the ratio of the two sizes.": lambda a, d, f: a / (f[0] * f[1]),
        },
        wants="one number, the new weight",
    ),
    hints=[
        "How many terms does the sum have at the draft's size, and how many at the final one?",
        "The number of terms grows with height * width, so the loss grows by the ratio of the two. The weight must shrink by "
        "the same ratio.",
        "`return alpha * (____ * draft[1]) / (final[0] * ____)`",
    ],
    code="""
    def alpha_for(alpha, draft, final):
        return alpha * (draft[0] * draft[1]) / (final[0] * final[1])
    """,
    why="A sum grows with the number of pixels and a mean does not: with means, a weight found on a small draft holds.",
)

explosion = guesses.explosion
predictions = partial(tally, globals())
