"""The exercises of 02_content."""

from functools import partial

import torch

from nst_lessons.checks import guesses, puzzles_to_04
from nst_lessons.checks.cases import relative, relative_mistakes, uniform
from nst_lessons.checks.decibels import examine_psnr
from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.guesses import CHANGES, LAYERS
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.measured import examine_first_below, examine_most_moved
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.probes import below, grows
from nst_lessons.checks.question import Question

_AXES = ("1CHW", "1CHW")
_SMALL = (
    torch.tensor([[[[1.0, 2.0], [3.0, 0.0]], [[0.0, 4.0], [1.0, 1.0]]]]),
    torch.tensor([[[[3.0, 1.0], [2.0, 1.0]], [[1.0, 5.0], [4.0, 2.0]]]]),
)


def _features(channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features F and a target P, both (1, C, H, W), of different strength and not negative, as after a ReLU."""
    return uniform(1, channels, height, width, seed=seed), (2 + seed) * uniform(1, channels, height, width, seed=seed + 50)


def _content_loss(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return relative(F, P)


content_loss = Question(
    SameAs(
        _content_loss,
        [_SMALL, _features(3, 5, 7, 0), _features(7, 5, 2, 1)],
        {
            "that is the paper's equation (1) as it stands: divide by the sum of P² instead of by 2.": lambda F, P: (
                (F - P).square().sum() / 2
            ),
            **relative_mistakes("F", "P"),
        },
        axes=_AXES,
        gradient=("F",),
        never=("content_loss", "style_loss"),
        also=[below("F", "P"), grows("F", "P", 4)],
        wants="one number, 0 if F equals P",
    ),
    hints=[
        "What is 0 when F and P agree, grows with every difference, and does not depend on the unit of the features?",
        "Two sums. In the numerator, the squares of all differences; in the denominator, the squares of the target P. Divide.",
        "`return (F - P).____.sum() / ____`",
    ],
    code="""
    def content_loss(F, P):
        return (F - P).square().sum() / P.square().sum()
    """,
    why="0 means the same features; near 1, the difference is as strong as the features themselves. That holds at any layer.",
)


psnr = Question(
    examine_psnr,
    hints=[
        "How do you turn the errors of all pixels into one number? If it falls to a tenth, what happens to its logarithm?",
        "First compute the mean of the squared differences over all pixels and colours (MSE). Then take 10 times the base-10 "
        "logarithm of 1 / MSE.",
        "`mse = (image - photo).____.mean()`, and then `return 10 * torch.____(1 / mse)`.",
    ],
    code="""
    def psnr(image, photo):
        mse = (image - photo).square().mean()
        return 10 * torch.log10(1 / mse)
    """,
    why="If the PSNR rises by 10 dB, the MSE falls to a tenth. At about 40 dB a copy looks like the original; at 20 dB you see "
    "the damage.",
)


def _loss_map(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return (F - P).square().sum(1)[0] / P.square().sum()


loss_map = Question(
    SameAs(
        _loss_map,
        [_SMALL, _features(3, 5, 7, 0), _features(7, 5, 2, 1)],
        {
            "divide by the sum of P² over the whole target, so that the map sums to the content loss.": lambda F, P: (
                (F - P).square().sum(1)[0]
            ),
            "that is the mean over the channels: sum over them, so that the map sums to the content loss.": lambda F, P: (
                _loss_map(F, P) / F.shape[1]
            ),
            "you divide by the mean of P²: divide by its sum, so that the map sums to the content loss.": lambda F, P: (
                _loss_map(F, P) * P.numel()
            ),
            "you divide a mean by a mean: use sums, so that the map sums to the content loss.": lambda F, P: (
                _loss_map(F, P) * P[0, 0].numel()
            ),
            "you divide by a new number at each place: use ONE, the sum of P² over the whole target.": lambda F, P: (
                (F - P).square().sum(1)[0] / P.square().sum(1)[0]
            ),
            "you divide by a new mean at each place: use ONE number, the sum of P² over the whole target.": lambda F, P: (
                (F - P).square().sum(1)[0] / P.square().mean(1)[0]
            ),
            "you divide by the sum of squares of F: divide by that of the target P.": lambda F, P: (
                (F - P).square().sum(1)[0] / F.square().sum()
            ),
            "you sum over positions, so one number per channel is left: sum over channels.": lambda F, P: (
                (F - P).square().sum((0, 2, 3)) / P.square().sum()
            ),
            "that is one number, so nothing is left to draw: sum over the channels only.": lambda F, P: relative(F, P),
            "the numbers are right, but (1, H, W) is a batch of one map: return the map itself, (H, W).": lambda F, P: (
                _loss_map(F, P)[None]
            ),
            "that is the square root, which does not sum to the content loss: leave the root out.": lambda F, P: _loss_map(
                F, P
            ).sqrt(),
            "square the differences before you sum over the channels.": lambda F, P: (F - P).sum(1)[0] ** 2 / P.square().sum(),
            "square the differences: otherwise positive and negative ones cancel.": lambda F, P: (
                (F - P).sum(1)[0] / P.square().sum()
            ),
            "those are absolute differences: square them instead.": lambda F, P: (F - P).abs().sum(1)[0] / P.square().sum(),
            "those are absolute values: square the differences, and P, instead.": lambda F, P: (
                (F - P).abs().sum(1)[0] / P.abs().sum()
            ),
            "subtract first, then square: you square first.": lambda F, P: (
                (F.square() - P.square()).sum(1)[0] / P.square().sum()
            ),
            "you take only the largest channel: sum over all of them.": lambda F, P: (
                (F - P).square().amax(1)[0] / P.square().sum()
            ),
            "you take only one channel: sum over all of them.": lambda F, P: (F - P).square()[0, 0] / P.square().sum(),
        },
        axes=_AXES,
        never=("content_loss", "style_loss"),
        also=[grows("F", "P", 4)],
        wants="a map (H, W), whose sum is the content loss",
    ),
    hints=[
        "The content loss sums over channels AND positions. Which of the two must stay in a map?",
        "The squared differences are (1, C, H, W). Sum them over the channel axis only, take the one map out of its batch, "
        "and divide by the same number as in the content loss.",
        "`return (F - P).square().sum(____)[____] / P.square().sum()`",
    ],
    code="""
    def loss_map(F, P):
        return (F - P).square().sum(1)[0] / P.square().sum()
    """,
    why="The map sums to the content loss: it is the same sum, stopped before the last step.",
)


most_moved = Guess(
    examine_most_moved,
    CHANGES,
    CHANGES,
    hints=[
        "What can a layer notice if it sees 3 x 3 pixels? And if it sees the whole picture?",
        "The first layer knows colours and edges; a deep one knows which object is where. Go through the five changes: "
        "which of the two does each one disturb?",
        "The first layer's features change most if every edge stays and every ____ changes. The deep layer's features change "
        "most if something else appears at every ____.",
    ],
    code="""
    shallow_guess = "colours"
    deep_guess = "mirror"
    """,
    why="Your two changes have the tallest bars in the first and the last group. A layer that sees 3 x 3 pixels knows only "
    "colours and edges; a deep one knows what is where.",
)
first_below = Guess(
    examine_first_below,
    LAYERS,
    hints=[
        "What does each pooling throw away, and how many poolings come before each of the five layers?",
        "After two poolings one place stands for 16 pixels, after three for 64. Compare with the run: read the titles of the "
        "pictures from left to right.",
        "The first picture with less than ____ dB was rebuilt from relu____.",
    ],
    code='my_guess = "relu4_1"',
    why="Three poolings come before relu4_1, so one place stands for 64 pixels. The layer hardly knows which was bright.",
)

second_noise = Guess(
    OneOf(
        "details",
        {
            "the same": "look at the picture on the right: if the two were the same, it would be dark all over. What differs?",
            "objects": "look for eyes, ears and nose in both: what must stay if the features are the same?",
        },
    ),
    hints=[
        "The layer has fewer numbers than the photo (the text counts them). Can it pin down every pixel?",
        "Both runs end near the same features. The pictures agree in what the features know; everything else comes from the "
        "noise. So what do the features know?",
        "The pictures agree in what relu5_1 knows, the ____; they differ in what each noise left behind, the ____.",
    ],
    code='second_guess = "details"',
    why="Both have nearly the same features, so the objects and their places agree. The grain is what each noise left behind.",
)

unlike = guesses.unlike
variation_order = puzzles_to_04.variation_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
