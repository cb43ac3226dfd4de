"""Colours that a file gives by numbers: against the published matrices and curves, and against colours made by them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

import nst_lessons as nst
from nst_lessons.coded_colours import PRIMARIES, colours_of
from nst_lessons.moving.clips import read_clip

# From linear sRGB: to BT.2020 (BT.2087, section 4) and to Display P3 (CSS Color 4, section 10, from XYZ of the two)
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
TO_P3 = np.array([[0.82246, 0.17754, 0], [0.03319, 0.96681, 0], [0.01708, 0.07240, 0.91052]])
LINEAR = np.array([[0, 0, 0], [1, 1, 1], [0.2, 0.2, 0.2], [0.5, 0.2, 0.1], [0.05, 0.3, 0.1], [0.1, 0.1, 0.6]])


def curve(linear):
    """sRGB's, IEC 61966-2-1."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def patches(colours):
    """Columns of 16 pixels, one for each colour in [0, 1]."""
    return Image.fromarray(np.tile(np.repeat(np.rint(255 * np.array(colours)).astype(np.uint8), 16, axis=0), (32, 1, 1)))


def seen(image):
    """The colours of `patches` in a picture."""
    return image[0, :, 16, 8::16].T.numpy()


def png(picture, *chunks, **options):
    """A PNG with more chunks in its head."""
    data = io.BytesIO()
    picture.save(data, "PNG", **options)
    more = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return data.getvalue()[:33] + more + data.getvalue()[33:]


def coded(kind, picture, primaries, transfer, **options):
    """The bytes of a picture whose file says so by numbers."""
    if kind == "PNG":
        return png(picture, (b"cICP", bytes([primaries, transfer, 0, 1])), **options)
    data = io.BytesIO()
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
        numbers = {"color_primaries": primaries, "transfer_characteristics": transfer, "matrix_coefficients": 6}
        picture.save(data, "HEIF", quality=100, chroma=444, **numbers, **options)
        return data.getvalue()
    picture.save(data, "AVIF", quality=100, subsampling="4:4:4", **options)
    before, box, after = data.getvalue().partition(b"colrnclx")
    return before + box + struct.pack(">HH", primaries, transfer) + after[4:]


@pytest.mark.parametrize("kind", ["PNG", "HEIF", "AVIF"])
@pytest.mark.parametrize(("primaries", "matrix"), [(12, TO_P3), (9, TO_2020), (1, np.eye(3))], ids=["P3", "2020", "sRGB"])
def test_colours_coded_by_the_published_matrices_are_found_again(kind, primaries, matrix):
    data = coded(kind, patches(curve(LINEAR @ matrix.T)), primaries, 13)
    for source in (data, Image.open(io.BytesIO(data))):
        np.testing.assert_allclose(seen(nst.load_image(source)), curve(LINEAR), atol=0.012 if kind == "PNG" else 0.03)


@pytest.mark.parametrize("kind", ["PNG", "HEIF", "AVIF"])
def test_the_colour_of_the_report_without_a_profile(kind):
    red, green, blue = 255 * seen(nst.load_image(coded(kind, patches([[220 / 255, 40 / 255, 40 / 255]]), 12, 13)))[0]
    assert (red, green, blue) == pytest.approx((240, 0, 21), abs=3)


@pytest.mark.parametrize("primaries", PRIMARIES)
@pytest.mark.parametrize("transfer", [1, 4, 8, 13, 16, 18])
def test_grey_stays_grey_and_brighter_stays_brighter(primaries, transfer):
    ramp = patches(np.repeat(np.linspace(0, 1, 18)[:, None], 3, axis=1))
    found = seen(nst.load_image(coded("PNG", ramp, primaries, transfer)))
    assert np.abs(found - found.mean(1, keepdims=True)).max() < 0.006
    assert (np.diff(found.mean(1)) >= 0).all() and found[0].max() == 0 and found[-1].min() > 0.99


