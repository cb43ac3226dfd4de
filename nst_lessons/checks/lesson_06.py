"""The exercises of 06_break_it."""

from collections.abc import Callable

import numpy as np
import torch

from nst_lessons.checks.diagnosis import diagnosis
from nst_lessons.checks.question import Question, Wrong, same_as

__all__ = ["alpha_for", "bounded", "diagnosis", "gram", "targets", "to_bytes"]


def _batch(count: int, channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor]:
    return (torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(seed)),)


def _gram(features: torch.Tensor) -> torch.Tensor:
    return torch.einsum("bchw,bdhw->bcd", features, features) / features[0].numel()


def _reshaped(features: torch.Tensor) -> torch.Tensor:
    rows = features.reshape(len(features), -1, features.shape[1])  # (B, H*W, C), each row a piece of one channel
    return rows.mT @ rows / features[0].numel()


def _mixed(features: torch.Tensor) -> torch.Tensor:
    flat = features.reshape(features.shape[1], -1)  # (C, B*H*W): the pictures of the batch are mixed
    return (flat @ flat.T / features.numel()).expand(len(features), -1, -1)


def _positions(features: torch.Tensor) -> torch.Tensor:
    return features.flatten(2).mT @ features.flatten(2) / features[0].numel()


gram = Question(
    same_as(
        _gram,
        [_batch(1, 3, 4, 5, 0), _batch(2, 6, 2, 7, 1), _batch(3, 5, 5, 4, 2)],
        [
            (
                "still the broken one: `reshape` to rows of C numbers cuts each channel into pieces. A row of (H*W, C) should "
                "hold one position's C values: that is a transpose.",
                _reshaped,
            ),
            ("the pictures of the batch are mixed: each of the B pictures has a matrix of its own.", _mixed),
            ("your matrix compares positions, not channels: it should be (B, C, C).", _positions),
            ("divide by C*H*W, the number of values of ONE picture.", lambda f: _gram(f) * f[0].numel()),
            (
                "you have divided by the values of the whole batch: a matrix must not depend on its neighbours.",
                lambda f: _gram(f) / len(f),
            ),
        ],
    ),
    hints=[
        "Leave (B, C) as they are and flatten the last two axes: `features.flatten(2)` is (B, C, H*W).",
        "`F @ F.mT` multiplies each (C, H*W) of the batch with its own transpose.",
    ],
    code="""
    def repaired_gram(features):
        F = features.flatten(2)  # (B, C, H*W)
        return F @ F.mT / features[0].numel()
    """,
    why="flatten keeps a channel's values together; if (H*W, C) is wanted, `transpose` makes it and `reshape` does not.",
)


def _is_clamped(image: torch.Tensor) -> bool:
    """Whether the picture comes right out of a clamp."""
    return "Clamp" in type(image.grad_fn).__name__


