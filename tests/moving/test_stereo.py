import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons.moving import stereo
from nst_lessons.moving.disparity import flow_of, match, scaled, seen_from_right, visible
from nst_lessons.moving.flow import warp
from nst_lessons.moving.stereo import consistency_error, stylize_pair
from nst_lessons.moving.viewing import anaglyph, on_screen, save_wiggle, side_by_side

FAR, NEAR = 2, 7  # the disparities of the synthetic pair: a wall, and a square before it
TOP, LEFT, SIDE = 12, 24, 20  # of the square in the left view


def _pair(height: int = 48, width: int = 72, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A left and a right view (H, W, 3) of a wall and a square, both with a texture of their own, and the left's disparity.

    Every pixel of the right view is told by the rule alone: what is nearer is drawn last.
    """
    random = np.random.default_rng(seed)
    wall = random.random((height, width + FAR, 3), dtype=np.float32)
    square = random.random((SIDE, SIDE, 3), dtype=np.float32)
    left, right = wall[:, :width].copy(), wall[:, FAR:].copy()  # right(x - FAR) = left(x)
    left[TOP : TOP + SIDE, LEFT : LEFT + SIDE] = square
    right[TOP : TOP + SIDE, LEFT - NEAR : LEFT - NEAR + SIDE] = square
    disparity = np.full((height, width), FAR, np.float32)
    disparity[TOP : TOP + SIDE, LEFT : LEFT + SIDE] = NEAR
    return left, right, disparity


def _seen_by_both(disparity: np.ndarray) -> np.ndarray:
    """The oracle of `visible`, pixel by pixel: it leads into the picture, and no nearer pixel leads to the same place."""
    height, width = disparity.shape
    seen = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            target = x - disparity[y, x]
            rivals = [d for u, d in enumerate(disparity[y]) if u - d == target]
            seen[y, x] = 0 <= target < width and disparity[y, x] == max(rivals)
    return seen


def _tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(a).permute(2, 0, 1)[None] if a.ndim == 3 else torch.from_numpy(a)[None, None] for a in arrays]


def test_the_right_view_seen_from_the_left_is_the_left_one_wherever_both_see():
    left, right, disparity = _pair()
    seen = _seen_by_both(disparity)
    ours, theirs, d = _tensors(left, right, disparity)
    assert np.array_equal(visible(d)[0, 0].numpy() == 1, seen)
    assert 0 < (~seen).sum() < 0.15 * seen.size  # a strip at the left border and one that the square hides
    difference = (ours - warp(theirs, flow_of(d))).abs().amax(1)[0].numpy()
    assert difference[seen].max() < 1e-4 < 0.1 < difference[~seen].mean()


def test_the_nearer_of_two_points_that_meet_is_seen_from_the_right_and_what_neither_covers_is_not_known():
    _, _, disparity = _pair()
    expected = np.full_like(disparity, np.nan)
    for depth in (FAR, NEAR):  # the nearer last
        for y, x in np.argwhere(disparity == depth):
            if x - depth >= 0:
                expected[y, x - depth] = depth
    found = seen_from_right(*_tensors(disparity))[0, 0].numpy()
    inner = slice(1, None)  # at the left border stand what leads out of the picture, too
    np.testing.assert_array_equal(found[:, inner], expected[:, inner])
    assert np.isnan(found[:, inner]).any()


def test_what_is_not_known_moves_nowhere_and_is_seen_by_nobody():
    d = torch.tensor([[[[1.0, torch.nan, torch.inf, -torch.inf, 2.0]]]])
    assert flow_of(d).tolist() == [[[[-1, 0, 0, 0, -2]], [[0, 0, 0, 0, 0]]]]
    assert visible(d).flatten().tolist() == [0, 0, 0, 0, 1]  # the first leads out of the picture


def test_a_disparity_at_another_size_counts_that_sizes_pixels_and_mixes_no_two_depths():
    _, _, disparity = _pair()
    half = scaled(*_tensors(disparity), (24, 36))[0, 0].numpy()
    assert set(np.unique(half)) == {FAR / 2, NEAR / 2}
    assert (half == NEAR / 2).sum() == (disparity == NEAR).sum() / 4
    unknown = np.where(disparity == NEAR, np.nan, disparity).astype(np.float32)
    assert np.array_equal(np.isnan(scaled(*_tensors(unknown), (24, 36))[0, 0].numpy()), half == NEAR / 2)


def test_matching_finds_the_disparity_and_leaves_out_what_one_view_does_not_see():
    left, right, disparity = _pair(64, 96)
    ours, theirs, d = _tensors(left, right, disparity)
    found, seen = match(ours, 0.7 * theirs, largest=12)[0, 0], visible(d)[0, 0].bool()  # of another exposure
    known = torch.isfinite(found)
    right_ones = (found - d[0, 0]).abs() < 0.5
    assert (right_ones & seen).sum() > 0.9 * seen.sum()
    assert (right_ones & known).sum() > 0.97 * known.sum()
    hidden = ~seen & (torch.arange(96) >= NEAR)
    assert (known & ~right_ones & hidden).sum() < 0.3 * hidden.sum()
    with pytest.raises(ValueError, match="largest disparity is 96"):
        match(ours, theirs, largest=96)


def test_the_consistency_error_is_the_mean_difference_where_both_see():
    left, right, disparity = _pair()
    seen = _seen_by_both(disparity)
    ours, theirs, d = _tensors(left, right, disparity)
    assert consistency_error(ours, theirs, d) < 1e-5
    assert consistency_error(ours, theirs + 0.25, d) == pytest.approx(0.25, rel=1e-4)
    unlike = ours.clone()
    unlike[..., torch.from_numpy(~seen)] += 9  # what one eye sees alone counts for nothing
    unlike[0, 0, 40, 50] += 0.3
    assert consistency_error(unlike, theirs, d) == pytest.approx(0.3 / 3 / seen.sum(), rel=0.01)


@pytest.fixture(scope="module")
def motorcycle() -> tuple:
    """Both views and the left one's disparity at a quarter of their size, 185 pixels wide."""
    from skimage.data import stereo_motorcycle

    left, right, disparity = stereo_motorcycle()
    return left[::4, ::4], right[::4, ::4], disparity[::4, ::4] / 4


@pytest.mark.slow
def test_a_pair_painted_together_differs_a_third_as_much_as_two_paintings_and_is_as_well_painted(vgg, motorcycle):
    left, right, disparity = motorcycle
    options = {"size": 96, "steps": 16, "vgg": vgg}
    together = stylize_pair(left, right, "swirls", disparity, **options)
    alone = [nst.stylize(view, "swirls", **options) for view in (left, right)]
    error = consistency_error(*(one.image for one in alone), together.disparity)
    assert together.left.shape == together.right.shape == alone[0].image.shape
    assert together.error == consistency_error(together.left, together.right, together.disparity)
    assert together.error < error / 3
    assert together.history[-1].style < 1.3 * sum(one.history[-1].style for one in alone) / 2
    assert [step.index for step in together.history] == list(range(1, 17)) and together.stopped is None


@pytest.mark.slow
def test_a_canvas_with_both_views_takes_the_steps_of_one_view_at_each_size(vgg, motorcycle):
    left, right, disparity = motorcycle
    options = {"size": 200, "steps": 4, "vgg": vgg}
    sizes = [step.size for step in stylize_pair(left, right, "wave", disparity, **options).history]
    assert [width for _, width in sizes] == [max(step.size) for step in nst.stylize(left, "wave", **options).history]


def test_the_disparity_is_searched_for_unless_it_is_given(vgg, motorcycle):
    left, right, disparity = motorcycle
    pair = stylize_pair(left, right, "wave", size=96, steps=1, vgg=vgg)
    truth = scaled(torch.from_numpy(disparity)[None, None], pair.disparity.shape[-2:])
    known = torch.isfinite(pair.disparity) & torch.isfinite(truth)
    assert known.float().mean() > 0.5
    assert (pair.disparity - truth)[known].abs().median() < 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"right": np.zeros((48, 70, 3))}, "views are 72 x 48 and 70 x 48 pixels: .* same size"),
        ({"disparity": np.zeros((48, 71))}, r"shape \(48, 71\) but the views are 72 x 48 .* \(48, 72\)"),
        ({"disparity": np.zeros((72, 48))}, r"shape \(72, 48\)"),
        ({"disparity": np.full((48, 72), np.nan)}, "No pixel of the left view is visible"),
        ({"disparity": np.full((48, 72), np.inf)}, "No pixel of the left view is visible"),
        ({"disparity": np.full((48, 72), 100.0)}, "did you swap the views or the sign"),
        ({"disparity": np.full((48, 72), -100.0)}, "did you swap the views or the sign"),
        ({"consistency": -1.0}, "weight of the consistency is -1.0"),
        ({"consistency": float("nan")}, "weight of the consistency is nan"),
    ],
)
def test_what_does_not_fit_together_is_told(change, message):
    left, right, disparity = _pair()
    given = {"left": left, "right": right, "style": "wave", "disparity": disparity, "size": 72, "steps": 1} | change
    with pytest.raises(ValueError, match=message):
        stylize_pair(**given)


