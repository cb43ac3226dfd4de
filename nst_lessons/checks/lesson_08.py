"""The exercises of 08_real_time."""

from functools import partial
from math import ceil

from nst_lessons.checks import puzzles_from_05
from nst_lessons.checks.examine import OneOf, SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.measured import CameOut, faded
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
            "`kernel * 2` is not kernel * kernel: multiply it by itself.": lambda i, o, k, s: 2 * k * i * o + 2 * s * o,
            "a filter has two sides, not three: kernel * kernel.": lambda i, o, k, s: k**3 * i * o + 2 * s * o,
            "these convolutions have no bias.": lambda i, o, k, s: _parameters(i, o, k, s) + o,
            "these convolutions have no bias: count scale and shift instead, for each style.": lambda i, o, k, s: (
                k**2 * i * o + o
            ),
            "a style has two numbers per channel, scale and shift: you count one.": lambda i, o, k, s: k**2 * i * o + s * o,
            "the normalisation is missing: two numbers per channel for each style.": lambda i, o, k, s: k**2 * i * o,
            "the convolution is missing: a kernel x kernel filter for each pair of channels.": lambda i, o, k, s: 2 * s * o,
            "the convolution is shared by the styles: count only scale and shift for each.": lambda i, o, k, s: (
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
            "each style has two numbers per channel: use 2 * styles, not styles squared.": lambda i, o, k, s: (
                k**2 * i * o + s**2 * o
            ),
            "multiply the styles by 2, don't add 2.": lambda i, o, k, s: k**2 * i * o + (2 + s) * o,
            "you subtract the second part: add it.": lambda i, o, k, s: k**2 * i * o - 2 * s * o,
            "you multiply the two parts: add them.": lambda i, o, k, s: k**2 * i * o * 2 * s * o,
            "you take 2 to the power of the styles: each style has two numbers, so use 2 * styles.": lambda i, o, k, s: (
                k**2 * i * o + 2**s * o
            ),
        },
        rtol=1e-6,
        wants="one whole number",
    ),
    hints=[
        "Which numbers do all styles share, and which does each style have for itself?",
        "Add two parts. The filters have kernel * kernel numbers for each pair of an input and an output channel. Scale and "
        "shift are two numbers for each style and each output channel.",
        "`return kernel * ____ * inputs * ____ + 2 * ____ * ____`",
    ],
    code="""
    def parameters(inputs, outputs, kernel, styles):
        return kernel * kernel * inputs * outputs + 2 * styles * outputs
    """,
    why="The picture's size does not matter, because a convolution slides. And one more style costs 2 numbers per channel.",
)

contrast = Guess(
    CameOut(
        "same",
        {
            "half": "what goes in is half as strong, but sigma is halved, too. What happens when you divide by it?",
            "brighter": "0.25 more at every pixel is a constant after the convolution. What takes constants away?",
            "stronger": "nothing gets stronger than variance 1: compare the two strengths that the cell printed.",
        },
        came_out=faded,
    ),
    hints=[
        "What does normalisation do if you add a constant to everything, or multiply everything by a factor?",
        "A convolution is linear: it turns 0.25 + 0.5 x into a constant plus half of the output for x. Which step of the "
        "normalisation removes the constant, and which one the half?",
        "Subtracting the ____ removes the constant, and dividing by ____ removes the factor 0.5.",
    ],
    code='my_guess = "same"',
    why="Subtracting the mean removes the brightness, and dividing by sigma removes the contrast. The drawing is left.",
)


instance_norm = Question(
    examine_instance_norm,
    hints=[
        "Which values share one mean: those of one pixel, one channel, one picture, or the whole batch?",
        "Compute one mean and one variance per picture and channel, over height and width, and keep the axes: (B, C, 1, 1). "
        "Then take x minus the mean, divided by the root of the variance plus eps.",
        "`mean = x.mean((____), keepdim=True)`, `variance = x.var((____), keepdim=True, correction=____)`, then "
        "`(x - mean) / (variance + eps).____`",
    ],
    code="""
    def instance_norm(x, eps=1e-5):
        mean = x.mean((2, 3), keepdim=True)
        variance = x.var((2, 3), keepdim=True, correction=0)
        return (x - mean) / (variance + eps).sqrt()
    """,
    why="Mean and variance run over height and width only, so no picture depends on another, and none keeps its own contrast.",
)


