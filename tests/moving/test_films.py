"""Films as phones, cameras and browsers record them. Each is made here, so that its frames and times are known."""

import os
import socket
import struct
import subprocess
import sys
import threading
import zlib
from contextlib import suppress

import numpy as np
import pytest
import torch

import nst_lessons as nst
from nst_lessons.moving import clips, films
from nst_lessons.moving.clips import read_clip, save_clip
from tests.moving.test_clips import ffmpeg, streams

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p")
SINE = ("-f", "lavfi", "-i", "sine=duration=2")


def record(path, greys, *options, rate=25, size=(64, 48), pixels="gray"):
    """A film of flat frames; greys: the value of each in 8 bits, or with `pixels` the bytes of each."""
    width, height = size
    data = b"".join(grey if isinstance(grey, bytes) else bytes([grey]) * (width * height) for grey in greys)
    source = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{width}x{height}", "-r", str(rate), "-i", "-"]
    subprocess.run(
        [films.ffmpeg(), "-y", "-v", "error", *source, *map(str, options or LOSSLESS), str(path)], input=data, check=True
    )
    return path


def greys(clip):
    """The value of each frame in 8 bits."""
    return [round(255 * frame.mean().item()) for frame in clip.frames]


def decoded(path, *options):
    """What ffmpeg writes of a file, as bytes."""
    command = [films.ffmpeg(), "-v", "error", "-i", str(path), *options, "-"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def flash_and_beep(path):
    """When a film's first bright frame is shown, and when its sound begins to be heard."""
    bright = np.frombuffer(decoded(path, "-vf", "fps=200,scale=1:1,format=gray", "-f", "rawvideo"), np.uint8) > 128
    sound = ("-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "8000", "-f", "s16le")
    loud = abs(np.frombuffer(decoded(path, *sound), np.int16).astype(int)) > 3000
    assert bright.any() and loud.any()
    return bright.argmax() / 200, loud.argmax() / 8000


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("hevc.mov", ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le")),
        ("prores.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p")),
        ("twelve.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv444p12le")),
    ],
)
def test_films_of_more_than_8_bits_have_all_their_frames(name, codec, tmp_path):
    given = [40, 80, 120, 160, 200]
    found = read_clip(record(tmp_path / name, given, *codec))
    assert greys(found) == pytest.approx(given, abs=2) and found.fps == pytest.approx(25) and found.note is None


def test_a_film_with_varying_frame_times_stays_as_long_as_it_was(tmp_path):
    """In the first of its two seconds one frame of ten: 0, 1/3, 2/3, and then 30 frames."""
    choice = ("-vf", "select='if(lt(t,1),not(mod(n,10)),1)'", "-fps_mode", "vfr", "-c:a", "aac")
    path = record(tmp_path / "variable.mp4", [4 * number for number in range(60)], *SINE, *choice, *LOSSLESS, rate=30)
    found = read_clip(path)
    assert greys(found) == pytest.approx([0, 40, 80, *range(120, 240, 4)], abs=1)
    assert found.times == pytest.approx([0, 1 / 3, 2 / 3, *(number / 30 for number in range(30, 61))], abs=0.001)
    save_clip(found.frames, tmp_path / "out.mp4", sound=path, times=found.times)
    assert "30 fps" in streams(tmp_path / "out.mp4")[0]
    shown = np.frombuffer(decoded(tmp_path / "out.mp4", "-vf", "scale=1:1,format=gray", "-f", "rawvideo"), np.uint8)
    assert shown.tolist() == pytest.approx([0] * 10 + [40] * 10 + [80] * 10 + list(range(120, 240, 4)), abs=3)


