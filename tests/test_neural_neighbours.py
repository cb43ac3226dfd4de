from dataclasses import replace

import pytest
import torch

import nst_lessons as nst
from nst_lessons.matching import matched_loss
from nst_lessons.neural_neighbours import Targets, doubling, match

QUICK = {"schedule": [(48, 8), (64, 6)]}


@pytest.fixture
def paint(vgg):
    """A short run of `neighbours`, at 48 and 64 pixels; options as its own."""

    def run(content="chelsea", style="swirls", **options):
        return nst.neighbours(content, style, vgg=vgg, **(QUICK | options))

    return run


def test_every_size_comes_nearer_to_its_targets(paint):
    result = paint()
    assert result.image.shape == nst.load_image("chelsea", 64).shape and result.stopped is None
    for size in {step.size for step in result.history}:
        losses = [step.loss for step in result.history if step.size == size]
        assert losses[-1] < losses[0]
    assert [step.index for step in result.history] == list(range(1, 15)) and result.history[-1].remaining == 0


def test_a_step_reports_the_loss_of_its_own_picture(vgg):
    """While the layers are together; the content loss has the photo's own columns as its target."""
    step = list(match("chelsea", "swirls", vgg=vgg, **QUICK))[5]
    photo = nst.hypercolumns(vgg, nst.resize(nst.load_image("chelsea", 64), 48))
    assert step.content == pytest.approx(matched_loss(nst.hypercolumns(vgg, step.image), photo).item(), rel=1e-4)
    assert step.loss == step.style and step.tv == 0


def test_pixels_stay_in_bounds(vgg):
    for step in match("chelsea", "swirls", vgg=vgg, **QUICK):
        assert step.image.min() >= 0 and step.image.max() <= 1


def test_a_photo_in_its_own_style_stays(paint):
    photo = nst.load_image("chelsea", 64)
    assert (paint(style="chelsea").image - photo).abs().mean() < 0.5 * (paint(style="swirls").image - photo).abs().mean()


def test_equal_seeds_make_equal_pictures(paint):
    one, same, other = (paint(init="noise", seed=seed).image for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_with_alpha_1_more_of_the_photo_stays_than_with_alpha_0(vgg):
    photo = nst.hypercolumns(vgg, nst.load_image("chelsea", 64))
    schedule = [(48, 20), (64, 15)]
    found = [nst.neighbours("chelsea", "swirls", vgg=vgg, schedule=schedule, alpha=alpha).image for alpha in (0, 1)]
    little, much = (matched_loss(nst.hypercolumns(vgg, image), photo).item() for image in found)
    assert much < little


@pytest.mark.parametrize("stop", [3, 11])
def test_the_stop_button_returns_what_there_is_at_the_full_size(stop, paint):
    def press(step):
        if step.index == stop:
            raise KeyboardInterrupt

    result = paint(callback=press)
    assert result.stopped == "interrupted" and len(result.history) == stop
    assert result.image.shape == nst.load_image("chelsea", 64).shape


def test_a_callback_stops_the_run_and_is_told_of_its_end(paint):
    class Callback:
        seen, last = 0, None

        def __call__(self, step):
            self.seen += 1
            return step.index < 4

        def finish(self, step):
            self.last = step

    callback = Callback()
    result = paint(callback=callback)
    assert callback.seen == callback.last.index == 4 and "callback" in result.stopped
    assert replace(callback.last, image=None) == result.history[-1]


def test_a_painting_of_one_colour_gives_its_colour(paint):
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1)
    image, photo = paint(style=red.repeat(1, 1, 64, 64)).image, nst.load_image("chelsea", 64)
    assert image.isfinite().all() and (image - red).abs().mean() < (photo - red).abs().mean()


@pytest.mark.parametrize("shape", [(16, 16), (20, 150), (150, 20)])
def test_paintings_that_are_tiny_or_of_another_shape_simply_work(shape, paint, random_image):
    image = paint(content=random_image(200, 120), style=random_image(*shape), schedule=[(64, 2), (128, 2)]).image
    assert image.shape == (1, 3, 128, 77) and image.isfinite().all()


def test_a_long_photo_works_at_every_size(paint, random_image):
    assert paint(content=random_image(20, 200), schedule=[(64, 2), (200, 2)]).image.shape == (1, 3, 20, 200)


@pytest.fixture
def red_and_blue():
    """A grey photo and two styles, red and blue; and a function for the excess of red over blue, by column."""
    style, photo = nst.load_image("swirls", 64), nst.load_image("chelsea", 64).mean(1, keepdim=True).repeat(1, 3, 1, 1)
    tinted = [style * torch.tensor(tint).view(1, 3, 1, 1) for tint in ([1, 0.4, 0.1], [0.1, 0.4, 1])]
    return photo, tinted, lambda image: (image[0, 0] - image[0, 2]).mean(0)


def test_each_style_stays_in_its_mask(red_and_blue, paint):
    """Left red, right blue; and where both masks are black, the photo."""
    photo, styles, excess = red_and_blue
    left, right = torch.zeros(2, 1, 3, 64, 64)
    left[..., :24], right[..., 40:] = 1, 1
    found = excess(paint(content=photo, style=styles, masks=[left, right], schedule=[(64, 20)]).image)
    assert found[:16].mean() > 0.1 and found[48:].mean() < -0.1 and abs(found[28:36].mean()) < 0.05


