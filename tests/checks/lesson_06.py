import torch

from nst_lessons.checks import lesson_06
from tests.checks import Case, puzzles

RIGHT = {1: "inplace", 2: "normalise", 3: "range", 4: "clamp", 5: "reshape", 6: "detach", 7: "size", 8: "noise"}


def _gram_stub(features):
    """The Gram matrices."""
    ...


def _bounded_stub(start, loss_of, steps):
    """A picture."""
    ...


def _targets_stub(features):
    """The targets."""
    ...


def _bytes_stub(image):
    """The bytes."""
    ...


def _alpha_stub(alpha, draft, final):
    """The weight."""
    ...


def _swapped(*pairs):
    """The right diagnosis with the beds of each pair exchanged."""
    answer = dict(RIGHT)
    for one, other in pairs:
        answer[one], answer[other] = answer[other], answer[one]
    return answer


def _gram(features):
    return torch.einsum("bchw,bdhw->bcd", features, features) / features[0].numel()


def _bounded(pixels=lambda u: (1 + u.sin()) / 2, back=None, detach=True, clear=True, copy=True, backward=True):
    """A reader's bounded loop, with one thing or another forgotten."""

    def minimise(start, loss_of, steps):
        u = (2 * start.clamp(0.02, 0.98) - 1).asin() if copy else start.mul_(0.9)
        u = u.requires_grad_(True)
        optimizer = torch.optim.LBFGS([u], max_iter=4, tolerance_grad=0, tolerance_change=0)

        def closure():
            if clear:
                optimizer.zero_grad()
            loss = loss_of(pixels(u))
            if backward:
                loss.backward()
            return loss

        for _ in range(steps // 4):
            optimizer.step(closure)
        result = (back or pixels)(u)
        return result.detach() if detach else result

    return minimise


def _sigmoid(start, loss_of, steps):
    u = torch.logit(start.clamp(0.01, 0.99)).requires_grad_(True)
    optimizer = torch.optim.LBFGS([u], max_iter=steps, line_search_fn="strong_wolfe")

    def closure():
        u.grad = None
        loss = loss_of(u.sigmoid())
        loss.backward()
        return loss

    optimizer.step(closure)
    return u.sigmoid().detach()


def _clamped(in_graph):
    def minimise(start, loss_of, steps):
        canvas = start.clone().requires_grad_(True)
        optimizer = torch.optim.LBFGS([canvas], max_iter=steps)

        def closure():
            if not in_graph:
                canvas.data.clamp_(0, 1)
            optimizer.zero_grad()
            loss = loss_of(canvas.clamp(0, 1) if in_graph else canvas)
            loss.backward()
            return loss

        optimizer.step(closure)
        return canvas.detach().clamp(0, 1)

    return minimise


def _not_whole(image):
    return image[0].clamp(0, 1).mul(255).permute(1, 2, 0)


def _rounded(image):
    return image[0].mul(255).round()


CASES = {
    "diagnosis": Case(
        right=[RIGHT, {bed: name.upper() + " " for bed, name in reversed(RIGHT.items())}],
        wrong=[
            (_swapped((2, 3)), "too small and one too large"),
            (_swapped((3, 7)), "In one the loss fell"),
            (_swapped((6, 7)), "only one reached its last step"),
            (_swapped((1, 4)), "comes from other layers"),
            (_swapped((5, 2)), "one has wrong colours"),
            (_swapped((8, 4)), "both are speckled"),
            ({**RIGHT, 8: "grain"}, "'grain' is not on the list"),
            ({**RIGHT, 8: "size"}, "more than one bed"),
            ({bed: RIGHT[bed] for bed in (1, 2, 3)}, "no diagnosis yet for beds 4, 5, 6, 7, 8"),
            (list(RIGHT.values()), "give a dictionary"),
        ],
        stub=...,
        crashing=None,
    ),
    "gram": Case(
        right=[
            lambda f: f.flatten(2) @ f.flatten(2).mT / f[0].numel(),
            lambda f: torch.stack([one.flatten(1) @ one.flatten(1).T / one.numel() for one in f]),
        ],
        wrong=[
            (lambda f: _gram(f - f.mean((2, 3), keepdim=True)), "subtracted the mean"),
            (lambda f: (r := f.reshape(len(f), -1, f.shape[1])).mT @ r / f[0].numel(), "still the broken one"),
            (
                lambda f: (f.reshape(f.shape[1], -1) @ f.reshape(f.shape[1], -1).T / f.numel()).expand(len(f), -1, -1),
                "you mix the pictures",
            ),
            (lambda f: f.flatten(2).mT @ f.flatten(2) / f[0].numel(), "positions, not channels"),
            (lambda f: _gram(f) * f[0].numel(), "not divided"),
            (lambda f: _gram(f) / len(f), "whole batch"),
            (lambda f: print(end=""), "returns nothing"),
        ],
        stub=_gram_stub,
        crashing=lambda f: f @ f.flatten(1),
    ),
    "bounded": Case(
        right=[_bounded(), _sigmoid],
        wrong=[
            (_clamped(in_graph=True), "loses its gradient"),
            (_clamped(in_graph=False), "still moves the pixels"),
            (_bounded(pixels=lambda u: u), "outside [0, 1]"),
            (_bounded(back=lambda u: u * 3), "u itself"),
            (_bounded(detach=False), "still has its graph"),
            (_bounded(backward=False), "did not move"),
            (_bounded(copy=False), "changed its input"),
            (lambda start, loss_of, steps: start, "never called"),
        ],
        stub=_bounded_stub,
        crashing=lambda start, loss_of, steps: loss_of(start.reshape(7, 7)),
    ),
    "targets": Case(
        right=[
            lambda features: {name: _gram(F).detach() for name, F in features.items()},
            torch.no_grad()(
                lambda features: {name: F.flatten(2) @ F.flatten(2).mT / F[0].numel() for name, F in features.items()}
            ),
        ],
        wrong=[
            (lambda features: {name: _gram(F) for name, F in features.items()}, "still have the network's graph"),
            (lambda features: {name: F.detach() for name, F in features.items()}, "those are the features"),
            (lambda features: {name: _gram(F.detach_()) for name, F in features.items()}, "detach_"),
            (lambda features: {name: _gram(F.detach()).requires_grad_() for name, F in features.items()}, "of their own"),
            (lambda features: [_gram(F).detach() for F in features.values()], "a dictionary with the same names"),
            (lambda features: {name: 2 * _gram(F).detach() for name, F in features.items()}, "is not the Gram matrix"),
        ],
        stub=_targets_stub,
        crashing=lambda features: {name: features.T for name in features},
    ),
    "to_bytes": Case(
        right=[
            lambda image: (image[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy(),
            lambda image: (image.squeeze(0).clamp(0, 1) * 255 + 0.5).byte().movedim(0, 2),
        ],
        wrong=[
            (lambda image: image[0].clamp(0, 1).round().byte().permute(1, 2, 0), "that file is black"),
            (lambda image: _rounded(image).int().remainder(256).byte().permute(1, 2, 0), "wraps around"),
            (lambda image: image[0].clamp(0, 1).mul(255).byte().permute(1, 2, 0), "cuts the fraction off"),
            (lambda image: _rounded(image.clamp(0, 1)).byte().reshape(*image.shape[-2:], 3), "mixes colours and places"),
            (lambda image: _rounded(image.clamp(0, 1)).byte(), "a file needs (H, W, 3)"),
            (_not_whole, "whole numbers"),
        ],
        stub=_bytes_stub,
        crashing=lambda image: image.permute(1, 2, 0),
    ),
    "alpha_for": Case(
        right=[
            lambda alpha, draft, final: alpha * draft[0] * draft[1] / final[0] / final[1],
            lambda alpha, draft, final: alpha / ((final[0] / draft[0]) * (final[1] / draft[1])),
        ],
        wrong=[
            (lambda alpha, draft, final: alpha * final[0] * final[1] / (draft[0] * draft[1]), "the wrong way round"),
            (lambda alpha, draft, final: alpha * draft[0] / final[0], "you compare only the heights"),
            (lambda alpha, draft, final: alpha, "unchanged"),
            (lambda alpha, draft, final: alpha * (draft[0] * draft[1] / final[0] / final[1]) ** 2, "once"),
        ],
        stub=_alpha_stub,
        crashing=lambda alpha, draft, final: alpha * draft / final,
    ),
}
CASES |= puzzles.cases(lesson_06)
