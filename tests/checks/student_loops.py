"""Loops as students write them, with one part written in another way."""

import torch


def minimiser(
    *,
    start=lambda image: image.clone(),
    optimizer=lambda canvas: torch.optim.LBFGS([canvas], max_iter=4),
    measure=lambda loss_of, canvas: loss_of(canvas),
    clear=True,
    backward=True,
    give=lambda loss: loss,
    steps=range,
    back=lambda image, canvas: canvas.detach(),
    between=lambda loss_of, canvas: None,
    fresh=False,
):
    """A loop of a student's, with one part written in another way."""

    def minimise(image, loss_of, count):
        canvas = start(image)
        canvas = canvas.requires_grad_(True) if canvas.is_leaf else canvas
        chosen = optimizer(canvas)

        def closure():
            if clear:
                chosen.zero_grad()
            loss = measure(loss_of, canvas)
            if backward:
                loss.backward()
            return give(loss)

        for _ in steps(count):
            if fresh:
                chosen = optimizer(canvas)
            chosen.step(closure)
            between(loss_of, canvas)
        return back(image, canvas)

    return minimise


def _without_gradient(image, loss_of, steps):
    canvas = image.clone()
    optimizer = torch.optim.LBFGS([canvas])

    def closure():
        optimizer.zero_grad()
        loss = loss_of(canvas)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return canvas


def _by_autograd(image, loss_of, steps):
    canvas = image.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([canvas], max_iter=3)

    def closure():
        loss = loss_of(canvas)
        (canvas.grad,) = torch.autograd.grad(loss, canvas)
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return canvas.detach()


def _late_clear(image, loss_of, steps):
    canvas = torch.nn.Parameter(image.clone())
    optimizer = torch.optim.LBFGS([canvas], max_iter=4, history_size=20)
    count = 0
    while count < steps:

        def closure():
            loss = loss_of(canvas)
            optimizer.zero_grad()
            loss.backward()
            return loss.item()

        optimizer.step(closure)
        count += 1
    return canvas.data.clone()


def _no_closure(image, loss_of, steps):
    canvas = image.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([canvas])
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(canvas).backward()
        optimizer.step()
    return canvas.detach()


def _by_hand(image, loss_of, steps):
    canvas = image.clone().requires_grad_(True)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(loss_of(canvas), canvas)
        with torch.no_grad():
            canvas -= 1e-3 * gradient
    return canvas.detach()


def _adam(canvas):
    return torch.optim.Adam([canvas], lr=0.05)


@torch.no_grad()
def _printing(loss_of, canvas):
    loss_of(canvas)


def bounded(
    *,
    begin=lambda start: (2 * start.clamp(0.02, 0.98) - 1).asin(),
    pixels=lambda u: (1 + u.sin()) / 2,
    back=None,
    optimizer=lambda u, steps: torch.optim.LBFGS([u], max_iter=steps, tolerance_grad=0, tolerance_change=0),
    clear=True,
    before=lambda u: None,
    steps=lambda count: count,
):
    """A bounded loop of a student's, with one part written in another way."""

    def minimise(start, loss_of, count):
        u = begin(start).clone().requires_grad_(True)
        chosen = optimizer(u, steps(count))

        def closure():
            before(u)
            if clear:
                chosen.zero_grad()
            loss = loss_of(pixels(u))
            loss.backward()
            return loss

        chosen.step(closure)
        return (back or pixels)(u.detach())

    return minimise


def _same(x):
    return x


def _inside(start):
    return start.clamp(0.02, 0.98)


def _logit(start):
    return torch.logit(start.clamp(0.01, 0.99))


def _cut(u):
    u.data.clamp_(0, 1)


def _cut_wide(u):
    u.data.clamp_(-1, 1)


CUTS = [  # a clamp in disguise
    lambda u: u.clamp(0, 1),
    lambda u: u.clamp(0, 1) * 1.0,
    lambda u: torch.clip(u, 0, 1),
    lambda u: u.clamp_min(0).clamp_max(1) + 0,
    lambda u: torch.minimum(torch.maximum(u, torch.zeros(())), torch.ones(())),
    lambda u: torch.nn.functional.hardtanh(u, 0, 1),
    lambda u: u.relu() - (u - 1).relu(),
    lambda u: torch.where(u > 1, torch.ones_like(u), torch.where(u < 0, torch.zeros_like(u), u)),
    lambda u: torch.nn.functional.relu6(6 * u) / 6,
    lambda u: u.clamp(0.001, 0.999),
    lambda u: torch.stack([u, torch.zeros_like(u)]).amax(0).clamp(max=1),
    lambda u: (u.clamp(0, 1) + u.clamp(0, 1)) / 2,
    lambda u: u - (u - 1).relu() + (-u).relu(),
    lambda u: (255 * u).clamp(0, 255) / 255,
]
