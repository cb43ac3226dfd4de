"""The scenes' motion is the truth: along it, each frame shows what the others show."""

import pytest
import torch

import nst_lessons as nst
from nst_lessons.moving.flow import warp
from nst_lessons.moving.scenes import pan, parallax, zoom

SCENES = {
    "pan": lambda: pan(count=4, size=96, step=(3, -2)),
    "zoom": lambda: zoom(count=4, size=96),
    "parallax": lambda: parallax(count=4, size=128),
}


@pytest.mark.parametrize(("name", "tolerance"), [("pan", 1e-5), ("zoom", 0.015), ("parallax", 0.02)])
def test_along_the_flow_what_is_visible_in_two_frames_is_the_same(name, tolerance):
    scene = SCENES[name]()
    for i, j in ((1, 0), (0, 1), (3, 0), (2, 3)):
        flow, mask = scene.motion(i, j)
        difference = (warp(scene.frames[j], flow) - scene.frames[i]).abs() * mask
        still = (scene.frames[j] - scene.frames[i]).abs() * mask
        assert mask.mean() > 0.6 and set(mask.unique().tolist()) <= {0, 1}
        assert difference.sum() / (3 * mask.sum()) < tolerance
        assert difference.sum() < 0.4 * still.sum()  # so that a flow of nothing would not pass


@pytest.mark.parametrize("name", SCENES)
def test_there_and_back_again_ends_where_it_began(name):
    scene = SCENES[name]()
    there, mask = scene.motion(2, 0)
    back = warp(scene.motion(0, 2)[0], there)
    assert ((there + back).abs() * mask).sum() / (2 * mask.sum()) < 0.1  # pixels


@pytest.mark.parametrize("name", SCENES)
def test_flows_and_masks_lead_to_the_frame_before(name):
    scene = SCENES[name]()
    assert len(scene.frames) == 4 and len(scene.flows) == len(scene.masks) == 3
    for i, (flow, mask) in enumerate(zip(scene.flows, scene.masks, strict=True), 1):
        assert torch.equal(flow, scene.motion(i, i - 1)[0]) and torch.equal(mask, scene.motion(i, i - 1)[1])
        assert flow.shape[-2:] == mask.shape[-2:] == scene.frames[i].shape[-2:]


def test_a_pan_is_a_window_of_the_photo_that_moves():
    scene = pan(count=3, size=96, step=(3, 1))
    assert torch.equal(scene.frames[0][..., 2:, 6:], scene.frames[2][..., :-2, :-6])
    assert max(scene.frames[0].shape) == 96 and (scene.flows[0][0, 0] == 3).all() and (scene.flows[0][0, 1] == 1).all()


def test_a_zoom_keeps_the_middle_and_moves_the_rest_away_from_it():
    flow = zoom(count=2, size=97, step=1.05).flows[0]
    height, width = flow.shape[-2:]
    assert flow[0, :, height // 2, width // 2].abs().max() < 0.05
    assert flow[0, 0, 0, 0] > 0 and flow[0, 1, 0, 0] > 0 and flow[0, 0, -1, -1] < 0  # seen from later, it was nearer the middle
    assert flow[0, 0, 0, 0].item() == pytest.approx((width - 1) / 2 * (1 - 1 / 1.05), rel=0.01)


def test_parallax_starts_with_the_left_eye_and_ends_with_the_right_and_near_things_hide_far_ones():
    from skimage.data import stereo_motorcycle

    left, right, _ = stereo_motorcycle()
    scene = parallax(count=3, size=128)
    assert (scene.frames[0] - nst.load_image(left, 128)).abs().mean() < 0.002
    assert (scene.frames[-1] - nst.load_image(right, 128)).abs().mean() < 0.03
    flow, mask = scene.motion(2, 0)
    assert flow[0, 0].std() > 1 and (flow[0, 1] == 0).all() and 0.6 < mask.mean() < 0.97
