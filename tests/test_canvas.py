import pytest
import torch

from nst_lessons.canvas import from_pyramid, to_pyramid


@pytest.mark.parametrize("shape", [(64, 48), (37, 50), (16, 300), (3, 3)])
def test_a_pyramid_is_its_canvas_again(shape, random_image):
    canvas = random_image(*shape)
    pyramid = to_pyramid(canvas)
    assert torch.allclose(from_pyramid(pyramid), canvas, atol=1e-6)
    assert all(level.requires_grad for level in pyramid) and min(min(level.shape[-2:]) for level in pyramid) >= 2


def test_a_pyramids_smallest_level_moves_large_areas(random_image):
    pyramid = to_pyramid(random_image(64, 64), levels=4)
    assert [level.shape[-1] for level in pyramid] == [64, 32, 16, 8]
    before = from_pyramid(pyramid)
    with torch.no_grad():
        pyramid[-1] += 0.5
    assert torch.allclose(from_pyramid(pyramid), before + 0.5)
