"""The exercises of 06_break_it."""

from functools import partial

import torch

from nst_lessons.checks import cases, guesses, puzzles_from_05
from nst_lessons.checks.cases import uniform
from nst_lessons.checks.diagnosis import diagnosis
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.hand_in import write_counts
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
            "that is still the broken one: `reshape` to rows of C numbers cuts each channel into pieces. A row of "
            "(H*W, C) should hold the C values of one position: transpose instead.": cases.of_pieces,
            "that is still the broken one, and it mixes the batch: `reshape` cuts each channel into pieces.": (
                lambda f: (r := f.reshape(-1, f.shape[1])).T @ r / f.numel()
            ),
            "you mix the pictures of the batch: each of the B pictures has its own matrix.": _mixed,
            "you add up the pictures of the batch: each of the B pictures has its own matrix.": (
                lambda f: _gram(f).sum(0, keepdim=True)
            ),
            "you divide by the number of values in the whole batch: use that of one picture.": (lambda f: _gram(f) / len(f)),
            "only the first picture of the batch has its matrix: compute all B.": lambda f: _gram(f[:1]),
            "all pictures of the batch get the first one's matrix: each has its own.": lambda f: _gram(f[:1]).expand(
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
        "Keep the axes B and C, and merge the last two into one: (B, C, H*W). Multiply each picture's matrix by its own "
        "transpose, and divide by the number of values in one picture.",
        "`F = features.flatten(____)`, and then `return F @ F.____ / features[0].____()`",
    ],
    code="""
    def repaired_gram(features):
        F = features.flatten(2)  # (B, C, H*W)
        return F @ F.mT / features[0].numel()
    """,
    why="`flatten` keeps each channel's values together. To get (H*W, C), use `transpose`, not `reshape`.",
)

bounded = Question(
    examine_bounded,
    hints=[
        "What if the optimiser moves something that may be any number, and the pixels are computed from it?",
        "Let L-BFGS move a free u. Compute the pixels from u by a smooth function with values in [0, 1], such as "
        "(1 + sin u) / 2. Choose the first u so that its pixels are `start`. Pass the pixels to loss_of, and return them.",
        "`u = (2 * start.clamp(0.02, 0.98) - 1).____().requires_grad_(True)`; in the closure `loss_of((1 + u.____()) / 2)`; "
        "return the same pixels, with `.____()`.",
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
    why="The loss sees the pixels that are saved, and nothing changes the variables behind the optimiser's back.",
)


targets = Question(
    examine_targets,
    hints=[
        "A target never changes during the run. What must it forget, and what must the features keep?",
        "Make a new dictionary with the same names. For each name, compute the Gram matrix of that layer's features. Then "
        "take a tensor with the same numbers but no graph.",
        "`return {name: gram(____).____() for name, F in features.items()}`",
    ],
    code="""
    def targets_of(features):
        return {name: gram(F).detach() for name, F in features.items()}
    """,
    why="A target is a number. If it keeps its graph, the second backward() goes into that graph, which is already freed.",
)


to_bytes = Question(
    examine_bytes,
    hints=[
        "What must happen to 1.02, to 0.5 and to -0.1, and what is the order of a file's axes?",
        "Four steps in this order: clamp to [0, 1], multiply by 255, round, move the axes from (3, H, W) to "
        "(H, W, 3). Store uint8.",
        "`image[0].____(0, 1).mul(____).____().to(torch.uint8).permute(____)`",
    ],
    code="""
    def to_bytes(image):
        return image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
    """,
    why="Know which range each side uses: 0 to 1 in this package, 0 to 255 in a file, mean 0 inside VGG.",
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
            "you compare only the heights: a sum runs over height times width.": lambda a, d, f: a * d[0] / f[0],
            "you compare only the widths: a sum runs over height times width.": lambda a, d, f: a * d[1] / f[1],
            "you compare only the heights, and the wrong way round: a sum runs over height times width.": lambda a, d, f: (
                a * f[0] / d[0]
            ),
            "you compare height plus width: a sum runs over height TIMES width.": lambda a, d, f: a * sum(d) / sum(f),
            "you compare only the longer sides: a sum runs over height times width.": lambda a, d, f: a * max(d) / max(f),
            "you compare squared heights, but not every picture is square: use height times width.": lambda a, d, f: (
                a * (d[0] / f[0]) ** 2
            ),
            "you compare squared widths, but not every picture is square: use height times width.": lambda a, d, f: (
                a * (d[1] / f[1]) ** 2
            ),
            "you return alpha unchanged, which is the fault: the sum has more terms at the final size.": lambda a, d, f: a,
            "you square the ratio of the sizes: the number of terms grows with H*W once.": lambda a, d, f: (
                a * (d[0] * d[1] / (f[0] * f[1])) ** 2
            ),
            "you take the root: the sum grows with height times width itself.": lambda a, d, f: (
                a * (d[0] * d[1] / (f[0] * f[1])) ** 0.5
            ),
            "mind the brackets: `/ a * b` divides by a and multiplies by b.": lambda a, d, f: a * d[0] * d[1] / f[0] * f[1],
            "that is only the ratio of the two sizes: multiply alpha by it.": lambda a, d, f: d[0] * d[1] / (f[0] * f[1]),
            "the draft's size is missing: use the ratio of the two sizes.": lambda a, d, f: a / (f[0] * f[1]),
        },
        wants="one number, the new weight",
    ),
    hints=[
        "How many terms does the sum have at the draft's size, and how many at the final one?",
        "The number of terms is proportional to height * width, so the loss grows by the ratio of the two areas. The weight "
        "must shrink by the same ratio.",
        "`return alpha * (____ * draft[1]) / (final[0] * ____)`",
    ],
    code="""
    def alpha_for(alpha, draft, final):
        return alpha * (draft[0] * draft[1]) / (final[0] * final[1])
    """,
    why="A sum grows with the number of pixels, but a mean does not. With means, a weight found on a small draft still holds.",
)

explosion = guesses.explosion
prepare_order = puzzles_from_05.prepare_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
