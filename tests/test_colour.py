import pytest
import torch
from skimage import color

import nst_lessons as nst
from nst_lessons.colour import luminance, match_colours, match_luminance, with_colours_of


@pytest.fixture(scope="module")
def photo():
    return nst.load_image("chelsea", 64)


@pytest.fixture(scope="module")
def painting():
    return 0.3 + 0.3 * nst.load_image("stained_glass", 80)  # far from 0 and 1: nothing is cut


def _yiq(image):
    return torch.from_numpy(color.rgb2yiq(image[0].permute(1, 2, 0).numpy()))  # (H, W, 3)


def test_luminance_is_the_y_of_yiq_in_three_equal_channels(photo):
    grey = luminance(photo)
    assert grey.shape == photo.shape and torch.equal(grey[:, 0], grey[:, 2])
    assert torch.allclose(grey[0, 0].double(), _yiq(photo)[..., 0].double(), atol=1e-3)


def test_with_colours_of_takes_y_from_one_and_i_and_q_from_the_other(photo):
    image = 0.5 + 0.1 * (photo.flip(3) - 0.5)
    calm = 0.5 + 0.2 * (photo - 0.5)
    joined = _yiq(with_colours_of(image, calm))
    assert torch.allclose(joined[..., 0], _yiq(image)[..., 0], atol=2e-3)
    assert torch.allclose(joined[..., 1:], _yiq(calm)[..., 1:], atol=2e-3)


def test_matched_colours_have_the_photos_mean_and_covariance(photo, painting):
    calm = 0.5 + 0.3 * (photo - 0.5)
    matched = match_colours(painting, calm)[0].flatten(1)
    wanted = calm[0].flatten(1)
    assert torch.allclose(matched.mean(1), wanted.mean(1), atol=2e-3)
    assert torch.allclose(torch.cov(matched), torch.cov(wanted), atol=2e-4)


def test_matched_luminance_has_the_photos_mean_and_deviation(photo, painting):
    calm = 0.5 + 0.3 * (photo - 0.5)
    matched = match_luminance(painting, calm)
    assert matched.mean().item() == pytest.approx(luminance(calm).mean().item(), abs=2e-3)
    assert matched.std().item() == pytest.approx(luminance(calm).std().item(), abs=2e-3)


@pytest.mark.parametrize("change", [match_colours, match_luminance])
def test_pictures_of_one_colour_give_no_nan(photo, change):
    plain = torch.full((1, 3, 32, 32), 0.4)
    for one, other in ((plain, photo), (photo, plain), (plain, plain)):
        assert change(one, other).isfinite().all()
