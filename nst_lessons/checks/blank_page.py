"""Examine a whole style transfer, a function paint(photo, painting, steps): five stages, each of which stands or not."""

import contextlib
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.question import untouched
from nst_lessons.checks.remarks import remark_on
from nst_lessons.checks.trial import Wrong, check_function, run
from nst_lessons.checks.values import brief
from nst_lessons.checks.watching import Seen, Trace, Watch, block_of
from nst_lessons.images import load_image, resize
from nst_lessons.loop import stylize

NAMES = ("photo", "painting", "steps")
NEVER = ("stylize", "transfer", "gram_matrix", "content_loss", "style_loss")
SHORT, LONG = 2, 6  # steps of the two runs
PHOTO_SIZE, OTHER_SIZE = (32, 48), (40, 36)  # the painting has the photo's size in the long run, so that a mix-up runs, too
SEVERAL = 3  # layers for the style
DEEP = 3  # the first block that is deep enough for the content
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
NO_GRADIENT = "no gradient reaches the pixels. The canvas needs `requires_grad_(True)`, and nothing on the way may cut it off."
GRAPH_USED = "the targets keep their graph, so the second `backward()` fails. Compute them without a gradient."


@dataclass(frozen=True)
class Ran:
    """One run of the reader's function: what it got, gave back and saved, what was seen, and its error if it crashed."""

    photo: torch.Tensor
    painting: torch.Tensor
    seen: Seen
    result: object
    saved: list[torch.Tensor]
    error: Exception | None


