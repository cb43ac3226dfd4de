"""A clip in the style of a painting: the losses against numpy, the flicker that is left, and a run that goes on."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import nst_lessons as nst
from nst_lessons.colour import match_colours
from nst_lessons.machine import best_dtype
from nst_lessons.moving import video
from nst_lessons.moving.keyframe import KeyframeNet
from nst_lessons.moving.scenes import pan
from nst_lessons.moving.video import flicker, held, long_term, stylize_video, temporal_loss, transfer_video
from nst_lessons.objective import Objective

SMALL = {"size": 64, "steps": 3, "next_steps": 2}


@pytest.fixture(scope="module")
def clip():
    """Three small frames of a pan."""
    return pan("chelsea", count=3, size=64)


def masks(count, seed=0):
    return [(torch.rand(1, 1, 9, 11, generator=torch.Generator().manual_seed(seed + i)) > 0.5).float() for i in range(count)]


def test_the_temporal_loss_is_equation_7(random_image):
    image, target, (mask,) = random_image(16, 20), random_image(16, 20, 1), masks(1)
    mask = torch.nn.functional.pad(mask, (0, 9, 0, 7))
    x, w, c = (part.numpy().astype(np.float64) for part in (image, target, mask.expand_as(image)))
    assert temporal_loss(image, target, mask).item() == pytest.approx((c * (x - w) ** 2).sum() / x.size, rel=1e-5)


def test_a_farther_frame_counts_only_where_no_nearer_one_is_seen():
    """Equation (10): max(c^(i-j) - sum of the nearer c^(i-k), 0)."""
    given = masks(3)
    found = long_term(given)
    for number, mask in enumerate(found):
        nearer = sum((one.numpy() for one in given[:number]), np.zeros((1, 1, 9, 11)))
        np.testing.assert_array_equal(mask.numpy(), np.maximum(given[number].numpy() - nearer, 0))
    assert sum(found).max() == 1 and all(mask.any() for mask in found)


def test_flicker_is_the_mean_difference_along_the_flow_where_it_is_visible(random_image):
    frames = [random_image(16, 20, seed) for seed in range(3)]
    flow = torch.zeros(1, 2, 16, 20)
    flow[:, 0] = 2
    mask = torch.zeros(1, 1, 16, 20)
    mask[..., :18] = 1  # farther to the right the flow leads out
    pictures = [frame.numpy() for frame in frames]
    expected = np.mean([np.abs(b[..., :18] - a[..., 2:]).mean() for a, b in pairwise(pictures)])
    assert flicker(frames, [flow] * 2, [mask] * 2) == pytest.approx(expected, rel=1e-4)


def test_a_pan_of_a_picture_does_not_flicker_and_its_noise_does(clip, random_image):
    assert flicker(clip.frames, clip.flows, clip.masks) < 1e-5
    noisy = [frame + 0.1 * random_image(*frame.shape[-2:], seed) for seed, frame in enumerate(clip.frames)]
    assert flicker(noisy, clip.flows, clip.masks) == pytest.approx(0.1 / 3, rel=0.1)  # of two even random numbers


def test_a_frame_starts_where_it_was_and_where_nothing_was_seen_from_the_photo_in_the_paintings_colours(random_image):
    photo, near, far = (random_image(16, 20, seed) for seed in range(3))
    one, other = torch.zeros(1, 1, 16, 20), torch.zeros(1, 1, 16, 20)
    one[..., :8], other[..., 8:14] = 1, 1
    start, extra = held(photo, [near, far], [one, other], 7.0, "cpu")
    coloured = match_colours(photo, near)
    assert torch.equal(start, torch.cat([near[..., :8], far[..., 8:14], coloured[..., 14:]], dim=3))
    assert torch.allclose(coloured.mean((2, 3)), near.mean((2, 3)), atol=0.01)
    assert extra(start).item() == 0
    expected = 7 * (temporal_loss(photo, near, one) + temporal_loss(photo, far, other))
    assert extra(photo).item() == pytest.approx(expected.item(), rel=1e-5)


def styles(frames, photos, painting, vgg):
    """The style loss of each frame as it is saved."""
    style = nst.load_image(painting, max(photos[0].shape))
    with torch.no_grad():
        measures = [Objective(vgg, photo, [(style, 1.0)]) for photo in photos]
        return [measure(frame, nst.Weights()).style.item() for measure, frame in zip(measures, frames, strict=True)]


@pytest.mark.slow
def test_it_flickers_a_third_as_much_as_frame_by_frame_and_keeps_the_style(vgg):
    scene = pan("chelsea", count=3, size=96)
    options = {"size": 96, "steps": 40, "vgg": nst.VGG(dtype=best_dtype(vgg.device))}
    apart = stylize_video(scene.frames, "swirls", method="frame", **options)
    together = stylize_video(scene.frames, "swirls", motion=scene.motion, **options)
    ours, theirs = (flicker(video.images, scene.flows, scene.masks) for video in (together, apart))
    assert ours < theirs / 3
    assert torch.equal(together.images[0], apart.images[0])
    losses = [styles(video.images, scene.frames, "swirls", vgg) for video in (together, apart)]
    assert sum(losses[0]) < 1.15 * sum(losses[1])
    measured = [frame.flicker for frame in together.frames]
    assert measured[0] is None and sum(measured[1:]) / 2 == pytest.approx(ours, rel=1e-4)


def test_a_run_that_was_broken_off_goes_on_with_the_same_frames(clip, vgg, tmp_path):
    options = SMALL | {"vgg": vgg, "motion": clip.motion, "spans": (1, 2)}
    broken = stylize_video(clip.frames, "wave", folder=tmp_path / "a", callback=lambda frame: frame.index < 2, **options)
    assert broken.stopped == "a callback returned False" and len(broken.frames) == 2
    before = {frame.path: frame.path.stat().st_mtime_ns for frame in broken.frames}
    again = stylize_video(clip.frames, "wave", folder=tmp_path / "a", **options)
    assert again.stopped is None and {path: path.stat().st_mtime_ns for path in before} == before
    assert [frame.style is None for frame in again.frames] == [True, True, False]
    unbroken = stylize_video(clip.frames, "wave", folder=tmp_path / "b", **options)
    for ours, theirs in zip(again.frames, unbroken.frames, strict=True):
        assert torch.equal(ours.image, theirs.image) and ours.path.name == theirs.path.name
        assert torch.equal(nst.load_image(ours.path), ours.image)
    assert len(list((tmp_path / "a").iterdir())) == 3


def test_by_keyframe_all_frames_are_painted_by_one_network_which_is_learned_once(clip, vgg, tmp_path, monkeypatch):
    learned = []

    def learn(pairs, **options):
        learned.append(pairs)
        return KeyframeNet().eval()

    monkeypatch.setattr(video, "train_keyframe", learn)
    torch.manual_seed(0)
    options = SMALL | {"vgg": vgg, "method": "keyframe", "folder": tmp_path}
    first = stylize_video(clip.frames, "wave", **options)
    ((photo, painting),) = learned[0]
    assert torch.equal(photo, clip.frames[len(clip.frames) // 2]) and photo.shape == painting.shape
    assert len(learned) == 1 and not torch.equal(first.images[0], first.images[1])
    again = stylize_video(clip.frames, "wave", **options)
    other = next(transfer_video([*clip.frames[:-1], clip.frames[0]], "wave", **options))  # the same middle, and first
    assert other.path != first.frames[0].path  # the network learns from all frames
    assert len(learned) == 2 and all(torch.equal(a, b) for a, b in zip(first.images, again.images, strict=True))


def test_what_would_make_other_pictures_makes_other_files(clip, vgg, tmp_path):
    def names(frames=clip.frames, style="wave", **options):
        """The files' names, without painting: each file is there before it is asked for."""
        first = next(transfer_video(frames, style, vgg=vgg, folder=tmp_path, **SMALL | {"motion": clip.motion} | options))
        return first.path.name

    other = [clip.frames[0].flip(3), *clip.frames[1:]]
    changes = [{}, {"style": "swirls"}, {"frames": other}, {"size": 80}, {"steps": 4}, {"next_steps": 3}, {"temporal": 5.0}]
    changes += [
        {"method": "frame"},
        {"seed": 1},
        {"weights": nst.Weights(style=7.0)},
        {"motion": None},
        {"spans": (1, 2)},
    ]
    found = [names(**change) for change in changes]
    assert len(set(found)) == len(changes) and names() == found[0]


