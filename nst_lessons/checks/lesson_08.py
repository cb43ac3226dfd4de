"""The exercises of 08_real_time."""

from functools import partial
from math import ceil

from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.norms import examine_conditional_norm, examine_instance_norm
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question


def _parameters(inputs: int, outputs: int, kernel: int, styles: int) -> int:
    return kernel**2 * inputs * outputs + 2 * styles * outputs


parameters = Question(
    SameAs(
        _parameters,
        [(3, 2, 1, 1), (3, 16, 9, 1), (64, 32, 3, 8), (5, 7, 2, 3)],
        {
            "a filter is kernel x kernel: the kernel counts twice.": lambda i, o, k, s: k * i * o + 2 * s * o,
            "`kernel * 2` is not kernel * kernel.": lambda i, o, k, s: 2 * k * i * o + 2 * s * o,
            "a filter has two sides, not three: kernel * kernel.": lambda i, o, k, s: k**3 * i * o + 2 * s * o,
            "these convolutions have no bias.": lambda i, o, k, s: _parameters(i, o, k, s) + o,
            "these convolutions have no bias, and scale and shift are counted for each style.": lambda i, o, k, s: (
                k**2 * i * o + o
            ),
            "a style has two numbers per channel, scale and shift: you have one.": lambda i, o, k, s: k**2 * i * o + s * o,
            "the normalisation is missing: two numbers per channel for each style.": lambda i, o, k, s: k**2 * i * o,
            "the convolution is missing: a kernel x kernel filter for each pair of channels.": lambda i, o, k, s: 2 * s * o,
            "the convolution is shared by the styles: only scale and shift are counted for each.": lambda i, o, k, s: (
                s * (k**2 * i * o + 2 * o)
            ),
            "scale and shift belong to the OUTPUT channels.": lambda i, o, k, s: k**2 * i * o + 2 * s * i,
            "scale and shift belong to the output channels alone, not to the inputs as well.": lambda i, o, k, s: (
                k**2 * i * o + 2 * s * (i + o)
            ),
            "you have left the styles out: each has its own scale and shift.": lambda i, o, k, s: k**2 * i * o + 2 * o,
            "each output channel has its own two numbers: multiply by the output channels.": lambda i, o, k, s: (
                k**2 * i * o + 2 * s
            ),
            "a filter belongs to a PAIR of channels: inputs TIMES outputs.": lambda i, o, k, s: k**2 * (i + o) + 2 * s * o,
            "each output channel has a filter for each input: the inputs are missing.": lambda i, o, k, s: k**2 * o + 2 * s * o,
            "each input has a filter for each output channel: the outputs are missing.": lambda i, o, k, s: (
                k**2 * i + 2 * s * o
            ),
            "two numbers per style and channel: 2 * styles, not styles squared.": lambda i, o, k, s: k**2 * i * o + s**2 * o,
            "2 TIMES the styles, not 2 more.": lambda i, o, k, s: k**2 * i * o + (2 + s) * o,
            "the two parts are added.": lambda i, o, k, s: k**2 * i * o - 2 * s * o,
            "the two parts are added, not multiplied.": lambda i, o, k, s: k**2 * i * o * 2 * s * o,
            "2 to the power of the styles: two numbers for each style are 2 * styles.": lambda i, o, k, s: (
                k**2 * i * o + 2**s * o
            ),
        },
        rtol=1e-6,
        wants="one whole number",
    ),
    hints=[
        "Which of the numbers do all styles share, and which does each style have for itself?",
        "Two parts, added. The filters: kernel * kernel numbers for each pair of an input and an output channel. Scale and "
        "shift: two numbers for each style and each output channel.",
        "`return kernel * ____ * inputs * ____ + 2 * ____ * ____`",
    ],
    code="""
    def parameters(inputs, outputs, kernel, styles):
        return kernel * kernel * inputs * outputs + 2 * styles * outputs
    """,
    why="The picture's size is not in it: a convolution slides. And one more style costs 2 numbers per channel.",
)

contrast = Guess(
    OneOf(
        "same",
        {
            "half": "half as strong is what goes in. What does the division by sigma, which is halved too, do to it?",
            "brighter": "0.25 more at every pixel is a constant after the convolution. What takes constants away?",
            "stronger": "nothing is amplified beyond variance 1: compare the two strengths that the cell printed.",
        },
    ),
    hints=[
        "What does normalisation do to a constant that was added, and to a factor that everything was multiplied by?",
        "A convolution is linear: of 0.25 + 0.5 x it makes a constant plus half of what it makes of x. Follow the constant "
        "through the mean, and the half through the division.",
        "Taking away the ____ removes the constant, and dividing by ____ removes the factor 0.5.",
    ],
    code='my_guess = "same"',
    why="Brightness goes with the mean, contrast with sigma, both of the picture itself: what is left is the drawing.",
)


