"""The exercises of 04_full_pipeline."""

import math
from collections.abc import Callable
from functools import partial

import torch

from nst_lessons.checks import guesses, loops, puzzles_to_04
from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.hand_in import write_counts
from nst_lessons.checks.measured import CameOut, risen
from nst_lessons.checks.prediction import Guess, tally
from nst_lessons.checks.question import Question, Wrong
from nst_lessons.checks.trial import check_function
from nst_lessons.checks.tried import Tried


def _total_loss(content, style_by_layer, alpha, beta):
    return alpha * content + beta * sum(style_by_layer) / len(style_by_layer)


def _losses(content: float, *style: float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    return torch.tensor(content), [torch.tensor(one) for one in style]


def _of_slopes(tried: Tried) -> str | None:
    """Say which loss has the wrong weight."""
    content, style, alpha, beta = tried.inputs[-1]
    more = tried.again((content + 1, style, alpha, beta)), tried.again((content, [style[0] + 1, *style[1:]], alpha, beta))
    for name, got, wanted, said in zip(
        ("content", "style_by_layer[0]"), more, (alpha, beta / len(style)), ("alpha", "beta / len(style_by_layer)"), strict=True
    ):
        if got is not None and not math.isclose((got - tried.found[-1]).item(), wanted, rel_tol=1e-3):
            return f"if `{name}` grows by 1, the total should grow by {said}, but yours does not."
    return None


total_loss = Question(
    SameAs(
        _total_loss,
        [
            (*_losses(0.5, 0.2, 0.4), 2.0, 10.0),
            (*_losses(0.1, 0.3, 0.9, 0.5, 0.7, 0.25), 1.0, 7.0),
            (*_losses(0.8, 0.35, 0.6, 0.15), 3.0, 0.5),
        ],
        {
            "you sum over the layers: take their mean.": lambda c, s, a, b: a * c + b * sum(s),
            "alpha goes with the content and beta with the style.": lambda c, s, a, b: b * c + a * sum(s) / len(s),
            "the style term is missing: add beta times the mean of the style losses.": lambda c, s, a, b: a * c,
            "the content term is missing: add alpha times content.": lambda c, s, a, b: b * sum(s) / len(s),
            "the weights are missing: alpha times content, beta times style.": lambda c, s, a, b: c + sum(s) / len(s),
            "the weights are missing, and the sum over the layers should be a mean.": lambda c, s, a, b: c + sum(s),
            "alpha is missing: it multiplies the content.": lambda c, s, a, b: c + b * sum(s) / len(s),
            "beta is missing: it multiplies the style.": lambda c, s, a, b: a * c + sum(s) / len(s),
            "mind the brackets: beta multiplies the style alone.": lambda c, s, a, b: b * (a * c + sum(s) / len(s)),
            "mind the brackets: alpha multiplies the content alone.": lambda c, s, a, b: a * (c + b * sum(s) / len(s)),
            "mind the brackets: only the style is divided by the number of layers.": lambda c, s, a, b: (
                (a * c + b * sum(s)) / len(s)
            ),
            "mind the brackets: alpha and beta each multiply only one loss.": lambda c, s, a, b: (
                (a + b) * (c + sum(s) / len(s))
            ),
            "do not divide by alpha + beta: use the weights as they are.": lambda c, s, a, b: _total_loss(c, s, a, b) / (a + b),
            "count the content once, not once per layer.": lambda c, s, a, b: a * c * len(s) + b * sum(s) / len(s),
            "count the content once, not once per layer, and take the mean of the style losses.": lambda c, s, a, b: (
                a * c * len(s) + b * sum(s)
            ),
            "you subtract the style term: add it.": lambda c, s, a, b: a * c - b * sum(s) / len(s),
            "you multiply the two terms: add them.": lambda c, s, a, b: a * c * b * sum(s) / len(s),
            "you take the largest layer: take the mean of all.": lambda c, s, a, b: a * c + b * max(s),
            "you take the smallest layer: take the mean of all.": lambda c, s, a, b: a * c + b * min(s),
            "you take only the first layer: take the mean of all.": lambda c, s, a, b: a * c + b * s[0],
            "you take only the last layer: take the mean of all.": lambda c, s, a, b: a * c + b * s[-1],
            "you take the median of the layers: take their mean.": lambda c, s, a, b: a * c + b * torch.stack(s).median(),
            "the losses are already squares: use them as they are.": lambda c, s, a, b: (
                a * c**2 + b * sum(one**2 for one in s) / len(s)
            ),
            "divide by the number of layers, which is `len(style_by_layer)`: it is not always 5.": lambda c, s, a, b: (
                a * c + b * sum(s) / 5
            ),
        },
        gradient=("content", "style_by_layer"),
        also=[_of_slopes],
        wants="one number",
    ),
    hints=[
        "The total balances two wishes. How can one number hold both, and how do you turn a list into one number?",
        "First take the mean of the list. Then add two terms, each of them a weight times a loss.",
        "`return alpha * ____ + beta * ____ / len(style_by_layer)`",
    ],
    code="""
    def total_loss(content, style_by_layer, alpha, beta):
        return alpha * content + beta * sum(style_by_layer) / len(style_by_layer)
    """,
    why="The total is a weighted sum of two distances. Where its minimum is depends only on the ratio of alpha and beta.",
)


OFTEN = 6  # evaluations of the loss in one step; the lesson names 4


def _examine_loop(minimise: Callable) -> str | None:
    check_function(minimise, ("image", "loss_of", "steps"))
    goal = torch.linspace(0.1, 0.9, 192).view(1, 3, 8, 8)
    curvature = torch.logspace(0, 2, 192).view(1, 3, 8, 8)  # plain gradient descent is slow on it
    runs = []
    for steps in (3, 12):
        watched = loops.Watched(lambda image: (curvature * (image - goal).square()).sum())
        run = loops.go(minimise, 0.2 + 0.1 * uniform(1, 3, 8, 8), watched, steps)
        loops.check_given(run)
        loops.check_first(run, tolerance=1e-5)
        loops.check_result(run)
        loops.check_movement(run)
        loops.check_canvas(run)
        loops.check_optimizer(run)
        runs.append(run)
    loops.check_steps(*runs, counted=True)
    run = runs[1]
    distance = ((run.result - goal).norm() / (run.start - goal).norm()).item()
    if distance > 1:
        raise Wrong("the loss went up: does the closure return the same loss that it calls `backward()` on?")
    if distance > 0.6:
        raise Wrong("the loss falls, but too slowly for L-BFGS. Is the gradient that of loss_of, and `lr` the default?")
    often = len(runs[0].watched.pictures) / runs[0].steps
    if often <= OFTEN:
        return None
    return (
        f"but each step calls loss_of {often:.0f} times, so the next cell takes {often / 4:.0f} times as long as it says. "
        "With `max_iter=4` it is as quick as the lesson's."
    )


loop = Question(
    _examine_loop,
    hints=[
        "What changes, what changes it, and how does that find out how good the current picture is?",
        "Four things: a canvas (a copy of the image that requires a gradient), an optimiser of [canvas], a closure, a loop. "
        "The closure clears the gradients, computes the loss of the canvas, calls `backward()` and returns the loss.",
        "In the closure: `optimizer.____()`, `loss = loss_of(____)`, `loss.____()`, `return ____`. In the loop: "
        "`optimizer.step(____)`.",
    ],
    code="""
    def minimise(image, loss_of, steps):
        canvas = image.clone().requires_grad_(True)
        optimizer = torch.optim.LBFGS([canvas], max_iter=4)

        def closure():
            optimizer.zero_grad()
            loss = loss_of(canvas)
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)
        return canvas.detach()
    """,
    why="L-BFGS may need the loss several times per step, so it gets a function that computes it. That is the whole loop.",
)

curves = Guess(
    CameOut(
        "content",
        {
            "style": "the canvas starts as the photo, so the style is far away at first: look where the orange curve goes.",
            "both": "if both rose, their weighted sum would rise, but the run minimises that sum.",
            "none": "look at the left end of the blue curve: where does it start, and where does it go?",
        },
        came_out=risen,
    ),
    hints=[
        "The canvas starts as a copy of the photo. Which of the two losses is already perfect at that moment?",
        "One of the two losses is 0 at the start. A loss cannot fall below 0, and the canvas must leave the photo to gain "
        "style.",
        "At the start the ____ loss is 0. Every stroke that lowers the ____ loss moves the canvas away from the photo.",
    ],
    code='my_guess = "content"',
    why="It starts at 0, because the canvas is the photo, and then pays for the style: the sum falls though one part rises.",
)


def _rescaled_beta(beta, k):
    return beta / k**2


rescaled_beta = Question(
    SameAs(
        _rescaled_beta,
        [(3.0, 2.0), (10.0, 58.0), (7.0, 0.5), (1e3, 3.0)],
        {
            "the style loss grows with k⁴, but the content loss grows with k²: only the rest counts.": lambda b, k: b / k**4,
            "the wrong way round: the style loss grows faster, so its weight must become smaller.": lambda b, k: b * k**2,
            "the wrong way round, and the content loss grows too.": lambda b, k: b * k**4,
            "count the powers again: the content loss squares activations, the style loss squares products of them.": (
                lambda b, k: b / k
            ),
            "count the powers again: the content loss grows with k², and the style loss with k⁴.": lambda b, k: b / k**3,
            "beta must change: the two losses do not grow with the same power of k.": lambda b, k: b,
            "`k * 2` is not `k**2`: use the square.": lambda b, k: b / (2 * k),
            "mind the brackets: `/ k * 2` divides by k and multiplies by 2.": lambda b, k: b / k * 2,
            "mind the brackets: square k alone.": lambda b, k: (b / k) ** 2,
            "you subtract k²: divide by it, because the weight must be k² times smaller.": lambda b, k: b - k**2,
            "that is only the factor: multiply beta by it.": lambda b, k: 1 / k**2,
        },
        wants="one number, the new weight",
    ),
    hints=[
        "Content is (F - P)², style is (G - A)², and G is made of products F F. How does each grow if F becomes k F?",
        "The content loss grows by k², and the style loss by k⁴. Take k² out of the whole sum: that does not move the minimum. "
        "Then compare what is left with content + beta style.",
        "k² (content + β' ____ style) has the same minimum as content + β style if β' ____ = β.",
    ],
    code="""
    def rescaled_beta(beta, k):
        return beta / k**2
    """,
    why="k² content + β' k⁴ style equals k² (content + β' k² style), which has the same minimum if β' k² = β.",
)

zero = guesses.zero
lowest = guesses.lowest
closure_order = puzzles_to_04.closure_order
sizes_order = puzzles_to_04.sizes_order
predictions = partial(tally, globals())
hand_in = partial(write_counts, globals())
