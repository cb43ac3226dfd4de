import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons import images

RED = (200, 30, 10)


def close_to(image, rgb, atol=1.5):
    """Whether the picture's middle has this colour (0 to 255)."""
    h, w = image.shape[-2:]
    return np.allclose(image[0, :, h // 2, w // 2].numpy() * 255, rgb, atol=atol)


def save(pil, path, **options):
    pil.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "make", "colour"),
    [
        ("grey.png", lambda: Image.new("L", (40, 30), 90), (90, 90, 90)),
        ("grey alpha.png", lambda: Image.new("LA", (40, 30), (0, 51)), (204, 204, 204)),
        ("bilevel.png", lambda: Image.new("1", (40, 30), 1), (255, 255, 255)),
        ("palette.png", lambda: Image.new("RGB", (40, 30), RED).quantize(4), RED),
        ("rgba.png", lambda: Image.new("RGBA", (40, 30), (*RED, 0)), (255, 255, 255)),
        ("sixteen.png", lambda: Image.fromarray(np.full((30, 40), 32768, np.uint16)), (127.5, 127.5, 127.5)),
        ("float.tiff", lambda: Image.fromarray(np.full((30, 40), 0.5, np.float32)), (127.5, 127.5, 127.5)),
        ("webp.webp", lambda: Image.new("RGB", (40, 30), RED), RED),
        ("Bild mit Lücken – 画.png", lambda: Image.new("RGB", (40, 30), RED), RED),
    ],
)
def test_every_mode_becomes_rgb(name, make, colour, tmp_path):
    options = {"lossless": True} if name.endswith("webp") else {}
    image = nst.load_image(save(make(), tmp_path / name, **options))
    assert image.shape == (1, 3, 30, 40) and image.dtype == torch.float32
    assert close_to(image, colour)


def test_cmyk(tmp_path):
    path = save(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=95)
    assert close_to(nst.load_image(path), (255, 0, 0), atol=6)


def test_transparency_in_a_palette_is_laid_on_white(tmp_path):
    pil = Image.new("P", (40, 30), 1)
    pil.putpalette([0, 0, 0, *RED])
    assert close_to(nst.load_image(save(pil, tmp_path / "p.png", transparency=1)), (255, 255, 255))


def test_an_animated_gif_gives_its_first_frame(tmp_path):
    first, second = Image.new("RGB", (40, 30), RED), Image.new("RGB", (40, 30), (0, 0, 255))
    path = save(first, tmp_path / "a.gif", save_all=True, append_images=[second])
    assert close_to(nst.load_image(path), RED)


def test_exif_orientation_is_applied(tmp_path):
    pil = Image.new("RGB", (64, 32), "black")
    pil.paste((255, 255, 255), (0, 0, 32, 32))  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    image = nst.load_image(save(pil, tmp_path / "a.jpg", exif=exif, quality=95))
    assert image.shape == (1, 3, 64, 32)
    assert image[..., :16, :].min() > 0.9 and image[..., 48:, :].max() < 0.1  # so white is on top


@pytest.mark.parametrize(
    "array",
    [
        np.full((20, 24), 128, np.uint8),
        np.full((20, 24, 3), 128, np.uint8),
        np.full((20, 24, 3), 128 / 255),
        np.dstack([np.zeros((20, 24, 3)), np.full((20, 24), 127 / 255)]),  # half transparent black
        torch.full((3, 20, 24), 128 / 255),
        torch.full((1, 3, 20, 24), 128, dtype=torch.uint8),
        Image.new("RGB", (24, 20), (128, 128, 128)),
    ],
    ids=["grey", "rgb", "float", "rgba", "tensor", "uint8 tensor", "PIL"],
)
def test_arrays_tensors_and_pil(array):
    image = nst.load_image(array)
    assert image.shape == (1, 3, 20, 24) and close_to(image, (128, 128, 128))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((20, 24, 3)) + 200.0, "from 200 to 200: a float picture has values from 0 to 1"),
        (torch.full((3, 20, 24), float("nan")), "nan"),
        (np.zeros((20, 24, 3), np.int64), "give uint8"),
        (np.zeros((20, 24, 2), np.uint8), "is not a picture"),
        (np.zeros(20, np.uint8), "is not a picture"),
        (torch.zeros(2, 3, 20, 24), "is not a picture"),
        (torch.zeros(1, 3, 1, 1), "1 x 1 pixels is too small"),
        (Image.new("RGB", (20000, 10)), "20000 x 10 pixels is too small"),
        (17, "Cannot read a picture from a int"),
    ],
)
def test_sources_that_are_no_pictures(source, message):
    with pytest.raises(ValueError, match=message):
        nst.load_image(source)


