"""The exercises of 04_full_pipeline."""

from collections.abc import Callable

import torch

from nst_lessons.checks.question import Question, Wrong, one_of, same_as


def _total(content, style_by_layer, alpha, beta):
    return alpha * content + beta * sum(style_by_layer) / len(style_by_layer)


_LOSSES = [
    (torch.tensor(0.5), [torch.tensor(0.2), torch.tensor(0.4)], 2.0, 10.0),
    (torch.tensor(0.1), [torch.tensor(v) for v in (0.3, 0.9, 0.5, 0.7, 0.2)], 1.0, 7.0),
]

total_loss = Question(
    same_as(
        _total,
        _LOSSES,
        [
            ("that is the sum over the layers: the lesson takes their mean.", lambda c, s, a, b: a * c + b * sum(s)),
            ("alpha goes with the content and beta with the style.", lambda c, s, a, b: b * c + a * sum(s) / len(s)),
            ("the style's half is missing.", lambda c, s, a, b: a * c),
            ("the content's half is missing.", lambda c, s, a, b: b * sum(s) / len(s)),
            ("the weights are missing: alpha times content, beta times style.", lambda c, s, a, b: c + sum(s) / len(s)),
            ("mind the brackets: beta multiplies the style alone.", lambda c, s, a, b: b * (a * c + sum(s) / len(s))),
        ],
    ),
    hints=[
        "Two terms, each a weight times a loss. `style_by_layer` is a list: make one number of it first.",
        "`sum(style_by_layer) / len(style_by_layer)` is the mean of the layers.",
    ],
    code="""
    def total_loss(content, style_by_layer, alpha, beta):
        return alpha * content + beta * sum(style_by_layer) / len(style_by_layer)
    """,
    why="A weighted sum of two distances. Where it is least depends on the ratio of alpha and beta alone.",
)


def _examine_loop(minimise: Callable) -> None:
    start, goal = torch.full((1, 3, 8, 8), 0.3), torch.linspace(0.1, 0.9, 192).view(1, 3, 8, 8)
    curvature = torch.linspace(1, 20, 192).view(1, 3, 8, 8)  # plain gradient descent is slow on it
    before, calls = start.clone(), []

    def loss_of(image: torch.Tensor) -> torch.Tensor:
        calls.append(torch.is_grad_enabled() and image.requires_grad)
        return (curvature * (image - goal).square()).sum()

    result = minimise(start, loss_of, 12)
    if not torch.equal(start, before):
        raise Wrong("the picture given was changed: make the canvas a copy, with `image.clone()`.")
    if start.requires_grad:
        raise Wrong("the picture given now requires a gradient: make the canvas a copy, with `image.clone()`.")
    if not calls:
        raise Wrong("loss_of was never called: the closure measures the loss with it.")
    if not all(calls):
        raise Wrong("loss_of was given a picture that needs no gradient: the canvas must have `requires_grad_(True)`.")
    if not isinstance(result, torch.Tensor):
        raise Wrong(f"give back the canvas, a tensor; this is a {type(result).__name__}.")
    if result.requires_grad:
        raise Wrong("the result still hangs on its graph: give back `canvas.detach()`.")
    if result.shape != start.shape or not result.isfinite().all():
        raise Wrong("the result is not finite, or has another shape than the picture.")
    if torch.equal(result, start):
        raise Wrong("the canvas did not move: does the closure call `loss.backward()` and the loop `optimizer.step(closure)`?")
    distance = ((result - goal).norm() / (start - goal).norm()).item()
    if distance > 1:
        raise Wrong(
            "the loss went up: does the closure clear old gradients with `optimizer.zero_grad()`, and give back the loss?"
        )
    if len(calls) < 12:
        raise Wrong(f"the loss was measured {len(calls)} times in 12 steps: call `optimizer.step(closure)` once for each step.")
    if distance > 0.2:
        raise Wrong("the canvas came nearer, but too slowly for L-BFGS: is it `torch.optim.LBFGS`, and is every step taken?")


loop = Question(
    _examine_loop,
    hints=[
        "Four things: a canvas (a copy of the image that requires a gradient), an optimiser of [canvas], a closure, a loop.",
        "The closure: clear the gradients, measure the loss of the canvas, `backward()`, return the loss. The loop calls "
        "`optimizer.step(closure)`.",
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
    why="L-BFGS may measure several times in a step, so it is given the measuring as a function. Nothing else is in the loop.",
)

curves = Question(
    one_of(
        "content",
        {
            "style": "the canvas starts as the photo, so the style is far away at first; look where the orange curve goes.",
            "both": "if both rose, their weighted sum would rise, and that is what is minimised.",
            "none": "look at the left end of the blue curve: where does it start, and where is it later?",
        },
    ),
    hints=["The canvas starts as a copy of the photo. What is its content loss at that moment?", "Can a loss of 0 fall?"],
    code='my_guess = "content"',
    why="It starts at 0, the photo itself, and pays for the style: the sum falls though one part of it rises.",
)


def _rescaled(beta, k):
    return beta / k**2


rescaled_beta = Question(
    same_as(
        _rescaled,
        [(10.0, 58.0), (3.0, 0.5), (1e3, 2.0)],
        [
            (
                "the style loss does grow with k⁴, but the content loss grows with k², too: only the rest is left over.",
                lambda b, k: b / k**4,
            ),
            ("the wrong way round: the style loss grows faster, so its weight must become smaller.", lambda b, k: b * k**2),
            (
                "the content loss is a square of activations, the style loss a square of products: count the powers again.",
                lambda b, k: b / k,
            ),
            ("something must change: the two losses do not grow with the same power of k.", lambda b, k: b),
        ],
    ),
    hints=[
        "Content is (F - P)², style is (G - A)², and G is made of products F F. Which power of k comes out of each?",
        "k² comes out of the content loss, k⁴ out of the style loss. Write the sum as k² (content + β' k² style), and compare "
        "it with content + β style.",
    ],
    code="""
    def rescaled_beta(beta, k):
        return beta / k**2
    """,
    why="k² content + β' k⁴ style is k² (content + β' k² style): the same minimum when β' k² = β.",
)
