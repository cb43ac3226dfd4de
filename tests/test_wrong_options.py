"""Whatever is given for an option: the run is possible, or a ValueError says what is wrong and what to do.

The values are those that people write by mistake; each function is tried with all of them for each of its options.
"""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nst_lessons as nst
from nst_lessons.figures import moving
from nst_lessons.moving.clips import read_clip, save_clip
from nst_lessons.moving.stereo import stylize_pair
from nst_lessons.moving.video import transfer_video
from nst_lessons.one_pass.arbitrary import arbitrary
from nst_lessons.one_pass.realtime import realtime
from nst_lessons.one_pass.universal import universal
from nst_lessons.wall.wall import wall
from tests.test_properties import ANYTHING

NUMBERS = [-1, 0, 3, 1.5, 2**64, 10**400, float("nan"), float("inf"), True, np.int64(3), np.float32(0.5), np.array(3)]
OTHERS = [None, "3", "text", b"x", [], [1], ["a"], (3, 4), {}, {"a": 1}, np.array([1, 2]), np.array([[64, 1]])]
OTHERS += [torch.tensor(3.0), object(), "\0"]
SOUGHT = ("masks", "seed", "schedule", "style_weights", "style_scale", "average", "content_layer", "colours", "optimizer")
SOUGHT += ("init", "extra", "size", "steps", "weights", "vgg")
SENTENCE = re.compile(r"[A-Z\"'/a-z0-9].*[:,] .*[a-z]", re.DOTALL)
FOREIGN = re.compile(
    r"ambiguous|unhashable|object is not|not supported between|expected str|must be|invalid combination|unpack|has no attribute"
)


def picture(seed, height=32, width=32):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def tried(call, options, values):
    """Call with each value for each option. Returns what was neither done nor refused in a sentence of ours."""
    bad = []
    for name in options:
        for value in values:
            try:
                call(**{name: value})
            except (ValueError, FileNotFoundError) as error:
                if not SENTENCE.match(str(error)) or FOREIGN.search(str(error)):
                    bad.append(f"{name}={value!r}: {error}")
            except Exception as error:
                bad.append(f"{name}={value!r}: {type(error).__name__}: {error}")
    return bad


def test_transfer_with_anything(vgg):
    def call(**option):
        nst.transfer(picture(0), picture(1), **{"vgg": vgg, "size": 32, "steps": 1} | option)

    assert not tried(call, SOUGHT, [value for value in NUMBERS + OTHERS if value is not None])


@given(st.sampled_from(SOUGHT), st.one_of(ANYTHING, st.floats().map(np.float32), st.integers(-9, 9).map(np.int64)))
def test_transfer_with_anything_at_random(vgg, name, value):
    assert not tried(
        lambda **option: nst.transfer(picture(0), picture(1), **{"vgg": vgg, "size": 32} | option), [name], [value]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"masks": 3}, "masks is 3: give a list with one picture for each style"),
        ({"masks": "mask.png"}, "masks is 'mask.png': give a list"),
        ({"style_weights": 0.5}, "style_weights is 0.5: give a list with one number for each style"),
        ({"seed": 2**64}, "The seed is too large a number: give a whole number up to 9,223,372,036,854,775,807"),
        ({"seed": -(2**63) - 1}, "give a whole number from -9223372036854775808 up"),
        ({"steps": 10**9}, "The number of steps is too large a number"),
        ({"style_scale": 10**400}, "style_scale is too large a number"),
        ({"optimizer": ["adam"]}, r"There is no optimizer \['adam'\] here"),
        ({"content_layer": ["relu4_2"]}, r"has no layer \['relu4_2'\]"),
        ({"extra": 3}, "extra is 3: give a function"),
        ({"vgg": "vgg16"}, "vgg is 'vgg16': give a network, such as nst.VGG()"),
        ({"callback": 3}, "The callback is 3: give a function"),
        ({"callback": [nst.LivePlot]}, r"The callback is the class LivePlot: write LivePlot\(\)"),
        ({"weights": {"style": 10**301}}, r"give a number from 0 to 1e\+300"),
        ({"extra": lambda image: None}, "extra returned None: return a scalar tensor"),
        ({"extra": lambda image: image}, r"extra returned a tensor of shape \(1, 3, 32, 32\)"),
    ],
)
def test_the_message_says_what_to_do(options, message, vgg):
    with pytest.raises(ValueError, match=message):
        nst.stylize(picture(0), picture(1), **{"vgg": vgg, "size": 32, "steps": 1} | options)


