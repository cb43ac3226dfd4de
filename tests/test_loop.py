import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

import nst_lessons as nst
from nst_lessons import descent, images
from nst_lessons.canvas import OPTIMIZERS, to_canvas, to_image
from nst_lessons.descent import iterate
from nst_lessons.objective import Objective
from nst_lessons.one_pass.models import find_model
from nst_lessons.one_pass.realtime import realtime
from nst_lessons.one_pass.universal import universal
from nst_lessons.settings import coarse_to_fine

shipped = pytest.mark.skipif(find_model("decoders") is None, reason="no decoders: `nst-lessons train decoders`")
PAIRS = [("astronaut", "swirls"), ("chelsea", "stained_glass"), ("coffee", "wave"), ("rocket", "pointillism")]


@pytest.fixture(scope="module")
def content():
    return nst.load_image("chelsea", 64)


@pytest.fixture(scope="module")
def style():
    return nst.load_image("swirls", 80)


@pytest.fixture
def run(content, style, vgg):
    """A short run at one size, 64 pixels; options as those of `transfer`."""

    def start(**options):
        return nst.transfer(content, style, vgg=vgg, **({"schedule": [(64, 8)]} | options))

    return start


@pytest.mark.slow
@pytest.mark.parametrize(("photo", "painting"), PAIRS)
def test_within_100_steps_the_style_loss_falls_to_a_tenth(photo, painting):
    run = nst.transfer(photo, painting, schedule=[(128, 100)])
    first = next(run)
    assert max(first.size) == 128 and any(step.style < first.style / 10 for step in run)


def test_a_step_reports_the_losses_of_its_own_picture(run, content, style, vgg):
    weights = nst.Weights(content=2.0, style=7.0, tv=3.0, moments=0.0)
    steps = list(run(weights=weights))
    last = steps[-1]
    layers = list(weights.layers)
    wanted, targets = vgg(last.image, [*layers, "relu4_2"]), vgg(nst.resize(style, 64), layers)
    by_layer = {name: nst.style_loss(nst.gram_matrix(wanted[name]), nst.gram_matrix(targets[name])).item() for name in layers}
    assert last.style_by_layer == pytest.approx(by_layer, rel=1e-3)
    assert last.style == pytest.approx(sum(by_layer.values()) / 5, rel=1e-3)
    expected = nst.content_loss(wanted["relu4_2"], vgg(content, ["relu4_2"])["relu4_2"]).item()
    assert last.content == pytest.approx(expected, rel=1e-3)
    assert last.tv == pytest.approx(nst.total_variation(last.image).item(), rel=1e-5)
    assert last.loss == pytest.approx(2 * last.content + 7 * last.style + 3 * last.tv, rel=1e-5)
    assert [step.index for step in steps] == list(range(1, 9)) and {step.total for step in steps} == {8}
    assert last.remaining == 0 and all(a.seconds < b.seconds for a, b in itertools.pairwise(steps))


@pytest.mark.parametrize("extra", [None, lambda image: image.square().sum()])
def test_the_gradient_is_that_of_the_whole_loss(content, style, vgg, extra):
    weights, shapes = nst.Weights(), [(32, 48), (48, 72)]
    objectives = [Objective(vgg, nst.resize(content, shape), [(style, 1.0)]) for shape in shapes]
    canvas = to_canvas(nst.resize(content, shapes[-1]))
    optimizer = SimpleNamespace(zero_grad=lambda: None, step=lambda closure: closure())
    found = iterate(canvas, objectives, weights, optimizer, extra)

    same = canvas.detach().clone().requires_grad_()
    image = to_image(same)
    small, here = (one(nst.resize(image, one.shape), weights).total(weights) for one in objectives)
    loss = (here + 0.5 * small) / 1.5 + (extra(image) if extra else 0)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-4)
    assert (canvas.grad - same.grad).norm() / same.grad.norm() < 1e-3


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_both_optimizers_go_down_and_stay_within_bounds(run, optimizer):
    steps = list(run(optimizer=optimizer, schedule=[(64, 25)], weights=nst.Weights(style=100.0)))
    assert steps[-1].loss < steps[0].loss / 4
    assert all(step.image.min() >= 0 and step.image.max() <= 1 for step in steps)


@pytest.mark.slow
def test_the_picture_saved_has_the_loss_reported(run, content, style, vgg, tmp_path):
    *_, last = run(schedule=[(64, 60)])
    saved = nst.load_image(nst.save_image(last.image, tmp_path / "a.png"))
    objective = Objective(vgg, content, [(nst.resize(style, 64), 1.0)])
    weights = nst.Weights()
    assert objective(saved, weights).total(weights).item() == pytest.approx(last.loss, rel=0.01)


