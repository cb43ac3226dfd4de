"""Examinations of guesses whose right answer is what the reader's own run has measured; the explanation follows it."""

from collections.abc import Mapping

from nst_lessons.checks.examine import chosen
from nst_lessons.checks.trial import Wrong

_TIE = 0.03  # layers nearer than this in the measurement count as equal: six eyes allow no finer ruler

_NUDGE = {
    "edge": "How many pixels does it take to see an edge?",
    "eye": "What does an eye consist of, and how many pixels wide is it?",
}


def examine_depth(edge: str, eye: str, measured: dict[str, dict[str, float]]) -> str | None:
    """The guessed layers against what was measured: {"edge": {layer: score}, "eye": {layer: score}}."""
    if not isinstance(measured, Mapping) or set(measured) != {"edge", "eye"}:
        raise Wrong("the third thing that the check is given should be `measured`, from the cell that measures. Run it first.")
    best = {}
    for concept, answer in (("edge", edge), ("eye", eye)):
        scores = measured[concept]
        names = list(scores)
        guess, best[concept] = chosen(answer, names), max(scores, key=scores.get)
        if scores[guess] >= scores[best[concept]] - _TIE:
            continue
        side = "deeper" if names.index(best[concept]) > names.index(guess) else "shallower"
        raise Wrong(
            f"for {concept!r} the best layer in the measurement lies {side}: {guess} reached {scores[guess]:.2f}. "
            + _NUDGE[concept]
        )
    if names.index(best["edge"]) < names.index(best["eye"]):
        return None
    return (
        f"so it was measured here: {best['edge']} is best for the edge, {best['eye']} for the eye. With the lesson's photos "
        "the edge is found in an early layer, and the eye in a deeper one."
    )


_OF_A_CHANGE = {
    "blur": "Blurred, the picture loses its fine grain, and all else stays where it was, colours too.",
    "noise": "Weak noise is small at each pixel, and a layer that sees a neighbourhood averages some of it away.",
    "shift": "Eight pixels are a lot where a layer sees three, but only half a step of the grid of relu5_1.",
    "colours": "Exchanged colours leave every edge and every object in its place; only a layer that looks at colour notices.",
    "mirror": "Mirrored, each place shows something else, but the colours are those of the same cat.",
}


def examine_most_moved(shallow: str, deep: str, measured: dict[str, dict[str, float]]) -> str | None:
    """The changes guessed to move the first and the deepest layer most, against the losses {layer: {change: loss}}."""
    if not isinstance(measured, Mapping) or not all(isinstance(losses, Mapping) for losses in measured.values()):
        raise Wrong("the third thing that the check is given should be `measured`, from the cell that measures. Run it first.")
    first, *_, last = measured.values()
    found = []
    for guess, losses, where in ((shallow, first, "at the first layer"), (deep, last, "at the deep layer")):
        choice = chosen(guess, list(losses))
        stronger = sum(value > losses[choice] for value in losses.values())
        if stronger:
            raise Wrong(
                f"{where}, changes that count for more than your {choice!r}: {stronger}. {_OF_A_CHANGE.get(choice, '')}"
            )
        found.append(choice)
    if found == ["colours", "mirror"]:
        return None
    return (
        f"so it was measured here: {found[0]!r} moves the first layer most, {found[1]!r} the deep one. With the lesson's photo "
        "and changes it is 'colours' and 'mirror'."
    )


_LIMIT = 20  # decibels


def examine_first_below(guess: str, decibels: dict[str, float]) -> str | None:
    """The layer guessed to be the first below 20 dB, against the PSNR that was measured, {layer: decibels}."""
    if not isinstance(decibels, Mapping):
        raise Wrong("the second thing that the check is given should be `dB`, from the cell above. Run it first.")
    layers = list(decibels)
    choice = chosen(guess, layers)
    long_enough = decibels[layers[0]] > 30  # a run that was cut short is compared with the lesson's own
    below = [name for name in layers if decibels[name] < _LIMIT] if long_enough else layers[3:]
    if not below:
        raise Wrong(
            "with your photo and your steps no layer falls under 20 dB. Try more detail in the photo, or a larger size."
        )
    if layers.index(choice) < layers.index(below[0]):
        raise Wrong(f"what comes back through {choice} is still a good copy, above 20 dB. Go deeper.")
    if layers.index(choice) > layers.index(below[0]):
        raise Wrong(f"{choice} is under 20 dB, but not the FIRST that is: read the numbers from the left.")
    if choice == "relu4_1":
        return None
    poolings = layers.index(choice)
    return (
        f"in your run {choice} is the first, with {decibels[choice]:.1f} dB; {poolings} pooling{'s' * (poolings != 1)} before "
        "it were enough to lose so much. With the lesson's photo it is relu4_1."
    )


def examine_stroke_size(guess: object, measured: dict[float, float]) -> str | None:
    """The guessed scale against the roughness that was measured, {scale: total variation}."""
    if not isinstance(measured, Mapping):
        raise Wrong("the second thing that the check is given should be `roughness`, from the cell above. Run it first.")
    choice = chosen(guess, list(measured))
    rougher, smoother = max(measured, key=measured.get), min(measured, key=measured.get)
    if choice == smoother:
        raise Wrong(f"the number at {choice} is smaller than at {rougher}: small strokes lie close together. How many fit in?")
    if choice != rougher:
        raise Wrong(f"{choice} lies between the two: which end is rougher?")
    if rougher == min(measured):
        return None
    return (
        f"so it was measured here: {rougher} is rougher, {measured[rougher]:.4f} against {measured[smoother]:.4f} at {smoother}"
        ". With the lesson's pictures it is 0.5: small strokes lie close together, so there are more edges."
    )
