"""What people bring as pictures: formats, profiles, orientation, sizes, containers, and files that are none."""

import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import PIL
import pytest
from PIL import EpsImagePlugin, Image, ImageCms, PngImagePlugin

import nst_lessons as nst
from nst_lessons import decoding
from nst_lessons.images import load_views, shape_of
from nst_lessons.moving.clips import read_clip

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n{ } loop\n%%EOF\n"


def middle(image):
    """The colour in the middle of a picture, 0 to 255."""
    height, width = image.shape[-2:]
    return (image[0, :, height // 2, width // 2] * 255).tolist()


def flat(colour, mode="RGB", size=(64, 48)):
    return Image.new(mode, size, colour)


def halves(size=(64, 48)):
    """White at the left, black at the right."""
    picture = flat("black", size=size)
    picture.paste("white", (0, 0, size[0] // 2, size[1]))
    return picture


def test_a_program_that_is_named_as_a_photo_is_not_run(tmp_path, monkeypatch):
    """Pillow goes by content, and gives PostScript to Ghostscript: here to a script that leaves a trace."""
    trace = tmp_path / "trace"
    gs = tmp_path / "gs"
    gs.write_text(f"#!/bin/sh\ntouch {trace}\n")
    gs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    (tmp_path / "holiday.jpg").write_bytes(POSTSCRIPT)
    for source in (tmp_path / "holiday.jpg", POSTSCRIPT, Image.open(tmp_path / "holiday.jpg")):
        with pytest.raises(ValueError, match=r"not a picture that can be read|not for photos"):
            nst.load_image(source, 64)
    (tmp_path / "holiday.gif").write_bytes(POSTSCRIPT)
    with pytest.raises(ValueError, match="is not a clip that can be read"):
        read_clip(tmp_path / "holiday.gif")
    assert not trace.exists()
    with pytest.raises(Exception):  # noqa: B017
        Image.open(tmp_path / "holiday.jpg").load()
    assert trace.exists()  # so that the test can fail


def foreign(kind):
    """A picture in a format that Pillow knows but that is not for photos."""
    data = io.BytesIO()
    flat("teal").convert("L" if kind == "XBM" else "RGB").convert("1" if kind in ("XBM", "MSP") else "RGB").save(data, kind)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["EPS", "ICO", "PCX", "SGI", "TGA", "PPM", "XBM", "MSP", "DDS", "JPEG2000"])
def test_formats_of_no_photo_are_refused_whatever_the_ending(kind, tmp_path):
    (tmp_path / "holiday.png").write_bytes(foreign(kind))
    with pytest.raises(ValueError, match=r"holiday.png is not a picture that can be read: use JPEG"):
        nst.load_image(tmp_path / "holiday.png")


@pytest.mark.parametrize("name", ["a.heic", "a.avif", "a.jfif", "a.jpe", "a.mpo", "a.webp", "a.bmp", "a.tif", "sent as a.jpg"])
def test_what_phones_and_browsers_write_is_read(name, tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    kind = {"heic": "HEIF", "avif": "AVIF", "jfif": "JPEG", "jpe": "JPEG", "mpo": "MPO"}.get(name.split(".")[-1])
    kind = "HEIF" if name.startswith("sent") else kind
    flat((200, 30, 10), size=(96, 64)).save(tmp_path / name, format=kind, quality=95)
    image = nst.load_image(tmp_path / name)
    assert image.shape == (1, 3, 64, 96) and middle(image) == pytest.approx((200, 30, 10), abs=4)


def test_heic_without_its_package_names_the_package(tmp_path, monkeypatch):
    pytest.importorskip("pillow_heif").register_heif_opener()
    flat("teal").save(tmp_path / "a.heic")
    decoding.formats.cache_clear()
    monkeypatch.setattr(decoding, "FORMATS", ("JPEG", "PNG"))
    try:
        with pytest.raises(ValueError, match="run `pip install pillow-heif`"):
            nst.load_image(tmp_path / "a.heic")
    finally:
        decoding.formats.cache_clear()


def display_p3():
    """sRGB's profile with the primaries of phones' displays (SMPTE EG 432-1, adapted to D50)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for index in range(struct.unpack(">I", profile[128:132])[0]):
        name, offset, _ = struct.unpack(">4sII", profile[132 + 12 * index : 144 + 12 * index])
        if name in primaries:
            profile[offset + 8 : offset + 20] = b"".join(struct.pack(">i", round(v * 65536)) for v in primaries[name])
    return bytes(profile)


def p3_in_srgb(colour):
    """A colour of Display P3 in sRGB by the formulas alone: both have sRGB's curve, and the matrix is XYZ's of the two."""
    values = np.array(colour) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    to_srgb = [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]]
    linear = np.clip(to_srgb @ linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("colour", [(220, 40, 40), (60, 120, 200), (128, 128, 128)])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.heic"])
def test_colours_of_a_profile_become_srgb(colour, name, tmp_path):
    if name == "a.heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    options = {"quality": 100} if name in ("a.jpg", "a.heic") else {"lossless": True} if name == "a.webp" else {}
    flat(colour).save(tmp_path / name, icc_profile=display_p3(), **options)
    assert middle(nst.load_image(tmp_path / name)) == pytest.approx(p3_in_srgb(colour), abs=4 if options else 2)


def test_a_picture_in_srgb_stays_as_it_is(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = Image.effect_noise((64, 48), 90).convert("RGB")
    noise.save(tmp_path / "a.png", icc_profile=srgb)
    assert np.abs(nst.load_image(tmp_path / "a.png")[0].permute(1, 2, 0).numpy() * 255 - np.asarray(noise)).max() < 1.1


def test_the_colour_of_the_report():
    assert p3_in_srgb((220, 40, 40)) == pytest.approx((240, 0, 21), abs=1)


@pytest.mark.parametrize("profile", [b"", b"no profile", display_p3()[:200]], ids=["none", "text", "cut off"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "LA"])
def test_a_profile_that_is_broken_or_of_another_mode_is_ignored(profile, mode, tmp_path):
    name = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture = flat((90, 90, 90)).quantize(4) if mode == "P" else flat((90, 90, 90)).convert(mode)
    picture.save(name, icc_profile=profile)
    assert middle(nst.load_image(name)) == pytest.approx((90, 90, 90), abs=2)


def exif_jpeg(entries, data):
    """A JPEG with orientation 6 and one more EXIF entry."""
    whole = io.BytesIO()
    halves().save(whole, "JPEG", quality=95)
    entries = sorted([(0x112, 3, 1, struct.pack("<HH", 6, 0)), *entries])
    tiff = b"II*\0" + struct.pack("<IH", 8, len(entries))
    tiff += b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries) + bytes(4) + data
    body = b"Exif\0\0" + tiff
    return whole.getvalue()[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + whole.getvalue()[2:]


NEWER_PILLOW = pytest.mark.skipif(int(PIL.__version__[:2]) < 13, reason="an older Pillow reads no entry after such a one")
PLACE = struct.pack("<I", 8 + 2 + 24 + 4)  # where the data is, after two entries


@pytest.mark.parametrize(
    ("entry", "data"),
    [
        ((0x11A, 10, 1, PLACE), struct.pack("<ii", -1, 0)),
        ((0x11A, 5, 1, PLACE), struct.pack("<II", 1, 0)),
        ((0x10E, 5, 1, PLACE), struct.pack("<II", 72, 1)),
        ((0x10F, 3, 1, struct.pack("<I", 7)), b""),
        pytest.param((0x10F, 2, 5_000_000, PLACE), b"x", marks=NEWER_PILLOW),
        ((0x10F, 99, 1, PLACE), b"x"),
        ((0x8769, 4, 1, struct.pack("<I", 8)), b""),  # EXIF's own table is this one again
        ((0x8769, 2, 4, b"text"), b""),
        ((0x927C, 7, 20, PLACE), b"Nikon\0" * 4),
    ],
    ids=["-1/0", "1/0", "rational text", "number as maker", "too long", "unknown type", "round", "no table", "maker's note"],
)
def test_odd_exif_does_not_matter_and_the_photo_is_upright(entry, data, tmp_path):
    (tmp_path / "a.jpg").write_bytes(exif_jpeg([entry], data))
    image = nst.load_image(tmp_path / "a.jpg")
    assert image.shape == (1, 3, 64, 48)
    assert image[..., :24, :].min() > 0.9 and image[..., 40:, :].max() < 0.1  # turned clockwise: white is on top


@pytest.mark.parametrize(
    ("number", "white"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom"), (9, "left")],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_every_orientation(number, white, name, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = number
    halves().save(tmp_path / name, exif=exif, **({"lossless": True} if name == "a.webp" else {}))
    image = nst.load_image(tmp_path / name)
    sides = {"left": image[..., :20], "right": image[..., -20:], "top": image[..., :20, :], "bottom": image[..., -20:, :]}
    assert image.shape[-2:] == ((48, 64) if number in (1, 2, 3, 4, 9) else (64, 48))
    assert max(sides, key=lambda side: sides[side].mean().item()) == white and sides[white].mean() > 0.9


@pytest.mark.parametrize("after", [False, True], ids=["before the pixels", "after them"])
def test_long_texts_in_a_png_are_left_out(after, tmp_path):
    text = PngImagePlugin.PngInfo()
    if not after:
        text.add_text("workflow", "x" * 3_000_000, zip=True)
    flat((200, 30, 10)).save(tmp_path / "a.png", pnginfo=text)
    if after:
        body = b"zTXtworkflow\0\0" + zlib.compress(b"x" * 3_000_000)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        data = (tmp_path / "a.png").read_bytes()
        (tmp_path / "a.png").write_bytes(data[:-12] + chunk + data[-12:])
    assert middle(nst.load_image(tmp_path / "a.png")) == pytest.approx((200, 30, 10), abs=1)


def header_only(width, height):
    """A PNG that says that it is so large, and a few bytes of pixels."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1000)))]
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in [*parts, (b"IEND", b"")]]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


PEAK = """
import re, sys
from pathlib import Path
import nst_lessons as nst

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

nst.load_image("astronaut", 64)
Path("/proc/self/clear_refs").write_text("5")  # from now on: it begins with the largest of the parent's
before = most()
try:
    print(tuple(nst.load_image(sys.argv[1], 220).shape[-2:]))
except ValueError as error:
    print(error)
print((most() - before) // 1024)
"""


def peak(path):
    """What `load_image(path, 220)` says in a process of its own, and the megabytes that it takes at most."""
    if not os.path.exists("/proc/self/clear_refs"):
        pytest.skip("only Linux tells the most memory that was taken since a moment")
    run = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    said, megabytes = run.stdout.splitlines()
    return said, int(megabytes)


@pytest.mark.slow
def test_a_large_photo_takes_memory_for_its_bytes_alone(tmp_path):
    """54 megapixels are 216 MB as Pillow has them; they were 1.8 GB as float."""
    flat("teal", size=(9000, 6000)).save(tmp_path / "a.png", compress_level=1)
    said, megabytes = peak(tmp_path / "a.png")
    assert said == "(147, 220)" and megabytes < 320


@pytest.mark.slow
def test_a_jpeg_of_200_megapixels_is_read_at_a_fraction(tmp_path):
    flat("teal", size=(16320, 12240)).save(tmp_path / "a.jpg", quality=50)
    said, megabytes = peak(tmp_path / "a.jpg")
    assert said == "(165, 220)" and megabytes < 120


@pytest.mark.slow
def test_a_few_bytes_that_say_that_they_are_huge_are_refused_by_their_header(tmp_path):
    small = io.BytesIO()
    flat("black", size=(12000, 12000)).save(small, "webp", lossless=True, method=0)
    whole = io.BytesIO()
    Image.new("1", (16000, 14000)).save(whole, "png")
    assert len(small.getvalue()) < 100 and len(whole.getvalue()) < 100_000
    for name, data in {
        "a.webp": small.getvalue(),
        "a.png": header_only(100_000, 100_000),
        "b.png": header_only(16000, 14000),
        "c.png": whole.getvalue(),
    }.items():
        (tmp_path / name).write_bytes(data)
        said, megabytes = peak(tmp_path / name)
        assert f"{name} has" in said and "too many" in said and megabytes < 60


def test_without_a_size_the_float_picture_must_fit_too(tmp_path, monkeypatch):
    flat("teal", size=(3000, 2000)).save(tmp_path / "a.png")
    monkeypatch.setattr(decoding, "free_memory", lambda: 100_000_000)
    with pytest.raises(ValueError, match=r"a.png has 3000 x 2000 pixels and needs 0.2 GB.*give a size"):
        nst.load_image(tmp_path / "a.png")
    assert nst.load_image(tmp_path / "a.png", 512).shape[-2:] == (341, 512)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "CMYK", "I;16", "F"])
def test_a_picture_that_is_made_smaller_first_keeps_its_shape_and_colours(mode, tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MANY", 1000)
    name = tmp_path / ("a.tif" if mode in ("CMYK", "F") else "a.png")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(halves((533, 300)).convert("L")).astype(np.uint16) * 257)
    elif mode == "F":
        picture = Image.fromarray(np.asarray(halves((533, 300)).convert("L")).astype(np.float32) / 255)
    else:
        picture = halves((533, 300)).convert(mode)
    picture.save(name)
    image = nst.load_image(name, 40)
    assert image.shape == (1, 3, 23, 40)  # 300 * 40 / 533 = 22.5
    assert image[..., :18].min() > 0.95 and image[..., 22:].max() < 0.05


def test_the_shape_is_that_of_the_whole_file_to_the_pixel(tmp_path):
    """At a fraction of its size a JPEG's sides are rounded: 1001 x 3001 pixels are 171 x 512, and 126 x 376 would be 172."""
    for width, height in ((1001, 3001), (3001, 1009), (2003, 1500)):
        flat("teal", size=(width, height)).save(tmp_path / "a.jpg")
        expected = tuple(round(side * 512 / max(width, height)) for side in (height, width))
        assert nst.load_image(tmp_path / "a.jpg", 512).shape[-2:] == expected


def test_a_tiff_that_begins_with_its_thumbnail_gives_the_photo(tmp_path):
    small, large = flat("black", size=(32, 24)), flat((200, 30, 10), size=(160, 120))
    small.save(tmp_path / "a.tif", save_all=True, append_images=[large], tiffinfo={254: 1})
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with Image.open(tmp_path / "a.tif") as both:
        kinds = []
        for page in range(2):
            both.seek(page)
            kinds.append(both.tag_v2.get(254, 0))
    if kinds[1]:  # Pillow gives all pages the same tags: the second is no thumbnail
        at = data.rindex(struct.pack("<HHI", 254, 4, 1))
        data[at + 8 : at + 12] = bytes(4)
        (tmp_path / "a.tif").write_bytes(data)
    image = nst.load_image(tmp_path / "a.tif")
    assert image.shape == (1, 3, 120, 160) and middle(image) == pytest.approx((200, 30, 10), abs=1)


@pytest.mark.parametrize(("name", "tags"), [("a.dng", {}), ("a.tif", {50706: b"\1\4\0\0"}), ("b.tif", {254: 1}), ("a.NEF", {})])
def test_a_raw_file_is_refused_and_not_taken_for_its_thumbnail(name, tags, tmp_path):
    flat("teal").save(tmp_path / name, "TIFF", tiffinfo=tags)
    with pytest.raises(ValueError, match=rf"{name} is a camera's raw file.*save it as JPEG"):
        nst.load_image(tmp_path / name)


def jps(name, folder, descriptor=None):
    """A red view and a blue one side by side, red at the left of the picture."""
    both = flat("red", size=(128, 48))
    both.paste("blue", (64, 0, 128, 48))
    both.save(folder / name, "JPEG", quality=95)
    if descriptor is not None:
        body = b"_JPSJPS_" + struct.pack(">HI", 4, descriptor)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:2] + b"\xff\xe3" + struct.pack(">H", len(body) + 2) + body + data[2:])
    return folder / name


