"""Files of weights from elsewhere: looked at before anything is allocated, and never executed."""

import io
import os
import pickle
import subprocess
import sys
import zipfile

import pytest
import torch

from nst_lessons import vgg_weights
from nst_lessons.one_pass.realtime import Stylizer
from nst_lessons.one_pass.training.decoders import train_decoders
from nst_lessons.one_pass.training.stylizer import training
from nst_lessons.tensor_files import load_pickle

TINY = torch.zeros(1)


def vgg16() -> dict[str, torch.Tensor]:
    """The names and shapes of torchvision's VGG16, in float16 to be small; Simonyan and Zisserman 2014, table 1, column D."""
    state, inputs, index = {}, 3, 0
    for outputs in (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512):
        if outputs != "M":
            state[f"features.{index}.weight"] = torch.zeros(outputs, inputs, 3, 3, dtype=torch.float16)
            state[f"features.{index}.bias"] = torch.zeros(outputs, dtype=torch.float16)
            inputs, index = outputs, index + 1
        index += 1
    return state


@pytest.fixture(scope="module")
def whole():
    return vgg16()


def written(state, path, **options):
    torch.save(state, path, **options)
    return path


def test_the_file_as_it_should_be_is_read(whole, tmp_path):
    assert len(vgg_weights.read(written(whole, tmp_path / "a.pth"), "vgg16").convs) == 13


def zeros(**options):
    return torch.zeros(64, **options)


