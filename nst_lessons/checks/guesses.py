"""Predictions without a check: the lesson's own run measures what comes out.

Six of them address a common misconception in the lesson where it arises. A comment names it.
"""

from collections.abc import Mapping

from nst_lessons.checks.prediction import Prediction

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CHANGES = ("blur", "noise", "shift", "colours", "mirror")


def _smallest(measured: Mapping[str, float]) -> str:
    return min(measured, key=measured.get)


# Lesson 00

first = Prediction(
    ("colours", "fine strokes", "large shapes"),
    came_out=lambda: "colours",
    why="Colours appear within the first few steps. Strokes get finer each time the picture is enlarged.",
)

weights = Prediction(  # misconception: the network learns the style
    ("all", "some", "none"),
    came_out=lambda changed, total: "none" if not changed else "all" if changed == total else "some",
    why="The network does not learn the style: each weight is still what it was in 2014. Only the pixels changed.",
)

# Lesson 01

moved = Prediction(
    ("pixels, no trick", "+ jitter", "+ waves", "+ colour"),
    came_out=_smallest,
    why="Without jitter, the ascent may use a pattern that works only at exactly these pixels.",
)

# Lesson 02


def _beside_one(loss: float) -> str:
    return "below 1" if loss < 0.9 else "above 1" if loss > 1.1 else "about 1"


unlike = Prediction(  # misconception: 1 means "nothing in common"
    ("below 1", "about 1", "above 1"),
    came_out=_beside_one,
    why="A loss of 1 does not mean that two pictures have nothing in common, and it is not the largest loss. Features that are "
    "all 0 get a loss of 1. Another photo also makes VGG fire in the wrong places, and that adds to the loss.",
)

# Lesson 03

partner = Prediction(
    ("B", "C", "D"),
    came_out=_smallest,
    why="Two halves of one painting show different things, but their channels fire together in the same way.",
)

smallest = Prediction(
    LAYERS,
    came_out=_smallest,
    why="The shuffle keeps the colours and spoils what neighbours have in common. relu1_1 sees the fewest neighbours.",
)


def _compared(alone: float, all_five: float) -> str:
    return "larger" if all_five > 1.1 * alone else "smaller" if all_five < 0.9 * alone else "the same"


more_layers = Prediction(  # misconception: more layers are better
    ("smaller", "the same", "larger"),
    came_out=_compared,
    why="More layers are not better at everything: they share the same pixels and the same steps, so each one added costs "
    "time, and makes the others fit less well. Choose the layers for what you want to see.",
)

diagonal = Prediction(
    ("even", "strong", "equal"),
    came_out=lambda found: (
        "equal" if abs(found["even"] - found["strong"]) < 1e-3 * found["even"] else max(found, key=found.get)
    ),
    why="Both have a mean square of 25: 5^2 + 0^2, and 4^2 + 3^2. The diagonal holds only the sum m^2 + s^2.",
)

# Lesson 04


def _at_zero(losses: Mapping[str, float]) -> str:
    return next((name for name, loss in losses.items() if loss < 0.01), "none")


zero = Prediction(  # misconception: a loss of 0 is the goal
    ("the photo", "the painting", "the result", "none"),
    came_out=_at_zero,
    why="A loss of 0 is not the goal: a picture would need the photo's features and the painting's statistics at once. "
    "The minimum is a compromise, and the weights decide which one.",
)

lowest = Prediction(  # misconception: a lower loss is a better picture
    ("by hand", "one size", "coarse to fine"),
    came_out=_smallest,
    why="The loss is measured at one size and does not know everything that your eye knows. Compare losses only for the same "
    "pictures, size and weights, and then look.",
)

# Lesson 06


def _after(in_place: float, bounded: float) -> str:
    return "explodes" if not in_place < 2 * bounded else "a little worse" if in_place > 1.1 * bounded else "nearly the same"


explosion = Prediction(
    ("explodes", "a little worse", "nearly the same"),
    came_out=_after,
    why="A fault may hide with one optimiser, one size and one number of steps, and show with another.",
)

# Lesson 10


def _cosine(mean: float) -> float:
    return min((-0.4, 0, 0.4), key=lambda choice: abs(mean - choice))


cosines = Prediction(
    (-0.4, 0, 0.4),
    came_out=_cosine,
    why="After a ReLU no feature is below 0, so all of them point into one corner: each place is like each other place there.",
)


def _largest(shares: Mapping[str, float]) -> list[str]:
    return [name for name, share in shares.items() if share > max(shares.values()) - 0.05]  # also what is nearly as large


wood = Prediction(
    ("sky", "hills", "fields"),
    came_out=_largest,
    why="Each place takes what is most like it, wherever that is in the painting.",
)

judged = Prediction(  # misconception: a lower loss is a better picture
    ("left", "right"),
    came_out=_smallest,
    why="Statistics have minimised this very loss; neighbours have never seen it. A lower loss is not a better picture: ask "
    "which loss it was, and who minimised it. Then look.",
)