def test_the_frames_to_come_do_not_change_a_files_name(clip, vgg, tmp_path):
    options = SMALL | {"vgg": vgg, "method": "frame", "folder": tmp_path}
    short = stylize_video(clip.frames[:2], "wave", **options)
    longer = stylize_video(clip.frames, "wave", **options)
    assert [frame.path for frame in longer.frames[:2]] == [frame.path for frame in short.frames]
    assert longer.frames[1].style is None and longer.frames[2].style is not None


def test_ctrl_c_keeps_the_finished_frames(clip, vgg):
    def interrupt(frame):
        if frame.index == 2:
            raise KeyboardInterrupt

    video = stylize_video(clip.frames, "wave", vgg=vgg, method="frame", callback=interrupt, **SMALL)
    assert video.stopped == "interrupted" and len(video.images) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "no method 'magic' here: choose optimise, frame, keyframe"),
        ({"temporal": -1.0}, "temporal is -1.0: give a finite number, 0 or more"),
        ({"temporal": float("nan")}, "temporal is nan"),
        ({"temporal": "30"}, "temporal is '30': give a number without quotation marks"),
        ({"next_steps": 0}, "next_steps is 0: give a whole number from 1 up"),
        ({"next_steps": "2"}, "next_steps is the text '2'"),
        ({"spans": 1}, "spans is 1: give how many frames back to look"),
        ({"spans": "1"}, "spans is '1': give how many frames back to look"),
        ({"spans": ()}, r"spans is \(\): give how many frames back to look"),
        ({"spans": (2, 1)}, "in rising order from 1"),
        ({"spans": (0, 1)}, "in rising order from 1"),
        ({"size": 31}, "from 32 up"),
        ({"steps": 0}, "from 1 up"),
        ({"weights": nst.Weights(style=-1)}, "weight of style is -1"),
    ],
)
def test_bad_options_are_told_at_once(options, message, clip):
    with pytest.raises(ValueError, match=message):
        transfer_video(clip.frames, "wave", **SMALL | options)