CHANGES = {  # what is wrong: (the name, what is there instead, what is said of it)
    "missing": ("features.28.bias", None, "missing: features.28.bias"),
    "another shape": ("features.5.bias", TINY, r"features.5.bias has the shape \(1,\), not \(128,\)"),
    "whole numbers": ("features.0.bias", zeros(dtype=torch.int64), "features.0.bias has the type torch.int64"),
    "complex": ("features.0.bias", zeros(dtype=torch.complex64), "features.0.bias has the type torch.complex64"),
    "sparse": ("features.0.bias", zeros().to_sparse(), "a.pth is damaged or cut off"),
    "text": ("features.0.bias", "none", "missing: features.0.bias"),
    "nan": ("features.0.bias", zeros() / 0, "the bias of conv1_1 holds numbers that are not finite"),
    "infinite": ("features.2.weight", torch.ones(64, 64, 3, 3) / 0, "the kernel of conv1_2 holds numbers that are not finite"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_names_shapes_types_and_numbers_are_checked(change, whole, tmp_path):
    name, instead, message = CHANGES[change]
    with pytest.raises(ValueError, match=message):
        vgg_weights.read(written(whole | {name: instead}, tmp_path / "a.pth"), "vgg16")


@pytest.mark.parametrize(("mean", "std"), [(float("nan"), 1.0), (0.5, 0.0), (0.5, float("inf")), (0.5, -1.0)])
def test_numbers_that_no_picture_can_be_normalised_by_are_refused(mean, std, whole, tmp_path):
    ours = [f"conv{block}_{number}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for number in range(1, count + 1)]
    kernels = [tensor for name, tensor in whole.items() if name.endswith("weight")]
    state = {"mean": torch.full((3,), mean), "std": torch.full((3,), std)}
    for name, kernel in zip(ours, kernels, strict=True):
        state |= {f"{name}.weight": TINY.expand(kernel.shape), f"{name}.bias": TINY.expand(kernel.shape[0])}
    with pytest.raises(ValueError, match=r"a.pth is damaged: mean and std must be finite, and std above 0"):
        vgg_weights.read(written(state, tmp_path / "a.pth"), "vgg16")
    state |= {"mean": torch.ones(3), "std": torch.ones(3)}
    assert vgg_weights.read(written(state, tmp_path / "a.pth"), "vgg16").std == (1, 1, 1)


@pytest.mark.parametrize("found", [[], 7, "text", None, {1: TINY}, {"state_dict": {}}, [TINY]], ids=str)
def test_what_is_no_dictionary_of_tensors_is_refused(found, tmp_path):
    with pytest.raises(ValueError, match="holds no VGG weights"):
        vgg_weights.read(written(found, tmp_path / "a.pth"))


HUGE = """
import re
from pathlib import Path
import torch
from nst_lessons import vgg_weights
from nst_lessons.tensor_files import load_pickle

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

torch.save({}, "small.pth")
load_pickle(Path("small.pth"))
Path("/proc/self/clear_refs").write_text("5")  # from now on
before = most()
try:
    vgg_weights.read("a.pth")
except ValueError as error:
    print(str(error).replace("\\n", " "))
print((most() - before) // 1024)
"""


def expanded(path):
    """130 GB of kernels that are one number in the file."""
    torch.save({"features.0.weight": TINY.expand(2**35).view(2**15, 2**10, 2**5, 2**5)}, path)


def legacy(path):
    """The older format, whose storage says that it has 2 ** 36 numbers."""
    torch.save({"features.0.weight": torch.zeros(11)}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    assert data.count(b"K\x0b") >= 1
    path.write_bytes(
        data.replace(b"K\x0bN", b"\x8a\x05\x00\x00\x00\x00\x10N").replace(b"K\x0bt", b"\x8a\x05\x00\x00\x00\x00\x10t")
    )


def compressed(path):
    """A zip whose record of zeros is a thousandth of what it becomes."""
    plain = io.BytesIO()
    torch.save({"features.0.weight": torch.zeros(400_000_000 // 4)}, plain)
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            after.writestr(info.filename, before.read(info))


def bomb(path):
    """A zip whose pickle, 400 MB of nothing, is a thousandth of that in the file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", b"\x80\x02" + b"N0" * 200_000_000 + b"}.")


@pytest.mark.slow
@pytest.mark.parametrize("make", [expanded, legacy, compressed, bomb])
def test_a_file_that_says_it_holds_gigabytes_is_refused_before_they_are_allocated(make, tmp_path):
    if not os.path.exists("/proc/self/clear_refs"):
        pytest.skip("only Linux tells the most memory that was taken since a moment")
    make(tmp_path / "a.pth")
    assert os.path.getsize(tmp_path / "a.pth") < 1_000_000
    run = subprocess.run([sys.executable, "-c", HUGE], cwd=tmp_path, capture_output=True, text=True, check=True)
    said, megabytes = run.stdout.splitlines()
    assert "holds no VGG weights" in said or "damaged or cut off" in said
    assert int(megabytes) < 100


def test_of_a_damaged_file_nothing_is_printed_but_our_own_message(tmp_path, capfd):
    plain = io.BytesIO()
    torch.save({"a": torch.zeros(2, 3)}, plain)
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(tmp_path / "a.pth", "w") as after:
        for name in before.namelist():  # a shape of three numbers, (2, 3, 1), with two strides
            after.writestr(name, before.read(name).replace(b"K\x02K\x03\x86", b"K\x02K\x03K\x01\x87"))
    with pytest.raises(ValueError, match="damaged or cut off"):
        load_pickle(tmp_path / "a.pth")
    assert capfd.readouterr() == ("", "")


def test_a_pickle_of_code_is_refused_also_where_a_training_would_go_on(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    (tmp_path / "a.pt").write_bytes(pickle.dumps({"styles": Evil()}, protocol=2))
    with pytest.raises(ValueError, match="was refused: it holds code"):
        load_pickle(tmp_path / "a.pt")
    with pytest.raises(ValueError, match="was refused: it holds code"):
        next(training(Stylizer(["wave"], (4, 8), 1), ["wave"], checkpoint=tmp_path / "a.pt"))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "found",
    [
        {},
        [],
        {"decoders": {9: {}}, "finished": 0, "current": None},
        {"decoders": {1: {"net.0.weight": TINY}}, "finished": 0, "current": None},
        {"decoders": {}, "finished": "many", "current": None},
        {"decoders": {}, "finished": 0, "current": 7},
        {"decoders": {1: {"rms": torch.tensor(torch.nan)}}, "finished": 0, "current": None},
    ],
    ids=["empty", "list", "no such level", "another shape", "text", "number", "nan"],
)
def test_a_checkpoint_of_something_else_is_one_sentence_before_the_preparation(found, tmp_path, monkeypatch, vgg):
    monkeypatch.setattr("nst_lessons.one_pass.training.decoders.training_photos", lambda: pytest.fail("prepared"))
    written(found, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=r"run.pt is not a checkpoint of this training \(.*name another file, or delete it"):
        next(train_decoders(tmp_path / "d.safetensors", checkpoint=tmp_path / "run.pt", vgg=vgg))


@pytest.mark.parametrize("change", ["styles", "model", "optimizer", "moment", "generator", "index"])
def test_a_stylizers_checkpoint_of_something_else_is_one_sentence(change, tmp_path, monkeypatch, vgg):
    monkeypatch.setattr("nst_lessons.one_pass.training.stylizer._photos", lambda: pytest.fail("prepared"))
    model = Stylizer(["wave"], (4, 8), 1)
    optimizer = torch.optim.Adam(model.parameters())
    sum(parameter.sum() for parameter in model.parameters()).backward()
    optimizer.step()
    kept = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "generator": torch.Generator().get_state()}
    kept |= {"styles": model.styles, "index": 1, "seconds": 1.0}
    if change == "moment":
        kept["optimizer"]["state"][0]["exp_avg"] = torch.zeros(7)
    else:
        kept[change] = {"styles": ["peacock"], "generator": torch.zeros(3), "index": "one"}.get(change, {"a": 1})
    written(kept, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=r"run.pt (is not a checkpoint of this training|holds the state of another training)"):
        next(training(model, ["wave"], checkpoint=tmp_path / "run.pt", vgg=vgg))
