"""Examine three repairs of 06_break_it: the bounded picture, the targets without a graph, the bytes of a file."""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from nst_lessons.checks import loops
from nst_lessons.checks.cases import gram, uniform
from nst_lessons.checks.trial import NOTHING_FITS, Wrong, check_function
from nst_lessons.checks.values import brief

LOOKED_AT = 3  # pictures whose gradients are probed: after more steps, even a smooth function is flat in float32


class Pulled(loops.Watched):
    """A loss that pulls pixels out of [0, 1] and records what happens to each pixel's gradient."""

    def __init__(self) -> None:
        sign = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]).view(1, 3, 1, 2)
        super().__init__(lambda image: -1e4 * (sign * image).sum())
        self.start = 0.5 + 0.48 * sign  # near the bound that each is pulled to
        self.ways: list[torch.Tensor] = []  # for each picture, how strongly each pixel depends on the variables

    def examine(self, image: torch.Tensor) -> None:
        """Record how strongly each pixel depends on the variables."""
        if len(self.ways) < LOOKED_AT:
            pixels = [
                torch.autograd.grad(pixel, self.leaves, retain_graph=True, allow_unused=True) for pixel in image.flatten()
            ]
            self.ways.append(torch.stack([sum(way.abs().sum() for way in ways if way is not None) for ways in pixels]))


class Ends(loops.Watched):
    """A loss that pulls all pixels to 0.5. Two thirds of them start at exactly 0 or 1, as some pixels of many photos do."""

    def __init__(self) -> None:
        super().__init__(lambda image: (image - 0.5).square().sum())
        self.start = torch.tensor([0.0, 0.3, 1.0]).expand(4, 3).reshape(1, 3, 2, 2).clone()


def examine_bounded(minimise: Callable) -> None:
    """Examine `minimise(start, loss_of, steps)`: raise Wrong if it is wrong, or if pixels of 0 or 1 get stuck."""
    check_function(minimise, ("start", "loss_of", "steps"))
    goal = torch.linspace(0.2, 0.8, 192).view(1, 3, 8, 8)
    curvature = torch.linspace(1, 6, 192).view(1, 3, 8, 8)
    runs = []
    for steps in (6, 40):
        watched = loops.Watched(lambda image: (curvature * (image - goal).square()).sum())
        run = loops.go(minimise, 0.35 + 0.1 * uniform(1, 3, 8, 8), watched, steps)
        loops.check_given(run)
        runs.append(run)
    pulled = Pulled()
    out = loops.go(minimise, pulled.start.clone(), pulled, LOOKED_AT + 3)
    _check_range(runs[1], pulled)
    for run in (*runs, out):
        loops.check_first(run, tolerance=1e-2)
    for run in runs:
        loops.check_result(run)
        loops.check_movement(run)
        loops.check_optimizer(run)
    loops.check_steps(*runs, counted=False)
    _check_picture(runs[1], goal)
    _check_ends(minimise)


def _check_ends(minimise: Callable) -> None:
    """Raise Wrong if a pixel that starts at 0 or 1 stays there or becomes nan."""
    ends = Ends()
    loops.go(minimise, ends.start.clone(), ends, LOOKED_AT + 3)
    if not all(picture.isfinite().all() for picture in ends.pictures):
        raise Wrong(
            "a picture with pixels of exactly 0 or 1 becomes nan, because the inverse of your function is infinite or too "
            "steep there. Begin a little inside, with `start.clamp(0.02, 0.98)`."
        )
    stays = (ends.pictures[-1] - ends.start).abs() < 1e-3
    if stays[(ends.start - 0.5).abs() == 0.5].any():
        raise Wrong(
            "a pixel that starts at exactly 0 or 1 never moves, because your function is flat there. Begin a little inside, "
            "with `start.clamp(0.02, 0.98)`."
        )


def _check_range(run: loops.Run, pulled: Pulled) -> None:
    """Raise Wrong if a picture leaves [0, 1], or stays inside only because it is clamped."""
    pictures = torch.cat([one.flatten() for one in (*run.watched.pictures, *pulled.pictures)])
    if pictures.min() < -1e-4 or pictures.max() > 1 + 1e-4:
        raise Wrong("loss_of got pixels outside [0, 1]: compute the pixels from u by a function that stays in the range.")
    if any((ways == 0).any() for ways in pulled.ways):
        raise Wrong(
            "a pixel that is pulled out of [0, 1] loses its gradient, so it never comes back: `clamp`, `min` and `max` are "
            "flat out there. Compute the pixels from a free u by a smooth function."
        )
    if not any(run.watched.free) or (
        len(pulled.ways) > 1 and all(torch.allclose(ways, pulled.ways[0]) for ways in pulled.ways)
    ):
        raise Wrong(
            "the optimiser still moves the pixels themselves, and they are clamped behind its back. Optimise a free u instead, "
            "and compute the pixels from it by a smooth function."
        )


