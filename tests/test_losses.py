import pytest
import torch

from nst_lessons import content_loss, gram_matrix, moment_loss, style_loss, total_variation
from nst_lessons.fast import Gram


def test_content_loss_of_a_case_worked_by_hand():
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    target = torch.tensor([[[[1.0, 2.0], [1.0, 2.0]]]])
    assert content_loss(features, target).item() == pytest.approx((4 + 4) / (1 + 4 + 1 + 4))


def test_content_loss_is_one_for_features_that_are_silent_and_zero_for_equal_ones():
    target = torch.rand(1, 5, 7, 3)
    assert content_loss(torch.zeros_like(target), target).item() == pytest.approx(1)
    assert content_loss(target, target).item() == 0


def test_gram_matrix_of_a_2x2x2_case_worked_by_hand():
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 1.0]]]])  # (1, 2, 2, 2)
    assert torch.equal(gram_matrix(features), torch.tensor([[[30.0, 6.0], [6.0, 2.0]]]) / 8)


@pytest.mark.parametrize("shape", [(1, 3, 5, 4), (2, 7, 1, 9), (3, 1, 6, 6)])
def test_gram_matrix_against_einsum(shape):
    features = torch.randn(shape, dtype=torch.float64)
    expected = torch.einsum("bchw,bdhw->bcd", features, features) / (shape[1] * shape[2] * shape[3])
    torch.testing.assert_close(gram_matrix(features).double(), expected, rtol=1e-5, atol=1e-6)


def test_gram_matrix_does_not_notice_that_pixels_are_shuffled_but_does_notice_channels():
    features = torch.randn(1, 4, 6, 6)
    shuffled = features.flatten(2)[..., torch.randperm(36)].view_as(features)
    torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(features))
    assert not torch.allclose(gram_matrix(features.flip(1)), gram_matrix(features))


def test_style_loss_is_the_squared_distance_in_units_of_the_targets_energy():
    gram, target = torch.tensor([[3.0, 1.0], [1.0, 2.0]]), torch.tensor([[1.0, 1.0], [1.0, 1.0]])
    assert style_loss(gram, target).item() == pytest.approx((4 + 0 + 0 + 1) / 4)
    assert style_loss(7 * gram, 7 * target).item() == pytest.approx(5 / 4)  # the scale of the network cancels


def test_moment_loss_tells_apart_what_the_gram_matrix_does_not():
    """A channel that is 5 everywhere, and one that is 1 or 7 in equal parts: both have a mean square of 25."""
    even, strong = torch.full((1, 1, 2, 2), 5.0), torch.tensor([[[[1.0, 7.0], [7.0, 1.0]]]])
    assert style_loss(gram_matrix(even), gram_matrix(strong)) == 0
    moments = [(f.mean((2, 3)), f.std((2, 3), correction=0)) for f in (even, strong)]
    assert moment_loss(*moments[0], *moments[1]).item() == pytest.approx((5 - 4) ** 2 / 4**2 + (0 - 3) ** 2 / 3**2)


def test_total_variation_of_a_2x2_case_worked_by_hand():
    image = torch.tensor([[[[0.0, 1.0], [0.5, 0.5]]]])
    down, across = (0.5**2 + 0.5**2) / 2, (1 + 0) / 2
    assert total_variation(image).item() == pytest.approx(down + across)
    assert total_variation(torch.full((1, 3, 4, 5), 0.3)).item() == 0


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: content_loss(x, torch.linspace(0, 1, 24).view(1, 2, 3, 4)),
        lambda x: style_loss(gram_matrix(x), torch.eye(2)[None]),
        lambda x: style_loss(Gram.apply(x), torch.eye(2)[None]),
        total_variation,
    ],
    ids=["content", "style", "style with the fast Gram", "total variation"],
)
def test_gradients_against_finite_differences(loss):
    x = torch.rand(1, 2, 3, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x), x)
    step = 1e-2
    for index in [(0, 0, 0, 0), (0, 1, 2, 3), (0, 0, 1, 2)]:
        shift = torch.zeros_like(x)
        shift[index] = step
        with torch.no_grad():
            difference = (loss(x + shift) - loss(x - shift)) / (2 * step)
        assert gradient[index].item() == pytest.approx(difference.item(), rel=5e-3, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_losses_are_computed_in_float32_whatever_the_features_are(dtype):
    features, target = torch.full((1, 1, 64, 64), 300.0, dtype=dtype), torch.zeros(1, 1, 64, 64, dtype=dtype)
    assert gram_matrix(features).dtype == content_loss(features, features).dtype == torch.float32
    assert gram_matrix(features).item() == pytest.approx(90000, rel=1e-2)  # past the end of float16
    assert torch.isfinite(content_loss(features, target))  # even where the target is silent


@pytest.mark.parametrize(("height", "width"), [(48, 64), (33, 17), (5, 7)])
def test_fast_gram_equals_the_plain_one(height, width):
    features = torch.randn(1, 32, height, width).relu().to(memory_format=torch.channels_last)
    torch.testing.assert_close(Gram.apply(features), gram_matrix(features))
    rounded = features.bfloat16()
    torch.testing.assert_close(Gram.apply(rounded), gram_matrix(rounded), rtol=6e-3, atol=1e-5)
