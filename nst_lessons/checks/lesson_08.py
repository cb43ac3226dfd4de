"""The exercises of 08_real_time."""

from math import ceil

import torch
import torch.nn.functional as F

from nst_lessons.checks.question import Question, one_of, same_as


def _parameters(inputs: int, outputs: int, kernel: int, styles: int) -> int:
    return kernel**2 * inputs * outputs + 2 * styles * outputs


parameters = Question(
    same_as(
        _parameters,
        [(3, 16, 9, 1), (64, 32, 3, 8), (5, 7, 1, 3)],
        [
            ("a filter is kernel x kernel: the kernel counts twice.", lambda i, o, k, s: k * i * o + 2 * s * o),
            ("these convolutions have no bias.", lambda i, o, k, s: _parameters(i, o, k, s) + o),
            ("a style has two numbers a channel, scale and shift: you have one.", lambda i, o, k, s: k**2 * i * o + s * o),
            ("the normalisation is missing: two numbers a channel for each style.", lambda i, o, k, s: k**2 * i * o),
            (
                "the convolution is shared by the styles: only scale and shift are counted for each.",
                lambda i, o, k, s: s * (k**2 * i * o + 2 * o),
            ),
            ("scale and shift belong to the OUTPUT channels.", lambda i, o, k, s: k**2 * i * o + 2 * s * i),
            ("you have left the styles out: each has its own scale and shift.", lambda i, o, k, s: k**2 * i * o + 2 * o),
        ],
        rtol=1e-6,
    ),
    hints=[
        "Two parts: the filters, which all styles share, and scale and shift, of which each style has its own.",
        "Filters: kernel * kernel numbers for each of inputs * outputs pairs. Then 2 for each style and output channel.",
    ],
    code="""
    def parameters(inputs, outputs, kernel, styles):
        return kernel * kernel * inputs * outputs + 2 * styles * outputs
    """,
    why="The picture's size is not in it: a convolution slides. And one more style costs 2 numbers a channel.",
)

contrast = Question(
    one_of(
        "same",
        {
            "half": "half as strong is what goes in. What does the division by sigma, which is halved too, do to it?",
            "brighter": "0.25 more at every pixel is a constant after the convolution. What takes constants away?",
            "stronger": "nothing is amplified beyond variance 1: compare the two strengths that the cell printed.",
        },
    ),
    hints=[
        "A convolution is linear: of 0.25 + 0.5 x it makes a constant and half of what it makes of x.",
        "The mean takes the constant with it, and sigma is half as large as well.",
    ],
    code='my_guess = "same"',
    why="Brightness goes with the mean, contrast with sigma, both of the picture itself: what is left is the drawing.",
)


def _pictures(batch: int, channels: int, height: int, width: int, seed: int) -> torch.Tensor:
    """Random x (B, C, H, W), every picture and channel with a mean and a deviation of its own."""
    generator = torch.Generator().manual_seed(seed)
    scale, shift = 1 + torch.rand(2, batch, channels, 1, 1, generator=generator) * 4
    return scale * torch.randn(batch, channels, height, width, generator=generator) + shift


def _normal(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, keepdim=True, correction=0) + 1e-5).sqrt()


