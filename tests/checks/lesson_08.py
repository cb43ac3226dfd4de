import torch
import torch.nn.functional as F

from nst_lessons.checks import lesson_08
from tests.checks import Case, puzzles


def _beside(factor, offset=0.0):
    """A photo's features, and other ones that are so much stronger and brighter: (2, 1, 8, 8)."""
    photo = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
    return torch.cat([photo, factor * photo + offset])


FADED = _beside(0.98)


def _parameters_stub(inputs, outputs, kernel, styles):
    """How many numbers."""
    ...


def _counted(inputs, outputs, kernel, styles):
    shared = torch.nn.Conv2d(inputs, outputs, kernel, bias=False)
    own = [torch.nn.InstanceNorm2d(outputs, affine=True) for _ in range(styles)]
    return sum(p.numel() for layer in (shared, *own) for p in layer.parameters())


def _norm_stub(x, eps=1e-5):
    """Instance normalisation."""
    ...


def _conditional_stub(x, gamma, beta, mix):
    """Conditional instance normalisation."""
    ...


def _by_loops(x, gamma, beta, mix):
    out = torch.empty_like(x)
    for b in range(len(x)):
        for c in range(x.shape[1]):
            scale = sum(mix[b, s] * gamma[s, c] for s in range(len(gamma)))
            shift = sum(mix[b, s] * beta[s, c] for s in range(len(gamma)))
            out[b, c] = scale * (x[b, c] - x[b, c].mean()) / x[b, c].std(correction=0) + shift
    return out


def _even_stub(training, optimising, one_pass):
    """The number of pictures."""
    ...


def _wide(values):
    return values[:, :, None, None]


CASES = {
    "parameters": Case(
        right=[lambda i, o, k, s: o * (i * k**2 + 2 * s), _counted],
        wrong=[
            (lambda i, o, k, s: i * o * k + 2 * s * o, "kernel counts twice"),
            (lambda i, o, k, s: i * o * k * k + o + 2 * s * o, "no bias"),
            (lambda i, o, k, s: i * o * k * k + s * o, "you count one"),
            (lambda i, o, k, s: i * o * k * k, "normalisation is missing"),
            (lambda i, o, k, s: (i * o * k * k + 2 * o) * s, "shared by the styles"),
            (lambda i, o, k, s: f"{i * o}", "returns the text"),
        ],
        stub=_parameters_stub,
        crashing=lambda i, o, k, s: i / 0,
    ),
    "contrast": Case(
        right=[
            ("same", FADED),
            (" Same ", FADED),
            ("half", _beside(0.5)),
            ("brighter", _beside(1, 1)),
            ("stronger", _beside(2)),
        ],
        wrong=[
            (("half", FADED), "goes in"),
            (("brighter", FADED), "takes constants away"),
            (("stronger", FADED), "two strengths"),
            (("b", FADED), "none of the choices"),
            (("same", _beside(0.5)), "in your run it came out 'half'"),
            (("same", None), "not what was measured"),
        ],
        stub=...,
        crashing=None,
    ),
    "instance_norm": Case(
        right=[
            lambda x: F.group_norm(x, x.shape[1]),
            lambda x: torch.cat([F.batch_norm(one, None, None, training=True) for one in x.split(1)]),
        ],
        wrong=[
            (lambda x: F.batch_norm(x, None, None, training=True), "batch normalisation"),
            (lambda x: F.layer_norm(x, x.shape[1:]), "over the channels too"),
            (lambda x: (x - x.mean()) / x.std(correction=0), "everything at once"),
            (lambda x: x - x.mean((2, 3), keepdim=True), "divide by the standard deviation"),
            (lambda x: (x - x.mean((2, 3), keepdim=True)) / x.var((2, 3), keepdim=True, correction=0), "square root"),
            (lambda x: (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True), "correction=0"),
            (lambda x: x.mean((2, 3)), "axis is missing"),
            (F.instance_norm, "do it yourself"),
        ],
        stub=_norm_stub,
        crashing=lambda x: x - x.mean((2, 3)).view(999),
    ),
    "conditional_norm": Case(
        right=[
            _by_loops,
            lambda x, g, b, m: torch.einsum("bs,sc,bchw->bchw", m, g, F.instance_norm(x)) + _wide(m @ b),
        ],
        wrong=[
            (lambda x, g, b, m: _wide(m @ b) * F.instance_norm(x) + _wide(m @ g), "swap gamma and beta"),
            (lambda x, g, b, m: _wide(m @ g) * x + _wide(m @ b), "not normalised"),
            (lambda x, g, b, m: _wide(g[m.argmax(1)]) * F.instance_norm(x) + _wide(b[m.argmax(1)]), "largest share"),
            (lambda x, g, b, m: g.mean(0)[:, None, None] * F.instance_norm(x) + b.mean(0)[:, None, None], "count alike"),
            (lambda x, g, b, m: _wide(m @ g) * F.instance_norm(x), "shift is missing"),
            (lambda x, g, b, m: F.instance_norm(x) + _wide(m @ b), "scale is missing"),
        ],
        stub=_conditional_stub,
        crashing=lambda x, g, b, m: x * (m @ g).view(999),
    ),
    "mixing": Case(
        right=["new", "NEW"],
        wrong=[
            ("average", "is it that"),
            ("patches", "depends on the place"),
            ("stronger", "share of one half"),
            (0.5, "none of the choices"),
        ],
        stub=...,
        crashing=None,
    ),
    "break_even": Case(
        right=[lambda t, o, p: t / (o - p), lambda t, o, p: 1 / (o / t - p / t)],
        wrong=[
            (lambda t, o, p: t / o, "cost something too"),
            (lambda t, o, p: t / p, "a picture SAVE"),
            (lambda t, o, p: (o - p) / t, "upside down"),
            (lambda t, o, p: int(t / (o - p)), "rounded down"),
            (lambda t, o, p: t / (p - o), "the cheaper way"),
        ],
        stub=_even_stub,
        crashing=lambda t, o, p: t / (o - o),
    ),
}
CASES |= puzzles.cases(lesson_08)
