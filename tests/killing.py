"""A command is killed again and again: nothing is torn or lost, and the same command goes on to the same result.

Each trial is a process forked from one that has imported the package, so that it starts at once.
"""

import io
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import torch

FORKING = multiprocessing.get_context("forkserver" if hasattr(signal, "SIGKILL") else None)
FORKING.set_forkserver_preload(
    [
        "tests.test_killed",
        "torch._dynamo",  # this and the rest are what takes long to load when a run first needs it
        "torch._subclasses.fake_tensor",
        "skimage.registration",
        "matplotlib.backends.backend_pdf",
        "matplotlib.pyplot",
        "pooch",
        "requests",
    ]
)
LONGEST = 300  # seconds that a run may take
ENDS_SOON = 30  # seconds in which what a killed process has started ends, too
USES = {"open", "os.rename", "os.chmod", "os.remove", "os.mkdir", "os.rmdir", "os.scandir", "subprocess.Popen"}
KINDS = ("time", "use", "size")
# The quickest convolution, measured anew, might be another; a PDF tells when it was made.
VARIABLES = {"NST_CONV": "direct", "SOURCE_DATE_EPOCH": "0", "NO_PROXY": "127.0.0.1"}


@dataclass(frozen=True)
class Trial:
    """How a run ended (its exit code, or less a signal's number), what it printed, its seconds, and how often it used files."""

    code: int
    printed: str
    seconds: float
    uses: int

    @property
    def killed(self) -> bool:
        """Whether it was ended by a signal."""
        return self.code < 0


def attempt(run: Callable, folder: Path, time: float = LONGEST, use: int = 0, size: int = 0) -> Trial:
    """Run `run()` in `folder`, and kill it after a time (s), before a use of a file there, or when a file has so many bytes."""
    listening, telling = FORKING.Pipe(duplex=False)
    begin = _now()
    process = FORKING.Process(target=_child, args=(run, str(folder), use, size, telling))
    process.start()
    telling.close()
    process.join(time)
    seconds = _now() - begin
    process.kill()
    process.join()
    _wait_for_family(process.pid)
    printed, uses = "", 0
    with suppress(EOFError):
        printed, uses = listening.recv()
    return Trial(process.exitcode, printed, seconds, uses)


def survives(run: Callable, folder: Path, prepare: Callable[[Path], object], kills: int) -> str:
    """Kill `run()` so often, at instants of every kind, and check what is there after each; returns what was tried.

    prepare: puts what the run reads into a new folder.
    """
    whole, killed = folder / "whole", folder / "killed"
    for place in (whole, killed):
        place.mkdir()
        prepare(place)
    trial = finish(run, whole)
    expected, inputs, chance = files(whole), files(killed), random.Random(kills)
    written = [len(data) for name, data in expected.items() if name not in inputs]
    counts, left, most, equal = dict.fromkeys(KINDS, 0), inputs, 0, 0
    for number in range(20 * kills):
        kind = KINDS[number % len(KINDS)]
        instant = {
            "time": lambda: chance.uniform(0, trial.seconds),
            "use": lambda: chance.randint(1, trial.uses),
            "size": lambda: chance.randint(1, chance.choice(written)),
        }[kind]()
        before, ended = left, attempt(run, killed, **{kind: instant})
        counts[kind] += ended.killed
        left = files(killed)
        where = f"after {counts}, the last by {kind} {instant}"
        most = max(most, _check(left, before, expected, where))
        if sum(counts.values()) == kills or chance.random() < 0.25:
            finish(run, killed)
            assert files(killed) == expected, f"{where}: another result, or files that stayed: {files(killed).keys()}"
            equal += 1
            if chance.random() < 0.5:
                shutil.rmtree(killed)
                killed.mkdir()
                prepare(killed)
            left = files(killed)
        if sum(counts.values()) == kills:
            seen = f"{counts} in {number + 1} runs; {equal} went on to the same result; at most {most} temporary files stayed"
            return f"{seen}; a whole run takes {trial.seconds:.2f} s and uses files {trial.uses} times"
    raise AssertionError(f"only {counts} in {20 * kills} runs")


def finish(run: Callable, folder: Path) -> Trial:
    """Run `run()` in `folder` to its end."""
    trial = attempt(run, folder)
    assert trial.code == 0, f"it ended with {trial.code} after {trial.seconds:.0f} s (at most {LONGEST}): {trial.printed}"
    return trial


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of each file under a folder, by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _check(left: dict, before: dict, expected: dict, where: str) -> int:
    """Every file at a final name is whole and stays; others are few. Return their number."""
    final = {name: data for name, data in left.items() if name in expected}
    torn = [name for name, data in final.items() if not _whole(name, data, expected[name])]
    assert not torn, f"{where}: torn are {torn}"
    lost = before.keys() & expected.keys() - left.keys()
    assert not lost, f"{where}: lost are {lost}"
    others = left.keys() - expected.keys()
    assert all(Path(name).name.startswith(".nst-") for name in others), f"{where}: {others}"
    assert len(others) <= len(expected), f"{where}: temporary files pile up: {others}"
    return len(others)


def _whole(name: str, data: bytes, expected: bytes) -> bool:
    if name.endswith(".json"):  # which grows: whatever is in it is there to stay
        return json.loads(data).items() <= json.loads(expected).items()
    return data == expected


def _child(run: Callable, folder: str, use: int, size: int, telling: object) -> None:
    """What a trial's process does."""
    os.setpgid(0, 0)  # for `_wait_for_family`
    os.chdir(folder)
    multiprocessing.set_start_method("fork", force=True)  # a lock of tqdm's would otherwise stay until the tests end
    torch.set_num_threads(1)
    Path("tmp").mkdir(exist_ok=True)
    tempfile.tempdir = f"{folder}/tmp"  # otherwise Python tries it out first, with a file of four bytes that a kill may leave
    os.environ |= VARIABLES | {"TMPDIR": f"{folder}/tmp", "XDG_CACHE_HOME": f"{folder}/cache"}
    uses, printed = [], io.StringIO()
    sys.addaudithook(partial(_watch, folder, use, uses))
    if size:
        _limit(size)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            code = run()
    except BaseException:
        code, printed = 1, io.StringIO(traceback.format_exc())
    telling.send((printed.getvalue(), len(uses)))
    os._exit(code or 0)


def _watch(folder: str, last: int, uses: list[str], event: str, arguments: tuple) -> None:
    """An audit hook that kills this process before the use of a file in the folder that has the number `last`."""
    if event not in USES:
        return
    path = arguments[0] if arguments else None
    if event != "subprocess.Popen" and not (
        isinstance(path, str | bytes | os.PathLike) and os.path.abspath(os.fsdecode(path)).startswith(folder)
    ):
        return
    uses.append(event)
    if len(uses) == last:
        os.kill(os.getpid(), signal.SIGKILL)


def _limit(size: int) -> None:
    """Let the system end this process, as abruptly as SIGKILL would, when a file reaches so many bytes."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def _wait_for_family(group: int) -> None:
    """Wait until the processes that a killed one has started are gone, as they are by themselves."""
    until = _now() + ENDS_SOON
    while alive := [one for one in psutil.process_iter(["status"]) if _belongs(one, group)]:
        assert _now() < until, f"these outlive the process that started them: {alive}"
        time.sleep(0.05)


def _belongs(process: psutil.Process, group: int) -> bool:
    with suppress(OSError, psutil.Error):
        return os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE
    return False


_now = time.perf_counter
