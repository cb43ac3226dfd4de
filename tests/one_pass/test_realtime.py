import pytest
import torch
import torch.nn.functional as F

import nst_lessons as nst
from nst_lessons import samples, vgg_weights
from nst_lessons.images import to_pil
from nst_lessons.one_pass.models import save_model
from nst_lessons.one_pass.realtime import ConditionalInstanceNorm, Stylizer, load_stylizer, realtime, save_stylizer
from nst_lessons.one_pass.training import stylizer as train
from nst_lessons.one_pass.training.stylizer import PerceptualLoss, train_stylizer, training
from tests.benchmarks.energy import Judge

SMALL = {"channels": (4, 6, 8), "blocks": 1}


@pytest.fixture
def small() -> Stylizer:
    """An untrained network for two styles, which it can tell apart."""
    torch.manual_seed(0)
    model = Stylizer(["wave", "peacock"], **SMALL)
    for module in model.modules():
        if isinstance(module, ConditionalInstanceNorm):
            torch.nn.init.normal_(module.scale, 1, 0.3)
            torch.nn.init.normal_(module.shift, 0, 0.3)
    return model


def test_conditional_instance_norm_against_torchs_own_layer_with_one_styles_scale_and_shift():
    norm = ConditionalInstanceNorm(3, 5)
    torch.nn.init.normal_(norm.scale)
    torch.nn.init.normal_(norm.shift)
    x = 7 * torch.randn(2, 5, 6, 4) + 3
    found = norm(x, torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]))
    for row, style in ((0, 2), (1, 0)):
        oracle = torch.nn.InstanceNorm2d(5, affine=True)
        oracle.weight.data, oracle.bias.data = norm.scale[style].detach(), norm.shift[style].detach()
        torch.testing.assert_close(found[row : row + 1], oracle(x[row : row + 1]), rtol=1e-4, atol=1e-4)


def test_mixed_styles_have_the_mean_of_their_scales_and_shifts():
    norm = ConditionalInstanceNorm(2, 3)
    torch.nn.init.normal_(norm.scale)
    torch.nn.init.normal_(norm.shift)
    x = torch.randn(1, 3, 8, 8)
    one, other, mixed = (norm(x, torch.tensor([shares])) for shares in ([1.0, 0.0], [0.0, 1.0], [0.25, 0.75]))
    torch.testing.assert_close(mixed, 0.25 * one + 0.75 * other, rtol=1e-4, atol=1e-5)


def test_a_style_costs_two_numbers_a_channel_and_the_rest_is_shared():
    one, nine = (sum(p.numel() for p in Stylizer([f"s{i}" for i in range(n)]).parameters()) for n in (1, 9))
    normalised = 24 + 48 + 96 + 10 * 96 + 48 + 24
    assert nine - one == 8 * 2 * normalised
    convolutions = 81 * 3 * 24 + 9 * (24 * 48 + 48 * 96 + 10 * 96 * 96 + 96 * 48 + 48 * 24) + 81 * 24 * 3 + 3
    assert one == convolutions + 2 * normalised


@pytest.mark.parametrize(("height", "width"), [(64, 64), (70, 101), (67, 66)])
def test_a_picture_keeps_its_size_and_range(small, random_image, height, width):
    painted = small.paint(random_image(height, width), "wave")
    assert painted.shape == (1, 3, height, width)
    assert painted.min() >= 0 and painted.max() <= 1


def test_sides_that_are_no_multiples_of_4_are_continued_by_reflection(small, random_image):
    photo = random_image(66, 71)
    continued = F.pad(photo, (0, 1, 0, 2), mode="reflect")
    assert torch.equal(small.paint(photo, "wave"), small.paint(continued, "wave")[..., :66, :71])


def test_names_and_shares_say_which_style(small, random_image):
    photo = random_image(64, 64)
    wave, peacock, mixed = (small.paint(photo, style) for style in ("wave", "peacock", {"wave": 1, "peacock": 1}))
    assert not torch.allclose(wave, peacock, atol=1e-2)
    assert not torch.allclose(mixed, wave, atol=1e-3) and not torch.allclose(mixed, peacock, atol=1e-3)
    torch.testing.assert_close(realtime(photo, {"wave": 5}, size=64, model=small), wave)


@pytest.mark.parametrize(
    ("size", "style", "message"),
    [
        (60, "wave", "80 x 60 pixels is too small.*needs 64"),
        (64, "rembrandt", "not learned the style 'rembrandt': choose among wave, peacock"),
        (64, {"wave": 0}, "All shares are zero"),
        (64, {"wave": -1.0, "peacock": 2.0}, "share of wave is -1.0"),
    ],
)
def test_bad_input(small, random_image, size, style, message):
    with pytest.raises(ValueError, match=message):
        small.paint(random_image(size, 80), style)


def test_a_saved_network_paints_the_same_and_one_that_does_not_fit_its_card_is_refused(small, random_image, tmp_path):
    path = save_stylizer(small, tmp_path / "two.safetensors", steps=7)
    found = load_stylizer(path)
    assert found.styles == ("wave", "peacock") and found.card["steps"] == 7
    photo = random_image(64, 72)
    torch.testing.assert_close(found.paint(photo, "wave"), small.paint(photo, "wave"), rtol=0, atol=5e-3)  # it is in float16
    save_model(path, "stylizer", small.state_dict(), found.card | {"blocks": 2})
    with pytest.raises(ValueError, match="does not fit its own card"):
        load_stylizer(path)