def bad_files(folder: Path) -> dict[str, str]:
    """Files that no picture can be read from, and what the error says first."""
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.png").touch()
    (folder / "folder.png").mkdir()
    whole = save(Image.effect_noise((200, 200), 90).convert("RGB"), folder / "whole.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    return {
        "text.jpg": "is not a picture that can be read",
        "empty.png": "is empty",
        "folder.png": "is a folder",
        "cut.jpg": "is damaged or cut off",
        "missing.jpg": "There is no file",
    }


@pytest.mark.parametrize("name", ["text.jpg", "empty.png", "folder.png", "cut.jpg", "missing.jpg"])
def test_bad_files_say_what_is_wrong(name, tmp_path):
    message = bad_files(tmp_path)[name]
    with pytest.raises((ValueError, FileNotFoundError)) as error:
        nst.load_image(tmp_path / name)
    assert message in str(error.value).splitlines()[0] and name in str(error.value)


@pytest.mark.parametrize(("shape", "size", "expected"), [((300, 400), 200, (150, 200)), ((401, 100), 64, (64, 16))])
def test_size_is_the_long_side(shape, size, expected, random_image):
    assert nst.resize(random_image(*shape), size).shape[-2:] == expected


def test_a_shape_too_thin_for_the_network_is_refused(random_image):
    with pytest.raises(ValueError, match="512 x 13 at size 512"):
        nst.resize(random_image(20, 800), 512)


def test_a_size_that_the_memory_does_not_take_is_told_before_it_is_made(random_image, tmp_path):
    nst.save_image(random_image(48, 64), tmp_path / "a.png")
    for source in (random_image(48, 64), tmp_path / "a.png"):
        with pytest.raises(ValueError, match=r"Size 99999999 needs about .* GB of memory.*largest size that fits"):
            nst.load_image(source, 99_999_999)


def test_resizing_is_antialiased():
    stripes = torch.zeros(1, 3, 240, 240)
    stripes[..., ::2] = 1  # finer than the result can show: it must come out grey, not striped
    small = nst.resize(stripes, 48)
    assert (small[..., 2:-2] - 0.5).abs().max() < 0.03


def test_save_and_load_again(tmp_path, random_image):
    image = random_image(30, 40)
    again = nst.load_image(nst.save_image(image, tmp_path / "a.png"))
    assert (again - image).abs().max() <= 0.5 / 255 + 1e-6
    assert os.stat(tmp_path / "a.png").st_mode & 0o777 == 0o644


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, random_image, monkeypatch):
    nst.save_image(random_image(20, 20), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def half(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(OSError, match="disk full"):
        nst.save_image(random_image(20, 20, seed=1), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nowhere/a.png", FileNotFoundError, "does not exist"),
        ("a.xyz", ValueError, "end the name in"),
        ("a", ValueError, "end the name in"),
        ("taken.png", ValueError, "is a folder"),
    ],
)
def test_places_that_cannot_be_written(name, error, message, tmp_path, random_image):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(error, match=message):
        nst.save_image(random_image(20, 20), tmp_path / name)


def test_no_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, as in a container, may write anywhere
    with pytest.raises(PermissionError, match="No permission to write"):
        images.writable(tmp_path / "a.png")


@pytest.mark.parametrize("size", [None, 512, 64])
def test_a_picture_is_contiguous_so_that_lbfgs_takes_its_clone(size):
    picture = nst.load_image("astronaut", size)  # 512 x 512: nothing is resized
    assert picture.is_contiguous() and picture.clone().is_contiguous()


def test_a_shape_is_read_from_the_header_alone(tmp_path, random_image):
    path = nst.save_image(random_image(300, 400), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:200])  # the rest of the file is not there
    assert images.shape_of(path) == (300, 400)
    assert images.shape_of(random_image(30, 40)) == images.shape_of(Image.new("L", (40, 30))) == (30, 40)
    with pytest.raises(ValueError, match="damaged or cut off"):
        nst.load_image(path)
    with pytest.raises(FileNotFoundError, match=r"no file .*b\.png"):
        images.shape_of(tmp_path / "b.png")