@pytest.mark.parametrize(("transfer", "value"), [(4, (0.5**2.2)), (8, 0.5)])
def test_a_transfer_that_is_a_power(transfer, value):
    found = seen(nst.load_image(coded("PNG", patches([[0.5] * 3]), 1, transfer)))
    np.testing.assert_allclose(found, curve(np.full((1, 3), value)), atol=0.004)


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_profile_counts_more_in_heic_and_less_in_png():
    """ISO 23000-22 (MIAF), 7.3.6.4; PNG, third edition, 4.3."""
    red = patches([[220 / 255, 40 / 255, 40 / 255]])
    heic, picture = (coded(kind, red, 12, 13, icc_profile=srgb_profile()) for kind in ("HEIF", "PNG"))
    assert 255 * seen(nst.load_image(heic))[0] == pytest.approx((220, 40, 40), abs=3)
    assert 255 * seen(nst.load_image(picture))[0] == pytest.approx((240, 0, 21), abs=2)


def chromaticities(*xy):
    return b"cHRM", struct.pack(">8I", *(round(1e5 * number) for number in xy))


def gamma(number):
    return b"gAMA", struct.pack(">I", round(1e5 * number))


ADOBE = chromaticities(0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)  # white first


def test_an_old_png_with_the_primaries_and_the_power_of_adobe_rgb():
    """Both matrices as published: Adobe RGB (1998), section 4.3.5.3, and IEC 61966-2-1."""
    values = np.array([[100, 150, 100], [180, 120, 90], [128, 128, 128]]) / 255
    to_xyz = np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])
    to_srgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    expected = curve(values ** (1 / 0.45455) @ to_xyz.T @ to_srgb.T)
    found = seen(nst.load_image(png(patches(values), gamma(0.45455), ADOBE)))
    np.testing.assert_allclose(found, expected, atol=0.006)


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(0.45455), chromaticities(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)],  # as nearly every program writes it
        [gamma(0.45455)],
        [gamma(1), (b"sRGB", b"\0")],
        [gamma(1), ADOBE, (b"cICP", b"\1\15\0\1")],
        [gamma(0.6), chromaticities(*[0] * 8)],
        [gamma(0.6), chromaticities(*[0.3] * 8)],
        [(b"gAMA", b"\0\0\0\0")],
        [(b"cICP", b"\14")],
        [(b"cICP", b"")],
        [(b"cICP", bytes([200, 200, 0, 1]))],
    ],
    ids=["sRGB", "its power", "sRGB counts", "cICP counts", "zeros", "a point", "no power", "short", "empty", "unknown"],
)
def test_what_says_srgb_or_nothing_that_makes_sense_leaves_the_colours_as_they_are(chunks):
    noise = Image.effect_noise((64, 48), 90).convert("RGB")
    assert (nst.load_image(png(noise, *chunks))[0].permute(1, 2, 0) * 255).round().numpy().astype(np.uint8).tobytes() == (
        noise.tobytes()
    )


def test_linear_light_in_an_old_png():
    found = seen(nst.load_image(png(patches([[0.2] * 3]), gamma(1))))
    np.testing.assert_allclose(found, curve(np.full((1, 3), 0.2)), atol=0.004)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_every_kind_of_pixel_is_converted_and_the_shape_stays(mode):
    found = nst.load_image(coded("PNG", patches([[0.8, 0.8, 0.8]] * 2).convert(mode), 12, 8), size=24)
    assert found.shape == (1, 3, 24, 24)
    np.testing.assert_allclose(found[0, :, 12, 6], curve(np.full(3, 0.8)), atol=0.004)


@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
def test_the_frames_of_an_animation_are_converted_too(kind, tmp_path):
    frames = [patches([[220 / 255, value / 255, 40 / 255]] * 2) for value in (40, 60)]
    (tmp_path / "a.bin").write_bytes(coded(kind, frames[0], 12, 13, save_all=True, append_images=frames[1:]))
    first, second = read_clip(tmp_path / "a.bin").frames
    assert 255 * seen(first)[0] == pytest.approx((240, 0, 21), abs=4)
    assert seen(second)[0] != pytest.approx(seen(first)[0], abs=0.05)


def test_a_picture_that_is_decoded_already_is_taken_as_it_is():
    picture = Image.open(io.BytesIO(coded("AVIF", patches([[0.8, 0.2, 0.2]]), 1, 13)))
    picture.load()
    assert colours_of(picture) is None and nst.load_image(picture).shape[-2:] == (32, 16)
