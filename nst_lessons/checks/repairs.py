"""How three repairs of 06_break_it are examined: the bounded picture, the targets without a graph, the bytes of a file."""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from nst_lessons.checks import loops
from nst_lessons.checks.cases import gram, uniform
from nst_lessons.checks.trial import NOTHING_FITS, Wrong, check_function
from nst_lessons.checks.values import brief

LOOKED_AT = 3  # pictures in which the way back is probed: pulled for longer, a smooth function is flat in float32, too


class Pulled(loops.Watched):
    """A loss that pulls pixels out of [0, 1], and looks at what then becomes of each pixel's gradient."""

    def __init__(self) -> None:
        sign = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]).view(1, 3, 1, 2)
        super().__init__(lambda image: -1e4 * (sign * image).sum())
        self.start = 0.5 + 0.48 * sign  # near the edge that each is pulled to
        self.ways: list[torch.Tensor] = []  # for each picture, how strongly each pixel answers to what is moved

    def examine(self, image: torch.Tensor) -> None:
        """Note how strongly each pixel depends on the variables."""
        if len(self.ways) < LOOKED_AT:
            pixels = [
                torch.autograd.grad(pixel, self.leaves, retain_graph=True, allow_unused=True) for pixel in image.flatten()
            ]
            self.ways.append(torch.stack([sum(way.abs().sum() for way in ways if way is not None) for ways in pixels]))


def examine_bounded(minimise: Callable) -> None:
    """Raise Wrong with what is wrong about a `minimise(start, loss_of, steps)`; return None if it is right."""
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


def _check_range(run: loops.Run, pulled: Pulled) -> None:
    """Raise Wrong where a measured picture leaves [0, 1], or stays inside only because it is cut."""
    pictures = torch.cat([one.flatten() for one in (*run.watched.pictures, *pulled.pictures)])
    if pictures.min() < -1e-4 or pictures.max() > 1 + 1e-4:
        raise Wrong("the loss was measured on pixels outside [0, 1]: measure pixels made from u, which cannot leave the range.")
    if any((ways == 0).any() for ways in pulled.ways):
        raise Wrong(
            "a pixel that is pulled out of [0, 1] loses its gradient, so nothing ever calls it back: `clamp`, `min`, `max` and "
            "the like are flat out there. Make the pixels from a free u by a smooth function."
        )
    if not any(run.watched.free) or (
        len(pulled.ways) > 1 and all(torch.allclose(ways, pulled.ways[0]) for ways in pulled.ways)
    ):
        raise Wrong(
            "the pixels themselves are still what the optimiser moves, and are cut behind its back: optimise a free u instead, "
            "and make the pixels from it by a smooth function."
        )


def _check_picture(run: loops.Run, goal: torch.Tensor) -> None:
    """Raise Wrong unless what is given back is the picture that was measured, near the goal."""
    result, last = run.result, run.watched.pictures[-1]
    if result.min() < 0 or result.max() > 1:
        raise Wrong("the loss was measured on the pixels, but u itself is given back: make it a picture first.")
    far, measured = ((one - goal).norm() / (run.start - goal).norm() for one in (result, last))
    if measured > 0.5:
        raise Wrong("the picture hardly moved in 40 steps: does the closure call backward() on the loss, and return it?")
    if far > measured + 0.02:
        raise Wrong("what you give back is not the picture that was measured: make it from u by the same function.")


