"""Properties that hold for whatever is given (hypothesis): a picture or one sentence, sizes that fit, sums that are right.

The quick profile is the tests'; HYPOTHESIS_PROFILE=long looks for hours.
"""

import io
import os
import string
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

import nst_lessons as nst
from nst_lessons import samples
from nst_lessons.decoding import formats
from nst_lessons.files import place_for, replacing
from nst_lessons.settings import coarse_to_fine, shares_of, weights_of
from nst_lessons.sizes import fit
from nst_lessons.tensor_files import load_pickle
from nst_lessons.wall.wall import _name

LAX = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}
settings.register_profile("quick", max_examples=60, **LAX)
settings.register_profile("long", max_examples=200_000, **(LAX | {"derandomize": False}))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

KINDS = {"JPEG": "RGB L CMYK", "PNG": "RGB L RGBA LA P 1 I;16", "WEBP": "RGB RGBA", "GIF": "P L", "TIFF": "RGB L CMYK F LAB"}
KINDS |= {"BMP": "RGB L P 1", "AVIF": "RGB RGBA", "HEIF": "RGB RGBA L", "MPO": "RGB"}
SIDES = st.integers(1, 120)
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers()))


def encoded(kind, mode, width, height, seed=0):
    """The bytes of noise as a file of this kind."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    if mode == "I;16":
        picture = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    elif mode == "LAB":
        picture = Image.frombytes("LAB", picture.size, noise.tobytes())
    elif mode == "F":
        picture = Image.fromarray(noise[..., 0].astype(np.float32) / 255)
    elif mode != "RGB":
        picture = picture.convert(mode)
    data = io.BytesIO()
    picture.save(data, kind)
    return data.getvalue()


@st.composite
def files(draw, sides=SIDES):
    """The bytes of a picture of any kind, with its kind and sides."""
    kind = draw(st.sampled_from([kind for kind in KINDS if kind in formats() or kind == "MPO"]))
    mode = draw(st.sampled_from(KINDS[kind].split()))
    width, height = draw(sides), draw(sides)
    return encoded(kind, mode, width, height, draw(st.integers(0, 9))), width, height


def is_a_picture(image, shape):
    return (
        image.shape == (1, 3, *shape) and image.dtype == torch.float32 and image.min() >= 0 and image.max() <= 1
    ) and image.is_contiguous()


@given(files(), st.one_of(st.none(), st.integers(1, 200)))
def test_every_picture_is_read_or_is_told_to_be_too_small(file, size):
    data, width, height = file
    shape = (height, width) if size is None else tuple(round(side * size / max(width, height)) for side in (height, width))
    try:
        image = nst.load_image(data, size)
    except ValueError as error:
        assert min(width, height) < 16 or min(shape) < 16
        assert f"{width} x {height}" in str(error)
    else:
        assert min(width, height) >= 16 and is_a_picture(image, shape)


@given(files(st.integers(16, 60)), st.data())
def test_a_file_with_bytes_changed_is_a_picture_or_one_sentence(file, data):
    mutable = bytearray(file[0])
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, min(len(mutable), 4000) - 1))  # headers above all
        mutable[place] = data.draw(st.sampled_from([0, 1, 2, 127, 128, 254, 255]))
    end = data.draw(st.one_of(st.none(), st.integers(0, len(mutable))))
    try:
        image = nst.load_image(bytes(mutable[:end]), 32)
    except ValueError as error:
        assert "\n" not in str(error) and len(str(error)) < 400 and " object at " not in str(error)
    else:
        assert max(image.shape[-2:]) == 32 and torch.isfinite(image).all()


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"II*\0", b"RIFF", b"BM"])
)
def test_any_bytes_are_a_picture_or_a_value_error(rest, start):
    try:
        nst.load_image(start + rest)
    except ValueError as error:
        assert str(error).startswith("This")


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 3000))
def test_a_size_keeps_the_shape(height, width, size):
    try:
        fitted = fit((height, width), size)
    except ValueError:
        assert size * min(height, width) < 15.5 * max(height, width) + 1e-6
        return
    assert max(fitted) == size and min(fitted) >= 16
    wanted = Fraction(size * min(height, width), max(height, width))
    assert abs(min(fitted) - wanted) <= Fraction(1, 2)


@given(st.integers(32, 4000), st.integers(1, 5000))
@example(3072, 8)  # the largest size once got what the others left: -1
def test_a_schedule_has_all_steps_and_ends_at_the_size(size, steps):
    schedule = coarse_to_fine(size, steps)
    sizes = [part for part, _ in schedule]
    assert sum(count for _, count in schedule) == steps and min(count for _, count in schedule) >= 1
    assert sizes == sorted(set(sizes)) and sizes[-1] == size


@given(ANYTHING, ANYTHING)
def test_a_size_and_steps_of_anything_are_a_schedule_or_one_sentence(size, steps):
    assume(not (isinstance(size, int) and size > 10**6) and not (isinstance(steps, int) and steps > 10**6))
    try:
        assert coarse_to_fine(size, steps)
    except ValueError as error:
        assert str(error).startswith(("The size is", "The number of steps is"))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
def test_shares_add_up_to_one_and_keep_their_proportions(weights):
    assume(sum(weights) > 1e-3)
    shares = shares_of(weights, len(weights))
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([float(Fraction(weight) / sum(map(Fraction, weights))) for weight in weights])


@given(
    st.dictionaries(st.sampled_from(["content", "style", "tv", "layers", "x"]), st.one_of(ANYTHING, st.just({"relu1_1": 1})))
)
def test_weights_of_anything_are_weights_or_one_sentence(given_):
    try:
        weights = weights_of(given_)
    except ValueError as error:
        assert str(error).startswith(("There is no weight", "The weight of", "The layers' weights", "All weights are zero"))
    else:
        assert all(0 <= number < float("inf") for number in (weights.content, weights.style, weights.tv))


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=255)


@given(NAMES)
def test_a_name_is_written_as_it_is_or_refused_before(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("names")
    try:
        path = place_for(folder / name)
    except ValueError:
        assert name in (".", "..") or len(os.fsencode(name)) > 255
        return
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert [one.name for one in folder.iterdir()] == [name] and path.read_text() == "new"


@given(NAMES, NAMES)
def test_a_paintings_name_is_one_that_every_disk_takes(photo, style):
    name = f"{_name(photo)}_in_{_name(style)}_12345678.png"
    assert len(os.fsencode(name)) <= 255 and not set(name) & set('/\\:*?"<>|\0\n\t ') and name[0] not in ".-"


@given(st.one_of(st.text(), st.text(string.ascii_letters + ":/\\.'\"~ \t", max_size=40)))
def test_any_text_as_a_path_is_a_picture_or_one_short_sentence(text):
    assume(not os.path.exists(os.path.expanduser(text)) and text not in samples.available())
    with pytest.raises((ValueError, FileNotFoundError)) as told:
        nst.load_image(text)
    assert len(str(told.value)) < 1000


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\3\4", b"\x80\2", b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\2M\xe9\3."]),
)
def test_any_bytes_as_weights_are_a_value_error(tmp_path_factory, rest, start):
    path = Path(tmp_path_factory.mktemp("weights")) / "a.pth"
    path.write_bytes(start + rest)
    try:
        assert not list(filter(torch.is_tensor, [load_pickle(path)]))
    except ValueError as error:
        assert str(error).startswith(str(path))
