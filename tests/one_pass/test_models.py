"""Model files, and what networks are trained on."""

import pytest
import torch

from nst_lessons import samples
from nst_lessons.one_pass.models import load_model, save_model
from nst_lessons.one_pass.training.crops import crops, held_out_photos, training_photos

STATE = {"weight": torch.linspace(-2, 2, 12).view(3, 4), "count": torch.tensor(70_001)}
CARD = {"steps": {1: 20}, "psnr": [30.5, 31.0], "data": "photos"}


def test_a_model_comes_back_in_float32_with_its_card(tmp_path):
    path = save_model(tmp_path / "new folder" / "one.pt", "decoders", STATE, CARD)
    state, card = load_model(path, "decoders")
    assert card == CARD
    assert state["weight"].dtype == torch.float32 and state["count"] == 70_001  # a whole number is not rounded
    torch.testing.assert_close(state["weight"], STATE["weight"], rtol=2**-11, atol=0)  # float16
    assert [file.name for file in path.parent.iterdir()] == ["one.pt"]  # nothing temporary stays


def test_a_shipped_model_has_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "data_dir", lambda: tmp_path)
    save_model(tmp_path / "models" / "decoders.pt", "decoders", STATE, CARD)
    assert load_model("decoders", "decoders")[1] == CARD


def test_a_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"ship with the project.*nst-lessons train decoders"):
        load_model(tmp_path / "none.pt", "decoders")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[: len(data) // 2], "damaged, cut off"),
        (lambda data: b"", "damaged, cut off"),
        (lambda data: b"GIF89a" + data, "damaged, cut off"),
    ],
    ids=["truncated", "empty", "foreign"],
)
def test_a_damaged_file_is_refused(tmp_path, damage, words):
    path = save_model(tmp_path / "one.pt", "decoders", STATE, CARD)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=words):
        load_model(path, "decoders")


def test_another_kind_version_or_file_is_refused(tmp_path):
    path = save_model(tmp_path / "one.pt", "stylizer", STATE, CARD)
    with pytest.raises(ValueError, match="holds stylizer of version 1, and decoders"):
        load_model(path, "decoders")
    torch.save(torch.load(path, weights_only=True) | {"version": 2}, path)
    with pytest.raises(ValueError, match="of version 2"):
        load_model(path, "stylizer")
    torch.save(STATE, path)
    with pytest.raises(ValueError, match="neither its kind nor its version"):
        load_model(path, "stylizer")


def test_numbers_too_large_for_float16_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="weight holds numbers that are not finite"):
        save_model(tmp_path / "one.pt", "decoders", {"weight": torch.tensor([1e6])}, CARD)
    assert not list(tmp_path.iterdir())


def test_a_file_that_could_not_be_written_leaves_the_old_one(tmp_path):
    path = save_model(tmp_path / "one.pt", "decoders", STATE, CARD)
    with pytest.raises(Exception, match="local object"):
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