def test_the_perceptual_loss_is_made_of_the_lessons_losses_at_two_sizes(vgg, random_image):
    styles, layers = [random_image(64, 48, seed=1), random_image(48, 64, seed=2)], ["relu1_1", "relu2_1"]
    picture, photo = random_image(48, 48, seed=3), random_image(48, 48, seed=4)
    found = PerceptualLoss(vgg, styles, layers)(picture, photo, [1], nst.Weights(layers=dict.fromkeys(layers, 1.0)))
    expected = []
    for shrink in (lambda image: image, lambda image: F.interpolate(image, scale_factor=0.5, mode="area")):
        features, wanted = vgg(shrink(picture), layers), vgg(shrink(styles[1]), layers)
        expected += [nst.style_loss(nst.gram_matrix(features[name]), nst.gram_matrix(wanted[name])) for name in layers]
    torch.testing.assert_close(found.style, sum(expected) / 4, rtol=1e-4, atol=0)
    content = nst.content_loss(vgg(picture, ["relu3_1"])["relu3_1"], vgg(photo, ["relu3_1"])["relu3_1"])
    torch.testing.assert_close(found.content, content)
    torch.testing.assert_close(found.tv, nst.total_variation(picture))


OPTIONS = {"photos": [nst.load_image("astronaut", 96)], "batch": 1, "size": 64, "style_size": 64}


def test_a_training_goes_on_from_its_checkpoint_as_if_it_had_not_been_broken_off(vgg, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "SAVE_EVERY", 0)
    unbroken, broken = (Stylizer(["wave"], **SMALL) for _ in range(2))
    broken.load_state_dict(unbroken.state_dict())
    options = OPTIONS | {"vgg": vgg, "steps": 4}
    losses = [step.loss for step in training(unbroken, ["wave"], **options)]
    first = training(broken, ["wave"], checkpoint=tmp_path / "run.pt", **options)
    begun = [next(first).loss, next(first).loss]
    first.close()
    resumed = Stylizer(["wave"], **SMALL)  # other weights, which the checkpoint replaces
    rest = list(training(resumed, ["wave"], checkpoint=tmp_path / "run.pt", **options))
    assert [step.index for step in rest] == [3, 4]
    assert begun + [step.loss for step in rest] == pytest.approx(losses, rel=1e-4)
    with pytest.raises(ValueError, match="other styles"):
        next(training(Stylizer(["peacock"], **SMALL), ["peacock"], checkpoint=tmp_path / "run.pt", **options))


@pytest.mark.slow
def test_it_learns_and_the_seed_makes_it_the_same_again(vgg):
    steps = []
    weights = nst.Weights(content=0.1, layers={"relu1_1": 1.0, "relu2_1": 1.0})
    options = OPTIONS | {"vgg": vgg, "weights": weights, "steps": 60, "seed": 3}
    model = train_stylizer(["wave"], callback=steps.append, **options)
    first, last = (sum(step.style for step in part) for part in (steps[:5], steps[-5:]))
    assert last < 0.6 * first
    assert steps[-1].image.shape == (1, 3, 170, 256) and model.styles == ("wave",)
    again = []
    train_stylizer(["wave"], callback=again.append, **(options | {"steps": 2}))
    assert again[0].loss == pytest.approx(steps[0].loss, rel=1e-4)


@pytest.fixture(scope="module")
def shipped() -> Stylizer:
    """The network that ships with the project."""
    return load_stylizer()


def test_what_ships_is_small_and_knows_the_bundled_styles(shipped):
    bundled = {name for name, sample in samples.available().items() if sample.kind == "style"}
    assert set(shipped.styles) == bundled and len(bundled) >= 8
    assert (samples.data_dir() / "models" / "stylizer.safetensors").stat().st_size < 8e6


@pytest.mark.slow
@pytest.mark.parametrize("photo", ["chelsea", "hopper"])
def test_the_cards_energy_of_its_worst_style_is_what_it_says_and_half_the_photos(shipped, photo):
    energies = shipped.card["energy"]  # {style: {photo: [painted, untouched]}}, measured at 512 pixels
    assert set(energies) == set(shipped.styles)
    for found in energies.values():
        assert found[photo][0] <= found[photo][1] / 2
    style = max(energies, key=lambda name: energies[name][photo][0] / energies[name][photo][1])
    judge, image = Judge(vgg_weights.load(None)), nst.load_image(photo, 512)
    painted, untouched, painting = (to_pil(one) for one in (shipped.paint(image, style), image, nst.load_image(style)))
    found = [judge.energy(picture, untouched, painting) for picture in (painted, untouched)]
    assert found == pytest.approx(energies[style][photo], rel=0.02)


def test_a_size_that_the_memory_does_not_take_is_told_before_the_picture_is_made(random_image):
    with pytest.raises(ValueError, match=r"Size 60000 needs about .* GB of memory.*largest size that fits"):
        realtime(random_image(64, 64), "wave", size=60_000)
