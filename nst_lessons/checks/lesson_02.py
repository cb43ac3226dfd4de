"""The exercises of 02_content."""

import math
from functools import partial

import torch

from nst_lessons.checks import guesses
from nst_lessons.checks.cases import normal, relative, relative_mistakes, uniform
from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.guesses import CHANGES, LAYERS
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
    """Features F and a target P, both (1, C, H, W), of different strength, none negative, as after a ReLU."""
    return uniform(1, channels, height, width, seed=seed), (2 + seed) * uniform(1, channels, height, width, seed=seed + 50)


def _content_loss(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return relative(F, P)


content_loss = Question(
    SameAs(
        _content_loss,
        [_SMALL, _features(3, 5, 7, 0), _features(7, 5, 2, 1)],
        {
            "that is the paper's equation (1) as it stands, with its 1/2. Now divide by the sum of P² instead.": lambda F, P: (
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
        "What is 0 when F and P agree, grows with every difference, and does not care in which unit features are measured?",
        "Two sums. Above: the squares of all differences. Below: the squares of the target P alone. Then divide.",
        "`return (F - P).____.sum() / ____`",
    ],
    code="""
    def content_loss(F, P):
        return (F - P).square().sum() / P.square().sum()
    """,
    why="0 means the same features; near 1, a difference as strong as the features themselves. So layers can be compared.",
)


def _psnr(image: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return -10 * (image - photo).square().mean().log10()


def _decibels(mse: torch.Tensor, peak: torch.Tensor | float = 1.0) -> torch.Tensor:
    return torch.as_tensor(10 * (peak**2 / mse).log10())


def _pictures(noise: float, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A noisy copy and its photo, neither of which has a pixel of 1."""
    photo = 0.1 + 0.6 * uniform(1, 3, 5, width, seed=seed)
    return (photo + noise * normal(1, 3, 5, width, seed=seed)).clamp(0, 0.9), photo


psnr = Question(
    SameAs(
        _psnr,
        [
            (torch.tensor([0.5, 0.3, 0.4]).view(1, 3, 1, 1), torch.tensor([0.4, 0.2, 0.7]).view(1, 3, 1, 1)),
            *(_pictures(noise, width, seed) for noise, width, seed in ((0.02, 7, 0), (0.1, 4, 1), (0.4, 11, 2))),
        ],
        {
            "that is the mean squared error. Now take the logarithm of 1/MSE to the base 10, times 10.": lambda a, b: (
                (a - b).square().mean()
            ),
            "that is 1/MSE: its logarithm to the base 10, times 10, is wanted.": lambda a, b: 1 / (a - b).square().mean(),
            "the sign: a better picture must have MORE decibels. It is the logarithm of 1/MSE.": lambda a, b: -_psnr(a, b),
            "that is the natural logarithm: decibels are made with `log10`.": lambda a, b: _psnr(a, b) * math.log(10),
            "that is the logarithm to the base 2: decibels are made with `log10`.": lambda a, b: _psnr(a, b) * math.log2(10),
            "twice too much: 20 belongs to the root of the mean squared error, 10 to the mean itself.": lambda a, b: (
                2 * _psnr(a, b)
            ),
            "half of what it should be: leave out the square root, or take 20 for 10.": lambda a, b: _psnr(a, b) / 2,
            "the 10 in front of the logarithm is missing.": lambda a, b: _psnr(a, b) / 10,
            "the 10 in front of the logarithm is missing, and the sign is turned round.": lambda a, b: _psnr(a, b) / -10,
            "the largest value of a pixel is 1 here, not 255: nothing but 1/MSE stands in the logarithm.": lambda a, b: (
                _psnr(a, b) + 20 * math.log10(255)
            ),
            "the largest value that a pixel CAN have is 1; what it is in this picture does not matter: 1/MSE.": lambda a, b: (
                _decibels((a - b).square().mean(), a.max())
            ),
            "the largest value that a pixel CAN have is 1; what it is in this photo does not matter: 1/MSE.": lambda a, b: (
                _decibels((a - b).square().mean(), b.max())
            ),
            "you have taken the SUM of the squares: with it a larger picture would count as a worse one.": lambda a, b: (
                _decibels((a - b).square().sum())
            ),
            "those are absolute differences: square them instead.": lambda a, b: _decibels((a - b).abs().mean()),
            "the logarithm is missing: it stands between the 10 and the 1/MSE.": lambda a, b: 10 / (a - b).square().mean(),
            "a variance takes the mean away first: square the differences as they are.": lambda a, b: _decibels((a - b).var()),
            "square each difference BEFORE you take the mean.": lambda a, b: _decibels((a - b).mean().square()),
            "that is the mean difference: square each difference first.": lambda a, b: _decibels((a - b).mean().abs()),
            "the mean comes first, then the logarithm: yours is a mean of logarithms.": lambda a, b: _decibels(
                (a - b).square()
            ).mean(),
            "one mean over pixels AND colours, then the logarithm: yours is a mean over three colours.": lambda a, b: _decibels(
                (a - b).square().mean((0, 2, 3))
            ).mean(),
            "`norm()` is the root of a sum: the mean of the squares is wanted.": lambda a, b: _decibels((a - b).norm()),
            "that is the largest error: the mean of all is wanted.": lambda a, b: _decibels((a - b).square().max()),
            "the error is compared with the photo's own energy: nothing but 1/MSE stands in the logarithm.": lambda a, b: (
                _decibels(relative(a, b))
            ),
            "mind the brackets: 1 / MSE goes INTO the logarithm.": lambda a, b: 0 * (a - b).mean(),
            "a distance is a difference, not a sum: (image - photo).": lambda a, b: _decibels((a + b).square().mean()),
        },
        axes=("1CHW", "1CHW"),
        never=("peak_signal_noise_ratio", "psnr"),
        wants="one number in decibels, the larger the better the copy",
    ),
    hints=[
        "How do you make one number of the error at all pixels? And what does a logarithm do to a tenth of it?",
        "First the mean of the squared differences over all pixels and colours (MSE). Then 10 times the logarithm, to the "
        "base 10, of 1 / MSE.",
        "`mse = (image - photo).____.mean()`, and then `return 10 * torch.____(1 / mse)`.",
    ],
    code="""
    def psnr(image, photo):
        mse = (image - photo).square().mean()
        return 10 * torch.log10(1 / mse)
    """,
    why="Ten decibels more: a tenth of the squared error. As a rule of thumb, 40 looks the same, and at 20 you see the damage.",
)


def _loss_map(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return (F - P).square().sum(1)[0] / P.square().sum()


loss_map = Question(
    SameAs(
        _loss_map,
        [_SMALL, _features(3, 5, 7, 0), _features(7, 5, 2, 1)],
        {
            "divide by the sum of P² over the whole target, so that the map adds up to the content loss.": lambda F, P: (
                (F - P).square().sum(1)[0]
            ),
            "that is the mean over the channels: sum over them, so that the map adds up to the content loss.": lambda F, P: (
                _loss_map(F, P) / F.shape[1]
            ),
            "you divide by the mean of P²: by its sum, the map adds up to the content loss.": lambda F, P: (
                _loss_map(F, P) * P.numel()
            ),
            "means above and below: then the map does not add up to the content loss. Take sums.": lambda F, P: (
                _loss_map(F, P) * P[0, 0].numel()
            ),
            "you divide at each place by the squares of that place: divide by ONE number, for the whole target.": lambda F, P: (
                (F - P).square().sum(1)[0] / P.square().sum(1)[0]
            ),
            "you divide at each place by a mean of that place: divide by ONE number, for the whole target.": lambda F, P: (
                (F - P).square().sum(1)[0] / P.square().mean(1)[0]
            ),
            "you divide by the sum of squares of F: the target P stays below.": lambda F, P: (
                (F - P).square().sum(1)[0] / F.square().sum()
            ),
            "you have summed over the positions: one number per channel is left. Sum over the channels.": lambda F, P: (
                (F - P).square().sum((0, 2, 3)) / P.square().sum()
            ),
            "nothing is left to draw: that is the content loss of the whole picture. Sum over the channels.": lambda F, P: (
                relative(F, P)
            ),
            "right but for its shape: (1, H, W) is a batch of one map, and (H, W) is wanted.": lambda F, P: _loss_map(F, P)[
                None
            ],
            "that is the square root of it: then it does not add up to the content loss.": lambda F, P: _loss_map(F, P).sqrt(),
            "square first, and add up over the channels afterwards.": lambda F, P: (F - P).sum(1)[0] ** 2 / P.square().sum(),
            "square the differences: as they are, they cancel.": lambda F, P: (F - P).sum(1)[0] / P.square().sum(),
            "those are absolute differences: square them instead.": lambda F, P: (F - P).abs().sum(1)[0] / P.square().sum(),
            "those are absolute differences: square them instead, above and below.": lambda F, P: (
                (F - P).abs().sum(1)[0] / P.abs().sum()
            ),
            "take the difference first, and square it: you square first.": lambda F, P: (
                (F.square() - P.square()).sum(1)[0] / P.square().sum()
            ),
            "that is the largest of the channels: add them up.": lambda F, P: (F - P).square().amax(1)[0] / P.square().sum(),
            "that is one channel alone: add up all of them.": lambda F, P: (F - P).square()[0, 0] / P.square().sum(),
        },
        axes=_AXES,
        never=("content_loss", "style_loss"),
        also=[grows("F", "P", 4)],
        wants="a map (H, W), whose sum is the content loss",
    ),
    hints=[
        "The content loss adds up over channels AND positions. Which of the two do you leave standing?",
        "The squared differences are (1, C, H, W). Add them up over the channels' axis alone, take the one map out of its "
        "batch, and divide by the same number as before.",
        "`return (F - P).square().sum(____)[____] / P.square().sum()`",
    ],
    code="""
    def loss_map(F, P):
        return (F - P).square().sum(1)[0] / P.square().sum()
    """,
    why="Added up over all places it is the content loss again: the same sum, not yet finished.",
)


most_moved = Guess(
    examine_most_moved,
    CHANGES,
    CHANGES,
    hints=[
        "What can a layer notice that looks at 3 x 3 pixels? And one that looks at the whole picture?",
        "The first layer knows colours and edges; a deep one knows which object is where. Go through the five changes, and "
        "ask of each which of the two it spoils.",
        "The first layer is moved most by the change that leaves every edge and changes every ____; the deep one by the "
        "change that puts something else at every ____.",
    ],
    code="""
    shallow_guess = "colours"
    deep_guess = "mirror"
    """,
    why="the tallest bars of the first and the last group. A layer that sees 3 x 3 pixels has colours and edges to go by; a "
    "deep one goes by what stands where.",
)
first_below = Guess(
    examine_first_below,
    LAYERS,
    hints=[
        "What does each pooling throw away, and how many of them stand before each of the five layers?",
        "After two poolings one place stands for 16 pixels, after three for 64. Then compare with the run: read the numbers "
        "above the pictures from the left.",
        "The first number under ____ stands above the picture that comes back through relu____.",
    ],
    code='my_guess = "relu4_1"',
    why="three poolings stand before relu4_1: one place stands for 64 pixels, and which of them was bright is hardly known "
    "any more.",
)

second_noise = Guess(
    OneOf(
        "details",
        {
            "the same": "look at the right picture: if the two were the same, it would be dark all over. What differs?",
            "objects": "look for eyes, ears and nose in both: what must stay for the features to be the same?",
        },
    ),
    hints=[
        "The layer has fewer numbers than the photo has pixels, as counted above the question. Can it pin down every pixel?",
        "Both runs end near the same features. What the features tell, both pictures must have; what they do not tell comes "
        "from the noise. So ask: what do they tell?",
        "Both pictures agree in what relu5_1 knows, which is the ____; they differ in what each noise left behind, the ____.",
    ],
    code='second_guess = "details"',
    why="Both have nearly the same features: objects and their places agree. The grain is what each noise left behind.",
)

unlike = guesses.unlike
predictions = partial(tally, globals())
