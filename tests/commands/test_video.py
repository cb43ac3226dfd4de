"""`nst-lessons video`: a clip in, a moving painting out, and what remains of a run that is broken off."""

import errno
import os
import signal
import subprocess
import sys
from functools import partial

import pytest

import nst_lessons as nst
from nst_lessons.__main__ import main
from nst_lessons.moving import frames
from nst_lessons.moving.clips import ffmpeg, read_clip, save_clip
from nst_lessons.moving.keyframe import train_keyframe
from nst_lessons.moving.scenes import pan

QUICK = ["--style", "swirls", "--size", "64", "--steps", "3"]


@pytest.fixture
def clip(tmp_path):
    """A function (name) -> a clip of four frames; an MP4 has a sine tone."""

    def make(name="in.mp4"):
        scene = pan("chelsea", count=4, size=64)
        if name.endswith(".gif"):
            return save_clip(scene.frames, tmp_path / name, fps=8)
        tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.5", "-c:a", "aac", str(tmp_path / "tone.mp4")]
        subprocess.run([ffmpeg(), "-y", "-v", "error", *tone], check=True)
        return save_clip(scene.frames, tmp_path / name, fps=8, sound=tmp_path / "tone.mp4")

    return make


def video(capsys, *arguments) -> tuple[int, str, str]:
    """The exit code of a run in this process, what it printed, and its error text."""
    code = main(["video", *map(str, arguments)])
    return code, *capsys.readouterr()


def pictures(folder):
    """Each file of a folder with its time and its bytes."""
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("method", [pytest.param("optimise", marks=pytest.mark.slow), "frame", "keyframe"])
def test_an_mp4_becomes_a_painted_one_with_its_sound(method, clip, tmp_path, capsys, monkeypatch):
    if method == "keyframe":
        monkeypatch.setattr("nst_lessons.moving.video.train_keyframe", partial(train_keyframe, steps=10))
    path = clip()
    code, said, progress = video(capsys, path, tmp_path / "out.mp4", *QUICK, "--method", method)
    assert (code, said) == (0, f"{tmp_path / 'out.mp4'}\n") and "painting 4/4" in progress
    painted, photo = read_clip(tmp_path / "out.mp4"), read_clip(path)
    assert painted.sound and painted.fps == pytest.approx(8) and len(painted.frames) == 4
    kept = [nst.load_image(file) for file in sorted((tmp_path / "out_frames").iterdir())]
    for ours, theirs, file in zip(painted.frames, photo.frames, kept, strict=True):
        assert ours.shape == theirs.shape and (ours - theirs).abs().mean() > 0.006
        assert (ours - file[..., : ours.shape[2], : ours.shape[3]]).abs().mean() < 0.05  # but for what the codec blurs


def test_a_gif_becomes_a_gif_and_loses_only_the_sound(clip, tmp_path, capsys):
    quick = [*QUICK, "--method", "frame"]
    assert video(capsys, clip("in.gif"), tmp_path / "out.gif", *quick)[:2] == (0, f"{tmp_path / 'out.gif'}\n")
    assert len(read_clip(tmp_path / "out.gif").frames) == 4
    code, said, _ = video(capsys, clip(), tmp_path / "loud.gif", *quick, "--frames", "2")
    assert code == 0 and "The sound is left out" in said and len(read_clip(tmp_path / "loud.gif").frames) == 2