@pytest.mark.parametrize("together", [True, False])
def test_outside_of_all_masks_the_photo_is_the_target(together, vgg, random_image):
    photo, mask = random_image(64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., :32] = 1
    targets = Targets(vgg, photo, [(random_image(64, 64, seed=1), 1.0)], [mask], together, 0)
    for name, target in targets.match(targets.photo).items():
        cosines = torch.cosine_similarity(target, targets.photo[name])
        half = cosines.shape[-1] // 2
        assert cosines[..., half:].min() > 0.9999 and cosines[..., :half].max() < 0.9999


def test_shares_of_two_styles(red_and_blue, paint):
    photo, styles, excess = red_and_blue
    red, blue = (paint(content=photo, style=styles, style_weights=weights).image for weights in ([9, 1], [1, 9]))
    assert excess(red).mean() > 0.1 and excess(blue).mean() < -0.1


def test_the_photos_colours_can_stay(paint):
    photo, image = nst.load_image("chelsea", 64), paint(colours="luminance").image
    chroma = [(one[:, 0] - one[:, 2]).flatten() for one in (image, photo)]
    assert torch.corrcoef(torch.stack(chroma))[0, 1] > 0.95


@pytest.fixture
def larger(monkeypatch):
    """A schedule whose last size is too large to be matched."""
    monkeypatch.setattr("nst_lessons.neural_neighbours.LARGE", 64)
    return [(48, 8), (64, 6), (128, 6)]


@pytest.mark.slow
def test_above_the_limit_the_enlarged_result_is_sharpened(larger, paint, vgg, monkeypatch):
    """It stays what it was, and comes nearer to the painting's statistics."""
    with monkeypatch.context() as patch:
        patch.delattr("nst_lessons.descent.LongWavesFirst")  # it would move large areas, which are painted already
        matched, sharp = paint().image, paint(schedule=larger)
    enlarged = nst.resize(matched, tuple(sharp.image.shape[-2:]))
    assert [step.index for step in sharp.history] == list(range(1, 21)) and sharp.history[-1].remaining == 0
    assert all(step.total == 20 and step.remaining > 0 for step in sharp.history[:-1])
    assert sharp.image.shape == nst.load_image("chelsea", 128).shape
    other = nst.stylize("chelsea", "swirls", vgg=vgg, schedule=larger).image  # by statistics from the start
    near, far = ((nst.resize(one, tuple(matched.shape[-2:])) - matched).abs().mean() for one in (sharp.image, other))
    assert near < 0.5 * far
    losses = [step.style for step in sharp.history if max(step.size) == 128]
    assert losses[-1] < 0.7 * losses[0]
    assert sharp.image.diff(dim=3).abs().mean() > enlarged.diff(dim=3).abs().mean()


def test_a_sharpened_run_takes_masks_and_colours_and_keeps_its_sizes(larger, vgg, tmp_path):
    left = torch.zeros(1, 3, 80, 120)
    left[..., :60] = 1
    options = {"schedule": [*larger[:2], (96, 1), (128, 1)], "masks": [left, 1 - left], "colours": "luminance"}
    options |= {"vgg": vgg, "folder": tmp_path / "sizes"}
    *_, last = match("chelsea", ["swirls", "wave"], **options)
    photo = nst.resize(nst.load_image("chelsea"), last.size)
    chroma = [image - image.mean(1, keepdim=True) for image in (last.image, photo)]
    assert torch.stack([one.flatten() for one in chroma]).corrcoef()[0, 1] > 0.9
    assert [path.name.split("-")[0] for path in (tmp_path / "sizes").iterdir()] == ["96"]
    again = list(match("chelsea", ["swirls", "wave"], **options))
    assert [step.index for step in again][-2:] == [14, 16] and torch.equal(again[-1].image, last.image)


def test_a_size_that_is_too_large_is_told_before_the_matching(larger, paint, monkeypatch):
    monkeypatch.setattr("nst_lessons.machine.free_memory", lambda: 4e6)
    with pytest.raises(ValueError, match="the largest size that fits"):
        paint(schedule=larger)
    with pytest.raises(ValueError, match="begin the schedule"):
        paint(schedule=larger[2:])


@pytest.mark.parametrize(
    ("size", "sizes"),
    [(512, [64, 128, 256, 512]), (400, [100, 200, 400]), (96, [96]), (32, [32]), (4096, [64, 128, 256, 512, 1024, 2048, 4096])],
)
def test_each_size_is_twice_the_one_before(size, sizes):
    assert [part for part, _ in doubling(size)] == sizes
    for steps in (*range(1, 40), None):
        counts = [count for _, count in doubling(size, steps)]
        assert min(counts) > 0 and sum(counts) == (steps or sum(counts))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 1.1}, "alpha is 1.1: give a number from 0"),
        ({"alpha": float("nan")}, "alpha is nan"),
        ({"alpha": "much"}, "alpha is 'much'"),
        ({"size": 31, "schedule": None}, "from 32 up"),
        ({"steps": 0, "schedule": None}, "from 1 up"),
        ({"schedule": [(64, 0)]}, "from 1 up"),
        ({"colours": "red"}, "no choice 'red'"),
        ({"style": []}, "0 styles"),
        ({"style": ["swirls", "wave"], "style_weights": [1]}, "one weight for each style"),
        ({"style": ["swirls", "wave"], "masks": ["chelsea"]}, "one mask for each style"),
        ({"style": "swirl"}, "did you mean 'swirls'"),
        ({"seed": 0.5}, "The seed is 0.5"),
    ],
)
def test_bad_input(options, message, paint):
    with pytest.raises(ValueError, match=message):
        paint(**options)