def _examine_bounded(minimise: Callable) -> None:
    goal = torch.linspace(-0.3, 1.3, 192).view(1, 3, 8, 8)  # out of reach at both ends
    curvature = torch.linspace(1, 6, 192).view(1, 3, 8, 8)
    start, seen, clamps = torch.full((1, 3, 8, 8), 0.4), [], []
    before = start.clone()

    def loss_of(image: torch.Tensor) -> torch.Tensor:
        seen.append((image.min().item(), image.max().item(), image.requires_grad, image.is_leaf))
        clamps.append(_is_clamped(image))
        return (curvature * (image - goal).square()).sum()

    result = minimise(start, loss_of, 40)
    if not seen:
        raise Wrong("loss_of was never called: the closure measures the loss with it.")
    if not isinstance(result, torch.Tensor) or result.shape != start.shape:
        raise Wrong("give back the picture, a tensor of the shape of `start`.")
    if not torch.equal(start, before):
        raise Wrong("the picture given was changed: start from a copy.")
    if not all(needs for _, _, needs, _ in seen):
        raise Wrong("loss_of was given a picture without a gradient: it must depend on u, and u must require one.")
    if any(clamps):
        raise Wrong(
            "you hand over a clamp of the canvas: where it is flat the gradient is 0. Make the pixels by a smooth function."
        )
    if any(leaf for *_, leaf in seen) and min(low for low, *_ in seen) >= 0 and max(high for _, high, *_ in seen) <= 1:
        raise Wrong(
            "the pixels themselves are still what the optimiser moves, and are cut afterwards: optimise a free u instead."
        )
    if min(low for low, *_ in seen) < 0 or max(high for _, high, *_ in seen) > 1:
        raise Wrong("the loss was measured on pixels outside [0, 1]: measure pixels made from u, which cannot leave the range.")
    if result.min() < 0 or result.max() > 1:
        raise Wrong("the loss was measured on the pixels, but u itself is given back: make it a picture first.")
    if result.requires_grad:
        raise Wrong("the result still hangs on its graph: detach it.")
    wanted = goal.clamp(0, 1)
    if (distance := ((result - wanted).norm() / (start - wanted).norm()).item()) > 0.5:
        far = "did not move" if distance > 0.98 else "hardly moved"
        raise Wrong(
            f"the picture {far} in 40 steps: does the closure clear the gradients, call backward() and return the loss?"
        )


