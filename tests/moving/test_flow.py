"""Warping, masks and optical flow, against closed forms and motions that are known."""

import numpy as np
import pytest
import torch

import nst_lessons as nst
from nst_lessons.moving.flow import disoccluded, inside, motion_boundary, optical_flow, trusted, warp
from nst_lessons.moving.scenes import pan


def constant(u, v, height, width):
    """The flow (1, 2, H, W) that is (u, v) everywhere."""
    return torch.tensor([float(u), float(v)]).view(1, 2, 1, 1).expand(1, 2, height, width).clone()


@pytest.mark.parametrize(("u", "v"), [(0, 0), (3, 0), (0, -2), (-4, 5)])
def test_whole_pixels_are_a_shift_and_the_border_is_continued(u, v, random_image):
    image = random_image(20, 31)
    ys, xs = np.clip(np.arange(20) + v, 0, 19), np.clip(np.arange(31) + u, 0, 30)
    expected = image.numpy()[..., ys[:, None], xs]
    np.testing.assert_allclose(warp(image, constant(u, v, 20, 31)).numpy(), expected, atol=2e-5)


def test_of_a_ramp_any_flow_gives_the_ramp_at_the_place_it_leads_to():
    """Bilinear interpolation is exact on a x + b y + c."""
    ys, xs = np.mgrid[0:24, 0:40].astype(np.float32)
    ramp = torch.from_numpy(0.01 * xs - 0.02 * ys + 0.5)[None, None]
    flow = torch.rand(1, 2, 24, 40, generator=torch.Generator().manual_seed(0)) * 6 - 3
    u, v = flow[0].numpy()
    x, y = np.clip(xs + u, 0, 39), np.clip(ys + v, 0, 23)
    np.testing.assert_allclose(warp(ramp, flow)[0, 0].numpy(), 0.01 * x - 0.02 * y + 0.5, atol=1e-5)


def test_it_is_differentiable_in_the_picture_and_in_the_flow():
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 2, 5, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    flow = (torch.rand(1, 2, 5, 6, dtype=torch.float64, generator=generator) * 0.4 + 0.2).requires_grad_()
    assert torch.autograd.gradcheck(warp, (image, flow))  # between pixels: on them, bilinear interpolation has a kink


def test_a_flow_may_lead_from_another_size(random_image):
    image = random_image(20, 30)
    crop = warp(image, constant(5, 3, 16, 18))
    torch.testing.assert_close(crop, image[..., 3:19, 5:23], atol=2e-5, rtol=0)


def test_inside_is_where_the_flow_stays_in_the_picture():
    found = inside(constant(3, -2, 10, 12), (10, 12))
    expected = np.zeros((10, 12))
    expected[2:, :9] = 1
    np.testing.assert_array_equal(found[0, 0].numpy(), expected)


def moving_square(step=6):
    """True flows, backward and forward, of a square that moves `step` pixels to the right before a ground that stands still."""
    backward, forward = constant(0, 0, 48, 64), constant(0, 0, 48, 64)
    forward[:, 0, 16:32, 20:36] = step  # where it was
    backward[:, 0, 16:32, 20 + step : 36 + step] = -step  # where it is
    return backward, forward


def test_behind_a_moving_square_the_ground_is_disoccluded_and_nowhere_else():
    found = disoccluded(*moving_square())[0, 0]
    expected = torch.zeros(48, 64)
    expected[16:32, 20:26] = 1  # where the square was and no longer is: it was hidden
    assert torch.equal(found, expected)


def test_the_square_has_a_boundary_along_its_edge_and_neither_the_edge_nor_the_hole_is_trusted():
    backward, forward = moving_square()
    edge = motion_boundary(backward)[0, 0]
    down, right = (np.gradient(backward[0].numpy(), axis=axis) for axis in (1, 2))
    square = (backward[0].numpy() ** 2).sum(0)
    expected = (down**2).sum(0) + (right**2).sum(0) > 0.01 * square + 0.002  # equation (6)
    np.testing.assert_array_equal(edge.numpy(), expected.astype(np.float32))
    assert edge[16:32, 25:27].all() and not edge[20:28, 30:38].any()
    mask = trusted(backward, forward)[0, 0]
    assert not mask[16:32, 20:26].any() and mask[20:28, 30:38].all() and mask[:14].all() and mask.mean() > 0.85


def test_what_comes_into_the_picture_is_not_trusted():
    flow = constant(5, 0, 20, 30)
    mask = trusted(flow, -flow)[0, 0]
    assert mask[:, :25].all() and not mask[:, 25:].any()


@pytest.mark.parametrize("step", [(3, 1), (-2, 4)])
def test_the_flow_of_a_pan_is_found_within_half_a_pixel(step):
    scene = pan("astronaut", count=2, size=96, step=step)
    error = (optical_flow(scene.frames[1], scene.frames[0]) - scene.flows[0]).square().sum(1).sqrt()
    assert error[0, 8:-8, 8:-8].mean() < 0.5  # pixels
    forward = optical_flow(scene.frames[0], scene.frames[1])
    mask = trusted(optical_flow(scene.frames[1], scene.frames[0]), forward)
    warped = warp(scene.frames[0], optical_flow(scene.frames[1], scene.frames[0]))
    still = (scene.frames[1] - scene.frames[0]).abs().mean()
    assert mask.mean() > 0.5 and ((warped - scene.frames[1]).abs() * mask).sum() / (3 * mask.sum()) < 0.2 * still


def test_pictures_of_two_sizes_have_no_flow():
    with pytest.raises(ValueError, match=r"these are \(42, 64\) and \(43, 64\) pixels high and wide: resize one"):
        optical_flow(nst.load_image("chelsea", 64)[..., :42, :], nst.load_image("chelsea", 64))