def _some_features(names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """Features of some layers, each (1, C, H, W) with a C of its own, that hang on the graph of a network."""
    weights = [uniform(channels, 3, 1, 1, seed=channels).requires_grad_(True) for channels in (5, 2, 4)]
    picture = uniform(1, 3, 7, 4, seed=len(names))
    return {name: torch.conv2d(picture, weight) for name, weight in zip(names, weights, strict=False)}


def examine_targets(function: Callable) -> None:
    """Raise Wrong with what is wrong about a function that makes {name: target} of {name: features}."""
    check_function(function, ["features"])
    for names in (("relu1_1", "relu2_1"), ("relu3_1", "conv4_2", "relu5_1")):
        features = _some_features(names)
        given, values = dict(features), {name: F.detach().clone() for name, F in features.items()}
        found = function(given)
        if given.keys() != features.keys() or any(given[name] is not F for name, F in features.items()):
            raise Wrong("your function changed its input, the dictionary of features: make a new dictionary.")
        if not all(torch.equal(F, values[name]) for name, F in features.items()):
            raise Wrong("your function changed its input: it writes into the features. Make new tensors.")
        if any(F.grad_fn is None for F in features.values()):
            raise Wrong("you have cut the features off (`detach_`): somebody else may need their graph. Use `detach()`.")
        _check_targets(found, features)


def _check_targets(found: object, features: dict[str, torch.Tensor]) -> None:
    if found is None or found is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(found, Mapping) or found.keys() != features.keys():
        named = f" with the names {', '.join(map(str, found))}" if isinstance(found, Mapping) else ""
        raise Wrong(f"a dictionary with the same names as `features` is wanted; this is {brief(found)}{named}.")
    for name, value in found.items():
        _check_target(name, value, features[name].detach())
    if any(value.requires_grad and value.grad_fn is None for value in found.values()):
        raise Wrong("the targets were given a gradient of their own (`requires_grad_`): a target is a number that stays.")
    hanging = [name for name, value in found.items() if value.requires_grad]
    if hanging:
        some = "" if len(hanging) == len(found) else f" ({', '.join(hanging)})"
        raise Wrong(
            f"the targets{some} still hang on the graph of the network: the second `backward()` will stop with an error."
        )


def _check_target(name: str, value: object, F: torch.Tensor) -> None:
    right = gram(F)
    if not isinstance(value, torch.Tensor):
        raise Wrong(f"each value should be a tensor, the Gram matrix (1, C, C) of that layer; {name!r} has {brief(value)}.")
    if value.shape == F.shape:
        raise Wrong("those are the features: a target of the style is their Gram matrix.")
    if value.shape == right.shape[1:]:
        raise Wrong("keep the axis of the batch: a target is (1, C, C), as `gram` makes it.")
    if value.shape != right.shape:
        raise Wrong(f"the shape of {name!r} is {tuple(value.shape)}: `gram` of these features gives {tuple(right.shape)}.")
    if not torch.allclose(value.detach().to(right), right, rtol=1e-3):
        raise Wrong(f"the values of {name!r} are not those of `gram` of this layer's features: use `gram`, and add nothing.")


def _bytes(image: torch.Tensor, times: float = 255, whole: Callable = torch.round) -> np.ndarray:
    return whole(image[0].clamp(0, 1).mul(times)).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()


_WRONG_BYTES = {
    "times 255, not 256: 1 is the largest byte, 255, and each step is 1/255.": lambda image: _bytes(image, 256, torch.floor),
    "times 255, not 256: 1 is the largest byte, which is 255.": lambda image: _bytes(image, 256),
    "times 255 and then rounded: that is 255.999, cut off.": lambda image: _bytes(image, 255.999, torch.floor),
    "one too dark here and there: `to(torch.uint8)` cuts the fraction off. Round first.": lambda image: _bytes(
        image, whole=torch.floor
    ),
    "one too bright here and there: round to the nearest, not up.": lambda image: _bytes(image, whole=torch.ceil),
    "`reshape` or `view` to (H, W, 3) mixes colours and places: the axes want to be permuted.": lambda image: (
        _bytes(image).transpose(2, 0, 1).reshape(_bytes(image).shape)
    ),
    "red and blue are exchanged: the order of the colours stays R, G, B.": lambda image: _bytes(image)[..., ::-1],
    "top and bottom are exchanged: only the axis of the colours moves.": lambda image: _bytes(image)[::-1],
    "left and right are exchanged: only the axis of the colours moves.": lambda image: _bytes(image)[:, ::-1],
    "the picture is stretched to its own least and largest value: cut off at 0 and 1 instead.": lambda image: _bytes(
        (image - image.min()) / (image.max() - image.min())
    ),
    "values below 0 become bright: cut off at 0, do not take the absolute value.": lambda image: _bytes(image.abs()),
    "the picture is squeezed by a sigmoid: values in [0, 1] stay as they are.": lambda image: _bytes(image.sigmoid()),
    "black and white are exchanged.": lambda image: _bytes(1 - image),
}


def examine_bytes(function: Callable) -> None:
    """Raise Wrong with what is wrong about a function that makes (H, W, 3) bytes of a picture."""
    check_function(function, ["image"])
    for size in ((5, 7), (9, 4)):
        _check_bytes(function, 1.6 * uniform(1, 3, *size) - 0.3)  # some values outside [0, 1]


def _check_bytes(function: Callable, image: torch.Tensor) -> None:
    right, mine = _bytes(image), image.clone()
    got = function(mine)
    if not torch.equal(mine, image):
        raise Wrong("your function changed its input `image`: no `clamp_`, `mul_` or `*=`, but new tensors.")
    if got is None or got is ...:
        raise Wrong("your function returns nothing: does it end with `return`?")
    if not isinstance(got, np.ndarray | torch.Tensor):
        raise Wrong(f"an array or a tensor is wanted; this is {brief(got)}.")
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    if got.shape != right.shape:
        exchanged = " Height comes before width." if got.shape == right.transpose(1, 0, 2).shape else ""
        raise Wrong(f"the shape is {got.shape}: a file wants (H, W, 3), which is {right.shape} here.{exchanged}")
    if got.dtype != np.uint8:
        raise Wrong(f"the type is {got.dtype}: a file wants whole numbers from 0 to 255, uint8.")
    if np.array_equal(got, right):
        return
    if got.max() <= 1:
        raise Wrong("the largest value is 1 of 255: that file is black. Multiply before you make it whole numbers.")
    for message, mistake in _WRONG_BYTES.items():
        if np.array_equal(got, mistake(image)):
            raise Wrong(message)
    inside = ((image >= 0) & (image <= 1))[0].permute(1, 2, 0).numpy()
    close = np.abs(got.astype(int) - right.astype(int)) <= 1
    if close[inside].all() and not close.all():
        raise Wrong("values above 1 come out dark, or those below 0 bright: uint8 counts round and round. Cut them off first.")
    if close.all():
        raise Wrong("one too much or too little here and there: times 255, then round to the nearest whole number.")
    if set(np.unique(got)) <= {0, 255}:
        raise Wrong("only 0 and 255 are left: multiply by 255 before you make whole numbers of it, not after.")
    slope, start = np.polyfit(right[inside], got[inside], 1)
    if np.abs(slope * right + start - got)[inside].max() < 2:
        raise Wrong(f"your numbers are those of the picture, times {slope:.3f}, plus {start:.1f}: 0 is black, and 1 is 255.")
    raise Wrong(
        f"{NOTHING_FITS} {close.mean():.0%} of the numbers are those of the picture. In this order: cut off at 0 and 1, "
        "times 255, round, and the axes."
    )
