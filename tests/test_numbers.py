"""Numbers as people give them: from numpy, as text, and weights as dictionaries."""

import numpy as np
import pytest
import torch

import nst_lessons as nst
from nst_lessons.settings import coarse_to_fine, weights_of
from nst_lessons.wall.wall import wall


@pytest.mark.parametrize(
    "kind", [np.int64, np.int32, np.uint16, lambda number: np.array(number), lambda number: torch.tensor(number)]
)
def test_whole_numbers_of_any_kind_are_taken(kind, random_image):
    assert nst.load_image("chelsea", kind(64)).shape[-2:] == (43, 64)  # 300 x 451 pixels
    assert nst.resize(random_image(30, 60), kind(32)).shape[-2:] == (16, 32)
    assert coarse_to_fine(kind(64), kind(12)) == [(64, 12)]


def test_a_run_takes_numbers_of_numpy(vgg):
    options = {"style_scale": np.float32(1), "average": np.float64(0), "seed": np.int64(3), "style_weights": np.array([1.0])}
    run = nst.transfer("chelsea", ["wave"], vgg=vgg, schedule=[(np.int64(32), np.int32(2))], init="noise", **options)
    assert [step.size for step in run] == [(21, 32)] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "96"}, r"The size is the text '96': give the long side in pixels, a whole number without quotation marks"),
        ({"size": 96.5}, "The size is 96.5"),
        ({"size": None}, "The size is None"),
        ({"size": np.float64(96)}, "The size is 96.0"),
        ({"size": [96]}, r"The size is \[96\]"),
        ({"steps": "10"}, "The number of steps is the text '10'"),
        ({"schedule": "long"}, "give .size, steps. pairs"),
        ({"schedule": 7}, "give .size, steps. pairs"),
        ({"schedule": [("64", 3)]}, "give .size, steps. pairs"),
        ({"schedule": [(64.5, 3)]}, "A size in the schedule"),
        ({"style_scale": "2"}, "style_scale is '2': give a number without quotation marks"),
        ({"average": None}, "average is None: give a number"),
        ({"style_weights": ["1"]}, "A style weight is '1'"),
        ({"seed": "one"}, "The seed is the text 'one'"),
        ({"weights": {"styl": 10}}, "There is no weight 'styl': choose among content, style, tv, layers, moments"),
        ({"weights": {"style": "10"}}, "The weight of style is '10': give a number from 0"),
        ({"weights": {"layers": ["relu1_1"]}}, "The layers' weights are .*: give a dictionary"),
        ({"weights": [1, 10]}, r"The weights are \[1, 10\]: give nst.Weights"),
        ({"weights": 10}, r"The weights are 10: give nst.Weights"),
    ],
    ids=str,
)
def test_text_and_other_things_are_told_in_a_sentence(options, message, vgg):
    with pytest.raises(ValueError, match=message):
        next(iter(nst.transfer("chelsea", "wave", vgg=vgg, **options)))


def test_weights_as_a_dictionary_are_weights(vgg):
    assert weights_of({"style": 7}) == nst.Weights(style=7) and weights_of(None) == nst.Weights()
    given = nst.Weights()
    assert weights_of(given) is given  # so that a slider acts on a run
    first, again = (
        nst.stylize("chelsea", "wave", vgg=vgg, schedule=[(32, 2)], weights=weights).image
        for weights in ({"style": 50}, nst.Weights(style=50))
    )
    assert torch.equal(first, again)


@pytest.mark.parametrize(
    ("change", "message"), [({"size": "64"}, "The size is the text"), ({"jobs": "2"}, "The number of jobs")]
)
def test_a_wall_says_so_too(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        wall(["chelsea"], ["wave"], tmp_path, **({"size": 64, "jobs": 1} | change))


def test_a_walls_file_is_the_same_for_equal_numbers_of_any_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "nst_lessons.wall.wall.paint_all", lambda todo, *_, **__: ((key, png, 0.1, None) for key, (png, _) in todo.items())
    )
    first, again = (
        wall(["chelsea"], ["wave"], tmp_path, size=size, steps=steps, jobs=1).paintings[0].path
        for size, steps in ((64, 3), (np.int64(64), np.int32(3)))
    )
    assert first == again
