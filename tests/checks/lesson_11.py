"""Answers to the blank page: whole style transfers, written differently, and wrong in one place each."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import nst_lessons as nst
from tests.checks import Case

STYLES, DEEP = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"], "relu4_2"
LAYERS = [*STYLES, DEEP]
vgg = nst.VGG()


def gram(x):
    flat = x.flatten(2)
    return flat @ flat.mT / flat.numel()


def gap(value, target):
    return (value - target).square().sum() / target.square().sum()


def save(image, name="mine.png"):
    nst.save_image(image, name)
    return image


def adam(
    photo, painting, steps, *, styles=STYLES, deep=DEEP, gram=gram, content=1.0, style=10.0, start=None, seen=lambda x: x,
    moved=None, count=None, keep=torch.no_grad, done=save, targets=None, clear=True, lr=0.03, maximize=False,
    pictures=None, clamp=True,
):  # fmt: skip
    """A right answer in Adam, with one part that can be exchanged for a wrong one."""
    from_photo, from_painting = pictures or (photo, painting)
    with keep():
        P = vgg(from_photo, [deep])[deep]
        A = [gram(x) for x in vgg(from_painting, styles).values()]
    canvas = (photo if start is None else start).clone().requires_grad_(True)
    optimizer = torch.optim.Adam([canvas] if moved is None else [moved(canvas)], lr=lr, maximize=maximize)
    for _ in range(steps if count is None else count):
        x = vgg(seen(canvas), [*styles, deep])
        if targets:
            P, A = targets(photo, painting, canvas)
        loss = content * gap(x[deep], P) if content else 0.0
        if style:
            loss = loss + style * sum(gap(gram(x[name]), a) for name, a in zip(styles, A, strict=True)) / len(A)
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if clamp:
            with torch.no_grad():
                canvas.clamp_(0, 1)
    return done(canvas.detach())


def lbfgs(photo, painting, steps):
    """Bounded by a sine, with L-BFGS: no clamp anywhere."""
    P = vgg(photo, [DEEP])[DEEP].detach()
    A = {name: gram(x).detach() for name, x in vgg(painting, STYLES).items()}
    u = (2 * photo.clamp(0.02, 0.98) - 1).asin().requires_grad_(True)
    optimizer = torch.optim.LBFGS([u], max_iter=3)

    def closure():
        optimizer.zero_grad()
        x = vgg((1 + torch.sin(u)) / 2, LAYERS)
        loss = gap(x[DEEP], P) + 10 * sum(gap(gram(x[name]), A[name]) for name in STYLES)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return save(((1 + u.sin()) / 2).detach())


def own_network(photo, painting, steps):
    """Modules as torchvision has them, with ReLUs in place and the reader's own loop over them; noise; a file alone."""
    modules = [nn.ReLU(inplace=True) if isinstance(step, nn.ReLU) else step for step in list(vgg.steps.values())[:31]]
    network = nn.Sequential(*modules)

    def features(x):
        x, kept = (x - vgg.mean) / vgg.std, []
        for index, step in enumerate(network):
            x = step(x)
            if index in (1, 6, 11, 20, 22):
                kept.append(x)
        return kept

    def matrix(x):
        return torch.einsum("ik,jk->ij", x[0].flatten(1), x[0].flatten(1))

    P = features(photo)[-1].detach()
    A = [matrix(x).detach() for x in features(painting)[:-1]]
    pixels = torch.logit(torch.rand(photo.shape, generator=torch.Generator().manual_seed(0)).clamp(0.1, 0.9)).requires_grad_()
    for _ in range(steps):
        x = features(torch.sigmoid(pixels))
        loss = F.mse_loss(x[-1], P) / P.square().mean()
        for one, target in zip(x, A, strict=False):
            loss = loss + F.mse_loss(matrix(one), target) / target.square().mean()
        (slope,) = torch.autograd.grad(loss, pixels)
        pixels = (pixels - slope / slope.abs().max()).detach().requires_grad_()
    bytes_ = (torch.sigmoid(pixels)[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(bytes_).save("mine.png")


def as_image(photo, painting, steps):
    """Returns a PIL image; the painting is resized first, the style is centred."""
    centred = lambda x: gram(x - x.mean((2, 3), keepdim=True))  # noqa: E731
    small = F.interpolate(painting, size=photo.shape[-2:], mode="bilinear")
    return adam(photo, small, steps, gram=centred, done=lambda image: _image(save(image)))


def _image(image):
    return Image.fromarray((image[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))


def but(**parts):
    """The right answer with some parts exchanged."""
    return lambda photo, painting, steps: adam(photo, painting, steps, **parts)


def _of_pieces(x):
    rows = x.reshape(-1, x.shape[1])
    return rows.T @ rows / x.numel()


def _of_positions(x):
    flat = x.flatten(2)
    return flat.mT @ flat / flat.numel()


def _from_canvas(photo, painting, canvas):
    x = vgg(canvas.detach(), LAYERS)
    return x[DEEP], [gram(x[name]) for name in STYLES]


def _every_step(photo, painting, canvas):
    with torch.no_grad():
        return vgg(photo, [DEEP])[DEEP], [gram(x) for x in vgg(painting, STYLES).values()]


def _style_cut(x):
    return gram(x).detach()


def _never_backward(photo, painting, steps):
    canvas = photo.clone().requires_grad_(True)
    P, A = vgg(photo, [DEEP])[DEEP], [gram(x) for x in vgg(painting, STYLES).values()]
    for _ in range(steps):
        x = vgg(canvas, LAYERS)
        gap(x[DEEP], P) + sum(gap(gram(x[name]), a) for name, a in zip(STYLES, A, strict=True))
        canvas.data.clamp_(0, 1)
    return save(canvas.detach())


def _graph_kept(photo, painting, steps):
    photo = photo.clone().requires_grad_(True)
    return adam(photo, painting, steps, keep=torch.enable_grad, start=photo.detach())


def _by_library(photo, painting, steps):
    return nst.stylize(photo, painting, steps=steps, vgg=vgg).image


def _no_file(image):
    return image


def _loss(image):
    return save(image).sum()


def _stub(photo, painting, steps):
    """Paint."""
    ...


def _crashing(photo, painting, steps):
    return vgg(photo, [DEEP])[DEEP] @ vgg(painting, ["relu1_1"])["relu1_1"]


def _swapped(photo, painting, steps):
    return adam(photo, painting, steps, pictures=(painting, photo))


CASES = {
    "passes": Case(
        right=[1, "1"],
        wrong=[(60, "never changes"), (61, "the canvas is another"), (0, "where does the style's target"), (5, "all layers")],
        stub=...,
        crashing=None,
    ),
    "paint": Case(
        right=[adam, lbfgs, own_network, as_image],
        wrong=[
            (but(style=0), "the style is missing"),
            (but(styles=STYLES[:1]), "relu1_1 only"),
            (but(content=0), "the content is missing"),
            (but(deep="relu2_2"), "holds on to every pixel"),
            (but(gram=_of_pieces), "cut the channels into pieces"),
            (but(gram=_of_positions), "compares positions"),
            (lambda photo, painting, steps: save(painting[..., :32]), "no picture went through"),
            (but(targets=_from_canvas), "computed from the canvas"),
            (but(targets=_every_step), "again in the loop"),
            (_graph_kept, "keep their graph"),
            (_swapped, "comes from the painting"),
            (but(seen=torch.detach), "no gradient reaches the pixels"),
            (but(gram=_style_cut), "the style loss sends no gradient"),
            (_never_backward, "no gradient is computed"),
            (but(seen=lambda canvas: canvas.clamp(0, 1)), "sees a clamped canvas"),
            (but(moved=lambda canvas: canvas.detach().clone().requires_grad_()), "moves another tensor"),
            (but(lr=0.0), "does not move"),
            (but(count=4), "`steps` makes no difference"),
            (but(start=torch.full((1, 3, 32, 48), 0.5)), "one flat colour"),
            (but(maximize=True), "does not fall"),
            (but(clear=False), "old gradients pile up"),
            (but(done=_no_file), "no file was saved"),
            (but(done=_loss), "returns one number"),
            (but(clamp=False, lr=0.1), "leaves [0, 1]"),
            (but(done=lambda image: save(image).mT), "should have the photo's size"),
            (but(done=lambda image: save(image.flip(-1)).flip(-1)), "does not hold the picture"),
            (_by_library, "Write it yourself"),
            (but(gram=nst.gram_matrix), "the library's `gram_matrix`"),
            (lambda photo, painting: photo, "must take 3 arguments"),
        ],
        stub=_stub,
        crashing=_crashing,
    ),
    "own_style": Case(
        right=["stays", "Stays"],
        wrong=[("sharper", "asks for more"), ("abstract", "content is a target"), ("noise", "push the pixels"), (3, "none of")],
        stub=...,
        crashing=None,
    ),
}