@pytest.fixture
def browsers(tmp_path):
    """A recording as a browser makes it: no rate in the header, each frame when it came."""
    moments = [33 * number + number * number * 7 % 23 for number in range(60)]  # milliseconds
    times = ("-vf", "settb=1/1000,setpts='N*33+mod(N*N*7,23)'", "-fps_mode", "passthrough", "-enc_time_base", "1:1000")
    codec = ("-c:v", "libvpx", "-auto-alt-ref", "0", "-lag-in-frames", "0", "-c:a", "libopus", "-live", "1")
    path = record(tmp_path / "browser.webm", [4 * number for number in range(60)], *SINE, *times, *codec)
    data = path.read_bytes()
    place = data.index(b"\x23\xe3\x83\x84")  # the element DefaultDuration, replaced by one that says nothing
    path.write_bytes(data[:place] + b"\xec\x86" + bytes(6) + data[place + 8 :])
    assert "1k tbr" in streams(path)[0] and " fps" not in streams(path)[0]
    return path, [moment / 1000 for moment in moments]


def test_a_browsers_recording_has_its_own_times(browsers, tmp_path):
    path, moments = browsers
    found = read_clip(path)
    assert found.times[:-1] == pytest.approx(moments) and moments[-1] + 0.02 < found.times[-1] < moments[-1] + 0.06
    save_clip(found.frames, tmp_path / "out.mp4", sound=path, times=found.times)
    shown = np.frombuffer(decoded(tmp_path / "out.mp4", "-vf", "scale=1:1,format=gray", "-f", "rawvideo"), np.uint8)
    assert len(shown) == pytest.approx(60 * found.times[-1], abs=1)
    for place, grey in enumerate(shown.tolist()):  # the last frame that has begun is seen
        assert sum(moment < place / 60 + 0.0084 for moment in moments) - 1 == pytest.approx(grey / 4, abs=1)