@pytest.mark.parametrize("schedule", [np.array([[32, 1]]), ((size, 1) for size in [32]), [[np.int64(32), np.int64(1)]]])
def test_a_schedule_of_any_kind_is_run_to_its_end(schedule, vgg):
    result = nst.stylize(picture(0), picture(1), vgg=vgg, schedule=schedule)
    assert result.image.shape == (1, 3, 32, 32) and len(result.history) == 1


def test_the_largest_seed_and_weights_are_possible(vgg):
    options = {"vgg": vgg, "size": 32, "steps": 1, "init": "noise", "seed": 2**63 - 1}
    weights = nst.Weights(style=2**70, layers={"relu1_1": 2**70})
    assert torch.isfinite(nst.stylize(picture(0), picture(1), weights=weights, **options).image).all()


def test_a_layer_without_its_list(vgg):
    with pytest.raises(ValueError, match="layers is 'relu4_2': give a list of names"):
        vgg(picture(0), "relu4_2")


def test_clips_with_anything(vgg, tmp_path):
    path = save_clip([picture(0), picture(1)], tmp_path / "a.gif")
    small = {"vgg": vgg, "size": 32, "steps": 1, "folder": tmp_path}
    bad = tried(lambda **option: read_clip(path, **option), ["size", "most", "fps"], NUMBERS + OTHERS)
    bad += tried(lambda **option: save_clip([picture(0)] * 2, tmp_path / "b.gif", **option), ["fps", "times", "sound"], OTHERS)
    bad += tried(lambda frames: save_clip(frames, tmp_path / "b.gif"), ["frames"], OTHERS)
    names = ["method", "motion", "folder", "vgg", "weights", "temporal", "spans", "size", "steps", "next_steps", "seed"]
    for values in (NUMBERS, OTHERS):
        bad += tried(
            lambda **option: transfer_video([picture(0)] * 2, picture(1), **small | option),
            names,
            [value for value in values if not isinstance(value, str) or value == "\0"],  # a text is a folder's name
        )
    assert not bad


@pytest.mark.slow
def test_other_ways_to_paint_with_anything(vgg, tmp_path, monkeypatch):
    monkeypatch.setenv("NST_QUICK", "1")
    values = [-1, 2**64, float("nan"), *OTHERS[1:]]
    one = {"size": 32, "vgg": vgg, "levels": (1,)}
    names = ["alpha", "levels", "style_weights", "masks", "transform", "decoder", "passes", "seed", "vgg"]
    bad = tried(lambda **option: universal(picture(0), picture(1), **one | option), names, values)
    bad += tried(
        lambda **option: realtime(picture(0, 64, 64), **{"style": "wave"} | option), ["style", "size", "model"], values
    )
    bad += tried(
        lambda **option: arbitrary(picture(0), picture(1), **option), ["size", "strength", "model"], values[:3] + OTHERS[1:6]
    )
    pair = {"disparity": np.ones((32, 32)), "vgg": vgg, "size": 32}
    names = ["disparity", "size", "steps", "weights", "consistency", "callback"]
    wrong = [-1, float("nan"), "3", "text", [1], ["a"], object()]
    bad += tried(lambda **option: stylize_pair(picture(0), picture(0), picture(1), **pair | option), names, wrong)
    names = ["size", "steps", "weights", "jobs", "callback"]
    bad += tried(lambda **option: wall([], [], tmp_path / "w", **option), names, wrong)
    bad += tried(
        lambda **option: wall(**{"photos": [], "styles": [], "out": tmp_path} | option), ["photos", "styles", "out"], wrong
    )
    assert not bad


def test_pictures_and_figures_with_anything(tmp_path):
    one = {"a": picture(0)}
    bad = tried(nst.load_image, ["source"], NUMBERS + OTHERS)
    bad += tried(lambda size: nst.resize(picture(0), size), ["size"], NUMBERS + OTHERS)
    bad += tried(lambda path: nst.save_image(picture(0), path), ["path"], NUMBERS + OTHERS)
    bad += tried(lambda image: nst.save_image(image, tmp_path / "a.png"), ["image"], NUMBERS + OTHERS)
    bad += tried(lambda **option: nst.draw(**{"images": one, "caption": "c"} | option), ["images", "height", "columns"], OTHERS)
    bad += tried(lambda fps: moving({"a": [picture(0)] * 2}, "c", fps=fps), ["fps"], NUMBERS + OTHERS)
    bad += tried(nst.LivePlot, ["every"], OTHERS)
    bad += tried(lambda **option: nst.VGG(**option), ["weights", "arch", "pooling", "device", "dtype"], OTHERS)
    assert not bad
