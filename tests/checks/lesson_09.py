import torch
import torch.nn.functional as F

from nst_lessons.checks import lesson_09
from tests.checks import Case, puzzles


def _warp_stub(image, u, v):
    """Fetch."""
    ...


def _pair_stub(frame, before, mask):
    """A mean."""
    ...


def _visible_stub(back, there):
    """A mask."""
    ...


def _grid(image):
    return torch.meshgrid(*(torch.arange(side) for side in image.shape[1:]), indexing="ij")


def _by_loops(image, u, v):
    _, height, width = image.shape
    out = torch.empty_like(image)
    for y in range(height):
        for x in range(width):
            row, column = y + int(v[y, x]), x + int(u[y, x])
            out[:, y, x] = image[:, min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
    return out


def _by_padding(image, u, v):
    ys, xs = _grid(image)
    return F.pad(image[None], (9, 9, 9, 9), mode="replicate")[0][:, ys + v + 9, xs + u + 9]


def _modulo(image, u, v):
    ys, xs = _grid(image)
    return image[:, (ys + v) % image.shape[1], (xs + u) % image.shape[2]]


def _splat(image, u, v):
    ys, xs = _grid(image)
    out = torch.zeros_like(image)
    out[:, (ys + v).clamp(0, image.shape[1] - 1), (xs + u).clamp(0, image.shape[2] - 1)] = image
    return out


def _length(flow):
    return flow.norm(dim=1, keepdim=True)


def _seen(back, there):
    return _length(there + back) ** 2 <= 0.01 * (_length(there) ** 2 + _length(back) ** 2) + 0.5


CASES = {
    "shimmer": Case(
        right=["shimmers", " SHIMMERS"],
        wrong=[("still", "as little as the photo"), ("fades", "knows the one before"), ("moves", "nothing moved")],
        stub=...,
        crashing=None,
    ),
    "warp": Case(
        right=[_by_loops, _by_padding],
        wrong=[
            (lambda i, u, v: _by_loops(i, v, u), "swap u and v"),
            (lambda i, u, v: _by_loops(i, -u, -v), "the sign"),
            (_modulo, "other side"),
            (_splat, "leaves holes"),
            (lambda i, u, v: i.clone(), "nothing has moved"),
            (lambda i, u, v: i[0], "axis"),
        ],
        stub=_warp_stub,
        crashing=lambda i, u, v: i[:, u + 999],
    ),
    "flicker": Case(
        right=[
            lambda f, b, m: (f - b).abs()[m.expand_as(f) > 0].mean(),
            lambda f, b, m: ((f - b).abs().mean(1, keepdim=True) * m).sum() / m.sum(),
        ],
        wrong=[
            (lambda f, b, m: F.l1_loss(f, b), "cannot flicker"),
            (lambda f, b, m: (m * (f - b).abs()).mean(), "count as zeros"),
            (lambda f, b, m: (m * (f - b).abs()).sum() / m.sum(), "three colours"),
            (lambda f, b, m: (m * (f - b) ** 2).sum() / m.sum() / 3, "square the difference"),
            (lambda f, b, m: (f - b)[m.expand_as(f) > 0].mean(), "cancel"),
            (lambda f, b, m: (f - b).abs()[m.expand_as(f) == 0].mean(), "HIDDEN"),
        ],
        stub=_pair_stub,
        crashing=lambda f, b, m: f - m.view(999),
    ),
    "visible": Case(
        right=[_seen, lambda b, t: _seen(b, t).float()],
        wrong=[
            (lambda b, t: _length(t - b) ** 2 <= 0.01 * (_length(t) ** 2 + _length(b) ** 2) + 0.5, "SUM"),
            (lambda b, t: ~_seen(b, t), "opposite"),
            (lambda b, t: _length(t + b) ** 2 <= 0.01 * (_length(t) ** 2 + _length(b) ** 2), "0.5 is missing"),
            (lambda b, t: _length(t + b) <= 0.01 * (_length(t) + _length(b)) + 0.5, "without a root"),
            (lambda b, t: (t + b) ** 2 <= 0.01 * (t**2 + b**2) + 0.5, "one answer for each pixel"),
        ],
        stub=_visible_stub,
        crashing=lambda b, t: b @ t,
    ),
    "temporal_loss": Case(
        right=[
            lambda x, b, c: torch.einsum("bchw,bdhw->", (x - b) ** 2, c) / x.numel(),
            lambda x, b, c: F.mse_loss(c.sqrt() * x, c.sqrt() * b),
        ],
        wrong=[
            (lambda x, b, c: F.mse_loss(x, b), "must be free"),
            (lambda x, b, c: (c * (x - b) ** 2).sum(), "divide by D"),
            (lambda x, b, c: (c * (x - b).abs()).mean(), "is the flicker"),
            (lambda x, b, c: F.mse_loss(c * x, c * b), "do not square c"),
            (lambda x, b, c: (c * (x - b) ** 2).sum() / c.expand_as(x).sum(), "not of the visible"),
            (lambda x, b, c: (c * (x - b) ** 2).sum() / x[0, 0].numel(), "three for each pixel"),
        ],
        stub=_pair_stub,
        crashing=lambda x, b, c: x - c.view(999),
    ),
    "depth": Case(
        right=["float", "Float"],
        wrong=[("as before", "each eye elsewhere"), ("flat", "same place in both"), ("deeper", "error maps"), (1, "none of")],
        stub=...,
        crashing=None,
    ),
}
CASES |= puzzles.cases(lesson_09)