instance_norm = Question(
    examine_instance_norm,
    hints=[
        "Which values share one mean: those of one pixel, one channel, one picture, or the whole batch?",
        "One mean and one variance for each picture and channel, with the shape (B, C, 1, 1): taken over height and width, "
        "with the axes kept. Then x minus the mean, divided by the root of the variance plus eps.",
        "`mean = x.mean((____), keepdim=True)`, `variance = x.var((____), keepdim=True, correction=____)`, then "
        "`(x - mean) / (variance + eps).____`",
    ],
    code="""
    def instance_norm(x, eps=1e-5):
        mean = x.mean((2, 3), keepdim=True)
        variance = x.var((2, 3), keepdim=True, correction=0)
        return (x - mean) / (variance + eps).sqrt()
    """,
    why="Over height and width alone: so no picture of a batch knows of another, and none keeps its own contrast.",
)


conditional_norm = Question(
    examine_conditional_norm,
    hints=[
        "What does each picture of the batch need for each of its channels, and how does its row of `mix` make that of S "
        "styles?",
        "First mix: (B, S) times (S, C) gives each picture a scale and a shift for each channel, (B, C). Then normalise x, "
        "multiply, and add, with two axes more so that they spread over height and width.",
        "`scale, shift = mix @ ____, ____`, then `scale[:, :, None, ____] * F.____(x) + shift[:, :, None, ____]`",
    ],
    code="""
    def conditional_norm(x, gamma, beta, mix):
        scale, shift = mix @ gamma, mix @ beta  # (B, C)
        return scale[:, :, None, None] * F.instance_norm(x) + shift[:, :, None, None]
    """,
    why="The style enters here and nowhere else, as two numbers per channel; so a mix of styles is a mix of these numbers.",
)

mixing = Guess(
    OneOf(
        "new",
        {
            "average": "it lies near the average, but is it that? Compare the distances and strengths that the cell printed.",
            "patches": "every channel has one scale and one shift for the whole picture: nothing here depends on the place.",
            "stronger": "both have a share of one half in every scale and shift. Compare the picture's colours with both.",
        },
    ),
    hints=[
        "What exactly is mixed: pictures, or numbers deep inside? What stands between those and the picture?",
        "If the network were linear, the mixed numbers would give the average of the two pictures. Look for what in it is not "
        "linear, and count it.",
        "Scales and shifts are mixed; between them and the pixels stand more than ten ____, so the picture is not the ____.",
    ],
    code='my_mix = "new"',
    why="The network is not linear: with numbers between two styles it draws one picture, with lines of its own.",
)


def _break_even(training, optimising, one_pass):
    return training / (optimising - one_pass)


break_even = Question(
    SameAs(
        _break_even,
        [(100.0, 5.0, 0.7), (4000.0, 21.0, 3.0), (350.0, 9.0, 2.5)],
        {
            "the passes cost something too: each picture saves only the difference.": lambda t, o, p: t / o,
            "you have divided by the cost of a pass: what does a picture SAVE?": lambda t, o, p: t / p,
            "upside down: the larger the training, the more pictures it takes.": lambda t, o, p: (o - p) / t,
            "the sign: a picture saves `optimising - one_pass`, the dear way minus the cheap one.": lambda t, o, p: t / (p - o),
            "a pass is paid instead of the optimisation, not beside it: subtract.": lambda t, o, p: t / (o + p),
            "mind the brackets: the training is divided by the whole difference.": lambda t, o, p: t / o - p,
            "divide: how many times does a saving fit into the training?": lambda t, o, p: t * (o - p),
            "the pass is saved with every picture, so it belongs to the saving, not to the training.": lambda t, o, p: (
                (t - p) / o
            ),
            "the pass is paid with every picture, so it belongs to the saving, not to the training.": lambda t, o, p: (
                (t + p) / o
            ),
            "the ratio of the two costs does not tell what a picture saves: take their difference.": lambda t, o, p: (
                t / (o / p)
            ),
            "right but rounded up: leave it as it is.": lambda t, o, p: ceil(t / (o - p)),
            "right but rounded down: leave it as it is.": lambda t, o, p: t // (o - p),
            "one too many: at this very number both ways cost the same.": lambda t, o, p: t / (o - p) + 1,
            "that is what one picture saves: how often does it fit into the training?": lambda t, o, p: o - p,
        },
        wants="one number, not rounded",
    ),
    hints=[
        "What do n pictures cost on one way, and what on the other?",
        "One way costs n * optimising, the other training + n * one_pass. Set them equal, and solve for n.",
        "n * (____ - ____) = training, so `return training / ____`",
    ],
    code="""
    def break_even(training, optimising, one_pass):
        return training / (optimising - one_pass)
    """,
    why="Training is an investment: worth it for a video or for many visitors, not for one picture on a wall.",
)

predictions = partial(tally, globals())
