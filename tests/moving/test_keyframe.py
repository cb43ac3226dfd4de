from types import SimpleNamespace

import pytest
import torch

import nst_lessons as nst
from nst_lessons.moving import keyframe
from nst_lessons.moving.keyframe import KeyframeNet, train_keyframe, training
from nst_lessons.moving.scenes import pan
from nst_lessons.one_pass.training import steps as training_loop

LOSSES = {"loss": 0.0, "content": 0.0, "style": 0.0, "tv": 0.0, "style_by_layer": {}}


@pytest.fixture
def small() -> KeyframeNet:
    """An untrained network of few channels."""
    torch.manual_seed(0)
    return KeyframeNet(channels=(4, 6, 8), blocks=1).eval()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (50, 70)])
def test_a_picture_keeps_its_size_and_range(small, random_image, height, width):
    painted = small.paint(random_image(height, width))
    assert painted.shape == (1, 3, height, width)
    assert painted.min() >= 0 and painted.max() <= 1


def test_the_whole_frame_is_painted_as_a_patch_of_it_would_be(small, random_image):
    torch.nn.init.normal_(small.last.weight)
    frame = random_image(160, 168)
    patch = frame[..., 16:144, 24:152]
    whole, alone = small.paint(frame)[..., 16:144, 24:152], small.paint(patch)
    inner = slice(56, -56)  # which the patch's border does not reach
    torch.testing.assert_close(whole[..., inner, inner], alone[..., inner, inner], rtol=0, atol=1e-4)
    assert not torch.allclose(whole, alone, atol=1e-2)


def test_a_faint_mark_is_a_mark_measured_in_deviations_of_what_is_around_it(random_image):
    photo = random_image(40, 36)
    found = keyframe._marks(photo)
    window = photo[0, :, 5:20, 3:18]  # around the pixel (12, 10)
    expected = (photo[0, :, 12, 10] - window.mean((1, 2))) / (window.std((1, 2), correction=0) + 0.004)
    torch.testing.assert_close(found[0, :, 12, 10], expected, rtol=1e-3, atol=1e-3)
    faint = keyframe._marks(0.5 + 0.1 * photo)
    assert 0.8 < (faint.abs().mean() / found.abs().mean()) < 1
    assert keyframe._marks(torch.full((1, 3, 32, 32), 0.7)).abs().max() < 0.1


def test_a_photo_and_its_painting_are_cut_at_one_random_place():
    rows, columns = torch.meshgrid(torch.arange(300), torch.arange(203), indexing="ij")
    photo = torch.stack([rows, columns, columns])[None].float()  # each pixel says where it is
    generator = torch.Generator().manual_seed(0)
    corners = set()
    for _ in range(12):
        part, painting = keyframe._cut((photo, -photo), 8, generator)
        assert part.shape == (1, 3, 192, 192) and torch.equal(painting, -part)
        corners.add(tuple(part[0, :2, 0, 0].tolist()))
        assert (part[0, :2, 191, 191] - part[0, :2, 0, 0]).tolist() == [191, 191]
    assert len(corners) > 8
    assert keyframe._cut((photo[..., :50, :61],), 8, generator)[0].shape == (1, 3, 48, 56)


def test_each_pair_and_each_frame_gets_its_turn(vgg, random_image, monkeypatch):
    shown = []

    def update(model, given, *others):
        shown.append(tuple(round(10 * picture.mean().item()) for picture in given))
        return LOSSES

    monkeypatch.setattr(keyframe, "_update", update)
    black = torch.zeros(1, 3, 40, 40)  # a flat picture teaches nothing
    one, two, three, *pictures = ((value + random_image(40, 40) - 0.5) / 10 for value in range(1, 8))
    pairs = [tuple(pictures[:2]), tuple(pictures[2:])]
    list(training(KeyframeNet(), pairs, frames=[one, two, three, black], steps=60, vgg=vgg))
    assert set(shown) == {(1,), (2,), (3,), (4, 5), (6, 7)}
    assert 4 < sum(len(given) == 2 for given in shown) < 30


def test_a_step_without_a_painting_keeps_the_last_content_loss(small, vgg, random_image):
    pairs, frames = [(random_image(32, 32), random_image(32, 32, seed=1))], [random_image(32, 32, seed=2)]
    found = [step.content for step in training(small, pairs, frames=frames, steps=20, vgg=vgg)]
    found = found[next(index for index, content in enumerate(found) if content) :]
    assert all(found) and len(found) > len(set(found)) > 1  # a painting changes it, a frame without one does not


