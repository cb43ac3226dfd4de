import numpy as np
import pytest
import torch

import nst_lessons as nst
from nst_lessons import matching
from nst_lessons.matching import as_rows, matched


@pytest.mark.parametrize(("height", "width"), [(40, 56), (37, 50), (16, 16)])
def test_hypercolumns_stack_all_layers_at_a_quarter_of_the_picture(height, width, vgg, random_image):
    columns = nst.hypercolumns(vgg, random_image(height, width))
    assert columns.shape == (1, 2 * 64 + 2 * 128 + 2 * 256 + 512, height // 4, width // 4)


def test_a_shallow_layer_is_averaged_and_a_deep_one_repeated_smoothly(vgg, random_image):
    picture = random_image(48, 64)
    shallow, same, deep = (one[0].numpy() for one in vgg(picture, ["relu1_1", "relu3_1", "relu4_1"]).values())
    found = nst.hypercolumns(vgg, picture, ["relu1_1", "relu3_1", "relu4_1"])[0].split([64, 256, 512])
    means = shallow.reshape(64, 12, 4, 16, 4).mean((2, 4))
    corner = (9 * deep[:, 1, 1] + 3 * deep[:, 1, 2] + 3 * deep[:, 2, 1] + deep[:, 2, 2]) / 16  # bilinear, twice the size
    for one, expected in [(found[0], means), (found[1], same), (found[2][:, 3, 3], corner)]:
        assert np.corrcoef(one.flatten(), expected.flatten())[0, 1] == pytest.approx(1, abs=1e-5)  # equal but for the scale
    assert [one.square().sum(0).mean().item() for one in found] == pytest.approx([1, 1, 1], rel=1e-4)


@pytest.mark.parametrize("values", [2**24, 100])
def test_nearest_is_what_brute_force_finds(values, monkeypatch):
    monkeypatch.setattr(matching, "VALUES", values)  # 100: in chunks of a few rows
    numbers = np.random.default_rng(0)
    query, keys = numbers.normal(1, 1, (23, 8)), numbers.normal(-2, 3, (31, 8))
    found = nst.nearest(torch.from_numpy(query), torch.from_numpy(keys))
    q, k = query - query.mean(0), keys - keys.mean(0)
    expected = [max(range(31), key=lambda j: a @ k[j] / np.linalg.norm(k[j])) for a in q]
    assert found.tolist() == expected


def test_what_all_keys_share_does_not_count():
    query, keys = torch.randn(50, 6), torch.randn(40, 6)
    assert torch.equal(nst.nearest(query, keys + 100), nst.nearest(query - 7, keys))


def test_matched_finds_each_column_among_the_shuffled_ones(random_image):
    query = random_image(5, 7)
    keys = as_rows(query)[torch.randperm(35)]
    assert torch.equal(matched(query, keys), query)


def test_the_matched_loss_in_closed_form(random_image):
    east, north = torch.zeros(2, 1, 4, 3, 5)
    east[:, 0], north[:, 1] = 2.0, 5.0
    assert nst.matched_loss(east, 3 * east).item() == pytest.approx(0)
    assert nst.matched_loss(east, north).item() == pytest.approx(1)
    assert nst.matched_loss(east, -east).item() == pytest.approx(2)
    assert nst.matched_loss(east, east + 0.4 * north).item() == pytest.approx(1 - 0.5**0.5)


def test_a_picture_matched_with_itself_has_no_loss(vgg, random_image):
    columns = nst.hypercolumns(vgg, random_image(48, 64))
    assert nst.matched_loss(columns, matched(columns, as_rows(columns))).item() == pytest.approx(0, abs=1e-5)


def test_origins_are_where_the_patches_come_from(vgg):
    painting = nst.load_image("swirls", 128)[..., :96, :]
    height, width = painting.shape[-2:]  # multiples of 4
    crop = painting[..., 16 : 16 + 64, 32 : 32 + 64]
    found = nst.origins(vgg, crop, painting)  # (16, 16, 2)
    rows, columns = torch.meshgrid(torch.arange(16) * 4 + 18.0, torch.arange(16) * 4 + 34.0, indexing="ij")
    expected = torch.stack([rows / height, columns / width], -1)
    inner = (found - expected)[4:-4, 4:-4]  # at the borders the network sees zeros
    assert inner.norm(dim=-1).median() < 1e-6
    assert ((found > 0) & (found < 1)).all()


def test_layers_that_do_not_exist_are_named(vgg, random_image):
    with pytest.raises(ValueError, match="no layer 'relu9_1'"):
        nst.hypercolumns(vgg, random_image(32, 32), ["relu9_1"])
