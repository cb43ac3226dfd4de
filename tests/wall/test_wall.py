"""A wall of paintings: what is made, what is not made again, and what becomes of one that fails."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons.figures import draw
from nst_lessons.wall import wall as wall_module
from nst_lessons.wall import workers
from nst_lessons.wall.wall import wall

SMALL = {"size": 64, "steps": 2, "jobs": 2}


@pytest.fixture
def photos(tmp_path):
    """A folder with three photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("chelsea", "coffee", "rocket"):
        nst.save_image(nst.load_image(name, 80), folder / f"{name}.png")
    return folder


def counted():
    """A list, and a callback that puts the paintings into it."""
    seen = []
    return seen, seen.append


@pytest.mark.slow
def test_each_photo_in_each_style_and_a_poster(photos, tmp_path):
    seen, callback = counted()
    made = wall(photos, ["swirls", "stained_glass"], tmp_path / "out", **SMALL, callback=callback)
    pairs = [(photo, style) for photo in ("chelsea", "coffee", "rocket") for style in ("swirls", "stained glass")]
    assert [(one.photo, one.style) for one in made.paintings] == pairs and not made.failed
    assert sorted(seen, key=str) == sorted(made.paintings, key=str) and all(one.seconds > 0 for one in seen)
    for one in made.paintings:
        painted, photo = nst.load_image(one.path), nst.load_image(photos / f"{one.photo}.png", 64)
        assert painted.shape == photo.shape and 0.001 < (painted - photo).abs().mean() < 0.2
    assert [file.name for file in made.poster] == ["poster.png", "poster.pdf"]
    assert Image.open(made.poster[0]).width > 1000 and made.poster[1].read_bytes().startswith(b"%PDF")
    assert len(list((tmp_path / "out").iterdir())) == 6 + 2  # and nothing that was temporary


def test_it_is_the_painting_that_stylize_makes(photos, tmp_path, vgg, monkeypatch):
    monkeypatch.setattr(workers, "_vgg", lambda device: vgg)
    (one,) = wall([photos / "coffee.png"], ["wave"], tmp_path, size=64, steps=2, devices=["cpu"]).paintings
    content, style = (nst.images.to_pil(nst.load_image(picture, 64)) for picture in (photos / "coffee.png", "wave"))
    expected = nst.stylize(content, style, vgg=vgg, size=64, steps=2).image
    assert torch.allclose(nst.load_image(one.path), expected, atol=1 / 255)


@pytest.fixture
def painted(monkeypatch):
    """Stands in for the painting: notes what it was given to do, at once done."""
    todo = []

    def paint_all(given, options, jobs, **_):
        for key, pictures in given.items():
            todo.append(key)
            yield key, pictures[0], 0.1, None

    monkeypatch.setattr(wall_module, "paint_all", paint_all)
    return todo


def test_what_is_there_is_not_made_again(photos, tmp_path, painted):
    first = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert len(painted) == 3
    first.paintings[1].path.unlink()
    again = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert painted[3:] == [first.paintings[1].path]
    assert [one.seconds is None for one in again.paintings] == [True, False, True]


@pytest.mark.parametrize("change", [{"size": 80}, {"steps": 3}, {"weights": nst.Weights(style=7.0)}], ids=str)
def test_other_settings_make_another_file(photos, tmp_path, painted, change):
    first = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    second = wall(photos, ["swirls"], tmp_path / "out", **SMALL | change)
    assert len({one.path for one in first.paintings + second.paintings}) == 6


def test_a_photo_that_has_changed_is_painted_anew_and_of_equal_names_each(photos, tmp_path, painted):
    wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    shutil.copy(photos / "rocket.png", photos / "chelsea.png")
    nst.save_image(nst.load_image(photos / "coffee.png"), photos / "coffee.webp")
    second = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert len(painted) == 3 + 2 and [one.photo for one in second.paintings] == ["chelsea", "coffee", "coffee 2", "rocket"]


