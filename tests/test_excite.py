"""Pictures that excite a channel: waves against sums of cosines, jitter against its limits, ascent against a random start."""

import math

import pytest
import torch

from nst_lessons.excite import PHOTOS, excite, jitter, photo_colours, waves
from nst_lessons.images import load_image


@pytest.mark.parametrize(("down", "across"), [(0, 1), (2, 0), (3, 2)])
def test_one_number_is_one_wave_and_long_waves_are_stronger(down, across):
    """The oracle is a cosine that is written out; its height is that of an orthonormal transform, divided by the frequency."""
    side = 16
    u = torch.zeros(1, 3, side, side // 2 + 1, 2)
    u[0, 1, down, across, 0] = 1.0
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    twice = 2 if 0 < across < side // 2 else 1
    cosine = (2 * math.pi * (down * y + across * x) / side).cos() / side * twice
    wanted = 0.5 * cosine / (math.hypot(down, across) / side)
    pictures = waves(u, coloured=False)
    assert pictures.shape == (1, 3, side, side)
    torch.testing.assert_close(pictures[0, 1].logit(), wanted, atol=1e-5, rtol=1e-4)
    assert (pictures[0, ::2] == 0.5).all()


def test_colours_are_mixed_as_in_photos():
    pixels = torch.cat([load_image(name, 96)[0].flatten(1) for name in PHOTOS], dim=1)
    centred = pixels - pixels.mean(1, keepdim=True)
    covariance, mixed = centred @ centred.T, photo_colours() @ photo_colours().T
    torch.testing.assert_close(mixed / mixed.trace(), covariance / covariance.trace(), atol=1e-4, rtol=1e-3)
    u = 0.01 * torch.randn(1, 3, 64, 33, 2, generator=torch.Generator().manual_seed(0))
    plain, coloured = (waves(u, coloured=on)[0].logit().flatten(1).corrcoef()[0, 1] for on in (False, True))
    assert coloured > 0.8 > 0.4 > plain.abs()


def test_jitter_moves_a_little_and_keeps_what_is_the_same_everywhere():
    random = torch.Generator().manual_seed(0)
    flat = torch.full((2, 3, 40, 40), 0.3)
    torch.testing.assert_close(jitter(flat, random), flat)
    dot = torch.zeros(1, 1, 41, 41)
    dot[..., 20, 20] = 1.0
    places = []
    for _ in range(50):
        moved = jitter(dot, random)[0, 0]
        row, column = divmod(moved.argmax().item(), 41)
        places.append(max(abs(row - 20), abs(column - 20)))
    assert max(places) in (2, 3) and len(set(places)) > 1  # a twentieth of 41 pixels, and at most a tenth further by the zoom


def test_ascent_makes_the_channel_fire_more_than_its_start_and_repeats_itself(vgg):
    def score(pictures):
        with torch.no_grad():
            return vgg(pictures, ["conv2_1"])["conv2_1"][0, 121].mean().item()

    before, after, again = (excite(vgg, "conv2_1", [121], steps=steps, side=48) for steps in (0, 12, 12))
    assert before.shape == (1, 3, 48, 48) and after.min() >= 0 and after.max() <= 1
    assert score(after) > score(before) + 20 and torch.equal(after, again)


def test_a_batch_is_its_parts(vgg):
    both = excite(vgg, "conv1_2", [3, 7], steps=3, side=32)
    assert both.shape == (2, 3, 32, 32) and not torch.equal(both[0], both[1])
