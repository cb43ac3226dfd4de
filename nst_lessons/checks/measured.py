"""Examine guesses against what the reader's own run measured; the explanation follows that measurement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from nst_lessons.checks.examine import OneOf, chosen
from nst_lessons.checks.trial import Wrong

_TIE = 0.03  # layers whose scores differ by less count as equal: six eyes do not allow more precision

_NUDGE = {
    "edge": "How many pixels does it take to see an edge?",
    "eye": "What does an eye consist of, and how many pixels wide is it?",
}


def examine_depth(edge: str, eye: str, measured: dict[str, dict[str, float]]) -> str | None:
    """Compare the guessed layers with the measured scores {"edge": {layer: score}, "eye": {layer: score}}."""
    if not isinstance(measured, Mapping) or set(measured) != {"edge", "eye"}:
        raise Wrong("pass `measured` as the third value: run the cell that measures first.")
    best = {}
    for concept, answer in (("edge", edge), ("eye", eye)):
        scores = measured[concept]
        names = list(scores)
        guess, best[concept] = chosen(answer, names), max(scores, key=scores.get)
        if scores[guess] >= scores[best[concept]] - _TIE:
            continue
        side = "deeper" if names.index(best[concept]) > names.index(guess) else "shallower"
        raise Wrong(
            f"the layer that was best for {concept!r} is {side}: {guess} reached only {scores[guess]:.2f}. " + _NUDGE[concept]
        )
    if names.index(best["edge"]) < names.index(best["eye"]):
        return None
    return (
        f"in your run, {best['edge']} is best for the edge and {best['eye']} for the eye. With the lesson's photos, an early "
        "layer finds the edge and a deeper one finds the eye."
    )


_OF_A_CHANGE = {
    "blur": "Blurring removes only the fine grain. Everything else stays in place, the colours too.",
    "noise": "Weak noise changes each pixel a little, and a layer that sees a neighbourhood averages some of it away.",
    "shift": "Eight pixels are a lot for a layer that sees three, but only half a grid step of relu5_1.",
    "colours": "Swapped colours leave every edge and every object in place: only a layer that looks at colour notices.",
    "mirror": "In the mirror image each place shows something else, but the colours are the same.",
}


def examine_most_moved(shallow: str, deep: str, measured: dict[str, dict[str, float]]) -> str | None:
    """Compare the changes guessed to move the first and the deepest layer most with the losses {layer: {change: loss}}."""
    if not isinstance(measured, Mapping) or not all(isinstance(losses, Mapping) for losses in measured.values()):
        raise Wrong("pass `measured` as the third value: run the cell that measures first.")
    first, *_, last = measured.values()
    found = []
    for guess, losses, where in ((shallow, first, "at the first layer"), (deep, last, "at the deep layer")):
        choice = chosen(guess, list(losses))
        stronger = sum(value > losses[choice] for value in losses.values())
        if stronger:
            raise Wrong(
                f"{where}, {stronger} of the changes count{'s' * (stronger == 1)} for more than {choice!r}. "
                + _OF_A_CHANGE.get(choice, "")
            )
        found.append(choice)
    if found == ["colours", "mirror"]:
        return None
    return (
        f"in your run, {found[0]!r} moves the first layer most and {found[1]!r} the deep one. With the lesson's photo and "
        "changes it is 'colours' and 'mirror'."
    )


_LIMIT = 20  # decibels


def examine_first_below(guess: str, decibels: dict[str, float]) -> str | None:
    """Compare the layer guessed to be the first below 20 dB with the measured PSNR {layer: decibels}."""
    if not isinstance(decibels, Mapping):
        raise Wrong("pass `dB` as the second value: run the cell above first.")
    layers = list(decibels)
    choice = chosen(guess, layers)
    long_enough = decibels[layers[0]] > 30  # a run that was cut short is judged by the lesson's own result
    below = [name for name in layers if decibels[name] < _LIMIT] if long_enough else layers[3:]
    if not below:
        raise Wrong("with your photo and steps, no layer falls below 20 dB. Try a photo with more detail, or a larger size.")
    if layers.index(choice) < layers.index(below[0]):
        raise Wrong(f"the picture from {choice} is still a good copy, above 20 dB. Go deeper.")
    if layers.index(choice) > layers.index(below[0]):
        raise Wrong(f"{choice} is below 20 dB, but it is not the FIRST: read the numbers from the left.")
    if choice == "relu4_1":
        return None
    poolings = layers.index(choice)
    return (
        f"in your run, {choice} is the first, with {decibels[choice]:.1f} dB, after {poolings} "
        f"pooling{'s' * (poolings != 1)}. With the lesson's photo it is relu4_1."
    )


def examine_stroke_size(guess: object, measured: dict[float, float]) -> str | None:
    """Compare the guessed scale with the measured roughness {scale: total variation}."""
    if not isinstance(measured, Mapping):
        raise Wrong("pass `roughness` as the second value: run the cell above first.")
    choice = chosen(guess, list(measured))
    rougher, smoother = max(measured, key=measured.get), min(measured, key=measured.get)
    if choice == smoother:
        raise Wrong(f"the number at {choice} is smaller than at {rougher}. Where do more strokes, and edges, fit in?")
    if choice != rougher:
        raise Wrong(f"{choice} is in the middle: which end is rougher?")
    if rougher == min(measured):
        return None
    return (
        f"in your run, {rougher} is rougher: {measured[rougher]:.4f}, against {measured[smoother]:.4f} at {smoother}. With the "
        "lesson's pictures it is 0.5: small strokes lie close together, so there are more edges."
    )


@dataclass(frozen=True)
class CameOut(OneOf):
    """Examine a guess about the reader's own run. right: what comes out in the lesson's run.

    came_out: a function of what was measured that returns the choice that came true; raises ValueError if it cannot.
    """

    came_out: Callable[[object], str]

    def __call__(self, answer: object, measured: object) -> str | None:
        """Raise Wrong if `answer` is not what came out."""
        choice = chosen(answer, [self.right, *self.wrong])
        try:
            true = self.came_out(measured)
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
            raise Wrong("the second value is not what was measured: use the line as it was, and run the cell above.") from None
        if choice != true:
            raise Wrong(self.wrong[choice] if true == self.right else f"in your run it came out {true!r}. Look again.")
        return None if true == self.right else f"in your run it is {true!r}. With the lesson's pictures it is {self.right!r}."


def risen(history: list) -> str:
    """Return which part of the loss rose from the first to the last step of a run: "content", "style", "both" or "none"."""
    first, last = history[0], history[-1]
    rose = [part for part in ("content", "style") if getattr(last, part) > getattr(first, part)]
    return {0: "none", 2: "both"}.get(len(rose)) or rose[0]


def faded(features: torch.Tensor) -> str:
    """Return how the second of two pictures' features (2, C, H, W) came out beside the first."""
    photo, other = features
    strength = (other.std() / photo.std()).item()
    if strength < 0.75 or strength > 1.25:
        return "half" if strength < 1 else "stronger"
    return "brighter" if other.mean() - photo.mean() > 0.25 * photo.std() else "same"
