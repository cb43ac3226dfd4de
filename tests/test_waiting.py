"""Threads that wait: other programs' use of the cores, and a run that leaves these cores to them."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

import nst_lessons as nst
from nst_lessons import waiting
from nst_lessons.waiting import OtherPrograms, leaving_cores

SAME_BITS = """
import sys
if "first" in sys.argv:
    import torch
import os, threading
import nst_lessons as nst
import torch
from nst_lessons.waiting import wait_asleep
if "asleep" in sys.argv:
    wait_asleep()
vgg = nst.VGG(device="cpu")
torch.manual_seed(0)
x = torch.rand(1, 3, 48, 64, requires_grad=True)
vgg(x, ["relu3_1"])["relu3_1"].square().mean().backward()
sleeping = sum(thread.name == "nst_lessons-waiting" for thread in threading.enumerate())
print(os.environ["GOMP_SPINCOUNT"], sleeping, x.grad.double().sum().item())
"""


def run(*arguments):
    env = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}  # ours has set it already
    options = {"capture_output": True, "text": True, "check": True, "env": env}
    return subprocess.run([sys.executable, "-c", SAME_BITS, *arguments], **options).stdout.split()


@pytest.fixture
def four_threads(monkeypatch):
    """A computer with four cores, of which torch uses all."""
    monkeypatch.setattr(waiting.os, "cpu_count", lambda: 4)
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_waiting_asleep_changes_no_bit_and_starts_one_thread_that_sleeps():
    plain, asleep, torch_first = run(), run("asleep"), run("first")
    assert plain[:2] == ["1000", "0"] and asleep[1] == "1" and torch_first[1] == "1"
    assert plain[2] == asleep[2] == torch_first[2]


def test_other_programs_are_what_all_cores_did_without_this_process(monkeypatch):
    clock = SimpleNamespace(seconds=10.0, user=100.0, system=20.0, nice=0.0, own=5.0)
    monkeypatch.setattr(waiting.time, "perf_counter", lambda: clock.seconds)
    monkeypatch.setattr(waiting.time, "process_time", lambda: clock.own)
    monkeypatch.setattr(waiting.psutil, "cpu_times", lambda: clock)
    others = OtherPrograms()
    clock.seconds, clock.user = 10.05, 101.0
    assert others.cores() == 0  # too early to tell
    clock.seconds, clock.user, clock.system, clock.nice, clock.own = 14.0, 105.0, 20.5, 0.5, 8.0
    assert others.cores() == pytest.approx((5.0 + 0.5 + 0.5 - 3.0) / 4)
    clock.seconds, clock.user = 14.4, 106.0
    assert others.cores() == pytest.approx((5.0 + 0.5 + 0.5 - 3.0) / 4)  # as just before
    clock.seconds = 15.0
    assert others.cores() == pytest.approx(1.0 / 1.0)  # since the last measurement
    clock.seconds, clock.own = 16.0, 15.0
    assert others.cores() == 0  # the clocks of processes and cores differ a little


def counted(times):
    """The number of threads with which each item is computed."""
    return leaving_cores(torch.get_num_threads() for _ in range(times))


def test_other_programs_keep_the_cores_that_they_use(four_threads, monkeypatch):
    used = iter([0.1, 0.9, 0.6, 9.0, 0.0, 1.9, 0.0])
    monkeypatch.setattr(OtherPrograms, "cores", lambda self: next(used))
    assert list(counted(7)) == [4, 4, 3, 4, 1, 4, 2]


def test_between_two_steps_all_threads_are_there_even_if_the_run_is_never_ended(four_threads, monkeypatch):
    """As after an error in a callback, which a notebook keeps with all that the run had, or if two runs take turns."""
    monkeypatch.setattr(OtherPrograms, "cores", lambda self: 1.0)
    one, other = counted(9), counted(9)
    assert [(next(one), next(other), torch.get_num_threads()) for _ in range(3)] == [(4, 4, 4), (3, 3, 4), (3, 3, 4)]

    def broken():
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(leaving_cores(broken()))
    assert torch.get_num_threads() == 4


def test_a_run_leaves_another_program_its_core(four_threads, monkeypatch, vgg):
    monkeypatch.setattr(OtherPrograms, "cores", lambda self: 1.0)
    counts = []

    def count(picture):
        counts.append(torch.get_num_threads())
        return picture.sum() * 0

    options = {"vgg": vgg, "schedule": [(32, 2), (48, 1)], "extra": count}
    nst.stylize(torch.rand(1, 3, 32, 48), torch.rand(1, 3, 32, 48), **options)
    assert counts == [4, 3, 3] and torch.get_num_threads() == 4
