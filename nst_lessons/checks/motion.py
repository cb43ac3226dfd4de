"""How the warp and the mask of 09_moving_pictures are examined."""

from collections.abc import Callable

import torch

from nst_lessons.checks.cases import uniform
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried
from nst_lessons.checks.values import alike


def _warp(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return _fetch(image, u, v, lambda index, size: index.clamp(0, size - 1))


def _fetch(image: torch.Tensor, u: torch.Tensor, v: torch.Tensor, hold: Callable) -> torch.Tensor:
    """Fetch each pixel from where the flow points; hold(index, size) keeps an index inside."""
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
    """Whole pixels (H, W) to the right and down, some of which lead out of the picture."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(-3, 5, (height, width), generator=generator) for _ in range(2))


def _wrapped(index: torch.Tensor, size: int) -> torch.Tensor:
    return index % size


def _of_simple_flows(tried: Tried) -> str | None:
    """Which simple flow goes wrong."""
    image, u, v = tried.inputs[1]
    for said, right, down in (
        ("where the flow is 0 everything stays", 0, 0),
        ("with u = 1 each pixel comes from its right neighbour", 1, 0),
        ("with v = 1 each pixel comes from the one below", 0, 1),
        ("with u = -1 each pixel comes from its left neighbour", -1, 0),
        ("with v = -1 each pixel comes from the one above", 0, -1),
        ("what would come from outside comes from the border", 50, 50),
    ):
        given = image, torch.full_like(u, right), torch.full_like(v, down)
        got = tried.again(given)
        if got is None or not alike(got, tried.wanted(given), 1e-6):
            return f"{said}: with your function it does not."
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
        "u goes to the right, along the columns, and v down, along the rows: they are exchanged.": lambda i, u, v: _warp(
            i, v, u
        ),
        "the sign: the pixel at x is fetched from x + u, and the one at y from y + v.": lambda i, u, v: _warp(i, -u, -v),
        "the sign of u: the pixel at x is fetched from x + u.": lambda i, u, v: _warp(i, -u, v),
        "the sign of v: the pixel at y is fetched from y + v.": lambda i, u, v: _warp(i, u, -v),
        "u and v are exchanged, and the sign is turned round.": lambda i, u, v: _warp(i, -v, -u),
        "what leaves the picture comes in again at the other side: hold it at the border with `clamp`.": lambda i, u, v: _fetch(
            i, u, v, _wrapped
        ),
        "what comes from outside is black: it should come from the border, with `clamp`.": _black_outside,
        "you send each pixel away; that leaves holes. Fetch for each place the pixel that belongs there.": _thrown,
        "u is left out: columns move, too.": lambda i, u, v: _warp(i, 0 * u, v),
        "v is left out: rows move, too.": lambda i, u, v: _warp(i, u, 0 * v),
        "nothing has moved.": lambda i, u, v: i,
        "the flow is another one at each place: yours moves the whole picture by one amount.": lambda i, u, v: _warp(
            i, u[:1, :1].expand_as(u), v[:1, :1].expand_as(v)
        ),
        "the place itself is missing: fetch from x + u and y + v, not from u and v.": lambda i, u, v: _fetch(
            i,
            u - torch.arange(i.shape[2]),
            v - torch.arange(i.shape[1])[:, None],
            lambda index, size: index.clamp(0, size - 1),
        ),
        "negative indices count from the end: hold both ends at the border, with `clamp(0, ...)`.": lambda i, u, v: _fetch(
            i, u, v, lambda index, size: index.clamp(max=size - 1)
        ),
        "the last index is H - 1 or W - 1: hold it there, not one before.": lambda i, u, v: _fetch(
            i, u, v, lambda index, size: index.clamp(0, size - 2)
        ),
        "the first index is 0: hold it there.": lambda i, u, v: _fetch(i, u, v, lambda index, size: index.clamp(1, size - 1)),
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
    """Flows (1, 2, H, W) there and back that agree at most places, in part nearly, in part not."""
    back = 12 * uniform(1, 2, height, width, seed=seed) - 6
    return back, -back + 1.6 * uniform(1, 2, height, width, seed=seed + 1) ** 2 * (
        2 * uniform(1, 2, height, width, seed=seed + 2) - 0.7
    )


def _of_mask(tried: Tried) -> str | None:
    """Values that no mask has, or too much or too little that is called visible."""
    got, wanted = tried.found[-1], tried.expected[-1]
    if not ((got == 0) | (got == 1)).all():
        return "each pixel is visible or not: compare the two sides with `<=`, and make 1 and 0 of it with `.float()`."
    if (got >= wanted).all():
        return "your mask calls pixels visible that are hidden: the left side is too small, or the right one too large."
    if (got <= wanted).all():
        return "your mask calls pixels hidden that are visible: the left side is too large, or the right one too small."
    return None


examine_visible = SameAs(
    _visible,
    [
        (torch.tensor([[[[3.0, 0.0]], [[4.0, 1.0]]]]), torch.tensor([[[[-3.0, 2.0]], [[-4.0, 1.0]]]])),
        _flows(13, 17, 0),
        _flows(23, 11, 5),
    ],
    {
        "there and back cancel where all is well: it is their SUM that is small.": lambda b, t: _below(b, -t),
        "1 is wanted where the pixel IS visible: yours is the opposite.": lambda b, t: 1 - _below(b, t),
        "the 0.5 is missing: half a pixel of error is forgiven to slow motion, too.": lambda b, t: _below(b, t, constant=0.0),
        "the 0.5 is added, not taken away.": lambda b, t: _below(b, t, constant=-0.5),
        "the 0.01 is missing: one hundredth of the two lengths is forgiven, not all of them.": lambda b, t: _below(b, t, 1.0),
        "mind the brackets: the 0.5 is added after 0.01 has multiplied.": (lambda b, t: _below(b, t, constant=0.005)),
        "mind the brackets: 0.01 multiplies the sum of both lengths.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t) + _energy(b) + 0.5
        ).float(),
        "only one of the two lengths stands on the right: the sum of both is wanted.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t) + 0.5
        ).float(),
        "only one of the two lengths stands on the right: the sum of both is wanted, `there` too.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(b) + 0.5
        ).float(),
        "long motions are forgiven more: the term with 0.01 is missing.": lambda b, t: _below(b, t, 0.0),
        "the lengths are squared on both sides: u and v squared and added, without a root.": lambda b, t: (
            _energy(t + b).sqrt() <= 0.01 * (_energy(t).sqrt() + _energy(b).sqrt()) + 0.5
        ).float(),
        "on the left the length is squared, too: no root there.": lambda b, t: (
            _energy(t + b).sqrt() <= 0.01 * (_energy(t) + _energy(b)) + 0.5
        ).float(),
        "on the right the lengths are squared, too: no root there.": lambda b, t: (
            _energy(t + b) <= 0.01 * (_energy(t).sqrt() + _energy(b).sqrt()) + 0.5
        ).float(),
        "on the right the two lengths are squared one by one, and then added.": lambda b, t: (
            _energy(t + b) <= 0.01 * _energy(t + b) + 0.5
        ).float(),
        "a length is that of u AND v: square both, and add the squares.": lambda b, t: (
            (t + b).sum(1, keepdim=True).square() <= 0.01 * (_energy(t) + _energy(b)) + 0.5
        ).float(),
        "square u and v first, and add afterwards: you add first.": lambda b, t: (
            (t + b).sum(1, keepdim=True).square()
            <= 0.01 * (t.sum(1, keepdim=True).square() + b.sum(1, keepdim=True).square()) + 0.5
        ).float(),
        "u and v are squared and ADDED: their mean is half of that.": lambda b, t: _below(b, t, constant=1.0),
        "square u and v: absolute values do not make a length.": lambda b, t: (
            (t + b).abs().sum(1, keepdim=True) <= 0.01 * (t.abs().sum(1, keepdim=True) + b.abs().sum(1, keepdim=True)) + 0.5
        ).float(),
        "one answer for each pixel, not one for u and one for v: add their squares, with `sum(1, keepdim=True)`.": (
            lambda b, t: ((t + b).square() <= 0.01 * (t.square() + b.square()) + 0.5).float()
        ),
    },
    axes=("12HW", "12HW"),
    never=("disoccluded", "trusted", "visible"),
    also=[_of_mask],
    rtol=1e-6,
    wants="a mask (1, 1, H, W), 1 where a pixel was visible",
)
