import pytest
import torch

from nst_lessons.canvas import Momentum, from_pyramid, to_pyramid


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


def test_momentum_sums_gradients_of_mean_size_1_and_fades():
    slope = torch.tensor([[1.0, -3.0], [0.0, 4.0]])
    canvas = torch.zeros(2, 2, requires_grad=True)
    optimizer = Momentum([canvas], steps=3, rate=0.5, memory=0.5)

    def closure():
        canvas.grad = None
        loss = (7 * slope * canvas).sum()
        loss.backward()
        return loss

    rates, moving, expected = (0.5, 0.3, 0.1), torch.zeros(2, 2), torch.zeros(2, 2)
    for rate in rates:
        optimizer.step(closure)
        moving = 0.5 * moving + slope / 2  # |slope| is 2 on average
        expected = expected - rate * moving
        torch.testing.assert_close(canvas.detach(), expected)