def test_weights_changed_during_the_run_are_obeyed_at_the_next_step(run):
    weights = nst.Weights(content=1.0, style=20.0, tv=0.0)
    losses = []
    for step in run(weights=weights, schedule=[(64, 12)]):
        losses.append((step.loss, step.content, step.style, step.tv))
        if step.index == 5:
            weights.style, weights.content = 0.0, 3.0
    assert losses[4][0] == pytest.approx(losses[4][1] + 20 * losses[4][2], rel=1e-5)
    assert all(loss == pytest.approx(3 * content, rel=1e-5) and style == 0 for loss, content, style, _ in losses[5:])
    assert losses[-1][1] < losses[5][1]


def test_a_layer_without_weight_is_not_computed(run):
    weights = nst.Weights(content=0.0, layers={"relu1_1": 1.0, "relu3_1": 0.0})
    step = next(run(weights=weights))
    assert list(step.style_by_layer) == ["relu1_1"] and step.content == 0


def test_total_variation_alone_flattens(run):
    *_, last = run(weights=nst.Weights(content=0, style=0, tv=1), schedule=[(64, 30)])
    first = next(run())
    assert last.tv < first.tv / 10


def test_coarse_to_fine():
    schedule = coarse_to_fine(512, 100)
    assert [size for size, _ in schedule] == [128, 256, 512] and sum(steps for _, steps in schedule) == 100
    assert [size for size, _ in coarse_to_fine(256, 100)] == [128, 256]
    assert coarse_to_fine(64, 7) == [(64, 7)]
    assert coarse_to_fine(512) == [(128, 60), (256, 24), (512, 9)]
    assert coarse_to_fine(4096) == [(128, 55), (256, 30), (512, 20), (1024, 12), (2048, 10), (4096, 7)]
    assert all(steps > 0 for _, steps in coarse_to_fine(512, 2))


def test_no_gradient_is_computed_for_a_picture_that_nobody_sees(run, monkeypatch):
    graded, canvas, forward = [], [], nst.VGG.forward

    def watched(network, image, layers):
        canvas.append(image.requires_grad)
        return forward(network, image, layers)

    monkeypatch.setattr(nst.VGG, "forward", watched)

    def extra(picture):
        graded.append(torch.is_grad_enabled())
        return picture.mean()

    list(run(schedule=[(32, 3), (64, 2)], extra=extra))
    assert graded == [True, True, False, True, False]
    assert (canvas.count(True), canvas.count(False)) == (3 + 2 * 2, 2 * 2)  # each size's photo and painting are targets


def test_each_size_starts_from_the_last_result_with_the_photos_detail(run, content):
    steps = list(run(schedule=[(32, 6), (64, 3)]))
    assert [step.size for step in steps] == [(22, 32)] * 6 + [(43, 64)] * 3
    before, after = steps[5].image, steps[6].image
    assert (nst.resize(after, (22, 32)) - before).abs().mean() < 0.05
    photo_detail = content - nst.resize(nst.resize(content, (22, 32)), (43, 64))
    detail = after - nst.resize(before, (43, 64))
    assert torch.corrcoef(torch.stack([photo_detail.flatten(), detail.flatten()]))[0, 1] > 0.5


def test_a_seed_makes_two_runs_equal_and_another_differs(run):
    images = [list(run(init="noise", seed=seed, schedule=[(64, 4)]))[-1].image for seed in (1, 1, 2)]
    assert torch.equal(images[0], images[1]) and not torch.allclose(images[0], images[2], atol=0.05)