bounded = Question(
    _examine_bounded,
    hints=[
        "No clamp anywhere: let L-BFGS move a u that may be any number, and make the pixels from it, as (1 + sin u) / 2.",
        "`u = (2 * start.clamp(0.02, 0.98) - 1).asin().requires_grad_(True)` begins at the picture; measure "
        "`loss_of((1 + u.sin()) / 2)` in the closure, and give back the same, detached.",
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


def _examine_targets(function: Callable) -> None:
    weight = torch.rand(4, 3, 1, 1, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    picture = torch.rand(1, 3, 6, 5, generator=torch.Generator().manual_seed(1))
    features = {name: torch.conv2d(picture, weight) * k for name, k in (("relu1_1", 1.0), ("relu2_1", 2.0))}
    found = function(dict(features))
    if found is None:
        raise Wrong("your function gives nothing back: does it end with `return`?")
    if not isinstance(found, dict) or found.keys() != features.keys():
        raise Wrong("a dictionary with the same names is wanted.")
    if any(not isinstance(value, torch.Tensor) for value in found.values()):
        raise Wrong("each value should be a tensor, the Gram matrix (1, C, C) of that layer.")
    if any(features[name].grad_fn is None for name in features):
        raise Wrong("you have cut the features themselves off (`detach_`): somebody else may need their graph. Use `detach()`.")
    right = {name: _gram(F.detach()) for name, F in features.items()}
    if any(found[name].shape == F.shape for name, F in features.items()):
        raise Wrong("those are the features: a target of the style is their Gram matrix.")
    if not all(f.shape == r.shape and torch.allclose(f.detach(), r, rtol=1e-3) for f, r in zip(found.values(), right.values())):  # noqa: B905
        raise Wrong("the values are not those of `gram` of each layer's features.")
    if any(value.requires_grad and value.grad_fn is None for value in found.values()):
        raise Wrong("the targets were given a gradient of their own (`requires_grad_`): a target is a number that stays.")
    if any(value.requires_grad for value in found.values()):
        raise Wrong("the targets still hang on the graph of the network: the second `backward()` will stop with an error.")


targets = Question(
    _examine_targets,
    hints=[
        "A dictionary of the Gram matrices, each cut off from the graph that made it.",
        "`tensor.detach()` gives the same numbers without the graph; `with torch.no_grad():` makes none in the first place.",
    ],
    code="""
    def targets_of(features):
        return {name: gram(F).detach() for name, F in features.items()}
    """,
    why="A target is a number. With its graph, backward() walks into it a second time, where everything was freed.",
)


def _bytes(image: torch.Tensor) -> np.ndarray:
    return image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def _wrapped(image: torch.Tensor) -> np.ndarray:
    return image[0].mul(255).round().to(torch.int64).remainder(256).to(torch.uint8).permute(1, 2, 0).numpy()


def _examine_bytes(function: Callable) -> None:
    image = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.3  # some values outside [0, 1]
    right = _bytes(image)
    got = function(image.clone())
    if got is None:
        raise Wrong("your function gives nothing back: does it end with `return`?")
    if not isinstance(got, np.ndarray | torch.Tensor):
        raise Wrong(f"an array or a tensor is wanted; this is a {type(got).__name__}.")
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    if got.shape != right.shape:
        raise Wrong(f"the shape is {got.shape}: a file wants (H, W, 3), which is {right.shape} here.")
    if got.dtype != np.uint8:
        raise Wrong(f"the type is {got.dtype}: a file wants whole numbers from 0 to 255, uint8.")
    if np.array_equal(got, right):
        return
    if got.max() <= 1:
        raise Wrong("the largest value is 1 of 255: that file is black. Multiply before you make it whole numbers.")
    inside = ((image >= 0) & (image <= 1))[0].permute(1, 2, 0).numpy()
    if np.array_equal(got[inside], right[inside]):
        raise Wrong("values above 1 come out dark, or those below 0 bright: uint8 counts round and round. Cut them off first.")
    difference = np.abs(got.astype(int) - right.astype(int))
    if difference[inside].max() <= 1:
        raise Wrong("one too dark here and there: `to(torch.uint8)` cuts the fraction off. Round first.")
    flat = image[0].clamp(0, 1).mul(255).round().to(torch.uint8)
    if np.array_equal(got, flat.reshape(right.shape).numpy()):
        raise Wrong("`reshape` to (H, W, 3) mixes colours and places: the axes want to be permuted.")
    raise Wrong("the numbers are not those of the picture: cut off, times 255, round, then the axes.")


to_bytes = Question(
    _examine_bytes,
    hints=[
        "Four things in this order: cut off at 0 and 1, times 255, round, and the axes from (3, H, W) to (H, W, 3).",
        "`image[0].clamp(0, 1).mul(255).round()` has the numbers; then `.to(torch.uint8)` and `.permute(1, 2, 0)`.",
    ],
    code="""
    def to_bytes(image):
        return image[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
    """,
    why="Know at each border which range is meant: 0 to 1 in this package, 0 to 255 in a file, mean 0 inside VGG.",
)


def _alpha(alpha, draft, final):
    return alpha * draft[0] * draft[1] / (final[0] * final[1])


alpha_for = Question(
    same_as(
        _alpha,
        [(1.0, (32, 48), (96, 144)), (5e-10, (64, 64), (128, 192)), (2.0, (100, 80), (50, 40))],
        [
            (
                "the wrong way round: the larger picture has the larger sum, so its weight must become smaller.",
                lambda a, d, f: a * f[0] * f[1] / (d[0] * d[1]),
            ),
            ("you have compared one side: a sum runs over height times width.", lambda a, d, f: a * d[0] / f[0]),
            ("you have compared one side: a sum runs over height times width. ", lambda a, d, f: a * d[1] / f[1]),
            ("unchanged: that is the broken one.", lambda a, d, f: a),
            (
                "the content loss has the square in it, but the number of its terms grows with H*W once.",
                lambda a, d, f: a * (d[0] * d[1] / (f[0] * f[1])) ** 2,
            ),
        ],
    ),
    hints=[
        "How many times as many terms has the sum at the final size?",
        "draft and final are (height, width): the number of terms grows with height * width.",
    ],
    code="""
    def alpha_for(alpha, draft, final):
        return alpha * (draft[0] * draft[1]) / (final[0] * final[1])
    """,
    why="A sum grows with the number of pixels and a mean does not: with means, a weight found on a small draft holds.",
)