@pytest.mark.parametrize("late", ["video", "audio"])
@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_sound_stays_in_step_whichever_begins_later(container, late, tmp_path):
    both = record(
        tmp_path / "both.mp4",
        [0] * 25 + [255] * 5 + [0] * 20,
        *("-f", "lavfi", "-i", "aevalsrc='if(between(t,1,1.2),sin(6283*t),0)':s=48000:d=2"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    )
    first, second = ("1:v", "0:a") if late == "video" else ("0:v", "1:a")
    path = tmp_path / f"late.{container}"
    ffmpeg("-i", both, "-itsoffset", "0.4", "-i", both, "-map", first, "-map", second, "-c", "copy", path)
    found = read_clip(path)
    save_clip(found.frames, tmp_path / "out.mp4", sound=path, times=found.times)
    flash, beep = flash_and_beep(tmp_path / "out.mp4")
    assert flash - beep == pytest.approx(0.4 if late == "video" else -0.4, abs=0.04)
    assert min(flash, beep) == pytest.approx(1, abs=0.04)


def test_two_films_in_one_file_follow_each_other(tmp_path):
    """Each begins its clock anew, as in the files of some cameras that are joined."""
    part = record(tmp_path / "part.ts", [50] * 10, "-c:v", "libx264", "-pix_fmt", "yuv420p")
    (tmp_path / "joined.ts").write_bytes(part.read_bytes() * 2)
    found = read_clip(tmp_path / "joined.ts")
    assert len(found.frames) == 20 and found.times[-1] == pytest.approx(0.8, abs=0.04)


def test_a_film_without_times_gets_those_of_its_rate(tmp_path):
    found = read_clip(record(tmp_path / "raw.h264", [10, 100, 200], *LOSSLESS, rate=25))
    assert len(found.frames) == 3 and found.times == pytest.approx([0, 0.04, 0.08, 0.12], abs=0.001)


def test_pixels_become_square_and_frames_upright(tmp_path):
    """160 x 120 pixels, each 4/3 as wide as high: 213 x 120, or turned by a quarter 120 x 213."""
    left = bytes([200] * 40 + [30] * 120) * 120  # a bright quarter on the left
    path = record(tmp_path / "wide.mp4", [left] * 3, "-vf", "setsar=4/3", *LOSSLESS, size=(160, 120))
    frame = read_clip(path).frames[0]
    assert frame.shape == (1, 3, 120, 213)
    assert frame[..., :50].mean() * 255 == pytest.approx(200, abs=3) and frame[..., 57:].mean() * 255 == pytest.approx(
        30, abs=3
    )
    assert read_clip(path, size=96).frames[0].shape == (1, 3, 54, 96)
    for turn, bright in {90: "bottom", 180: "right", 270: "top"}.items():  # counter-clockwise
        ffmpeg("-display_rotation", str(turn), "-i", path, "-c", "copy", tmp_path / "turned.mp4")
        frame = read_clip(tmp_path / "turned.mp4", size=96).frames[1]
        assert frame.shape == ((1, 3, 54, 96) if turn == 180 else (1, 3, 96, 54))
        part = {"bottom": frame[..., -20:, :], "right": frame[..., -20:], "top": frame[..., :20, :]}[bright]
        assert part.mean() * 255 == pytest.approx(200, abs=3)


def test_a_film_turned_by_an_odd_angle_is_read_whole(tmp_path):
    path = record(tmp_path / "a.mp4", [40, 90, 140])
    ffmpeg("-display_rotation", "45", "-i", path, "-c", "copy", tmp_path / "turned.mp4")
    assert len(read_clip(tmp_path / "turned.mp4").frames) == 3


def test_frames_are_made_smaller_with_antialiasing(tmp_path):
    """A slope stays a slope, and a chessboard of single pixels becomes grey."""
    slope = np.tile(np.arange(96, dtype=np.uint8) * 2, 64)
    board = np.indices((64, 96)).sum(0).astype(np.uint8) % 2 * 255
    path = record(tmp_path / "a.mp4", [slope.tobytes(), board.tobytes()], size=(96, 64))
    small, grey = (frame[0, 0] * 255 for frame in read_clip(path, size=48).frames)
    assert small.shape == (32, 48)
    assert (small[:, 2:-2] - (4 * torch.arange(48) + 1)[2:-2]).abs().max() < 3
    assert (grey[2:-2, 2:-2] - 127.5).abs().max() < 6


def test_reading_says_nothing_by_itself(tmp_path, capfd):
    path = record(tmp_path / "a.mp4", [0, 100, 200], *LOSSLESS, size=(64, 48))
    ffmpeg("-display_rotation", "90", "-i", path, "-c", "copy", tmp_path / "turned.mp4")
    read_clip(tmp_path / "turned.mp4")
    assert capfd.readouterr() == ("", "")


def test_a_film_that_is_written_has_the_colours_of_bt709_and_says_so(tmp_path):
    """Without a tag, a player would take it for BT.601 or BT.709 by its size."""
    red, green, blue = 230, 50, 25
    frame = (torch.tensor([red, green, blue]) / 255).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    path = save_clip([frame] * 2, tmp_path / "a.mp4")
    assert "(tv, bt709" in streams(path)[0]
    planes = np.frombuffer(decoded(path, "-frames:v", "1", "-f", "rawvideo"), np.uint8)  # 48 x 64, 24 x 32, 24 x 32
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # Rec. ITU-R BT.709-6, items 3.2 to 3.4
    wanted = 219 * luma / 255 + 16, 224 * (blue - luma) / 255 / 1.8556 + 128, 224 * (red - luma) / 255 / 1.5748 + 128
    assert planes[[0, 48 * 64, 48 * 64 * 5 // 4]].tolist() == pytest.approx(wanted, abs=1.5)


def hdr_film(path, colours, transfer):
    """Patches of linear Rec. 709 colours, 1 = reference white = 203 nits, as BT.2100 codes them, by its formulas."""
    to_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])  # BT.2087
    nits, luma = 203 * np.array(colours) @ to_2020.T, np.array([0.2627, 0.6780, 0.0593])
    if transfer == "smpte2084":
        power = (nits / 10000) ** (2610 / 16384)
        code = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    else:  # HLG on a display of 1000 nits, whose system gamma is 1.2
        scene = nits / 1000 / np.maximum((nits / 1000 @ luma) ** (0.2 / 1.2), 1e-9)[:, None]
        code = np.where(
            scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        )
    y = code @ luma
    planes = [64 + 876 * y, 512 + 896 * (code[:, 2] - y) / 1.8814, 512 + 896 * (code[:, 0] - y) / 1.4746]
    frame = b"".join(np.tile(np.repeat(plane.round().astype("<u2"), 16), 32).tobytes() for plane in planes)
    tags = f"setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv"
    return record(path, [frame] * 2, "-vf", tags, "-c:v", "ffv1", size=(16 * len(colours), 32), pixels="yuv444p10le")


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_an_hdr_film_has_the_colours_that_were_filmed(transfer, tmp_path):
    """Up to 0.6 of white as in sRGB; what is brighter is compressed, not cut off."""
    if not films.can_convert_hdr():
        pytest.skip("this ffmpeg has no zscale and tonemap")
    colours = np.array(
        [[0, 0, 0], [0.05] * 3, [0.2] * 3, [0.5] * 3, [0.5, 0.2, 0.1], [0.05, 0.3, 0.1], [1] * 3, [2] * 3, [4.5] * 3]
    )
    found = read_clip(hdr_film(tmp_path / "hdr.mkv", colours, transfer))
    patches = found.frames[0][0, :, 16, 8::16].T.numpy()
    srgb = np.where(colours <= 0.0031308, 12.92 * colours, 1.055 * np.maximum(colours, 1e-9) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(patches[:6], srgb[:6], atol=0.012)
    white, twice, bright = patches[6:, 1]
    assert 0.85 < white < twice - 0.02 < bright - 0.04 and bright > 0.97
    assert found.note is None and len(found.frames) == 2


@pytest.mark.parametrize(("transfer", "number"), [("smpte2084", 16), ("arib-std-b67", 18)])
def test_an_hdr_picture_looks_as_an_hdr_film(transfer, number, tmp_path):
    """The film goes through ffmpeg's filters, the picture through `coded_colours`."""
    if not films.can_convert_hdr():
        pytest.skip("this ffmpeg has no zscale and tonemap")
    colours = np.array([[0.2] * 3, [0.5, 0.2, 0.1], [0.05, 0.3, 0.1], [1, 0.9, 0.8], [2, 0.5, 0.5], [3.5, 4, 4], [1, 0, 0]])
    film = hdr_film(tmp_path / "hdr.mkv", colours, transfer)
    shown = read_clip(film).frames[0]
    ffmpeg(
        "-i", film, "-frames:v", "1", "-vf", "scale=in_color_matrix=bt2020:flags=accurate_rnd,format=rgb24", tmp_path / "a.png"
    )
    head, kind, rest = (tmp_path / "a.png").read_bytes().partition(b"IDAT")
    body = b"cICP" + bytes([9, number, 0, 1])
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    picture = nst.load_image(head[:33] + chunk + head[33:] + kind + rest)
    np.testing.assert_allclose(picture[0, :, 16, 8::16], shown[0, :, 16, 8::16], atol=0.02)


def test_without_the_filters_an_hdr_film_is_read_all_the_same_and_it_is_said(tmp_path, monkeypatch):
    for module in (films, clips):
        monkeypatch.setattr(module, "can_convert_hdr", lambda: False)
    found = read_clip(hdr_film(tmp_path / "hdr.mkv", [[0.5] * 3, [0.2] * 3], "smpte2084"), size=32)
    assert len(found.frames) == 2 and found.frames[0].shape == (1, 3, 32, 32) and "is an HDR film" in found.note


def test_a_playlist_named_like_a_film_opens_no_address(tmp_path):
    called, done = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def listen():
            while not done.is_set():
                with suppress(TimeoutError):
                    server.accept()[0].close()
                    called.set()

        listener = threading.Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        (tmp_path / "holiday.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n")
        with pytest.raises(ValueError, match="is not a clip that can be read"):
            read_clip(tmp_path / "holiday.mp4")
        done.set()
        listener.join()
    assert not called.is_set()


def test_sound_with_a_cover_and_a_film_that_is_cut_at_its_head_are_one_sentence(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", tmp_path / "cover.png")
    song = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", tmp_path / "song.mp3")
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-i", tmp_path / "cover.png", *song)
    whole = record(tmp_path / "whole.mp4", [0, 100, 200]).read_bytes()
    (tmp_path / "head.mp4").write_bytes(whole[:200])
    for name, reason in {"song.mp3": "it has no pictures", "head.mp4": "."}.items():
        with pytest.raises(ValueError, match=rf"{name} is not a clip that can be read \({reason}") as raised:
            read_clip(tmp_path / name)
        assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


def test_numbers_of_frames_that_no_film_can_have_are_told_before_it_is_read(tmp_path):
    for fps in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="frames per second cannot be played"):
            read_clip(record(tmp_path / "a.mp4", [0, 100]), fps=fps)


def test_fps_reads_fewer_frames_of_the_same_length(tmp_path):
    path = record(tmp_path / "a.mp4", [5 * number for number in range(50)], rate=25)
    found = read_clip(path, fps=5)
    assert greys(found) == pytest.approx(range(0, 250, 25), abs=1) and found.fps == pytest.approx(5)
    first = read_clip(path, fps=5, most=4)
    assert greys(first) == pytest.approx([0, 25, 50, 75], abs=1) and first.times == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_how_far_it_is_can_be_shown(tmp_path):
    path = record(tmp_path / "a.mp4", range(0, 200, 10), rate=10)
    told = []

    def progress(shots, total):
        told.append(total)
        for shot in shots:
            told.append(shot[0])
            yield shot

    read_clip(path, progress=progress)
    assert told == pytest.approx([20, *(number / 10 for number in range(20))])
    for options, total in (({"most": 5}, 5), ({"fps": 5}, 10)):
        told.clear()
        read_clip(path, progress=progress, **options)
        assert told[0] == total


def test_frames_that_do_not_fit_the_memory_are_kept_in_a_file_and_are_the_same(tmp_path, monkeypatch):
    path = record(tmp_path / "a.mp4", [50, 100, 150, 200])
    before = read_clip(path).frames
    monkeypatch.setattr(clips, "IN_MEMORY", 10_000)  # one frame has 9216 bytes
    after = read_clip(path).frames
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert torch.equal(after[-1], before[3]) and [frame.shape for frame in after[1:3]] == [(1, 3, 48, 64)] * 2
    with pytest.raises(IndexError):
        after[4]


def test_a_film_that_does_not_fit_the_disk_is_refused_with_the_way_out(tmp_path, monkeypatch):
    path = record(tmp_path / "a.mp4", [50] * 4)
    monkeypatch.setattr(clips, "IN_MEMORY", 10_000)
    monkeypatch.setattr(clips.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 30_000}))
    with pytest.raises(
        ValueError, match=r"has about 4 frames, which need 0\.0 GB at 64 x 48.*read fewer frames, fewer per second"
    ):
        read_clip(path)
    assert len(read_clip(path, most=2).frames) == 2
    monkeypatch.setattr(clips, "MOST_PIXELS", 3000)
    with pytest.raises(ValueError, match="too many to read"):
        read_clip(path)


MEASURE = """
import re, sys
from pathlib import Path
from nst_lessons.moving.clips import read_clip

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000

Path("/proc/self/clear_refs").write_text("5")  # from now on
before = most()
clip = read_clip(sys.argv[1], size=256)
print(len(clip.frames), most() - before)
"""


@pytest.mark.slow
def test_a_long_clip_takes_less_memory_than_its_bytes(tmp_path):
    """4000 frames have 442 MB in 8 bits, and four times as much as floats."""
    if not os.path.exists("/proc/self/clear_refs"):
        pytest.skip("only Linux tells the most memory that was taken since a moment")
    source = ["-f", "lavfi", "-i", "color=teal:size=256x144:rate=30", "-frames:v", "4000"]
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "long.mp4")
    made = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path / "long.mp4")], capture_output=True, text=True)
    count, megabytes = map(float, made.stdout.split())
    assert count == 4000 and megabytes < 350, made.stderr