def _check_picture(run: loops.Run, goal: torch.Tensor) -> None:
    """Raise Wrong unless the result is the last picture that loss_of got, near the goal."""
    result, last = run.result, run.watched.pictures[-1]
    if result.min() < 0 or result.max() > 1:
        raise Wrong("you return u itself: turn it into pixels first, as you do for loss_of.")
    far, measured = ((one - goal).norm() / (run.start - goal).norm() for one in (result, last))
    if measured > 0.5:
        raise Wrong("the picture hardly moved in 40 steps. Does the closure call backward() on the loss, and return the loss?")
    if far > measured + 0.02:
        raise Wrong("your result is not the picture that loss_of got: compute it from u by the same function.")


def _some_features(names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """Return features (1, C, H, W) of some layers, each with a different C and with the graph of a network."""
    weights = [uniform(channels, 3, 1, 1, seed=channels).requires_grad_(True) for channels in (5, 2, 4)]
    picture = uniform(1, 3, 7, 4, seed=len(names))
    return {name: torch.conv2d(picture, weight) for name, weight in zip(names, weights, strict=False)}


def examine_targets(function: Callable) -> None:
    """Examine a function that makes {name: target} from {name: features}; raise Wrong if it is wrong."""
    check_function(function, ["features"])
    for names in (("relu1_1", "relu2_1"), ("relu3_1", "conv4_2", "relu5_1")):
        features = _some_features(names)
        given, values = dict(features), {name: F.detach().clone() for name, F in features.items()}
        found = function(given)
        if given.keys() != features.keys() or any(given[name] is not F for name, F in features.items()):
            raise Wrong("your function changed its input, the dictionary of features: make a new dictionary.")
        if not all(torch.equal(F, values[name]) for name, F in features.items()):
            raise Wrong("your function changed its input: it writes into the features. Make new tensors instead.")
        if any(F.grad_fn is None for F in features.values()):
            raise Wrong("you have cut off the features themselves (`detach_`), but they must keep their graph. Use `detach()`.")
        _check_targets(found, features)


def _check_targets(found: object, features: dict[str, torch.Tensor]) -> None:
    if found is None or found is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(found, Mapping) or found.keys() != features.keys():
        named = f" with the names {', '.join(map(str, found))}" if isinstance(found, Mapping) else ""
        raise Wrong(f"return a dictionary with the same names as `features`; this is {brief(found)}{named}.")
    for name, value in found.items():
        _check_target(name, value, features[name].detach())
    if any(value.requires_grad and value.grad_fn is None for value in found.values()):
        raise Wrong("the targets have a gradient of their own: leave out `requires_grad_`, because a target never changes.")
    hanging = [name for name, value in found.items() if value.requires_grad]
    if hanging:
        some = "" if len(hanging) == len(found) else f" ({', '.join(hanging)})"
        raise Wrong(f"the targets{some} still have the network's graph, so the second `backward()` will fail. Cut them off.")


def _check_target(name: str, value: object, F: torch.Tensor) -> None:
    right = gram(F)
    if not isinstance(value, torch.Tensor):
        raise Wrong(f"each value should be a tensor, the Gram matrix (1, C, C) of its layer; {name!r} has {brief(value)}.")
    if value.shape == F.shape:
        raise Wrong("those are the features: the style's target is their Gram matrix.")
    if value.shape == right.shape[1:]:
        raise Wrong("keep the batch axis: a target is (1, C, C), as `gram` returns it.")
    if value.shape != right.shape:
        raise Wrong(f"{name!r} has shape {tuple(value.shape)}, but `gram` of these features has shape {tuple(right.shape)}.")
    if not torch.allclose(value.detach().to(right), right, rtol=1e-3):
        raise Wrong(f"{name!r} is not the Gram matrix of this layer's features: use `gram`, and change nothing else.")


def _bytes(image: torch.Tensor, times: float = 255, whole: Callable = torch.round) -> np.ndarray:
    return whole(image[0].clamp(0, 1).mul(times)).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()


_WRONG_BYTES = {
    "multiply by 255, not 256: 1 becomes the largest byte, 255, and each step is 1/255.": lambda image: _bytes(
        image, 256, torch.floor
    ),
    "multiply by 255, not 256: 1 becomes the largest byte, 255.": lambda image: _bytes(image, 256),
    "you multiply by 255.999 and cut the fraction off: multiply by 255, then round.": lambda image: _bytes(
        image, 255.999, torch.floor
    ),
    "some values are 1 too small: `to(torch.uint8)` cuts the fraction off. Round first.": lambda image: _bytes(
        image, whole=torch.floor
    ),
    "some values are 1 too large: round to the nearest, not up.": lambda image: _bytes(image, whole=torch.ceil),
    "`reshape` or `view` to (H, W, 3) mixes colours and places: permute the axes instead.": lambda image: (
        _bytes(image).transpose(2, 0, 1).reshape(_bytes(image).shape)
    ),
    "red and blue are swapped: keep the order R, G, B.": lambda image: _bytes(image)[..., ::-1],
    "the picture is upside down: move only the colour axis.": lambda image: _bytes(image)[::-1],
    "left and right are swapped: move only the colour axis.": lambda image: _bytes(image)[:, ::-1],
    "you stretch the picture to its own range: clamp it to [0, 1] instead.": lambda image: _bytes(
        (image - image.min()) / (image.max() - image.min())
    ),
    "values below 0 become bright: clamp them to 0, don't take the absolute value.": lambda image: _bytes(image.abs()),
    "a sigmoid changes every value: leave the values in [0, 1] as they are, and clamp the others.": lambda image: _bytes(
        image.sigmoid()
    ),
    "black and white are swapped: 0 is black.": lambda image: _bytes(1 - image),
}


def examine_bytes(function: Callable) -> None:
    """Examine a function that makes (H, W, 3) bytes from a picture; raise Wrong if it is wrong."""
    check_function(function, ["image"])
    for size in ((5, 7), (9, 4)):
        _check_bytes(function, 1.6 * uniform(1, 3, *size) - 0.3)  # some values outside [0, 1]


def _check_bytes(function: Callable, image: torch.Tensor) -> None:
    right, mine = _bytes(image), image.clone()
    got = function(mine)
    if not torch.equal(mine, image):
        raise Wrong("your function changed its input `image`: make new tensors, without `clamp_`, `mul_` or `*=`.")
    if got is None or got is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(got, np.ndarray | torch.Tensor):
        raise Wrong(f"return an array or a tensor; this is {brief(got)}.")
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    if got.shape != right.shape:
        swapped = " Height comes before width." if got.shape == right.transpose(1, 0, 2).shape else ""
        raise Wrong(f"the shape is {got.shape}: a file needs (H, W, 3), which is {right.shape} here.{swapped}")
    if got.dtype != np.uint8:
        raise Wrong(f"the type is {got.dtype}: a file needs whole numbers from 0 to 255, uint8.")
    if np.array_equal(got, right):
        return
    if got.max() <= 1:
        raise Wrong("the largest value is 1 of 255: that file is black. Multiply before you convert to whole numbers.")
    for message, mistake in _WRONG_BYTES.items():
        if np.array_equal(got, mistake(image)):
            raise Wrong(message)
    inside = ((image >= 0) & (image <= 1))[0].permute(1, 2, 0).numpy()
    close = np.abs(got.astype(int) - right.astype(int)) <= 1
    if close[inside].all() and not close.all():
        raise Wrong("values above 1 come out dark, or values below 0 bright: uint8 wraps around. Clamp to [0, 1] first.")
    if close.all():
        raise Wrong("some values are off by 1: multiply by 255, then round to the nearest whole number.")
    if set(np.unique(got)) <= {0, 255}:
        raise Wrong("only 0 and 255 are left: multiply by 255 before you convert to whole numbers, not after.")
    slope, start = np.polyfit(right[inside], got[inside], 1)
    if np.abs(slope * right + start - got)[inside].max() < 2:
        raise Wrong(f"your numbers are the right ones times {slope:.3f}, plus {start:.1f}: 0 becomes 0, and 1 becomes 255.")
    raise Wrong(
        f"{NOTHING_FITS} {close.mean():.0%} of your numbers are right. Work in this order: clamp to [0, 1], multiply by 255, "
        "round, permute the axes."
    )
