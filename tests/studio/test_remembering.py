"""The Studio's network computes a picture's features once, and they are those of the network that it was made from."""

import pytest
import torch

import nst_lessons as nst
from nst_lessons.studio.remembering import MOST, RememberingVGG

LAYERS = ["relu1_1", "relu2_1"]


@pytest.fixture
def computed(vgg, monkeypatch):
    """A list that grows by one for each picture that goes through a network."""
    count, forward = [], nst.VGG.forward
    monkeypatch.setattr(nst.VGG, "forward", lambda self, image, layers: count.append(1) or forward(self, image, layers))
    return count


def equal(found, expected):
    return list(found) == list(expected) and all(torch.equal(found[name], expected[name]) for name in expected)


def test_each_picture_and_choice_of_layers_is_computed_once(vgg, computed, random_image):
    network, pictures = RememberingVGG(vgg), [random_image(32, 40, seed) for seed in range(MOST)]
    with torch.no_grad():
        for _ in range(2):
            assert all(equal(network(one.clone(), LAYERS), vgg(one, LAYERS)) for one in pictures)
        assert len(computed) == 3 * MOST  # twice by the plain network, once by this one
        assert list(network(pictures[0], ["relu1_2"])) == ["relu1_2"] and len(computed) == 3 * MOST + 1
        network(pictures[0], LAYERS)  # was the oldest, and is forgotten
        assert len(computed) == 3 * MOST + 2


def test_a_picture_that_is_optimised_is_always_computed(vgg, computed, random_image):
    network, image = RememberingVGG(vgg), random_image(32, 40).requires_grad_()
    for _ in range(2):
        network(image, LAYERS)["relu2_1"].sum().backward()
    assert len(computed) == 2 and image.grad.abs().sum() > 0


def test_a_run_is_that_of_the_plain_network(vgg):
    network, options = RememberingVGG(vgg), {"size": 64, "steps": 6}
    runs = [nst.stylize("coffee", "wave", vgg=one, **options).image for one in (vgg, network, network)]
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])