def test_what_can_be_read_of_a_cut_clip_is_painted_and_it_is_said(clip, tmp_path, capsys):
    data = clip("in.gif").read_bytes()
    (tmp_path / "cut.gif").write_bytes(data[: len(data) * 5 // 8])
    code, _, said = video(capsys, tmp_path / "cut.gif", tmp_path / "out.gif", *QUICK, "--method", "frame")
    assert code == 0 and "cut.gif is damaged or cut off" in said
    assert 2 <= len(read_clip(tmp_path / "out.gif").frames) < 4


@pytest.mark.slow
def test_ctrl_c_keeps_the_finished_frames_and_the_same_line_goes_on(clip, tmp_path):
    clip("in.gif")
    command = [sys.executable, "-m", "nst_lessons", "video", "in.gif", "out.gif", "--style", "swirls", "--size", "64"]
    command += ["--method", "frame", "--steps", "15"]
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores Ctrl-C
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, preexec_fn=listening) as run:
        try:
            seen = b""
            while b"painting 2/4" not in seen and (more := run.stderr.read(1)):
                seen += more
            run.send_signal(signal.SIGINT)
            error = run.communicate(timeout=60)[1].decode()
        finally:
            run.kill()
    before = pictures(tmp_path / "out_frames")
    assert run.returncode == 130, seen.decode() + error
    assert "Traceback" not in error and not (tmp_path / "out.gif").exists()
    assert f"stopped. {len(before)} of 4 frames are finished and stay in out_frames; run the same command again" in error
    assert 2 <= len(before) < 4
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    after = pictures(tmp_path / "out_frames")
    assert len(after) == 4 and {name: after[name] for name in before} == before
    assert len(read_clip(tmp_path / "out.gif").frames) == 4


def test_a_full_disk_keeps_the_finished_frames_and_says_so(clip, tmp_path, capsys, monkeypatch):
    save, path = frames.save_image, clip("in.gif")

    def full(image, path):
        if "00003" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return save(image, path)

    monkeypatch.setattr(frames, "save_image", full)
    code, _, error = video(capsys, path, tmp_path / "out.gif", *QUICK, "--method", "frame")
    assert code == 2 and "nst-lessons: No space left on device\n  2 of 4 frames are finished and stay in" in error
    assert "Make room first" in error and not (tmp_path / "out.gif").exists()
    before = pictures(tmp_path / "out_frames")
    assert len(before) == 2
    monkeypatch.undo()
    assert video(capsys, path, tmp_path / "out.gif", *QUICK, "--method", "frame")[0] == 0
    assert before.items() <= pictures(tmp_path / "out_frames").items()


def test_a_second_run_counts_the_frames_of_the_first(clip, tmp_path, capsys, monkeypatch):
    path, quick = clip("in.gif"), [*QUICK, "--method", "frame"]
    assert video(capsys, path, tmp_path / "out.gif", *quick)[0] == 0
    (tmp_path / "out.gif").unlink()
    last = max((tmp_path / "out_frames").iterdir())
    last.unlink()

    shown = []

    def interrupt(*_):
        shown.append(capsys.readouterr().err)  # until now, while the last frame is painted
        raise KeyboardInterrupt

    monkeypatch.setattr(frames, "save_image", interrupt)
    code, _, error = video(capsys, path, tmp_path / "out.gif", *quick)
    assert "painting 3/4" in shown[0] and code == 130 and "3 of 4 frames are finished and stay in" in error
    monkeypatch.undo()
    whole = last.with_name(min(path.name for path in (tmp_path / "out_frames").iterdir()))
    whole.write_bytes(whole.read_bytes()[:200])  # torn by a power failure
    assert video(capsys, path, tmp_path / "out.gif", *quick)[0] == 0
    assert len(read_clip(tmp_path / "out.gif").frames) == 4 and nst.load_image(whole).shape == nst.load_image(last).shape


def test_a_film_of_uneven_times_stays_in_step_with_its_sound(tmp_path, capsys):
    """Ten frames a second, but for a pause of half a second in the middle: two seconds in all."""
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2", "-f", "lavfi", "-i", "sine=duration=2"]
    choice = ["-vf", "select=not(between(n\\,6\\,9))", "-fps_mode", "vfr", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-y", "-v", "error", *source, *choice, str(tmp_path / "in.mp4")], check=True)
    quick = ["--style", "swirls", "--size", "48", "--steps", "1", "--method", "frame"]
    code, _, progress = video(capsys, tmp_path / "in.mp4", tmp_path / "out.mp4", *quick, "--fps", "5")
    assert code == 0 and "reading 8/" in progress and "painting 8/8" in progress
    told = subprocess.run([ffmpeg(), "-i", str(tmp_path / "out.mp4")], capture_output=True, text=True).stderr
    assert "Duration: 00:00:02.0" in told and "5 fps" in told and "Audio: aac" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.mp4", "out.mp4", "--style", "swirls"], "There is no file missing.mp4"),
        (["in.gif", "out.gif", "--style", "missing.jpg"], "There is no file missing.jpg"),
        (["in.gif", "out.avi", "--style", "swirls"], "end the name in .mp4 or .gif"),
        (["in.gif", "no/out.gif", "--style", "swirls"], "The folder no does not exist"),
        (["in.gif", "out.gif", "--style", "swirl"], "did you mean 'swirls'"),
        (["in.gif", "out.gif", *QUICK, "--size", "31"], "from 32 up"),
        (["in.gif", "out.gif", *QUICK, "--size", "30000"], "the largest size that fits"),
        (["in.gif", "out.gif", *QUICK, "--steps", "0"], "from 1 up"),
        (["in.gif", "out.gif", *QUICK, "--frames", "1"], "at most 1 were asked for"),
        (["in.gif", "out.gif", *QUICK, "--device", "warp"], "leave the device out"),
        (["in.gif", "out.gif", *QUICK, "--fps", "0"], "give a number above 0"),
        (["in.gif", "in.gif", *QUICK], "in.gif is an input file, which would be lost"),
        (["in.gif", f"{'o' * 250}.gif", *QUICK], "choose another name for the clip"),
        (["in.gif", f"{'o' * 300}.gif", *QUICK], "choose a shorter, simpler one"),
    ],
)
def test_bad_input_is_told_before_the_work_and_leaves_nothing_behind(arguments, message, clip, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip("in.gif")
    code, said, error = video(capsys, *arguments)
    assert code == 2 and not said and error.startswith("nst-lessons: ") and message in error
    assert [path.name for path in tmp_path.iterdir()] == ["in.gif"]