def test_an_anaglyph_of_two_grey_views_is_nearly_grey_and_each_eye_has_duboiss_row(random_image):
    grey = random_image(16, 16)[:, :1].expand(1, 3, 16, 16)
    mixed = anaglyph(grey, grey)
    assert (mixed - grey).abs().max() < 0.03
    black = torch.zeros(1, 3, 1, 1)
    for eye, rows in (("left", [0.4561, 0.5005, 0.1764]), ("right", [-0.0722, -0.1130, 1.2264])):
        for channel, share in enumerate(rows):  # of the red that the left eye gets, and the blue of the right one
            one = black.clone()
            one[0, channel] = _from_light(0.3)
            mixed = anaglyph(one, black)[0, 0] if eye == "left" else anaglyph(black, one)[0, 2]
            assert mixed.item() == pytest.approx(_from_light(max(0, 0.3 * share)), abs=1e-4)


def test_side_by_side_the_left_view_is_left(random_image):
    left, right = random_image(8, 6, seed=1), random_image(8, 6, seed=2)
    both = side_by_side(left, right)
    assert torch.equal(both[..., :6], left) and torch.equal(both[..., 6:], right)


@pytest.mark.parametrize("sign", [1, -1])
def test_on_screen_a_point_of_the_median_disparity_is_at_the_same_place_in_both(sign):
    columns = torch.arange(40.0).view(1, 1, 1, 40).expand(1, 3, 4, 40)  # a view whose colour is the place in the scene
    disparity = torch.full((1, 1, 4, 40), 5.0 * sign)
    disparity[..., :8], disparity[..., 8:12] = 9.0, torch.nan
    left, right = on_screen(columns, columns + 5.0 * sign, disparity)
    assert left.shape == right.shape == (1, 3, 4, 35)
    assert torch.equal(left, right)