def test_starts(run, content, style):
    assert torch.allclose(next(run(init="content")).image, content, atol=6 / 255)
    assert next(run(init="noise")).image.mean((0, 2, 3)).tolist() == pytest.approx([0.5] * 3, abs=0.02)
    start = next(run(init="style")).image
    assert start.mean((0, 2, 3)).tolist() == pytest.approx(style.mean((0, 2, 3)).tolist(), abs=0.06)
    assert torch.allclose(next(run(init=torch.full((3, 20, 20), 0.3))).image, torch.tensor(0.3), atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("method", [realtime, pytest.param(universal, marks=shipped)])
def test_a_warm_start_begins_far_below_the_photo_and_stays_below(vgg, method):
    """A picture that another method has made is a start that saves steps."""
    options = dict(vgg=vgg, schedule=[(96, 12)])
    starts = "content", method("chelsea", "swirls", size=96)
    cold, warm = (list(nst.transfer("chelsea", "swirls", init=init, **options)) for init in starts)
    assert warm[0].loss < 0.7 * cold[0].loss and warm[-1].loss < cold[-1].loss


@pytest.mark.slow
def test_one_more_loss_is_added_as_it_is_and_is_obeyed(run):
    seen = []

    def blue(image):
        seen.append(tuple(image.shape))
        return 50 * (1 - image[:, 2]).square().mean()

    weights = nst.Weights(content=1, style=0, tv=0)
    plain, steps = (list(run(weights=weights, schedule=[(48, 2), (64, 20)], extra=extra)) for extra in (None, blue))
    assert {step.extra for step in plain} == {0.0} and {shape[-1] for shape in seen} == {48, 64}
    assert steps[0].loss == pytest.approx(plain[0].loss + steps[0].extra, rel=1e-4)
    assert steps[-1].extra == pytest.approx(50 * (1 - steps[-1].image[:, 2]).square().mean().item(), rel=1e-4)
    assert steps[-1].image[:, 2].mean() > 0.9 > plain[-1].image[:, 2].mean() + 0.3


@pytest.mark.slow
def test_several_styles_with_weights(run, content, vgg):
    two = ["swirls", "wave"]

    def style_to(name, result):
        return next(nst.transfer(result, name, vgg=vgg, schedule=[(64, 1)])).style

    results = {
        share: list(nst.transfer(content, two, style_weights=[1 - share, share], vgg=vgg, schedule=[(64, 30)]))[-1].image
        for share in (0.0, 0.5, 1.0)
    }
    for name, order in (("swirls", (0.0, 0.5, 1.0)), ("wave", (1.0, 0.5, 0.0))):
        distances = [style_to(name, results[share]) for share in order]
        assert distances == sorted(distances)


def test_any_sizes_and_a_painting_smaller_than_the_photo(vgg, random_image):
    result = nst.stylize(random_image(50, 91), random_image(20, 17, seed=1), vgg=vgg, schedule=[(77, 2)])
    assert result.image.shape == (1, 3, 42, 77)


def test_stylize_returns_the_best_and_calls_every_callback(content, style, vgg):
    seen, also = [], []
    result = nst.stylize(content, style, vgg=vgg, schedule=[(64, 6)], callback=[seen.append, also.append])
    assert seen == also and len(result.history) == 6 and result.stopped is None
    best = min(seen, key=lambda step: step.loss)
    assert torch.equal(result.image, best.image) and result.best == replace(best, image=None)
    assert result.history[2].loss == seen[2].loss and result.history[2].image is None


def test_each_picture_is_decoded_once(vgg, tmp_path, monkeypatch, random_image):
    read, decode = [], images.read
    monkeypatch.setattr(images, "read", lambda file, size, name: read.append(str(file)) or decode(file, size, name))
    paths = [str(nst.save_image(random_image(40, 50, seed), tmp_path / f"{seed}.png")) for seed in range(3)]
    nst.stylize(paths[0], paths[1:], vgg=vgg, schedule=[(32, 1), (48, 1)])
    assert read == paths


def test_a_callback_that_returns_false_stops(content, style, vgg):
    result = nst.stylize(content, style, vgg=vgg, schedule=[(64, 50)], callback=lambda step: step.index < 3)
    assert len(result.history) == 3 and "callback" in result.stopped


def test_the_stop_button_gives_the_best_so_far(content, style, vgg):
    def interrupt(step):
        if step.index == 4:
            raise KeyboardInterrupt

    result = nst.stylize(content, style, vgg=vgg, schedule=[(64, 50)], callback=interrupt)
    assert result.stopped == "interrupted" and len(result.history) == 4 and result.image.shape == (1, 3, 43, 64)


def test_a_run_stopped_at_a_small_size_gives_the_size_asked_for(content, style, vgg):
    told = []

    class Stop:
        def __call__(self, step):
            return step.index < 2

        finish = told.append

    result = nst.stylize(content, style, vgg=vgg, schedule=[(32, 9), (64, 9)], callback=Stop())
    assert result.history[-1].size == (22, 32) and result.image.shape == content.shape
    assert [step.index for step in told] == [2]
    photo_detail = content - nst.resize(nst.resize(content, (22, 32)), (43, 64))
    detail = result.image - nst.resize(told[0].image, (43, 64))
    assert torch.corrcoef(torch.stack([photo_detail.flatten(), detail.flatten()]))[0, 1] > 0.5


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [32]),
        ({"init": "noise"}, [32]),
        ({"init": torch.full((1, 3, 22, 32), 0.5)}, []),
        ({"optimizer": "adam"}, []),
        ({"schedule": [(64, 2), (32, 2)]}, [64]),
        ({"schedule": [(416, 2)], "tile": 384}, []),
    ],
)
def test_long_waves_move_first_only_where_nothing_is_painted_yet(run, monkeypatch, options, sizes):
    used, kind = [], descent.LongWavesFirst
    monkeypatch.setattr(descent, "LongWavesFirst", lambda params: used.append(params[0].shape[-1]) or kind(params))
    list(run(**({"schedule": [(32, 2), (64, 2)]} | options)))
    assert used == sizes


