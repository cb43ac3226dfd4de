"""Moving pictures that Pillow reads. They are written by ffmpeg, or by Pillow itself."""

import numpy as np
import pytest
from PIL import Image, features

from nst_lessons.moving.clips import read_clip, save_clip
from tests.moving.test_films import greys, record

WRITERS = {
    "a.gif": ("-f", "gif"),
    "a.apng": ("-f", "apng"),
    "apng.png": ("-f", "apng"),
    "a.webp": ("-c:v", "libwebp", "-lossless", "1"),
    "a.avif": ("-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "5", "-pix_fmt", "yuv420p"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_moving_pictures_of_every_kind_are_read_with_their_times(name, tmp_path):
    if name.endswith(".avif") and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    given = [20, 60, 100, 140, 180, 220]
    found = read_clip(record(tmp_path / name, given, *WRITERS[name], rate=10))
    assert greys(found) == pytest.approx(given, abs=3)
    assert found.times == pytest.approx([number / 10 for number in range(7)], abs=0.02) and not found.sound


def pictures(*values):
    return [Image.new("RGB", (48, 32), (value, value, value)) for value in values]


def test_times_of_their_own_are_kept_and_none_is_a_tenth(tmp_path):
    first, *rest = pictures(0, 80, 160, 240)
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=[500, 0, 40, 1000])
    found = read_clip(tmp_path / "a.gif")
    assert found.times == pytest.approx([0, 0.5, 0.6, 0.64, 1.64])
    save_clip(found.frames, tmp_path / "out.gif", times=found.times)
    with Image.open(tmp_path / "out.gif") as image:
        lengths = []
        for number in range(4):
            image.seek(number)
            lengths.append(image.info["duration"])
    assert lengths == [500, 100, 40, 1000]


def test_a_gif_of_many_frames_a_second_stays_as_long_as_it_was(tmp_path):
    """It counts hundredths of a second, and less than two are played as ten: of 100 frames a second each second one stays."""
    frames = np.full((101, 32, 48, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[:, number % 40 : number % 40 + 8] = 200
    save_clip(list(frames), tmp_path / "a.gif", times=[number / 100 for number in range(102)])
    with Image.open(tmp_path / "a.gif") as image:
        lengths = []
        for number in range(image.n_frames):
            image.seek(number)
            lengths.append(image.info["duration"])
    assert sum(lengths) == pytest.approx(1010, abs=20) and len(lengths) == 51 and min(lengths) >= 20


@pytest.mark.parametrize("times", [[0, 700, 701, 702], [0, 350, 700, 701]])
def test_a_picture_that_a_gif_cannot_show_so_long_is_told_and_leaves_the_old_file(times, tmp_path):
    """Its 16 bits count hundredths of a second; equal pictures, one after the other, are written as one."""
    (tmp_path / "a.gif").write_text("precious")
    with pytest.raises(ValueError, match=r"at most 655 seconds: save the clip as \.mp4"):
        save_clip(pictures(0, 0, 90), tmp_path / "a.gif", times=times)
    assert (tmp_path / "a.gif").read_text() == "precious" and len(list(tmp_path.iterdir())) == 1
    save_clip(pictures(0, 90, 180), tmp_path / "a.gif", times=[0, 655, 656, 657])
    assert read_clip(tmp_path / "a.gif").times == pytest.approx([0, 655, 656, 657])


def test_what_an_apng_shows_where_it_cannot_move_is_no_frame_of_it(tmp_path):
    first, *rest = pictures(255, 50, 100, 150)
    first.save(tmp_path / "a.png", save_all=True, append_images=rest, duration=100, default_image=True)
    assert greys(read_clip(tmp_path / "a.png")) == [50, 100, 150]


def test_the_content_counts_not_the_name(tmp_path):
    """What a messenger calls a GIF is often an MP4, and the other way round."""
    record(tmp_path / "film.mp4", [40, 90, 140]).rename(tmp_path / "film.gif")
    assert greys(read_clip(tmp_path / "film.gif")) == pytest.approx([40, 90, 140], abs=1)
    first, *rest = pictures(40, 90)
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest)
    (tmp_path / "a.gif").rename(tmp_path / "a.mp4")
    assert greys(read_clip(tmp_path / "a.mp4")) == [40, 90]


def test_a_picture_that_does_not_move_is_told(tmp_path):
    pictures(90)[0].save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="has one frame and does not move"):
        read_clip(tmp_path / "a.png")
    first, *rest = (image.resize((12, 12)) for image in pictures(0, 90))
    first.save(tmp_path / "tiny.gif", save_all=True, append_images=rest)
    with pytest.raises(ValueError, match="12 x 12"):
        read_clip(tmp_path / "tiny.gif")