def test_a_run_in_numbers_of_numpy_goes_on_with_the_same_files(clip, vgg, tmp_path):
    numbers = {"size": 64, "steps": 2, "next_steps": 1, "spans": (1,), "temporal": 2}
    frames = list(transfer_video(clip.frames, "wave", vgg=vgg, folder=tmp_path, **numbers))
    others = {"size": np.int64(64), "steps": np.int32(2), "next_steps": np.int64(1), "spans": np.array([1]), "temporal": 2.0}
    again = list(transfer_video(clip.frames, "wave", vgg=vgg, folder=tmp_path, **others))
    assert [frame.path for frame in again] == [frame.path for frame in frames] and again[-1].seconds == 0


def test_frames_that_are_no_clip_are_told_at_once(clip, random_image):
    with pytest.raises(ValueError, match="A clip of 1 frames does not move"):
        transfer_video(clip.frames[:1], "wave", **SMALL)
    with pytest.raises(ValueError, match="Frame 3 is 64 x 64 pixels but the first is 64 x 45"):
        transfer_video([*clip.frames[:2], random_image(80, 80)], "wave", **SMALL)
    with pytest.raises(ValueError, match="There are 3 frames, 1 flows and 2 masks"):
        flicker(clip.frames, clip.flows[:1], clip.masks)
