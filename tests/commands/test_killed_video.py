"""`nst-lessons video` ended by SIGKILL at random instants: nothing is torn or lost, and the same command continues.

NST_KILLS says how often; its default is for every day.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from nst_lessons.moving.films import ffmpeg

KILLS = int(os.environ.get("NST_KILLS", 3))
COMMAND = ["video", "in.mp4", "out.mp4", "--style", "swirls", "--size", "48", "--steps", "4", "--device", "cpu"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")]


def start(folder):
    """The command in a folder, on one thread, with a folder of its own for temporary files."""
    (folder / "tmp").mkdir(exist_ok=True)
    variables = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp")}
    run = [sys.executable, "-m", "nst_lessons", *COMMAND]
    return subprocess.Popen(run, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(folder):
    """Run the command to its end; returns how many seconds that took."""
    begin = time.perf_counter()
    with start(folder) as run:
        error = run.communicate()[1].decode()
    assert run.returncode == 0, error
    return time.perf_counter() - begin


def files(folder):
    """The bytes of each file under a folder, by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def clip(tmp_path):
    """A film of four moving frames with sound."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=8:duration=0.5", "-f", "lavfi", "-i", "sine=duration=0.5"]
    path = tmp_path / "in.mp4"
    subprocess.run([ffmpeg(), "-y", "-v", "error", *picture, "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)], check=True)
    return path


def test_killed_at_any_instant_it_leaves_whole_files_and_continues_to_the_same_result(clip, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        shutil.copy(clip, folder)
    seconds, expected, chance = finish(whole), files(whole), random.Random(KILLS)
    assert len(expected) == 6  # in.mp4, four frames, out.mp4
    reached = []
    for number in range(KILLS):
        with start(killed) as run:
            time.sleep(chance.uniform(0, seconds))
            run.kill()  # SIGKILL
            run.stderr.close()
        left = {name: data for name, data in files(killed).items() if "/." not in f"/{name}"}
        assert left.items() <= expected.items(), f"kill {number + 1}: other files, or torn ones"
        reached.append(len(left) - 1)
        if number == KILLS - 1 or len(left) == len(expected) or chance.random() < 0.1:
            finish(killed)
            assert files(killed) == expected, f"after kill {number + 1}: another result, or files that stayed"
            shutil.rmtree(killed / "out_frames")
            (killed / "out.mp4").unlink()
    print(f"{KILLS} kills; files that were finished by then: {reached}")
