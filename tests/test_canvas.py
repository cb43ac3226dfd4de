import math

import pytest
import torch

from nst_lessons.canvas import LBFGS, LongWavesFirst, Momentum, from_pyramid, to_pyramid


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


@pytest.mark.parametrize(("height", "width"), [(36, 48), (30, 45)])
def test_a_wave_that_is_four_times_as_long_moves_further(height, width):
    across, down = torch.arange(width) / width, torch.arange(height)[:, None] / height
    long, short = torch.cos(2 * math.pi * 3 * across), torch.cos(2 * math.pi * (4 * 3 * height / width) * down)
    long, short = (wave.expand(1, 3, height, width) for wave in (long, short))
    canvas = torch.full((1, 3, height, width), 0.7, requires_grad=True)
    optimizer = LongWavesFirst([canvas])

    def closure():
        canvas.grad = long + short
        return canvas.new_zeros(())

    optimizer.step(closure)
    moved = 0.7 - canvas.detach()
    far, near = ((moved * wave).sum() / wave.square().sum() for wave in (long, short))
    assert far / near == pytest.approx(4**0.7, rel=1e-4) and near > 0
    torch.testing.assert_close(moved, far * long + near * short, atol=1e-6, rtol=0)  # nothing else moves
    assert 0.005 < moved.abs().mean() < 0.02  # about 0.01, as that of `LBFGS`


def test_the_long_waves_of_a_canvas_arrive_first():
    """The loss is steep for short waves and flat for long ones, as VGG's losses are, so plain L-BFGS needs many steps."""
    height, width = 30, 40
    rows, columns = torch.arange(height)[:, None] / height, torch.arange(width) / width
    waves = [torch.cos(2 * math.pi * (up * rows + across * columns)) for up in range(8) for across in range(1, 10)]
    basis = torch.stack([wave / wave.norm() for wave in waves])
    steepness = torch.tensor([float(up**2 + across**2) for up in range(8) for across in range(1, 10)])
    lowest = {}
    for kind in (LBFGS, LongWavesFirst):
        canvas = torch.zeros(1, 1, height, width, requires_grad=True)
        optimizer = kind([canvas])

        def closure(canvas=canvas):
            canvas.grad = None
            loss = (steepness * ((basis * canvas).sum((-2, -1)) - 1).square()).sum()
            loss.backward()
            return loss

        lowest[kind] = [optimizer.step(closure).item() for _ in range(15)][-1]
    assert lowest[LongWavesFirst] < lowest[LBFGS] / 2


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
