"""Model files, and what networks are trained on."""

import hashlib
import json
import os
import struct

import pytest
import torch
from safetensors.torch import save_file

from nst_lessons import samples
from nst_lessons.one_pass import models
from nst_lessons.one_pass.decoders import Decoder, load_decoders
from nst_lessons.one_pass.models import load_model, save_model
from nst_lessons.one_pass.realtime import Stylizer, load_stylizer
from nst_lessons.one_pass.training.crops import crops, held_out_photos, training_photos
from tests.conftest import ROOT

STATE = {"weight": torch.linspace(-2, 2, 12).view(3, 4), "count": torch.tensor(70_001)}
CARD = {"steps": {"1": 20}, "psnr": [30.5, 31.0], "data": "photos"}


def test_a_model_comes_back_in_float32_with_its_card(tmp_path):
    path = save_model(tmp_path / "new folder" / "one.safetensors", "decoders", STATE, CARD)
    state, card = load_model(path, "decoders")
    assert card == CARD
    assert state["weight"].dtype == torch.float32 and state["count"] == 70_001  # a whole number is not rounded
    torch.testing.assert_close(state["weight"], STATE["weight"], rtol=2**-11, atol=0)  # float16
    assert [file.name for file in path.parent.iterdir()] == ["one.safetensors"]  # nothing temporary stays
    assert os.stat(path).st_mode & 0o777 == 0o644  # as the tests' umask says


def test_a_shipped_model_has_a_name_and_is_known_by_its_hash(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "data_dir", lambda: tmp_path)
    path = save_model(tmp_path / "models" / "decoders.safetensors", "decoders", STATE, CARD)
    with pytest.raises(ValueError, match="is not the model decoders that this version of the project ships"):
        load_model("decoders", "decoders")
    assert load_model(path, "decoders")[1] == CARD  # by its path it is what it is
    monkeypatch.setitem(models.SHIPPED, "decoders", hashlib.sha256(path.read_bytes()).hexdigest())
    assert load_model("decoders", "decoders")[1] == CARD


def test_the_hashes_are_those_of_the_files_that_ship():
    files = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "data" / "models").iterdir()}
    assert files == models.SHIPPED


def test_a_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"ship with the project.*nst-lessons train decoders"):
        load_model(tmp_path / "none.safetensors", "decoders")


