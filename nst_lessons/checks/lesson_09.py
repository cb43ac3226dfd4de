"""The exercises of 09_moving_pictures."""

import torch

from nst_lessons.checks.question import Question, one_of, same_as


def _random(*shape: int, seed: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


shimmer = Question(
    one_of(
        "shimmers",
        {
            "still": "compare the two numbers that the cell printed: did the painting change as little as the photo?",
            "fades": "no frame knows of the one before: what could add up from frame to frame?",
            "moves": "nothing moved in front of the camera. What differs is where the strokes are.",
        },
    ),
    hints=[
        "Optimisation goes down into one of many valleys. What decides which one?",
        "A tiny difference at the start, a hundred steps later: think of a ball on a ridge.",
    ],
    code='my_guess = "shimmers"',
    why="Many paintings have the same losses. A grain of noise decides which of them is found, in every frame anew.",
)


def _warp(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return image[:, (ys + v).clamp(0, height - 1), (xs + u).clamp(0, width - 1)]


def _flow(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Whole pixels (H, W) to the right and down, some of which lead out of the picture."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(-3, 5, (height, width), generator=generator) for _ in range(2))


def _wrapped(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return image[:, (ys + v) % height, (xs + u) % width]


def _thrown(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    out = torch.zeros_like(image)
    out[:, (ys + v).clamp(0, height - 1), (xs + u).clamp(0, width - 1)] = image
    return out


warp = Question(
    same_as(
        _warp,
        [(_random(3, 7, 9, seed=0), *_flow(7, 9, 1)), (_random(2, 12, 6, seed=2), *_flow(12, 6, 3))],
        [
            (
                "u goes to the right, along the columns, and v down, along the rows: they are exchanged.",
                lambda i, u, v: _warp(i, v, u),
            ),
            ("the sign: the pixel at x is fetched from x + u.", lambda i, u, v: _warp(i, -u, -v)),
            ("what leaves the picture comes in again at the other side: hold it at the border with `clamp`.", _wrapped),
            ("you send each pixel away; that leaves holes. Fetch for each place the pixel that belongs there.", _thrown),
            ("nothing has moved.", lambda i, u, v: i),
        ],
        rtol=1e-6,
    ),
    hints=[
        "Two tables of indices, rows and columns, each (H, W): where does every pixel come from?",
        "`image[:, rows, columns]` with rows = (ys + v).clamp(0, H - 1), and columns likewise with xs and u.",
    ],
    code="""
    def warp(image, u, v):
        H, W = image.shape[1:]
        ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
        return image[:, (ys + v).clamp(0, H - 1), (xs + u).clamp(0, W - 1)]
    """,
    why="Fetching fills every place of the new frame exactly once; so the flow has to lead backwards in time.",
)


def _flicker(frame: torch.Tensor, before: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return ((frame - before).abs() * mask).sum() / (frame.shape[1] * mask.sum())


def _pair(height: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Two frames (1, 3, H, W) and a mask (1, 1, H, W) of zeros and ones."""
    mask = (_random(1, 1, height, width, seed=seed + 2) > 0.4).float()
    return _random(1, 3, height, width, seed=seed), _random(1, 3, height, width, seed=seed + 1), mask


flicker = Question(
    same_as(
        _flicker,
        [_pair(6, 8, 0), _pair(9, 5, 10)],
        [
            ("the mask is missing: what the frame before did not show is no flicker.", lambda f, b, m: (f - b).abs().mean()),
            (
                "hidden pixels count as zeros in your mean: divide by the number of visible ones.",
                lambda f, b, m: ((f - b).abs() * m).mean(),
            ),
            ("a visible pixel has three colours: divide by three times the mask's sum.", lambda f, b, m: 3 * _flicker(f, b, m)),
            (
                "you have squared the difference: its absolute value is wanted.",
                lambda f, b, m: _flicker((f - b).square(), 0 * b, m),
            ),
            ("without `abs` darker and brighter cancel.", lambda f, b, m: ((f - b) * m).sum() / (3 * m.sum())),
            ("that is the mean over the HIDDEN pixels: 1 in the mask means visible.", lambda f, b, m: _flicker(f, b, 1 - m)),
        ],
    ),
    hints=[
        "A mean over the visible pixels only: sum the masked differences, and divide by how many there are.",
        "`(frame - before).abs() * mask` spreads the mask over three colours: so divide by `3 * mask.sum()`.",
    ],
    code="""
    def flicker(frame, before, mask):
        return ((frame - before).abs() * mask).sum() / (3 * mask.sum())
    """,
    why="0 means that every stroke has moved with what it is painted on; the photo's own frames come near to that.",
)


def _energy(flow: torch.Tensor) -> torch.Tensor:
    return flow.square().sum(1, keepdim=True)


def _visible(back: torch.Tensor, there: torch.Tensor, constant: float = 0.5) -> torch.Tensor:
    return (_energy(there + back) <= 0.01 * (_energy(there) + _energy(back)) + constant).float()


def _flows(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Flows (1, 2, H, W) there and back that agree at most places, in part nearly, in part not."""
    back = 12 * _random(1, 2, height, width, seed=seed) - 6
    return back, -back + 1.6 * _random(1, 2, height, width, seed=seed + 1) ** 2


visible = Question(
    same_as(
        _visible,
        [_flows(12, 15, 0), _flows(20, 10, 5)],
        [
            ("there and back cancel where all is well: it is their SUM that is small.", lambda b, t: _visible(b, -t)),
            ("1 is wanted where the pixel IS visible: yours is the opposite.", lambda b, t: 1 - _visible(b, t)),
            ("the 0.5 is missing: half a pixel of error is forgiven to slow motion, too.", lambda b, t: _visible(b, t, 0.0)),
            (
                "the lengths are squared on both sides: u and v squared and added, without a root.",
                lambda b, t: (_energy(t + b).sqrt() <= 0.01 * (_energy(t).sqrt() + _energy(b).sqrt()) + 0.5).float(),
            ),
            (
                "one answer for each pixel, not one for u and one for v: add their squares, with `sum(1, keepdim=True)`.",
                lambda b, t: ((t + b).square() <= 0.01 * (t.square() + b.square()) + 0.5).float(),
            ),
        ],
        rtol=1e-6,
    ),
    hints=[
        "A squared length is `flow.square().sum(1, keepdim=True)`, of shape (1, 1, H, W). You need three of them.",
        "Compare the one of `there + back` with 0.01 times the sum of both, plus 0.5; `.float()` makes 1 and 0 of it.",
    ],
    code="""
    def visible(back, there):
        def energy(flow):
            return flow.square().sum(1, keepdim=True)

        return (energy(there + back) <= 0.01 * (energy(there) + energy(back)) + 0.5).float()
    """,
    why="Who walks there and back again and does not arrive at home has met something that was hidden.",
)


def _temporal(x: torch.Tensor, before: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return (c * (x - before).square()).mean()


def _weighted(height: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    return (
        _random(1, 3, height, width, seed=seed),
        _random(1, 3, height, width, seed=seed + 1),
        _random(1, 1, height, width, seed=seed + 2),
    )


temporal_loss = Question(
    same_as(
        _temporal,
        [_weighted(6, 8, 0), _weighted(9, 4, 20)],
        [
            ("the weights c are missing: what was hidden must be free.", lambda x, b, c: (x - b).square().mean()),
            ("a sum grows with the picture: divide by D, the number of values.", lambda x, b, c: (c * (x - b).square()).sum()),
            ("the absolute difference is the flicker; the loss squares it.", lambda x, b, c: (c * (x - b).abs()).mean()),
            ("c stands outside of the square.", lambda x, b, c: (c * (x - b)).square().mean()),
            (
                "equation (7) divides by D, all values, not by the visible ones.",
                lambda x, b, c: (c * (x - b).square()).sum() / (3 * c.sum()),
            ),
            ("D counts all values, three for each pixel.", lambda x, b, c: 3 * _temporal(x, b, c)),
        ],
    ),
    hints=[
        "Squared differences, each times its pixel's c, and then a mean over everything.",
        "c has the shape (1, 1, H, W) and spreads over the three colours by itself; `.mean()` divides by D.",
    ],
    code="""
    def temporal_loss(x, before, c):
        return (c * (x - before).square()).mean()
    """,
    why="One more term, and the engine of lesson 04 does the rest: it may move a stroke only where that costs less.",
)

depth = Question(
    one_of(
        "float",
        {
            "as before": "a stroke is where the optimiser happened to put it, in each eye elsewhere: what of that is depth?",
            "flat": "flat would be: every stroke at the same place in both views. Are they?",
            "deeper": "nothing pushes the strokes apart in one direction: look at the two error maps.",
        },
    ),
    hints=[
        "Depth is a difference between the views. Who decides now how far apart a stroke is in them?",
        "Two runs, two starts, two valleys: see the first prediction of this lesson.",
    ],
    code='my_depth = "float"',
    why="Depth is where left and right disagree; strokes that were placed independently disagree at random.",
)
