"""Clips that are written and read back, and files that are none."""

import importlib.util
import re
import subprocess

import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons.images import to_pil
from nst_lessons.moving import clips
from nst_lessons.moving.clips import read_clip, save_clip

FORMATS = {"a.gif": "gif", "a.png": "apng", "a.mkv": "matroska"}  # what ffmpeg calls them


def squares(count=6, size=(48, 64)):
    """A white square that moves 4 pixels a frame over a blue ground: nothing that a codec could blur much."""
    frames = []
    for i in range(count):
        frame = torch.tensor([0.1, 0.2, 0.6]).view(1, 3, 1, 1).expand(1, 3, *size).clone()
        frame[..., 16:32, 4 * i : 4 * i + 16] = 0.9
        frames.append(frame)
    return frames


def ffmpeg(*arguments):
    subprocess.run([clips.ffmpeg(), "-y", "-v", "error", *map(str, arguments)], check=True)


def streams(path):
    """What ffmpeg itself says of a file: the lines of its streams."""
    told = subprocess.run([clips.ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, text=True).stderr
    return [line.strip() for line in told.splitlines() if "Stream #" in line]


def seconds_of_sound(path):
    """How long the sound is, decoded: 16-bit samples, one channel, 8000 a second."""
    command = [clips.ffmpeg(), "-v", "error", "-i", str(path), "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    return len(subprocess.run(command, capture_output=True, check=True).stdout) / 16000


@pytest.fixture
def sounding(tmp_path):
    """A function (length, sound's length, name, codec) -> a clip of a test card with a sine tone."""

    def make(seconds=1, tone=1, name="tone.mp4", codec="aac"):
        card = ["-f", "lavfi", "-i", f"testsrc=size=96x64:rate=12:duration={seconds}"]
        sine = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={tone}"]
        ffmpeg(
            *card, *sine, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", codec, "-movflags", "+faststart", tmp_path / name
        )
        return tmp_path / name

    return make


@pytest.mark.parametrize(("name", "tolerance"), [("a.mp4", 0.02), ("a.gif", 0.005)])
def test_what_is_written_is_read_back(name, tolerance, tmp_path):
    frames = squares()
    assert save_clip(frames, tmp_path / name, fps=10) == tmp_path / name
    found = read_clip(tmp_path / name)
    assert len(found.frames) == 6 and found.fps == pytest.approx(10) and not found.sound and found.note is None
    for frame, original in zip(found.frames, frames, strict=True):
        assert frame.shape == original.shape and frame.dtype == torch.float32
        assert (frame - original).abs().mean() < tolerance
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_gif_has_the_colours_and_times_that_pillow_reads_in_it(tmp_path):
    save_clip(squares(), tmp_path / "a.gif", fps=24)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 6 and image.info["loop"] == 0
        times = []
        for number in range(6):
            image.seek(number)
            times.append(image.info["duration"])
            assert image.convert("RGB").getpixel((4 * number + 8, 20)) == to_pil(squares()[0]).getpixel((8, 20))
    assert times == [40, 40, 40, 50, 40, 40]  # milliseconds, in tens: 250 for six frames of a 24th second


def test_an_mp4_is_h264_that_browsers_play_and_loses_an_odd_row(tmp_path):
    frames = squares(size=(49, 65))
    save_clip(frames, tmp_path / "a.mp4")
    (video,) = streams(tmp_path / "a.mp4")
    assert "h264" in video and "yuv420p" in video and "64x48" in video and "12 fps" in video
    assert (read_clip(tmp_path / "a.mp4").frames[0] - frames[0][..., :48, :64]).abs().mean() < 0.02


def test_frames_are_read_at_a_size_and_only_as_many_as_asked_for(sounding):
    path = sounding()
    found = read_clip(path, size=48, most=5)
    assert len(found.frames) == 5 and found.frames[0].shape == (1, 3, 32, 48) and found.note is None and found.sound
    assert len(read_clip(path).frames) == 12


def test_the_frames_are_those_that_ffmpeg_writes_one_by_one(sounding, tmp_path):
    path = sounding()
    ffmpeg("-i", path, "-vf", "scale=flags=bicubic+accurate_rnd+full_chroma_int", tmp_path / "frame%02d.png")
    for number, frame in enumerate(read_clip(path).frames, 1):
        assert torch.equal(frame, nst.load_image(tmp_path / f"frame{number:02}.png"))


def test_a_clip_held_upright_is_read_upright(sounding, tmp_path):
    ffmpeg("-display_rotation", "90", "-i", sounding(), "-c", "copy", tmp_path / "turned.mp4")
    lying, upright = read_clip(sounding()).frames[0], read_clip(tmp_path / "turned.mp4").frames[0]
    assert upright.shape == (1, 3, 96, 64)
    assert (upright - lying.rot90(1, (2, 3))).abs().mean() < 0.01


def test_sound_is_kept_as_it_is(sounding, tmp_path):
    path = sounding()
    save_clip(read_clip(path).frames, tmp_path / "out.mp4", fps=12, sound=path)
    for file in (path, tmp_path / "out.mp4"):
        ffmpeg("-i", file, "-map", "0:a", "-c", "copy", "-f", "adts", file.with_suffix(".aac"))
    ours, theirs = ((tmp_path / name).read_bytes() for name in ("out.aac", "tone.aac"))
    assert len(ours) > 1000 and theirs.startswith(ours[:-500])  # the same packets, which were not coded a second time


def test_sound_that_an_mp4_cannot_hold_is_coded_anew(sounding, tmp_path):
    path = sounding(name="old.avi", codec="pcm_s16le")
    save_clip(read_clip(path).frames, tmp_path / "out.mp4", fps=12, sound=path)
    assert any("Audio: aac" in line for line in streams(tmp_path / "out.mp4"))


@pytest.mark.parametrize(("tone", "heard"), [(0.5, 0.5), (3, 1)])
def test_sound_neither_shortens_the_pictures_nor_outlasts_them(tone, heard, sounding, tmp_path):
    path = sounding(tone=tone)
    save_clip(read_clip(path).frames, tmp_path / "out.mp4", fps=12, sound=path)
    assert len(read_clip(tmp_path / "out.mp4").frames) == 12
    assert seconds_of_sound(tmp_path / "out.mp4") == pytest.approx(heard, abs=0.1)


def test_a_silent_clip_gives_no_sound(tmp_path):
    save_clip(squares(), tmp_path / "silent.mp4")
    save_clip(squares(), tmp_path / "out.mp4", sound=tmp_path / "silent.mp4")
    assert len(streams(tmp_path / "out.mp4")) == 1


def test_of_a_cut_mp4_the_frames_before_the_cut_are_read_and_it_is_said(sounding, tmp_path):
    path = sounding(seconds=4, tone=4)
    whole, data = read_clip(path).frames, path.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    found = read_clip(tmp_path / "cut.mp4", size=96)
    assert 2 <= len(found.frames) < 40
    assert "cut.mp4 is damaged or cut off (" in found.note and f"the {len(found.frames)} frames" in found.note
    assert torch.equal(found.frames[1], whole[1])


def test_a_gif_cut_anywhere_gives_its_whole_frames_with_a_note_or_says_that_it_is_none(tmp_path, random_image):
    frames = [random_image(24, 32, seed) for seed in range(4)]
    data = save_clip(frames, tmp_path / "whole.gif").read_bytes()
    whole, counts = read_clip(tmp_path / "whole.gif").frames, []
    for length in range(len(data) // 50, len(data), len(data) // 50):
        (tmp_path / "cut.gif").write_bytes(data[:length])
        try:
            found = read_clip(tmp_path / "cut.gif")
        except ValueError as error:
            assert re.search("is not a clip that can be read|has one frame", str(error))
        else:
            counts.append(len(found.frames))
            assert "cut.gif is damaged or cut off" in found.note and f"{counts[-1]} frames that could be read" in found.note
            assert all(torch.equal(one, other) for one, other in zip(found.frames, whole, strict=False))
    assert counts == sorted(counts) and set(counts) == {2, 3}


@pytest.mark.parametrize("ending", ["mp4", "gif"])
def test_files_that_are_no_clips(ending, tmp_path):
    for name, content in {"text": b"not a clip", "empty": b"", "random": bytes(range(256)) * 40}.items():
        (tmp_path / f"{name}.{ending}").write_bytes(content)
        with pytest.raises(ValueError, match="is empty" if name == "empty" else "is not a clip that can be read"):
            read_clip(tmp_path / f"{name}.{ending}")
    (tmp_path / f"folder.{ending}").mkdir()
    with pytest.raises(ValueError, match="is a folder, not a clip"):
        read_clip(tmp_path / f"folder.{ending}")
    with pytest.raises(FileNotFoundError, match=r"There is no file .*missing"):
        read_clip(tmp_path / f"missing.{ending}")


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.mkv"])
def test_frames_too_thin_or_too_small_are_told_with_the_files_name(name, tmp_path):
    for size, wanted in (("800x20", 64), ("20x14", None)):
        ffmpeg("-f", "lavfi", "-i", f"testsrc=size={size}:rate=5", "-frames:v", 3, "-f", FORMATS[name], tmp_path / name)
        with pytest.raises(ValueError, match=r"at least 16 on each side|each side needs 16") as told:
            read_clip(tmp_path / name, wanted)
        assert str(told.value).startswith(str(tmp_path / name))


def test_a_codec_that_ffmpeg_does_not_know_is_told(sounding, tmp_path):
    (tmp_path / "new.mp4").write_bytes(sounding().read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(ValueError, match=r"new\.mp4 is not a clip that can be read \(.*[Dd]ecod"):
        read_clip(tmp_path / "new.mp4")


def test_sound_without_pictures_and_a_single_picture_are_no_clips(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", tmp_path / "sound.mp4")
    with pytest.raises(ValueError, match=r"sound\.mp4 is not a clip that can be read \(it has no pictures\)"):
        read_clip(tmp_path / "sound.mp4")
    nst.save_image(squares()[0], tmp_path / "one.gif")
    with pytest.raises(ValueError, match="has one frame and does not move"):
        read_clip(tmp_path / "one.gif")
    with pytest.raises(ValueError, match="two frames or more, and at most 1 were asked for"):
        read_clip(tmp_path / "one.gif", most=1)


@pytest.mark.parametrize(
    ("frames", "options", "message"),
    [
        ([], {}, "A clip of 0 frames does not move"),
        (squares(1), {}, "A clip of 1 frames does not move"),
        (squares(2) + squares(1, (48, 80)), {}, "Frame 3 is 80 x 48 pixels but the first is 64 x 48"),
        (squares(), {"fps": 0.0}, "0.0 frames per second"),
        (squares(), {"fps": float("nan")}, "nan frames per second"),
    ],
)
def test_frames_that_make_no_clip_leave_the_old_file(frames, options, message, tmp_path):
    for name in ("a.mp4", "a.gif"):
        (tmp_path / name).write_text("precious")
        with pytest.raises(ValueError, match=message):
            save_clip(frames, tmp_path / name, **options)
        assert (tmp_path / name).read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 2


def test_places_where_no_clip_can_be_written(tmp_path):
    (tmp_path / "folder.gif").mkdir()
    for name, kind, message in [
        ("a.avi", ValueError, r"Cannot save a clip as 'a.avi': end the name in \.mp4 or \.gif"),
        ("no/a.gif", FileNotFoundError, "does not exist"),
        ("folder.gif", ValueError, "is a folder"),
    ]:
        with pytest.raises(kind, match=message):
            save_clip(squares(), tmp_path / name)


def test_a_clip_that_ffmpeg_cannot_write_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_text("precious")
    monkeypatch.setattr(clips, "to_pil", lambda frame: Image.new("RGB", (1, 1)))  # too few bytes for a frame
    with pytest.raises(OSError, match=r"The clip could not be written \(.+\): is there room"):
        save_clip(squares(), tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_text() == "precious" and len(list(tmp_path.iterdir())) == 1


def test_without_the_extra_a_gif_still_works_and_an_mp4_says_what_to_install(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "imageio_ffmpeg" else find(name, *rest)
    )
    (tmp_path / "a.mp4").write_text("a clip")
    for use in (lambda path: save_clip(squares(), path), read_clip):
        with pytest.raises(FileNotFoundError, match=re.escape('run `pip install "imageio-ffmpeg>=0.8"`')):
            use(tmp_path / "a.mp4")
        use(tmp_path / "a.gif")