def test_long_waves_first_come_further_down_in_as_many_steps(run, monkeypatch):
    *_, waves = run(schedule=[(64, 20)])
    monkeypatch.setattr(descent, "LongWavesFirst", descent.OPTIMIZERS["lbfgs"])
    *_, plain = run(schedule=[(64, 20)])
    assert waves.loss < 0.95 * plain.loss


def test_a_changed_weight_makes_the_optimiser_forget(run, monkeypatch):
    made = []
    monkeypatch.setitem(OPTIMIZERS, "adam", lambda params: made.append(0) or torch.optim.Adam(params))
    weights = nst.Weights()
    for step in run(optimizer="adam", weights=weights, schedule=[(64, 5)]):
        if step.index == 3:
            weights.style = 1.0
    assert len(made) == 2


def test_a_loss_that_is_not_finite_stops_with_advice_and_keeps_the_best(content, style, vgg):
    weights = nst.Weights()

    def raise_weight(step):
        if step.index == 3:
            weights.style = 1e39  # finite here, not in float32

    with pytest.warns(UserWarning, match="lower the weights"):
        result = nst.stylize(content, style, vgg=vgg, weights=weights, schedule=[(64, 9)], callback=raise_weight)
    assert len(result.history) == 3 and torch.isfinite(result.image).all()
    with pytest.raises(FloatingPointError, match=r"style 1e\+39"):
        nst.stylize(content, style, vgg=vgg, weights=weights, schedule=[(64, 9)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": nst.Weights(style=-1)}, "weight of style is -1"),
        ({"weights": nst.Weights(content=math.nan)}, "weight of content is nan"),
        ({"weights": nst.Weights(tv=math.inf)}, "weight of tv is inf"),
        ({"weights": nst.Weights(0, 0, 0)}, "All weights are zero"),
        ({"weights": nst.Weights(0, 1, 0, {"relu1_1": 0.0})}, "All weights are zero"),
        ({"weights": nst.Weights(layers={"relu9_1": 1.0})}, "no layer 'relu9_1': choose among conv1_1"),
        ({"content_layer": "fc7"}, "no layer 'fc7'"),
        ({"schedule": None, "size": 31}, "from 32 up"),
        ({"schedule": None, "size": 64.5}, "whole number"),
        ({"schedule": None, "steps": 0}, "from 1 up"),
        ({"schedule": []}, "give \\(size, steps\\) pairs"),
        ({"init": "nothing"}, "choose content, noise or style, or give a picture"),
        ({"optimizer": "sgd"}, "choose lbfgs or adam"),
        ({"style_weights": [1, 2]}, "one weight for each style"),
        ({"style_weights": [0]}, "not all 0"),
    ],
)
def test_bad_options_are_refused_before_the_first_step(run, options, message):
    with pytest.raises(ValueError, match=message):
        run(**options)


def test_one_weight_may_be_zero(run):
    for weights in (nst.Weights(content=0), nst.Weights(style=0), nst.Weights(tv=0)):
        assert len(list(run(weights=weights, schedule=[(64, 2)]))) == 2


@pytest.mark.slow
def test_a_size_that_memory_does_not_allow_names_one_that_fits(vgg, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=1.2e7))
    with pytest.raises(ValueError, match="the largest size that fits is about") as error:  # even in tiles
        nst.transfer("chelsea", "swirls", vgg=vgg, size=2048)
    fits = int(str(error.value).split()[-1].rstrip("."))
    assert 256 < fits < 2048
    next(nst.transfer("chelsea", "swirls", vgg=vgg, schedule=[(fits, 1)]))


def test_where_all_is_to_be_tried_quickly_two_steps_at_the_first_size_make_a_picture_of_the_last(vgg, monkeypatch):
    monkeypatch.setenv("NST_QUICK", "1")
    result = nst.stylize("coffee", "wave", schedule=[(32, 5), (64, 5)], vgg=vgg)
    assert [(max(step.size), step.total) for step in result.history] == [(32, 2)] * 2
    assert max(result.image.shape) == 64 and result.stopped is None