def test_a_second_photo_of_an_equal_name_lets_the_first_keep_its_painting(photos, tmp_path, painted):
    first = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    nst.save_image(nst.load_image("motorcycle", 80), photos / "coffee.jpg")  # sorted before coffee.png
    second = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert [one.photo for one in second.paintings] == ["chelsea", "coffee", "coffee 2", "rocket"]
    assert len(painted) == 3 + 1 and [one.seconds is None for one in second.paintings] == [True, False, True, True]
    assert {one.path for one in first.paintings} < {one.path for one in second.paintings}


def test_a_picture_that_is_given_twice_is_painted_once_and_hangs_twice(photos, tmp_path, painted):
    (tmp_path / "copy").mkdir()
    shutil.copy(photos / "coffee.png", tmp_path / "copy")
    twice = [photos / "coffee.png", tmp_path / "copy" / "coffee.png", photos / "rocket.png"]
    seen, callback = counted()
    made = wall(twice, ["swirls", "wave"], tmp_path / "out", **SMALL, callback=callback)
    assert len(painted) == 4 and sorted(seen, key=str) == sorted(made.paintings, key=str)
    assert [one.photo for one in made.paintings] == ["coffee", "coffee", "coffee 2", "coffee 2", "rocket", "rocket"]
    assert all(one.path.is_file() and one.seconds for one in made.paintings)


def test_a_photo_that_cannot_be_read_is_told_and_the_rest_goes_on(photos, tmp_path, painted):
    (photos / "cut.jpg").write_bytes((photos / "coffee.png").read_bytes()[:99])
    seen, callback = counted()
    made = wall(photos, ["swirls", "wave"], tmp_path / "out", **SMALL, callback=callback)
    assert len(painted) == 6 and len(seen) == 8 and made.poster
    assert [one.photo for one in made.failed] == ["cut", "cut"] and "damaged or cut off" in made.failed[0].error


def test_a_painting_that_fails_is_told_and_the_rest_goes_on(photos, tmp_path, monkeypatch):
    def stylize(content, style, **options):
        if content.height < content.width:  # all but the rocket's
            return nst.Result(torch.rand(1, 3, 64, 64), [])
        raise MemoryError

    monkeypatch.setattr(workers, "stylize", stylize)
    nst.save_image(torch.rand(1, 3, 64, 32), photos / "tall.png")
    made = wall(photos, ["swirls"], tmp_path / "out", size=64, devices=["cpu"])
    assert [(one.photo, one.error) for one in made.failed] == [("tall", "MemoryError")]
    assert not made.failed[0].path.exists() and len(made.paintings) == 4