def go(paint: Callable, painting_size: tuple[int, int], steps: int) -> Ran:
    """Run the reader's function on small pictures, in an empty folder."""
    photo, painting = _smooth(*PHOTO_SIZE, seed=1), _smooth(*painting_size, seed=2)
    for picture, origin in ((photo, "photo"), (painting, "painting")):
        picture.seen = frozenset({Trace(origin)})  # survives the copy that `run` makes
    result, error, watch = None, None, Watch()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            with watch, _all_steps(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                result = run(paint, (photo, painting, steps), NAMES, NEVER)
        except Wrong:
            raise
        except Exception as problem:
            error = problem
        saved = [load_image(path) for path in _files()]
        if isinstance(result, str | os.PathLike) and Path(result).is_file():
            result = load_image(result)
    return Ran(photo, painting, watch.seen, result, saved, error)


@contextlib.contextmanager
def _all_steps():
    """Keep NST_QUICK from shortening a run: its few steps are what is looked at."""
    quick = os.environ.pop("NST_QUICK", None)
    try:
        yield
    finally:
        if quick is not None:
            os.environ["NST_QUICK"] = quick


def _smooth(height: int, width: int, seed: int) -> torch.Tensor:
    """Return a picture (1, 3, H, W) of soft blots that reach from 0 to 1."""
    blots = F.interpolate(uniform(1, 3, 5, 6, seed=seed), size=(height, width), mode="bicubic")
    return ((blots - 0.5) * 2.5 + 0.5).clamp(0, 1)


def features(short: Ran, long: Ran) -> None:
    """Raise Wrong unless the loss looks at a deep layer and at Gram matrices of several layers."""
    if not long.seen.passes:
        raise Wrong("no picture went through a network. Content and style are measured in VGG's features.")
    used = long.seen.losses[-1][1] if long.seen.losses else long.seen.traces
    grams = {trace.layer for trace in used if trace.kind == "gram"}
    kinds = {trace.kind for trace in long.seen.traces}
    if not grams and "pieces" in kinds:
        raise Wrong("your Gram matrix is (C, C), but its numbers are wrong: `reshape` cut the channels into pieces.")
    if not grams and "positions" in kinds:
        raise Wrong("your Gram matrix compares positions, (H*W, H*W): it should compare channels, (C, C).")
    if not grams:
        raise Wrong("the style is missing in the loss: it compares Gram matrices of features.")
    if len(grams) < SEVERAL:
        raise Wrong(f"the style comes from {' and '.join(sorted(grams))} only: use several layers, from fine to coarse.")
    content = sorted({trace.layer for trace in used if trace.kind == "features"}, key=block_of)
    if not content:
        raise Wrong("the content is missing in the loss: it compares features with those of the photo.")
    if block_of(content[-1]) < DEEP:
        raise Wrong(f"the content comes from {content[-1]}, which holds on to every pixel: take a deeper layer.")


def targets(short: Ran, long: Ran) -> None:
    """Raise Wrong unless the targets come from the two pictures, once and without a graph."""
    if "graph a second time" in str(long.error) or long.seen.hanging:
        raise Wrong(GRAPH_USED)
    used = long.seen.losses[-1][1] if long.seen.losses else long.seen.traces
    for kind, wanted, other, name in (("features", "photo", "painting", "content"), ("gram", "painting", "photo", "style")):
        origins = {trace.origin for trace in used if trace.kind == kind}
        if {"canvas", "cut"} <= origins:
            raise Wrong(f"the {name}'s target is computed from the canvas, so it moves along: compute it from the {wanted}.")
        if wanted in origins:
            continue
        if other in origins:
            raise Wrong(f"the {name}'s target comes from the {other}: it should come from the {wanted}.")
        raise Wrong(f"the {name} has no target: compare the canvas with the {wanted}.")
    again = {origin for origin, losses in long.seen.passes if losses and origin in ("photo", "painting")}
    if again:
        raise Wrong(f"the {' and the '.join(sorted(again))} went through the network again in the loop: compute targets once.")


def gradient(short: Ran, long: Ran) -> None:
    """Raise Wrong unless a gradient of both losses reaches the pixels and moves them."""
    seen = long.seen
    if not seen.losses:
        asked = "does not require grad" in str(long.error)
        raise Wrong(NO_GRADIENT if asked else "no gradient is computed: call `backward()` on the loss in each step.")
    used = seen.losses[-1][1]
    cut = [
        name
        for kind, name in (("features", "content"), ("gram", "style"))
        if not any(trace.origin == "canvas" and trace.kind == kind for trace in used)
    ]
    if len(cut) == 2:
        raise Wrong(NO_GRADIENT)
    if cut:
        raise Wrong(f"the {cut[0]} loss sends no gradient to the pixels: `detach()` and `no_grad()` are for targets only.")
    if seen.clamped:
        raise Wrong("the loss sees a clamped canvas: where the clamp is flat, the gradient is 0 and pixels never come back.")
    if seen.moved and not any(one is leaf for one in seen.moved for leaf in seen.leaves):
        raise Wrong("the optimiser moves another tensor than the canvas that the loss looks at: give it `[canvas]`.")
    if torch.equal(seen.pictures[0], seen.pictures[-1]):
        raise Wrong("the canvas does not move, though it has a gradient. Which line takes the step?")


def descent(short: Ran, long: Ran) -> None:
    """Raise Wrong unless `steps` matters, the start is sensible, and the loss falls."""
    counts = [len(ran.seen.losses) for ran in (short, long)]
    if counts[0] >= counts[1]:
        raise Wrong(f"`steps` makes no difference: {counts[1]} gradients with steps={LONG}, {counts[0]} with steps={SHORT}.")
    first = long.seen.pictures[0]
    if first.std((-2, -1)).max() < 1e-3:
        raise Wrong("the canvas begins as one flat colour: begin with a copy of the photo, or with noise.")
    if _alike(first, long.painting):
        raise Wrong("the canvas begins as the painting: begin with a copy of the photo, or with noise.")
    losses = [value for value, _ in long.seen.losses]
    if not min(losses[len(losses) // 2 :]) < losses[0]:
        piled = " Old gradients pile up: clear them before `backward()`." if long.seen.piled_up else ""
        raise Wrong(f"the loss does not fall: it starts at {losses[0]:.3g} and ends at {losses[-1]:.3g}.{piled}")
    if long.seen.piled_up:
        raise Wrong("old gradients pile up: clear them, with `zero_grad()`, before each `backward()`.")


def picture(short: Ran, long: Ran) -> None:
    """Raise Wrong unless the result is a picture in [0, 1] of the photo's size, and a file holds it."""
    result = long.result
    if result is None or result is ...:
        if not long.saved:
            raise Wrong("your function returns nothing and saves nothing: return the picture.")
        result = long.saved[-1]
    if isinstance(result, float | int) or (isinstance(result, torch.Tensor) and result.numel() == 1):
        raise Wrong("your function returns one number, perhaps the loss: return the picture.")
    if isinstance(result, torch.Tensor):
        if result.requires_grad:
            raise Wrong("the picture still has its graph: return it with `.detach()`.")
        if not result.isfinite().all():
            raise Wrong("the picture is not finite (inf or nan): are the steps far too large?")
        if result.min() < 0 or result.max() > 1:
            raise Wrong(f"the picture leaves [0, 1]: its values run from {result.min():.2g} to {result.max():.2g}.")
    try:
        result = load_image(result)
    except ValueError:
        raise Wrong(f"return a picture (1, 3, H, W) with values in [0, 1]; this is {brief(result)}.") from None
    if result.shape != long.photo.shape:
        raise Wrong(f"the picture is {tuple(result.shape)}: it should have the photo's size, {tuple(long.photo.shape)}.")
    if torch.allclose(result, long.photo, atol=1e-3):
        raise Wrong("you return the photo: return the canvas that was moved.")
    if not long.saved:
        raise Wrong("no file was saved: write the picture to a file, such as `blank_page.png`.")
    if not any(one.shape == result.shape and (one - result).abs().mean() < 0.05 for one in long.saved):
        raise Wrong("the file does not hold the picture that you return. Are range and axes right when you save it?")


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    one, other = (F.interpolate(image, size=(12, 12), mode="area").flatten() for image in (one, other))
    return torch.stack([one, other]).corrcoef()[0, 1].item() > 0.9


STAGES = (features, targets, gradient, descent, picture)


def missing(paint: Callable) -> tuple[int, str] | None:
    """Return the number of the first stage that does not stand, from 0, and what it lacks.

    If all stand, return None, or their number and a remark about how the pixels stay in [0, 1].

    Raises Wrong if the function cannot be called like this or leaves the work to the library; raises its own error if it
    crashes while all earlier stages stand.
    """
    check_function(paint, NAMES)
    short, long = go(paint, OTHER_SIZE, SHORT), go(paint, PHOTO_SIZE, LONG)
    if long.error and not any(words in str(long.error) for words in ("does not require grad", "graph a second time")):
        raise long.error
    for number, examine in enumerate(STAGES):
        try:
            examine(short, long)
        except Wrong as wrong:
            return number, str(wrong)
    if error := short.error or long.error:
        raise error
    remark = remark_on(long.photo, long.seen.pictures)
    return (len(STAGES), remark) if remark else None


def painted(paint: Callable, photo: torch.Tensor, painting: torch.Tensor, steps: int) -> torch.Tensor:
    """Return the reader's picture (1, 3, H, W) of the photo's size, or the library's while theirs does not work."""
    if not untouched(paint):
        try:
            result = paint(photo, painting, steps)
            result = max(_files(), key=os.path.getmtime) if result is None else result  # it was only saved
            return resize(load_image(result), tuple(photo.shape[-2:]))
        except Exception as error:  # the check says what is wrong; the lesson goes on
            print(f"Your `paint` gave no picture here ({type(error).__name__}).", end=" ")
    print("The library's picture stands in for yours for now.")
    return stylize(photo, painting, size=max(photo.shape[-2:]), steps=steps).image


def _files() -> list[Path]:
    """Return the pictures in the current folder."""
    return [path for path in sorted(Path().iterdir()) if path.suffix.lower() in PICTURES]
