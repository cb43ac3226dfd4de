"""Examine the warp and the mask of 09_moving_pictures."""

from collections.abc import Callable

import torch

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def _warp(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return _fetch(image, u, v, lambda index, size: index.clamp(0, size - 1))


def _fetch(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor, hold: Callable) -> torch.Tensor:
    """Fetch each pixel from where the flow points; hold(index, size) keeps an index inside the picture."""
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return image[:, hold(ys + v, height), hold(xs + u, width)]


def _thrown(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    out = torch.zeros_like(image)
    out[:, (ys + v).clamp(0, height - 1), (xs + u).clamp(0, width - 1)] = image
    return out


def _black_outside(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[-2:]
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    inside = (ys + v >= 0) & (ys + v < height) & (xs + u >= 0) & (xs + u < width)
    return _warp(image, u, v) * inside


def _flow(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return flows (H, W) to the right and down, in whole pixels; some lead out of the picture."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(-3, 5, (height, width), generator=generator) for _ in range(2))


def _wrapped(index: torch.Tensor, size: int) -> torch.Tensor:
    return index % size


def _of_simple_flows(tried: Tried) -> str | None:
    """Name a simple flow that goes wrong."""
    image, u, v = tried.inputs[1]
    for said, right, down in (
        ("if the flow is 0, the picture should stay as it is", 0, 0),
        ("if u = 1, each pixel should come from its right neighbour", 1, 0),
        ("if v = 1, each pixel should come from the one below", 0, 1),
        ("if u = -1, each pixel should come from its left neighbour", -1, 0),
        ("if v = -1, each pixel should come from the one above", 0, -1),
        ("if the flow points outside, the pixel should come from the border", 50, 50),
    ):
        given = image, torch.full_like(u, right), torch.full_like(v, down)
        got = tried.again(given)
        if got is None or not alike(got, tried.wanted(given), 1e-6):
            return f"{said}, but with your function it does not."
    return None


examine_warp = SameAs(
    _warp,
    [
        (
            torch.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
            torch.tensor([[1, 0, 1], [0, -1, 0]]),
            torch.tensor([[1, 0, 0]] * 2),
        ),
        (uniform(3, 7, 11, seed=0), *_flow(7, 11, 1)),
        (uniform(2, 13, 5, seed=2), *_flow(13, 5, 3)),
    ],
    {
        "you swap u and v: u goes right, along the columns, and v goes down, along the rows.": lambda i, u, v: _warp(i, v, u),
        "the sign is wrong: fetch from x + u and y + v.": lambda i, u, v: _warp(i, -u, -v),
        "the sign of u is wrong: fetch from x + u.": lambda i, u, v: _warp(i, -u, v),
        "the sign of v is wrong: fetch from y + v.": lambda i, u, v: _warp(i, u, -v),
        "you swap u and v, and the sign is wrong.": lambda i, u, v: _warp(i, -v, -u),
        "indices outside the picture wrap around to the other side: hold them at the border with `clamp`.": lambda i, u, v: (
            _fetch(i, u, v, _wrapped)
        ),
        "pixels from outside are black: take them from the border, with `clamp`.": _black_outside,
        "you send each pixel to a new place, which leaves holes. For each place, fetch the pixel that belongs there.": _thrown,
        "u is missing: columns move, too.": lambda i, u, v: _warp(i, 0 * u, v),
        "v is missing: rows move, too.": lambda i, u, v: _warp(i, u, 0 * v),
        "nothing has moved: use u and v.": lambda i, u, v: i,
        "you move the whole picture by the same amount: the flow differs from place to place.": lambda i, u, v: _warp(
            i, u[:1, :1].expand_as(u), v[:1, :1].expand_as(v)
        ),
        "you fetch from u and v: add each place's own x and y.": lambda i, u, v: _fetch(
            i,
            u - torch.arange(i.shape[2]),
            v - torch.arange(i.shape[1])[:, None],
            lambda index, size: index.clamp(0, size - 1),
        ),
        "negative indices count from the end: use `clamp(0, ...)` to hold both ends at the border.": lambda i, u, v: _fetch(
            i, u, v, lambda index, size: index.clamp(max=size - 1)
        ),
        "the last index is H - 1 or W - 1: clamp there, not one earlier.": lambda i, u, v: _fetch(
            i, u, v, lambda index, size: index.clamp(0, size - 2)
        ),
        "the first index is 0: clamp there.": lambda i, u, v: _fetch(i, u, v, lambda index, size: index.clamp(1, size - 1)),
    },
    axes=("CHW", "HW", "HW"),
    never=("warp",),
    also=[_of_simple_flows],
    rtol=1e-6,
    wants="an image (C, H, W)",
)


def _energy(flow: torch.Tensor) -> torch.Tensor:
    return flow.square().sum(1, keepdim=True)


def _visible(back: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    return _below(back, there)


def _below(back: torch.Tensor, there: torch.Tensor, share: float = 0.01, constant: float = 0.5) -> torch.Tensor:
    return (_energy(there + back) <= share * (_energy(there) + _energy(back)) + constant).float()


def _flows(height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return flows (1, 2, H, W) there and back that agree in most places, nearly in some, and not in others."""
    back = 12 * uniform(1, 2, height, width, seed=seed) - 6
    return back, -back + 1.6 * uniform(1, 2, height, width, seed=seed + 1) ** 2 * (
        2 * uniform(1, 2, height, width, seed=seed + 2) - 0.7
    )


def _of_mask(tried: Tried) -> str | None:
    """Notice values that are not 0 or 1, and a mask that calls too much or too little visible."""
    got, wanted = tried.found[-1], tried.expected[-1]
    if not ((got == 0) | (got == 1)).all():
        return (
            "each pixel is visible or not: compare the two sides with `<=`, and turn the result into 1 and 0 with `.float()`."
        )
    if (got >= wanted).all():
        return "your mask calls hidden pixels visible: the left side is too small, or the right side too large."
    if (got <= wanted).all():
        return "your mask calls visible pixels hidden: the left side is too large, or the right side too small."
    return None


examine_visible = SameAs(
    _visible,
    [
        (torch.tensor([[[[3.0, 0.0]], [[4.0, 1.0]]]]), torch.tensor([[[[-3.0, 2.0]], [[-4.0, 1.0]]]])),
        _flows(13, 17, 0),
        _flows(23, 11, 5),
    ],
    {
        "there and back cancel for a visible pixel: their SUM is small, not their difference.": lambda b, t: _below(b, -t),
        "your mask is inverted, the opposite of what it should be: 1 means that the pixel IS visible.": lambda b, t: (
            1 - _below(b, t)
        ),
        "the 0.5 is missing: it allows a small error for slow motion, too.": lambda b, t: _below(b, t, constant=0.0),
        "you subtract the 0.5: add it.": lambda b, t: _below(b, t, constant=-0.5),
        "the 0.01 is missing: allow one hundredth of the two squared lengths.": lambda b, t: _below(b, t, 1.0),
        "mind the brackets: 0.01 does not multiply the 0.5.": (lambda b, t: _below(b, t, constant=0.005)),
        "mind the brackets: 0.01 multiplies the sum of both lengths.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t) + _energy(b) + 0.5
        ).float(),
        "the right side has only the length of `there`: add that of `back`.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t) + 0.5
        ).float(),
        "the right side has only the length of `back`: add that of `there`.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(b) + 0.5
        ).float(),
        "the term with 0.01 is missing: it allows larger errors for long motions.": lambda b, t: _below(b, t, 0.0),
        "use squared lengths on both sides, without a root: u² + v².": lambda b, t: (
            _energy(t + b).sqrt() <= 0.01 * (_energy(t).sqrt() + _energy(b).sqrt()) + 0.5
        ).float(),
        "use the squared length on the left, too: leave out the root.": lambda b, t: (
            _energy(t + b).sqrt() <= 0.01 * (_energy(t) + _energy(b)) + 0.5
        ).float(),
        "use squared lengths on the right, too: leave out the roots.": lambda b, t: (
            _energy(t + b) <= 0.01 * (_energy(t).sqrt() + _energy(b).sqrt()) + 0.5
        ).float(),
        "on the right, square the length of each flow, then add the two squares.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t + b) + 0.5
        ).float(),
        "a length is that of u AND v: square both, and add the squares.": lambda b, t: (
            (t + b).sum(1, keepdim=True).square() <= 0.01 * (_energy(t) + _energy(b)) + 0.5
        ).float(),
        "square u and v before you add them: you add first.": lambda b, t: (
            (t + b).sum(1, keepdim=True).square()
            <= 0.01 * (t.sum(1, keepdim=True).square() + b.sum(1, keepdim=True).square()) + 0.5
        ).float(),
        "ADD the squares of u and v: you take their mean, which is half of that.": lambda b, t: _below(b, t, constant=1.0),
        "square u and v: you take their absolute values.": lambda b, t: (
            (t + b).abs().sum(1, keepdim=True) <= 0.01 * (t.abs().sum(1, keepdim=True) + b.abs().sum(1, keepdim=True)) + 0.5
        ).float(),
        "give one answer for each pixel, not one for u and one for v: add their squares with `sum(1, keepdim=True)`.": (
            lambda b, t: ((t + b).square() <= 0.01 * (t.square() + b.square()) + 0.5).float()
        ),
    },
    axes=("12HW", "12HW"),
    never=("disoccluded", "trusted", "visible"),
    also=[_of_mask],
    rtol=1e-6,
    wants="a mask (1, 1, H, W), 1 where a pixel was visible",
)
