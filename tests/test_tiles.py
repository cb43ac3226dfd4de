"""Tiles against the whole picture: the same losses, the same gradient, no seams, less memory."""

from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons import tiles
from nst_lessons.descent import iterate
from nst_lessons.machine import tile_needed
from nst_lessons.objective import Objective, Weights
from nst_lessons.tiles import over_tiles, reach, stride_of, tiles_of

SIDE = 256


@pytest.mark.parametrize(("shape", "side"), list(product([(200, 333), (640, 640), (257, 1030), (100, 300)], [256, 512])))
def test_every_position_of_every_layer_counts_once(shape, side):
    cut = tiles_of(shape, side)
    assert all(max(tile.seen(torch.empty(shape)).shape) <= side for tile in cut)
    for stride in (1, 2, 4, 8, 16):
        seen = torch.zeros(1, 1, shape[0] // stride, shape[1] // stride)
        numbered = torch.arange(seen.numel()).view(seen.shape)
        for tile in cut:
            tile.place(seen, stride).add_(1)
            own = numbered[..., tile.seen_rows[0] // stride : tile.seen_rows[1] // stride, :]
            own = own[..., tile.seen_columns[0] // stride : tile.seen_columns[1] // stride]
            assert torch.equal(tile.counted(own, stride), tile.place(numbered, stride))
        assert (seen == 1).all() and sum(tile.share(stride) for tile in cut) == pytest.approx(1)


@pytest.mark.parametrize("layer", ["relu1_1", "pool1", "conv2_2", "relu3_1", "relu4_2"])
def test_the_margin_is_as_far_as_the_deepest_layer_looks(layer, vgg):
    """Which pixels move one position of a layer? The gradient says so, if every value has one: without ReLU and max pooling."""
    picture = torch.zeros(1, 3, 160, 160, requires_grad=True)
    x = picture.mean(1, keepdim=True)
    for name in vgg.layers[: vgg.layers.index(layer) + 1]:
        if name.startswith("conv"):
            x = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
        elif name.startswith("pool"):
            x = torch.nn.functional.avg_pool2d(x, 2)
    stride, margin = reach(vgg.layers, ["relu1_1", layer])
    here = 80 // stride
    x[0, 0, here, here].backward()
    rows = picture.grad[0].sum((0, 2)).nonzero().flatten()
    before, after = here * stride - rows.min(), rows.max() - ((here + 1) * stride - 1)
    assert margin - stride < max(before, after) <= margin and margin % stride == 0


def test_the_default_layers_reach(vgg):
    assert reach(vgg.layers, ["relu5_1", "relu4_2"]) == (tiles.STRIDE, tiles.MARGIN)
    assert [stride_of(name) for name in ("conv1_2", "pool1", "relu3_4", "relu4_2", "pool5")] == [1, 2, 4, 8, 32]


def test_sums_over_tiles_and_their_gradient_by_hand():
    picture = torch.rand(1, 3, 300, 280, dtype=torch.float64, requires_grad=True)
    cut = tiles_of((300, 280), SIDE)

    def sums(seen, tile):
        counted = tile.counted(seen)
        unused = counted.exp().sum()
        if unused.requires_grad:
            unused.register_hook(lambda _: pytest.fail("a gradient was computed for a sum that is not used"))
        return [counted.sum(), counted.square().sum(), unused]

    total, squares, _ = over_tiles(sums, picture, cut)
    assert len(cut) > 1 and total.item() == pytest.approx(picture.sum().item())
    (2 * total + 3 * squares).backward()
    torch.testing.assert_close(picture.grad, 2 + 6 * picture.detach())


def gradient(vgg, picture, photo, styles, tile, weights, masks=()):
    """The losses of a picture and their gradient."""
    image = picture.clone().requires_grad_()
    objective = Objective(vgg, photo, styles, masks=masks, tile=tile)
    assert (len(objective.tiles) > 1) == (tile is not None)
    losses = objective(image, weights)
    losses.total(weights).backward()
    return losses, image.grad


@pytest.mark.slow
@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_in_tiles_is_that_of_the_whole(masked, vgg, monkeypatch, random_image):
    """Odd sides, two styles (one larger than a tile), moments, total variation; direct convolutions, so that nothing ties."""
    monkeypatch.setenv("NST_CONV", "direct")
    photo, picture = nst.resize(nst.load_image("chelsea"), (213, 290)), random_image(213, 290)
    styles = [(nst.load_image("wave", 320), 0.7), (nst.load_image("swirls", 150), 0.3)]
    mask = torch.zeros(1, 1, 213, 290)
    mask[..., 70:] = 1
    case = [Weights(content=1.0, style=5.0, tv=50.0, moments=2.0), [mask, 1 - mask] if masked else ()]
    whole, expected = gradient(vgg, picture, photo, styles, None, *case)
    parts, found = gradient(vgg, picture, photo, styles, SIDE, *case)
    assert (found - expected).norm() / expected.norm() < 1e-5
    for name in ("content", "style", "tv"):
        assert getattr(parts, name).item() == pytest.approx(getattr(whole, name).item(), rel=1e-5)


@pytest.mark.slow
def test_a_smaller_margin_is_not_exact(vgg, monkeypatch, random_image):
    monkeypatch.setenv("NST_CONV", "direct")
    photo, picture = random_image(160, 290, 1), random_image(160, 290)
    case = [picture, photo, [(random_image(64, 64, 2), 1.0)]]
    _, expected = gradient(vgg, *case, None, Weights())
    monkeypatch.setattr("nst_lessons.objective.reach", lambda *_: (16, 48))
    _, found = gradient(vgg, *case, SIDE, Weights())
    assert (found - expected).norm() / expected.norm() > 1e-3


@pytest.mark.slow
def test_a_run_in_tiles_counts_extra_and_the_smaller_sizes(vgg, monkeypatch, random_image):
    """The first steps of two runs are measured at the same picture: equal losses, and the same way to go."""
    monkeypatch.setenv("NST_CONV", "direct")
    options = {"vgg": vgg, "schedule": [(96, 1), (288, 2)], "optimizer": "adam", "extra": lambda image: image.square().mean()}
    monkeypatch.setattr("nst_lessons.settings.LEAST", SIDE)
    whole, parts = (list(nst.transfer("coffee", "wave", tile=tile, **options)) for tile in (None, SIDE))
    for one, other in zip(whole, parts, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-3) and other.extra == pytest.approx(one.extra, rel=1e-4)
        assert (one.image - other.image).abs().mean() < 1e-3
    assert parts[-1].remaining == 0


@pytest.mark.slow
def test_no_seams_on_a_flat_sky(vgg, monkeypatch):
    """The mean step from pixel to pixel across the tiles' borders is that of other places."""
    monkeypatch.setattr("nst_lessons.settings.LEAST", SIDE)
    sky = torch.linspace(0.6, 0.8, 96)[None, None, :, None].expand(1, 3, 96, 560).contiguous()
    *_, last = nst.transfer(sky, "wave", vgg=vgg, schedule=[(112, 4), (560, 4)], tile=SIDE)
    cut = tiles_of((96, 560), SIDE)
    borders = sorted({tile.columns[0] for tile in cut} - {0})
    steps = last.image.diff(dim=3).abs().mean((0, 1, 2))  # from column i to i + 1
    near = np.mean([steps[border - 1].item() for border in borders])
    others = torch.stack([steps[border - 9 : border + 8] for border in borders]).mean().item()
    spread = steps.std().item() / len(borders) ** 0.5
    assert len(borders) > 2 and abs(near - others) < max(0.02 * others, 2 * spread)


def test_a_run_continues_from_the_sizes_that_are_kept(vgg, tmp_path):
    options = {"vgg": vgg, "schedule": [(32, 3), (48, 2), (64, 2)], "folder": tmp_path / "sizes"}
    whole = list(nst.transfer("coffee", "wave", **options))
    kept = sorted(path.name.split("-")[0] for path in (tmp_path / "sizes").iterdir())
    assert kept == ["32", "48"]
    again = list(nst.transfer("coffee", "wave", **options))
    assert [step.index for step in again] == [6, 7] and torch.equal(again[-1].image, whole[-1].image)
    assert next(nst.transfer("coffee", "wave", weights={"style": 5.0}, **options)).index == 1
    assert next(nst.transfer("coffee", "swirls", **options)).index == 1
    assert next(nst.transfer("coffee", "wave", **options | {"schedule": [(32, 3), (64, 1)]})).index == 4  # 32 is the same


def test_tiles_are_chosen_where_the_whole_does_not_fit_or_takes_too_much_of_a_laptop(vgg, monkeypatch):
    def needed(gigabytes, *arguments, size=4096):
        monkeypatch.setattr("nst_lessons.machine.free_memory", lambda: gigabytes * 1e9)
        return tile_needed([(size * 3 // 4, size), (64, 64)], vgg.device, torch.float32, *arguments)

    assert needed(8, size=1024) is None and needed(8, 512, size=1024) == 512 and needed(1.5, size=1024) >= 384
    assert 512 <= needed(64) == needed(8) <= 1024 and 384 <= needed(2) <= needed(8)
    with pytest.raises(ValueError, match="the largest size that fits is about"):
        needed(0.5)
    monkeypatch.setattr("nst_lessons.machine.free_on", lambda device: 64e9)
    assert tile_needed([(3072, 4096)], torch.device("cuda"), torch.float32) is None


def test_the_last_step_in_tiles_only_measures(vgg, random_image):
    photo = random_image(64, 64)
    canvas = torch.zeros_like(photo, requires_grad=True)
    found = iterate(canvas, [Objective(vgg, photo, [(photo, 1.0)])], Weights(), None, None)
    assert canvas.grad is None and found["loss"] > 0 and torch.equal(found["image"], torch.full_like(photo, 0.5))


@pytest.mark.slow
def test_the_stop_button_in_tiles_gives_the_best_so_far_at_the_last_size_with_the_photos_detail(vgg, monkeypatch, random_image):
    """Stopped in tiles, at the size before the last."""
    monkeypatch.setattr("nst_lessons.settings.LEAST", SIDE)
    photo, seen = random_image(120, 400), []

    def interrupt(step):
        seen.append(step)
        if step.index == 2:
            raise KeyboardInterrupt

    result = nst.stylize(photo, "wave", vgg=vgg, schedule=[(300, 9), (400, 9)], tile=SIDE, callback=interrupt)
    best = min(seen, key=lambda step: step.loss)
    assert result.stopped == "interrupted" and len(tiles_of(best.size, SIDE)) > 1 and best.size == (90, 300)
    detail = photo - nst.resize(nst.resize(photo, (90, 300)), (120, 400))
    expected = (nst.resize(best.image, (120, 400)) + detail).clamp(0, 1)
    torch.testing.assert_close(result.image, expected)


def test_a_tile_that_is_too_small_is_refused(vgg):
    with pytest.raises(ValueError, match="The tile is 64: give the side of a tile in pixels, a whole number from 384 up"):
        nst.transfer("coffee", "wave", vgg=vgg, size=64, tile=64)


def test_a_file_holds_the_resolution(tmp_path, random_image):
    for ending in ("png", "jpg", "tif"):
        path = nst.save_image(random_image(32, 32), tmp_path / f"a.{ending}", dpi=200)
        assert Image.open(path).info["dpi"] == pytest.approx((200, 200), abs=0.1)