def edited(path, **changes):
    """The file at `path` with other entries in its header: 8 bytes of length, JSON, tensors."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.dumps(json.loads(data[8 : 8 + length]) | changes).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data[8 + length :])


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"GIF89a" + data,
        lambda data: struct.pack("<Q", 2**40) + data[8:],
        lambda data: data.replace(b'"shape":[3,4]', b'"shape":[3,5]'),
    ],
    ids=["truncated", "empty", "foreign", "endless header", "another shape"],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = save_model(tmp_path / "one.safetensors", "decoders", STATE, CARD)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="damaged, cut off or not a model"):
        load_model(path, "decoders")


def test_a_file_that_says_it_holds_much_more_than_it_does_allocates_nothing(tmp_path):
    path = save_model(tmp_path / "one.safetensors", "decoders", STATE, CARD)
    edited(path, weight={"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]})
    with pytest.raises(ValueError, match="damaged, cut off or not a model"):
        load_model(path, "decoders")


def test_a_card_too_deep_to_be_read_and_a_type_that_torch_lacks_are_damage(tmp_path):
    rest = {"count": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}
    deep = {"__metadata__": {"kind": "decoders", "version": "1", "card": "[" * 10**5}}
    for changes in (deep, rest | {"weight": {"dtype": "F8_E8M0", "shape": [24], "data_offsets": [8, 32]}}):
        path = save_model(tmp_path / "one.safetensors", "decoders", STATE, CARD)
        edited(path, **changes)
        with pytest.raises(ValueError, match="damaged, cut off or not a model"):
            load_model(path, "decoders")


def test_numbers_of_eight_bits_are_read_and_checked(tmp_path):
    for byte, number in ((b"\x38", 1.0), (b"\x40", 2.0), (b"\x7f", None)):  # E4M3: Micikevicius et al. 2022, table 1
        path = tmp_path / "one.safetensors"
        header = {"weight": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}
        header |= {"__metadata__": {"kind": "decoders", "version": "1", "card": "{}"}}
        path.write_bytes(struct.pack("<Q", len(json.dumps(header))) + json.dumps(header).encode() + byte)
        if number is None:
            with pytest.raises(ValueError, match="weight holds numbers that are not finite"):
                load_model(path, "decoders")
        else:
            assert load_model(path, "decoders")[0]["weight"].tolist() == [number]


def test_another_kind_version_or_file_is_refused(tmp_path):
    path = save_model(tmp_path / "one.safetensors", "stylizer", STATE, CARD)
    with pytest.raises(ValueError, match="holds stylizer of version 1, but this needs decoders"):
        load_model(path, "decoders")
    edited(path, __metadata__={"kind": "stylizer", "version": "2", "card": "{}"})
    with pytest.raises(ValueError, match="of version 2"):
        load_model(path, "stylizer")
    for about in (
        None,
        {},
        {"card": "{}"},
        {"kind": "stylizer", "version": "1"},
        {"kind": "stylizer", "version": "1", "card": "[]"},
    ):
        edited(path, __metadata__=about)
        with pytest.raises(ValueError, match="lacks a card, its kind or its version"):
            load_model(path, "stylizer")


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "one.safetensors"
    save_file({"weight": torch.tensor([1.0, float("nan")])}, path, {"kind": "decoders", "version": "1", "card": "{}"})
    with pytest.raises(ValueError, match="is damaged: weight holds numbers that are not finite"):
        load_model(path, "decoders")


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"styles": ["wave"], "channels": [2**40, 2**40], "blocks": 1},
        {"styles": ["wave"], "channels": [4, 8], "blocks": 10**12},
        {"styles": 7, "channels": "many", "blocks": 1},
        {"styles": ["wave"], "channels": [4, 8, 16], "blocks": 1},
        {"styles": [None], "channels": [4, 8], "blocks": 1},
    ],
    ids=["empty", "wide", "deep", "of other kinds", "another network's", "nameless"],
)
def test_a_card_that_asks_for_another_network_is_refused_before_that_is_made(card, tmp_path):
    state = Stylizer(["wave"], (4, 8), 1).state_dict()
    right = {"styles": ["wave"], "channels": [4, 8], "blocks": 1}
    assert load_stylizer(save_model(tmp_path / "s.safetensors", "stylizer", state, right)).styles == ("wave",)
    path = save_model(tmp_path / "s.safetensors", "stylizer", state, card)
    with pytest.raises(ValueError, match="does not fit its own card"):
        load_stylizer(path)


@pytest.mark.parametrize("card", [{}, {"levels": [1, 2]}, {"levels": [9]}, {"levels": "1"}, {"levels": [[1]]}], ids=str)
def test_decoders_of_another_card_are_refused(card, tmp_path):
    state = {f"1.{name}": value for name, value in Decoder(1).state_dict().items()}
    assert list(load_decoders(save_model(tmp_path / "d.safetensors", "decoders", state, {"levels": [1]}))) == [1]
    with pytest.raises(ValueError, match="does not fit its own card"):
        load_decoders(save_model(tmp_path / "d.safetensors", "decoders", state, card))


def test_numbers_too_large_for_float16_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="weight holds numbers that are not finite"):
        save_model(tmp_path / "one.safetensors", "decoders", {"weight": torch.tensor([1e6])}, CARD)
    assert not list(tmp_path.iterdir())


def test_a_file_that_could_not_be_written_leaves_the_old_one(tmp_path):
    path = save_model(tmp_path / "one.safetensors", "decoders", STATE, CARD)
    with pytest.raises(Exception, match="JSON"):
        save_model(path, "decoders", STATE, {"f": lambda: None})
    assert load_model(path, "decoders")[1] == CARD and len(list(tmp_path.iterdir())) == 1


def test_no_crop_is_of_a_held_out_photo_and_a_seed_makes_them_equal():
    pictures = training_photos()
    first, again = (crops(pictures, 6, 48, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.shape == (6, 3, 48, 48) and torch.equal(first, again) and not torch.equal(first[0], first[1])
    assert first.min() >= 0 and first.max() <= 1
    for photo in held_out_photos():
        assert not any(photo.shape == one.shape and (photo - one).abs().mean() < 0.05 for one in pictures)


def test_crops_of_a_ramp_keep_its_direction_or_mirror_it():
    """A ramp from left to right: a piece of it is a ramp again, about every other one mirrored, none turned."""
    ramp = torch.linspace(0, 1, 200).expand(1, 3, 100, 200).contiguous()
    pieces = crops([ramp], 40, 32, torch.Generator().manual_seed(0))
    across = (pieces[..., -1] - pieces[..., 0]).mean((1, 2))
    assert 10 < (across > 0).sum() < 30
    assert torch.allclose(pieces[..., 0, :], pieces[..., -1, :], atol=1e-5)
    widths = across.abs() * 200  # pixels of the ramp in a piece
    assert widths.min() < 45 and widths.max() > 80


def test_crops_of_nothing_are_refused():
    with pytest.raises(ValueError, match="give at least one"):
        crops([], 1, 32, torch.Generator())