def test_a_wiggle_is_a_gif_of_both_views_and_appears_whole_or_not_at_all(tmp_path, random_image, monkeypatch):
    left, right = torch.zeros(1, 3, 12, 16), torch.ones(1, 3, 12, 16)
    path = save_wiggle(left, right, tmp_path / "w.gif", seconds=0.2)
    with Image.open(path) as gif:
        frames = []
        for index in range(gif.n_frames):
            gif.seek(index)
            frames.append((gif.convert("RGB").getpixel((3, 3)), gif.info["duration"]))
        assert gif.size == (16, 12) and gif.info["loop"] == 0
    assert frames == [((0, 0, 0), 200), ((255, 255, 255), 200)]
    with pytest.raises(ValueError, match=r"end the name in \.gif"):
        save_wiggle(left, right, tmp_path / "w.png")

    def full_disk(self, *_, **__):
        raise OSError("no space left")

    before = path.read_bytes()
    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_wiggle(right, left, path)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def _from_light(light: float) -> float:
    """sRGB of linear light, IEC 61966-2-1."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def test_one_file_of_a_stereo_camera_gives_both_views_and_one_photo_given_twice_is_told(tmp_path, monkeypatch):
    left, right = (nst.images.to_pil(nst.load_image(view, 64)) for view in ("motorcycle", "chelsea"))
    right = right.resize(left.size)
    left.save(tmp_path / "both.mpo", save_all=True, append_images=[right], quality=95)
    left.save(tmp_path / "one.jpg")
    seen = []
    monkeypatch.setattr(stereo, "_searched", lambda *views: seen.extend(views) or pytest.fail("enough"))
    with pytest.raises(pytest.fail.Exception, match="enough"):
        stylize_pair(tmp_path / "both.mpo", tmp_path / "both.mpo", "wave", size=64)
    for view, photo in zip(seen, (left, right), strict=True):
        assert (view - nst.load_image(photo)).abs().mean() < 0.03
    with pytest.raises(ValueError, match=r"one.jpg, which holds one picture: give the left view and the right one"):
        stylize_pair(tmp_path / "one.jpg", tmp_path / "one.jpg", "wave", size=64)