def test_a_club_with_everything_in_it_paints_all_that_it_can_and_says_what_it_left_out(photos, tmp_path, painted):
    """Names of 255 bytes, a film, a photo too thin for the network, PostScript, one that is there twice, and a phone's."""
    names = {"a" * 251 + ".png", "ü" * 125 + ".png", "画" * 83 + ".png"}
    for name in names:
        shutil.copy(photos / "coffee.png", photos / name)
    shutil.copy(photos / "coffee.png", photos / "coffee again.png")
    Image.new("RGB", (64, 48), "teal").save(photos / "saved.JFIF", format="JPEG")
    Image.new("RGB", (800, 20), "teal").save(photos / "thin.png")
    (photos / "holiday.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (photos / "film.mov").write_bytes(b"film")
    made = wall(photos, ["swirls", "wave"], tmp_path / "out", **SMALL)
    reasons = {"thin": "64 x 2 at size 64", "holiday": "use JPEG"}
    assert {one.photo for one in made.failed} == reasons.keys() and all(reasons[one.photo] in one.error for one in made.failed)
    assert len(made.paintings) == 10 * 2 and len(made.failed) == 2 * 2 and len(made.poster) == 2
    assert all(one.path.is_file() and len(os.fsencode(one.path.name)) <= 255 for one in made.paintings if not one.error)
    assert made.notes == ["left out, because their names do not end like a picture's: film.mov"]


def test_on_the_poster_every_name_is_above_its_own_picture(photos, tmp_path, painted, monkeypatch):
    for name in ("w" * 99 + ".png", "w" * 100 + ".png", "ü" * 60 + ".png"):
        shutil.copy(photos / "coffee.png", photos / name)
    figures = []
    monkeypatch.setattr(wall_module, "draw", lambda *given, **options: figures.append(draw(*given, **options)) or figures[-1])
    made = wall(photos, ["swirls", "wave"], tmp_path / "out", **SMALL)
    [figure] = figures
    boxes = [axis.title.get_window_extent() for axis in figure.axes if axis.get_title()]
    assert len(boxes) == len(made.paintings) == 12
    assert not any(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


def test_a_disk_that_is_full_for_one_painting_ends_nothing_and_keeps_it_elsewhere(photos, tmp_path, painted, monkeypatch):
    def write_bytes(path, data, write=Path.write_bytes):
        if path.parent == tmp_path / "out" and len(data) == size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    size = len(workers.to_png(nst.images.to_pil(nst.load_image(photos / "coffee.png", 64))))
    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    made = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert [one.photo for one in made.failed] == ["coffee"] and "could not be written (No space left" in made.failed[0].error
    (kept,) = (tmp_path / "temporary").rglob("coffee_in_swirls_*.png")
    assert str(kept) in made.failed[0].error and nst.load_image(kept).shape[-1] == 64


def test_a_poster_that_cannot_be_written_is_a_note(photos, tmp_path, painted, monkeypatch):
    def poster(*_):
        raise OSError("no room")

    monkeypatch.setattr(wall_module, "_poster", poster)
    made = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert made.poster == [] and made.notes == ["no room"] and not made.failed


def test_paintings_do_not_go_among_the_photos(photos, painted):
    with pytest.raises(ValueError, match=r"among the photos in .*: choose another folder"):
        wall(photos, ["swirls"], photos, **SMALL)
    assert not painted and len(list(photos.iterdir())) == 3


def test_without_any_painting_there_is_no_poster(photos, tmp_path):
    for photo in photos.iterdir():
        photo.write_bytes(b"")
    made = wall(photos, ["swirls"], tmp_path / "out", **SMALL)
    assert len(made.failed) == 3 and made.poster == []


def test_the_devices_of_a_list_have_one_job_each(monkeypatch):
    busy, most = [], []

    def stylize(*_, vgg, **__):
        busy.append(vgg)
        most.append(sorted(map(str, busy)))
        time.sleep(0.05)
        busy.remove(vgg)
        return nst.Result(torch.rand(1, 3, 16, 16), [])

    monkeypatch.setattr(workers, "stylize", stylize)
    monkeypatch.setattr(workers, "_vgg", lambda device: device)
    png = workers.to_png(Image.new("RGB", (16, 16)))
    done = list(workers.paint_all({n: (png, png) for n in range(8)}, {}, 1, devices=["cuda:0", "cuda:1", "cuda:2"]))
    assert sorted(key for key, *_ in done) == list(range(8)) and not any(error for *_, error in done)
    assert max(map(len, most)) == 3 and all(len(set(now)) == len(now) for now in most)


def run_script(folder, code, *arguments):
    """What a script does in a process of its own: one that others are started from."""
    (folder / "script.py").write_text(code)
    command = [sys.executable, "script.py", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)


DEADLY = """
import os, sys
from nst_lessons.wall import workers

def paint(key, photo, style, options, free):
    if key == 3:
        os._exit(7)  # as if it was out of memory
    return key, b"png", 0.1, None

if __name__ == "__main__":
    workers._paint = paint
    for key, png, _, error in workers.paint_all({n: (b"", b"") for n in range(8)}, {}, 2, backend=sys.argv[1]):
        print(key, png, error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_the_process_of_one_dies_each_time_and_the_rest_goes_on(tmp_path, backend, monkeypatch):
    if backend == "dask":
        pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
        monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")  # not 3: each starts a process
    run = run_script(tmp_path, DEADLY, backend)
    assert run.returncode == 0, run.stderr
    lines = sorted(run.stdout.splitlines())
    assert [line for line in lines if line[0] != "3"] == [f"{n} b'png' None" for n in range(8) if n != 3]
    assert lines[3].startswith("3 None its process died: ")


CLUSTER = """
import os, signal, sys
from dask.distributed import LocalCluster
from nst_lessons.wall.wall import wall

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        victims = [next(iter(cluster.workers.values())).pid]

        def kill(painting):
            if victims:
                os.kill(victims.pop(), signal.SIGKILL)

        made = wall(sys.argv[1], ["swirls", "wave"], "out", size=64, steps=12, backend="dask",
                    address=cluster.scheduler_address, callback=kill)
        print(len(made.paintings), len(made.failed), sum(one.path.is_file() for one in made.paintings), victims)
"""


@pytest.mark.slow
def test_on_a_cluster_of_two_workers_one_of_which_is_killed_nothing_is_lost(photos, tmp_path):
    pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    run = run_script(tmp_path, CLUSTER, photos)
    assert run.stdout == "6 0 6 []\n", run.stderr
    assert "Restarting worker" in run.stderr


DESERTED = """
import sys
from dask.distributed import LocalCluster
from nst_lessons.wall import workers
from nst_lessons.wall.wall import wall

if __name__ == "__main__":
    workers.DESERTED = 3
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        try:
            wall(sys.argv[1], ["swirls"], "out", size=64, steps=60, backend="dask", address=cluster.scheduler_address,
                 callback=lambda painting: cluster.scale(0))
        except TimeoutError as error:
            print(error)
"""


@pytest.mark.slow
def test_a_cluster_without_workers_is_not_waited_for(photos, tmp_path):
    pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    run = run_script(tmp_path, DESERTED, photos)
    assert run.stdout == "The cluster has lost its workers: start some, then repeat the same call.\n", run.stderr


@pytest.mark.slow
def test_an_interrupted_wall_keeps_what_is_finished_and_goes_on(photos, tmp_path):
    out, styles = tmp_path / "out", ["swirls", "wave", "peacock", "cubist"]
    code = f"from nst_lessons.wall.wall import wall; wall({str(photos)!r}, {styles}, {str(out)!r}, size=64, steps=15, jobs=1)"
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores Ctrl-C
    options = {"cwd": tmp_path, "stderr": subprocess.PIPE, "start_new_session": True, "preexec_fn": listening}
    running = subprocess.Popen([sys.executable, "-c", code], **options)
    try:
        until = time.monotonic() + 90
        while not (finished := list(out.glob("[a-z]*.png"))) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        assert b"KeyboardInterrupt" in running.communicate(timeout=60)[1]
    finally:
        running.kill()
    kept = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert set(finished) <= set(kept) and 1 <= len(kept) < 12  # no poster, and nothing half written
    assert all(max(nst.load_image(path).shape) == 64 for path in kept)
    made = wall(photos, styles, out, size=64, steps=15, jobs=2)
    assert not made.failed and {path: path.stat().st_mtime_ns for path in kept} == kept
    assert {one.path for one in made.paintings if one.seconds is None} == set(kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 3}, "The size is 3"),
        ({"steps": 0}, "The number of steps is 0"),
        ({"jobs": 0}, "The number of jobs is 0"),
        ({"backend": "slurm"}, "Choose the backend loky"),
        ({"address": "tcp://127.0.0.1:9"}, "Choose the backend loky"),
        ({"backend": "dask", "devices": ["cuda"]}, "Choose the backend loky"),
        ({"styles": ["swirlz"]}, "did you mean 'swirls'"),
        ({"photos": "fotos"}, "no folder fotos"),
    ],
    ids=str,
)
def test_bad_input_is_told_before_the_work(photos, tmp_path, change, message):
    arguments = {"photos": photos, "styles": ["swirls"], "out": tmp_path / "out", **SMALL} | change
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        wall(**arguments)


def test_a_missing_extra_is_told_with_the_line_that_installs_it(photos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(FileNotFoundError, match=r'run `pip install "dask\[distributed\]>=2024.5" "cryptography>=41"`'):
        wall(photos, ["swirls"], tmp_path / "out", **SMALL, backend="dask")


def test_a_scheduler_that_does_not_answer_is_told(photos, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    with pytest.raises(ValueError, match=r"no Dask cluster at tcp://127\.0\.0\.1:9"):
        wall(photos, ["swirls"], tmp_path / "out", **SMALL, backend="dask", address="tcp://127.0.0.1:9")


UNGUARDED = """
import sys
from nst_lessons.wall.wall import wall
try:
    wall(sys.argv[1:], ["swirls"], "out", size=64, steps=2, jobs=1, backend="dask")
except ValueError as error:
    print(error)
"""


def test_a_script_without_a_main_guard_is_told_so_by_one_message(photos, tmp_path):
    pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    run = run_script(tmp_path, UNGUARDED, photos / "coffee.png")
    assert run.stdout.count("\n") == 1 and "Traceback" not in run.stderr
    assert (
        f"would run {tmp_path / 'script.py'} again" in run.stdout and 'under the line if __name__ == "__main__":' in run.stdout
    )


GUARDED = """
import socket, sys, urllib.error, urllib.request
import psutil
from nst_lessons.wall import workers


def listening():
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    found = [one for process in family for one in process.net_connections(kind="tcp") if one.status == psutil.CONN_LISTEN]
    return {(one.laddr.ip, one.laddr.port) for one in found}


def spoken(address):
    # what a server says to a web browser, or to a Dask client without keys
    try:
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/", timeout=5) as page:
            return page.read()
    except urllib.error.HTTPError as error:
        return error.read()
    except OSError:
        return b""


if __name__ == "__main__":
    with workers._cluster(None, 1) as client:
        pages = [page for page in map(spoken, listening()) if b"Dask" in page]
        print(client.scheduler.address, {ip for ip, _ in listening()}, pages)
        from dask.distributed import Client
        try:
            Client(client.scheduler.address.replace("tls", "tcp"), timeout=2)
            print("let in")
        except OSError:
            print("kept out")
        try:
            Client(client.scheduler.address, timeout=2)
            print("let in")
        except (OSError, TypeError, ValueError):
            print("kept out")
"""


@pytest.mark.slow
def test_a_cluster_of_its_own_lets_nobody_in_without_its_keys_and_has_no_dashboard(tmp_path):
    pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    pytest.importorskip("cryptography", reason=workers.INSTALL_DASK)
    run = run_script(tmp_path, GUARDED)
    first, *others = run.stdout.splitlines()
    assert first.startswith("tls://127.0.0.1:") and first.endswith(" {'127.0.0.1'} []"), run.stdout + run.stderr
    assert others == ["kept out", "kept out"], run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_the_workers_of_a_killed_wall_end_with_it(photos, tmp_path, backend):
    if backend == "dask":
        pytest.importorskip("distributed", reason=workers.INSTALL_DASK)
    code = f"""
from nst_lessons.wall.wall import wall
if __name__ == "__main__":
    wall({str(photos)!r}, ["swirls", "wave"], "out", size=96, steps=4000, jobs=2, backend={backend!r})
"""
    (tmp_path / "script.py").write_text(code)
    running = subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        until, family = time.monotonic() + 120, []
        while sum(one.cpu_times().user > 3 for one in family if one.is_running()) < 2:  # both are at work
            assert time.monotonic() < until
            time.sleep(0.2)
            family = psutil.Process(running.pid).children(recursive=True)
    finally:
        running.kill()
        running.wait()
    _, alive = psutil.wait_procs(family, timeout=30)
    for one in alive:
        one.kill()
    assert not alive
