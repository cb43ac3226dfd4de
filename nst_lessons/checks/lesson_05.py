"""The exercises of 05_studio."""

import torch

from nst_lessons.checks.question import Question, Wrong, equal_to, same_as

_Y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)


def _brightness(image: torch.Tensor) -> torch.Tensor:
    return (image * _Y).sum(1, keepdim=True)


def _keep(painted: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return photo - _brightness(photo) + _brightness(painted)


def _pair(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.rand(1, 3, height, width, generator=generator) for _ in range(2))


keep_colours = Question(
    same_as(
        _keep,
        [_pair(4, 5, 0), _pair(3, 7, 1)],
        [
            ("the wrong way round: the colours are the photo's, the brightness that of `painted`.", lambda a, b: _keep(b, a)),
            (
                "the photo's own brightness is still in it: take it away before you add the other.",
                lambda a, b: b + _brightness(a),
            ),
            (
                "that is the brightness alone, in grey: the photo's colour is missing.",
                lambda a, b: _brightness(a).expand(-1, 3, -1, -1),
            ),
            (
                "that is the mean of R, G and B: the eye sees green brighter, so use the three numbers.",
                lambda a, b: b - b.mean(1, True) + a.mean(1, True),
            ),
            ("nothing was changed: that is one of the two pictures.", lambda a, b: a),
        ],
    ),
    hints=[
        "Three parts: the brightness of `painted`, the brightness of `photo`, and `photo` itself. One is taken away.",
        "`(image * y).sum(1, keepdim=True)` with y of shape (1, 3, 1, 1) is the brightness (1, 1, H, W).",
    ],
    code="""
    def keep_colours(painted, photo):
        y = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        return photo - (photo * y).sum(1, keepdim=True) + (painted * y).sum(1, keepdim=True)
    """,
    why="Adding the same number to R, G and B changes brightness and leaves the two colour channels I and Q as they are.",
)


def _examine_stroke_size(guess: object, measured: dict[float, float]) -> None:
    if guess not in measured:
        raise Wrong(f"{guess!r} was not measured: choose one of {', '.join(str(scale) for scale in measured)}.")
    rougher = max(measured, key=measured.get)
    if guess == rougher:
        return
    if guess == 1:
        raise Wrong("1 leaves the painting as it is, and lies between the others: compare the outer two.")
    raise Wrong(
        f"what you measured says otherwise: the total variation at {guess} is smaller. A smaller painting has its strokes "
        "nearer together: how many fit into the picture?"
    )


stroke_size = Question(
    _examine_stroke_size,
    hints=[
        "Is a painting seen from far away finer or coarser?",
        "At 0.5 the painting is half as large, and its strokes half as wide: how many more edges does a row of pixels cross?",
    ],
    code="my_guess = 0.5",
    why="Small strokes lie close together, so there are more edges. Large strokes leave smooth areas between them.",
)

share = Question(
    equal_to(
        0.75,
        [
            ("that is the weight as given: the shares add up to 1.", 3),
            ("that is the share of the first.", 0.25),
            ("that would be both alike; or is it their ratio? The shares are weight / sum of the weights.", 0.5),
            ("that is the ratio of the two, first to second.", 1 / 3),
        ],
    ),
    hints=["The shares add up to 1.", "Divide each weight by the sum of both."],
    code="my_share = 3 / 4",
    why="Only the ratio of the weights counts: [1, 3] and [10, 30] are the same mix.",
)


def _mask(height: int, width: int, share: float) -> torch.Tensor:
    rows = torch.arange(height).view(1, 1, -1, 1)
    return (rows < round(share * height)).float().expand(1, 1, height, width)


upper_mask = Question(
    same_as(
        _mask,
        [(10, 6, 0.3), (8, 5, 0.5), (7, 9, 0.9)],
        [
            ("that is the lower part: rows count from the top.", lambda h, w, s: _mask(h, w, s).flip(2)),
            ("black and white are exchanged: white (1) is where the style is wanted.", lambda h, w, s: 1 - _mask(h, w, s)),
            ("that is the left part: rows are the third axis of (1, 1, H, W).", lambda h, w, s: _mask(w, h, s).mT),
            ("the mask is white everywhere.", lambda h, w, s: torch.ones(1, 1, h, w)),
            ("the values are right, but a mask has the shape (1, 1, H, W).", lambda h, w, s: _mask(h, w, s)[0, 0]),
        ],
    ),
    hints=[
        "Begin with zeros of the right shape, and set some rows to 1.",
        "`mask[:, :, :n] = 1` sets the upper n rows. n is a whole number: `round(share * height)`.",
    ],
    code="""
    def upper_mask(height, width, share):
        mask = torch.zeros(1, 1, height, width)
        mask[:, :, : round(share * height)] = 1
        return mask
    """,
    why="Sky here, ground there: a mask need not be more than that. Grey values between 0 and 1 make a soft border.",
)