@pytest.mark.parametrize(
    ("name", "descriptor", "left"),
    [("a.jps", None, "blue"), ("a.jps", 0x00000201, "blue"), ("a.jpg", 0x00040201, "red"), ("a.jpg", None, None)],
)
def test_both_views_of_a_jps(name, descriptor, left, tmp_path):
    """Crossed, the right eye's view at the left, unless the file says otherwise; in a JPEG without a word there is one."""
    path = jps(name, tmp_path, descriptor)
    views = load_views(path)
    if left is None:
        assert views == [] and nst.load_image(path).shape[-1] == 128
        return
    first, second = ((0, 0, 255), (255, 0, 0)) if left == "blue" else ((255, 0, 0), (0, 0, 255))
    assert [view.shape for view in views] == [(1, 3, 48, 64)] * 2
    assert middle(views[0]) == pytest.approx(first, abs=8) and middle(views[1]) == pytest.approx(second, abs=8)
    assert middle(nst.load_image(path, 32)) == pytest.approx(first, abs=8)  # one view, not two side by side


def test_both_views_of_an_mpo_and_none_of_one_with_a_preview(tmp_path):
    red, blue = flat("red"), flat("blue")
    red.save(tmp_path / "a.mpo", save_all=True, append_images=[blue])
    assert [middle(view)[0] > 200 for view in load_views(tmp_path / "a.mpo")] == [True, False]
    red.save(tmp_path / "b.mpo", save_all=True, append_images=[blue.resize((32, 24))])
    assert load_views(tmp_path / "b.mpo") == []
    assert nst.load_image(tmp_path / "b.mpo").shape[-1] == 64


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.tif", "a.bmp", "a.avif", "a.heic"])
def test_a_file_that_is_damaged_anywhere_is_a_message_with_its_name(name, tmp_path):
    """Every 40th byte overwritten, and every tenth of the file cut off: a picture, or a ValueError that names the file."""
    if name == "a.heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    Image.effect_noise((64, 48), 90).convert("RGB").save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    damaged = [data[: len(data) * tenth // 10] for tenth in range(1, 10)]
    damaged += [
        data[:place] + b"\xff\x00\x80\x7f" + data[place + 4 :] for place in range(0, len(data), max(40, len(data) // 60))
    ]
    messages = 0
    for number, bytes_ in enumerate(damaged):
        (tmp_path / name).write_bytes(bytes_)
        try:
            image = nst.load_image(tmp_path / name, 32)
            assert image.isfinite().all() and max(image.shape[-2:]) == 32, number
        except ValueError as error:
            messages += 1
            assert str(error).startswith(str(tmp_path / name)) and " object at " not in str(error), number
    assert messages > 3


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.avif", "a.heic"])
def test_a_file_that_is_cut_off_near_its_head_is_not_told_to_be_of_another_format(name, tmp_path):
    if name == "a.heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    flat("teal").save(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:32])
    with pytest.raises(ValueError, match=f"{name} is (not a picture that can be read: it is )?damaged or cut off"):
        nst.load_image(tmp_path / name)


def test_the_bytes_of_a_file_are_read_as_the_file_is(tmp_path):
    data = exif_jpeg([], b"")
    (tmp_path / "a.jpg").write_bytes(data)
    assert (nst.load_image(data) == nst.load_image(tmp_path / "a.jpg")).all()
    with pytest.raises(ValueError, match=r"^This is not a picture that can be read"):
        nst.load_image(b"text")


def test_a_damaged_file_that_pillow_has_opened_is_told_too():
    data = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(data, "png")
    with pytest.raises(ValueError, match="This picture is damaged or cut off"):
        nst.load_image(Image.open(io.BytesIO(data.getvalue()[:5000])))


def test_pillows_own_limit_stays_what_it_was(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    flat("teal").save(tmp_path / "a.png")
    nst.load_image(tmp_path / "a.png")
    assert shape_of(tmp_path / "a.png") == (48, 64) and before == Image.MAX_IMAGE_PIXELS