def _centred(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean((2, 3), keepdim=True)


instance_norm = Question(
    same_as(
        F.instance_norm,
        [(_pictures(2, 3, 5, 4, 0),), (_pictures(3, 2, 4, 6, 1),)],
        [
            (
                "that is batch normalisation: leave the batch's axis 0 out of mean and variance.",
                lambda x: _normal(x, (0, 2, 3)),
            ),
            ("mean and variance are taken over the channels too: each channel has its own.", lambda x: _normal(x, (1, 2, 3))),
            ("mean and variance of everything at once: axes 2 and 3 alone are wanted.", lambda x: _normal(x, (0, 1, 2, 3))),
            ("mean and variance across the channels of one pixel: axes 2 and 3 are wanted.", lambda x: _normal(x, (1,))),
            ("the mean is gone, and the strength still as it was: divide by the standard deviation.", _centred),
            (
                "you divide by the variance: its square root is wanted.",
                lambda x: _centred(x) / (x.var((2, 3), keepdim=True, correction=0) + 1e-5),
            ),
            ("the variance divides by HW - 1: give `correction=0`.", lambda x: _centred(x) / x.std((2, 3), keepdim=True)),
            (
                "the mean is still there: take it away before you divide.",
                lambda x: x / (x.var((2, 3), keepdim=True, correction=0) + 1e-5).sqrt(),
            ),
        ],
    ),
    hints=[
        "One mean and one variance for each picture and channel, of shape (B, C, 1, 1): which axes disappear into them?",
        "`x.mean((2, 3), keepdim=True)`, and `x.var((2, 3), keepdim=True, correction=0)`.",
    ],
    code="""
    def instance_norm(x, eps=1e-5):
        mean = x.mean((2, 3), keepdim=True)
        variance = x.var((2, 3), keepdim=True, correction=0)
        return (x - mean) / (variance + eps).sqrt()
    """,
    why="Over height and width alone: so no picture of a batch knows of another, and none keeps its own contrast.",
)


def _conditional(x, gamma, beta, mix) -> torch.Tensor:
    return (mix @ gamma)[:, :, None, None] * F.instance_norm(x) + (mix @ beta)[:, :, None, None]


def _styles(batch: int, channels: int, styles: int, seed: int) -> tuple[torch.Tensor, ...]:
    """x (B, C, H, W), gamma and beta (S, C), mix (B, S)."""
    generator = torch.Generator().manual_seed(seed)
    gamma, beta = torch.rand(2, styles, channels, generator=generator) * 3
    shares = torch.rand(batch, styles, generator=generator)
    return _pictures(batch, channels, 6, 5, seed), gamma, beta, shares / shares.sum(1, keepdim=True)


def _strongest(mix: torch.Tensor) -> torch.Tensor:
    return F.one_hot(mix.argmax(1), mix.shape[1]).to(mix.dtype)


conditional_norm = Question(
    same_as(
        _conditional,
        [_styles(2, 3, 4, 0), _styles(3, 5, 2, 1)],
        [
            ("gamma is the scale and beta the shift: they are exchanged.", lambda x, g, b, m: _conditional(x, b, g, m)),
            (
                "x is not normalised: take its own mean and deviation away first, with F.instance_norm.",
                lambda x, g, b, m: (m @ g)[:, :, None, None] * x + (m @ b)[:, :, None, None],
            ),
            (
                "only the style with the largest share counts: all of them are wanted, by their shares.",
                lambda x, g, b, m: _conditional(x, g, b, _strongest(m)),
            ),
            (
                "all styles count alike: weight them with `mix`.",
                lambda x, g, b, m: _conditional(x, g, b, torch.full_like(m, 1 / m.shape[1])),
            ),
            ("the shift is missing: add the mixed beta.", lambda x, g, b, m: _conditional(x, g, 0 * b, m)),
            ("the scale is missing: multiply with the mixed gamma.", lambda x, g, b, m: _conditional(x, 0 * g + 1, b, m)),
            (
                "every picture has its own row of `mix`: you give all of them that of the first.",
                lambda x, g, b, m: _conditional(x, g, b, m[:1].expand_as(m)),
            ),
        ],
    ),
    hints=[
        "First mix: (B, S) times (S, C) gives each picture its own scale (B, C). Then scale and shift the normalised x.",
        "`(mix @ gamma)[:, :, None, None]` has the shape (B, C, 1, 1), which spreads over height and width.",
    ],
    code="""
    def conditional_norm(x, gamma, beta, mix):
        scale, shift = mix @ gamma, mix @ beta  # (B, C)
        return scale[:, :, None, None] * F.instance_norm(x) + shift[:, :, None, None]
    """,
    why="The style enters here and nowhere else, as two numbers a channel; so a mix of styles is a mix of these numbers.",
)

mixing = Question(
    one_of(
        "new",
        {
            "average": "it lies near the average, but is it that? Compare the distances and strengths that the cell printed.",
            "patches": "every channel has one scale and one shift for the whole picture: nothing here depends on the place.",
            "stronger": "both have a share of one half in every scale and shift. Compare the picture's colours with both.",
        },
    ),
    hints=[
        "What is mixed are scales and shifts, deep inside. Between them and the picture stand more than ten ReLUs.",
        "If the network were linear, it would be the average. Is it?",
    ],
    code='my_mix = "new"',
    why="The network is not linear: with numbers between two styles it draws one picture, with lines of its own.",
)


break_even = Question(
    same_as(
        lambda training, optimising, one_pass: training / (optimising - one_pass),
        [(100.0, 5.0, 0.7), (4000.0, 21.0, 3.0)],
        [
            ("the passes cost something too: a picture saves the difference only.", lambda t, o, p: t / o),
            ("you have divided by the cost of a pass: what does a picture SAVE?", lambda t, o, p: t / p),
            ("upside down: the larger the training, the more pictures it takes.", lambda t, o, p: (o - p) / t),
            ("a pass is paid instead of the optimisation, not beside it: subtract.", lambda t, o, p: t / (o + p)),
            ("right but rounded up: leave it as it is.", lambda t, o, p: ceil(t / (o - p))),
            ("right but rounded down: leave it as it is.", lambda t, o, p: t // (o - p)),
        ],
    ),
    hints=[
        "n pictures cost n * optimising on one way, training + n * one_pass on the other. Where are they equal?",
        "Each picture saves optimising - one_pass seconds. How many of these make up the training?",
    ],
    code="""
    def break_even(training, optimising, one_pass):
        return training / (optimising - one_pass)
    """,
    why="A training is an investment: worth it for a video or for many visitors, not for one picture on a wall.",
)
