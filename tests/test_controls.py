"""The controls of `transfer`: colours, masks, style scale, running average."""

import pytest
import torch

import nst_lessons as nst
from nst_lessons.colour import luminance
from nst_lessons.fast import Gram
from nst_lessons.objective import Objective, _std


@pytest.fixture(scope="module")
def photo():
    return nst.load_image("chelsea", 96)


@pytest.fixture
def last(photo, vgg):
    """The last step of a short run at 96 pixels."""

    def run(style="swirls", **options):
        return list(nst.transfer(photo, style, vgg=vgg, **({"schedule": [(96, 12)]} | options)))[-1]

    return run


def _chroma(image):
    return image - luminance(image)


def test_luminance_alone_keeps_the_photos_colours(photo, last):
    kept, free = last(colours="luminance"), last()
    distance = [(_chroma(step.image) - _chroma(photo)).square().mean().item() for step in (kept, free)]
    assert distance[0] < distance[1] / 5
    assert (luminance(kept.image) - luminance(photo)).square().mean() > 1e-3  # it was painted all the same


def test_matched_colours_end_nearer_to_the_photos(photo, last):
    mean = photo.mean((2, 3))
    matched, free = last(colours="matched"), last()
    assert (matched.image.mean((2, 3)) - mean).norm() < (free.image.mean((2, 3)) - mean).norm() / 2


@pytest.mark.slow
def test_each_style_stays_in_its_region(photo, last, vgg):
    left = torch.zeros(1, 3, 40, 50)
    left[..., :25] = 1
    painted = last(["stained_glass", "ink_hatching"], masks=[left, 1 - left], schedule=[(96, 40)]).image
    halves = painted[..., :40], painted[..., 56:]

    def distance(image, style):
        layers = ["relu1_1", "relu2_1", "relu3_1"]
        found, wanted = vgg(image, layers), vgg(nst.load_image(style, 96), layers)
        return sum(nst.style_loss(nst.gram_matrix(found[n]), nst.gram_matrix(wanted[n])).item() for n in layers)

    assert distance(halves[0], "stained_glass") < distance(halves[0], "ink_hatching")
    assert distance(halves[1], "ink_hatching") < distance(halves[1], "stained_glass")


def test_a_white_mask_is_no_mask(photo, vgg):
    styles = [(nst.load_image("swirls", 96), 1.0)]
    image, weights = photo.flip(3), nst.Weights()
    plain = Objective(vgg, photo, styles)(image, weights)
    masked = Objective(vgg, photo, styles, masks=[torch.ones(1, 1, *photo.shape[-2:])])(image, weights)
    assert masked.style.item() == pytest.approx(plain.style.item(), rel=1e-4)


def test_the_guided_gram_is_that_of_the_masked_features(photo, vgg):
    """An independent oracle: with a mask of 0 and 1, the Gram matrix of the white positions alone."""
    mask = torch.zeros(1, 1, *photo.shape[-2:])
    mask[..., :48] = 1
    objective = Objective(vgg, photo, [(photo, 1.0)], ["relu1_1"], masks=[mask])
    features = vgg(photo, ["relu1_1"])["relu1_1"]
    white, target = nst.gram_matrix(features[..., :48]), nst.gram_matrix(features)
    losses = objective(photo, nst.Weights(layers={"relu1_1": 1.0}, moments=0))
    assert losses.style.item() == pytest.approx(nst.style_loss(white, target).item(), rel=1e-3)
    both = objective(photo, nst.Weights(layers={"relu1_1": 1.0}, moments=0.5))
    assert both.style.item() == pytest.approx(
        (nst.style_loss(white, target) + 0.5 * far(features[..., :48], features)).item(), rel=1e-3
    )


def test_mixed_styles_have_the_mean_of_their_first_and_second_moments(photo, vgg):
    """Two halves of a picture, mixed in equal parts, have the statistics of the whole picture."""
    left, right = photo[..., :48], photo[..., 48:]
    objective = Objective(vgg, photo, [(left, 0.5), (right, 0.5)], ["relu1_1"])
    found = [vgg(half, ["relu1_1"])["relu1_1"] for half in (left, right)]
    features = vgg(photo, ["relu1_1"])["relu1_1"]
    whole = torch.cat(found, 3)
    losses = objective(photo, nst.Weights(layers={"relu1_1": 1.0}, moments=1))
    gram = nst.style_loss(nst.gram_matrix(features), nst.gram_matrix(whole))
    assert losses.style.item() == pytest.approx((gram + far(features, whole)).item(), rel=1e-2)


def far(features, target):
    """The moment loss by torch's own mean and deviation."""
    moments = [(f.mean((2, 3)), f.std((2, 3), correction=0)) for f in (features, target)]
    return nst.moment_loss(*moments[0], *moments[1])


def test_the_deviation_of_an_even_channel_has_a_finite_gradient():
    features = torch.ones(1, 2, 4, 4).requires_grad_()  # rounding leaves nothing: the variance is exactly 0
    _std(Gram.apply(features), features.mean((2, 3))).sum().backward()
    assert features.grad.isfinite().all()


def test_a_picture_of_one_colour_has_finite_gradients(vgg):
    weights = nst.Weights(moments=1)
    even, photo = torch.full((1, 3, 64, 64), 0.4), nst.load_image("swirls", 64)
    for image, style in ((even, photo), (photo, even), (even, even)):
        image = image.clone().requires_grad_()
        loss = Objective(vgg, image.detach(), [(style, 1.0)])(image, weights).total(weights)
        loss.backward()
        assert loss.isfinite() and image.grad.isfinite().all()


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_style_is_seen_at_its_scale(photo, vgg, scale):
    """The style loss of the photo itself is that to the Gram matrices of the style resized by hand."""
    first = next(nst.transfer(photo, "pointillism", vgg=vgg, style_scale=scale, schedule=[(96, 1)], weights={"moments": 0}))
    style = nst.resize(nst.load_image("pointillism", round(96 * scale)), round(96 * scale))
    layers = list(first.style_by_layer)
    found, wanted = vgg(first.image, layers), vgg(style, layers)
    expected = {n: nst.style_loss(nst.gram_matrix(found[n]), nst.gram_matrix(wanted[n])).item() for n in layers}
    assert first.style_by_layer == pytest.approx(expected, rel=1e-3)


def test_the_average_is_that_of_the_steps(photo, vgg):
    options = dict(vgg=vgg, schedule=[(64, 5)])
    plain = [step.image for step in nst.transfer(photo, "swirls", **options)]
    averaged = [step.image for step in nst.transfer(photo, "swirls", average=0.5, **options)]
    expected = plain[0]
    for image in plain[1:]:
        expected = 0.5 * expected + 0.5 * image
    assert torch.allclose(averaged[-1], expected, atol=1e-5) and not torch.allclose(averaged[-1], plain[-1], atol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colours": "sepia"}, "choose style, luminance or matched"),
        ({"style_scale": 0}, "style_scale from 0.25 to 4"),
        ({"style_scale": float("nan")}, "style_scale from 0.25 to 4"),
        ({"average": 1}, "below 1"),
        ({"masks": []}, "one mask for each style"),
        ({"masks": [torch.zeros(1, 3, 32, 32)]}, "Mask 1 is black everywhere"),
        ({"masks": ["no_such_mask"]}, "no_such_mask"),
    ],
)
def test_bad_controls_are_told_at_once(photo, vgg, options, words):
    with pytest.raises(ValueError, match=words):
        nst.transfer(photo, "swirls", vgg=vgg, **options)