@pytest.mark.slow
def test_what_it_learned_of_one_frame_holds_for_another_which_it_never_saw(vgg, monkeypatch):
    for name, value in {"KEYED": 1.0, "L1": 10.0, "FEATURES": 0.1, "STYLE": 0.1}.items():  # there are no strokes to learn
        monkeypatch.setattr(keyframe, name, value)
    first, *_, other = pan("chelsea", count=4, size=56).frames
    negative = [1 - frame.flip(1) for frame in (first, other)]  # a painting that is known for every frame
    steps = []
    model = train_keyframe([(first, negative[0])], steps=40, vgg=vgg, callback=steps.append)
    untouched, learned = ((picture - negative[1]).abs().mean() for picture in (other, model.paint(other)))
    assert learned < untouched / 2
    assert not any(parameter.requires_grad for parameter in model.parameters()) and not model.training
    assert [step.index for step in steps] == list(range(1, 41)) and steps[-1].image.shape == first.shape
    assert steps[-1].style < steps[0].style / 2
    assert torch.equal(steps[-1].image, model.paint(first))


def test_an_untrained_network_returns_the_photo(random_image):
    photo = random_image(40, 48)
    torch.testing.assert_close(KeyframeNet().eval().paint(photo), photo)


@pytest.mark.slow
def test_frames_without_a_painting_take_on_the_statistics_of_the_style(vgg):
    """The keyframe is painted as it is: nothing but the style loss can teach the network to paint."""
    key, *_, frame = pan("chelsea", count=4, size=64).frames
    style = nst.load_image("stained_glass", 64)

    def far(picture):
        grams = [nst.gram_matrix(vgg(one, ["relu2_1"])["relu2_1"]) for one in (picture, style)]
        return nst.style_loss(*grams)

    taught, other = (train_keyframe([(key, key)], frames=[frame], style=one, steps=60, vgg=vgg) for one in (style, None))
    assert far(taught.paint(frame)) < far(frame) / 2 and far(taught.paint(frame)) < far(other.paint(frame)) / 2


def test_the_seed_makes_it_the_same_again(vgg, random_image):
    pairs = [(random_image(40, 48), random_image(40, 48, seed=1))]
    one, again, other = (train_keyframe(pairs, steps=2, vgg=vgg, seed=seed).paint(pairs[0][0]) for seed in (5, 5, 6))
    torch.testing.assert_close(one, again)
    assert not torch.allclose(one, other, atol=1e-3)


def test_where_time_is_short_it_ends_early_at_a_rate_that_has_fallen(vgg, random_image, monkeypatch):
    clock, rates = iter(range(0, 1000, 10)), []  # seconds: each step takes ten of them
    monkeypatch.setattr(training_loop, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
    update = keyframe._update
    monkeypatch.setattr(keyframe, "_update", lambda *given: rates.append(given[-1].param_groups[0]["lr"]) or update(*given))
    pairs = [(random_image(32, 32), random_image(32, 32))]
    steps = list(training(KeyframeNet(), pairs, steps=50, seconds=40, rate=0.01, vgg=vgg))
    assert [(step.index, step.seconds, step.remaining) for step in steps] == [(1, 10, 30), (2, 20, 20), (3, 30, 10), (4, 40, 0)]
    assert rates == pytest.approx([0.01, 0.0085355, 0.005, 0.0014645], rel=1e-4)  # half a cosine
    assert steps[-1].image is not steps[0].image


def test_a_quick_notebook_takes_two_steps(vgg, random_image, monkeypatch):
    monkeypatch.setenv("NST_QUICK", "1")
    steps = list(training(KeyframeNet(), [(random_image(32, 32), random_image(32, 32))], steps=50, vgg=vgg))
    assert [(step.index, step.total) for step in steps] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([], "no pairs to learn from"),
        ([((40, 50), (40, 48))], "photo is 50 x 40 pixels and its painting 48 x 40"),
        ([((40, 40), (40, 40)), ((40, 20), (40, 20))], "pair of 20 x 40 pixels is too small"),
    ],
)
def test_pairs_that_are_none(random_image, sizes, message):
    pairs = [(random_image(*photo), random_image(*painting)) for photo, painting in sizes]
    with pytest.raises(ValueError, match=message):
        train_keyframe(pairs)


def test_a_frame_that_is_too_small(small, random_image):
    with pytest.raises(ValueError, match="50 x 20 pixels is too small: each side needs 32"):
        small.paint(random_image(20, 50))


def test_a_loss_that_is_not_finite_stops_the_training(vgg, random_image):
    pairs = [(random_image(32, 32), random_image(32, 32))]
    with pytest.raises(FloatingPointError, match="lower the rate"):
        list(training(KeyframeNet(), pairs, steps=20, rate=float("inf"), vgg=vgg))