conditional_norm = Question(
    examine_conditional_norm,
    hints=[
        "Which numbers does each picture need for each of its channels, and how do you get them from S styles and its row of "
        "`mix`?",
        "First mix: (B, S) times (S, C) gives each picture a scale and a shift for each channel, (B, C). Then normalise x, "
        "multiply and add. Give scale and shift two more axes, so that they spread over height and width.",
        "`scale, shift = mix @ ____, ____`, then `scale[:, :, None, ____] * F.____(x) + shift[:, :, None, ____]`",
    ],
    code="""
    def conditional_norm(x, gamma, beta, mix):
        scale, shift = mix @ gamma, mix @ beta  # (B, C)
        return scale[:, :, None, None] * F.instance_norm(x) + shift[:, :, None, None]
    """,
    why="The style enters only here, as two numbers per channel. So a mix of styles is a mix of these numbers.",
)

mixing = Guess(
    OneOf(
        "new",
        {
            "average": "it is close to the average, but is it that? Compare the distances and strengths that the cell printed.",
            "patches": "every channel has one scale and one shift for the whole picture: nothing here depends on the place.",
            "stronger": "both have a share of one half in every scale and shift. Compare the picture's colours with both.",
        },
    ),
    hints=[
        "What exactly is mixed: pictures, or numbers deep inside? What comes between those numbers and the picture?",
        "If the network were linear, the mixed numbers would give the average of the two pictures. Which layers are not "
        "linear, and how many of them are there?",
        "Scales and shifts are mixed. Between them and the pixels are more than ten ____, so the picture is not the ____.",
    ],
    code='my_mix = "new"',
    why="The network is not linear. With numbers between two styles it draws a picture with lines of its own.",
)


def _break_even(training, optimising, one_pass):
    return training / (optimising - one_pass)


break_even = Question(
    SameAs(
        _break_even,
        [(100.0, 5.0, 0.7), (4000.0, 21.0, 3.0), (350.0, 9.0, 2.5)],
        {
            "the passes cost something too: each picture saves only the difference.": lambda t, o, p: t / o,
            "you divide by the cost of a pass: divide by what a picture SAVES.": lambda t, o, p: t / p,
            "upside down: the larger the training, the more pictures it takes.": lambda t, o, p: (o - p) / t,
            "the sign is wrong: a picture saves `optimising` minus `one_pass`, the cheaper way.": lambda t, o, p: t / (p - o),
            "you pay for a pass INSTEAD of the optimisation: subtract it, don't add it.": lambda t, o, p: t / (o + p),
            "mind the brackets: divide the training by the whole difference.": lambda t, o, p: t / o - p,
            "divide: how many times does a saving fit into the training?": lambda t, o, p: t * (o - p),
            "every picture costs a pass: subtract it from `optimising`, not from the training.": lambda t, o, p: (t - p) / o,
            "every picture costs a pass: subtract it from `optimising`, don't add it to the training.": lambda t, o, p: (
                (t + p) / o
            ),
            "you use the ratio of the two costs: take their difference, which is what a picture saves.": lambda t, o, p: (
                t / (o / p)
            ),
            "right, but rounded up: don't round.": lambda t, o, p: ceil(t / (o - p)),
            "right, but rounded down: don't round.": lambda t, o, p: t // (o - p),
            "one too many: leave out the + 1, because at this number both ways already cost the same.": lambda t, o, p: (
                t / (o - p) + 1
            ),
            "that is what one picture saves: how often does it fit into the training?": lambda t, o, p: o - p,
        },
        wants="one number, not rounded",
    ),
    hints=[
        "What do n pictures cost if you optimise each of them? And if you train a network first?",
        "The first way costs n * optimising, the other training + n * one_pass. Set them equal, and solve for n.",
        "n * (____ - ____) = training, so `return training / ____`",
    ],
    code="""
    def break_even(training, optimising, one_pass):
        return training / (optimising - one_pass)
    """,
    why="Training is an investment: it pays off for a video or for many visitors, but not for one picture on a wall.",
)

training_order = puzzles_from_05.training_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
