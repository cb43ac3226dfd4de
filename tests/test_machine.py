"""How much memory a process may take where a container or `ulimit -v` limits it."""

import os
import subprocess
import sys

import psutil
import pytest
import torch

from nst_lessons import machine
from tests.conftest import ROOT

GB = 10**9
IN_A_LIMIT = """
import resource, psutil, torch
from nst_lessons.machine import check_memory
used = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (used + 500_000_000, resource.RLIM_INFINITY))
check_memory([(256, 256)], torch.device("cpu"), torch.float32)
try:
    check_memory([(1024, 1024)], torch.device("cpu"), torch.float32)
except ValueError as error:
    print(error)
"""


def group(folder, names, limit, used, cached):
    """Write what Linux says of a control group."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(names, (limit, used, f"anon 5\n{cached}\n"), strict=True):
        (folder / name).write_text(f"{text}\n")


V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat")
V2 = ("memory.max", "memory.current", "memory.stat")


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Pretend a Linux with 8 GB free and no `ulimit`; returns (its folder of control groups, a function that joins one)."""
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(machine, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 8 * GB}))
    monkeypatch.delattr(psutil, "RLIMIT_AS", raising=False)
    return tmp_path / "groups", (tmp_path / "membership").write_text


def test_the_tightest_group_around_the_process_counts_and_cached_files_do_not(groups):
    folder, join = groups
    assert machine.free_memory() == 8 * GB  # not even Linux
    group(folder / "class" / "anna", V2, "max", GB, "inactive_file 0")
    join("1:name=systemd:/\n0::/class/anna\n")
    assert machine.free_memory() == 8 * GB
    group(folder / "class", V2, 3 * GB, 2 * GB, f"active_file 7\ninactive_file {GB // 2}")
    assert machine.free_memory() == 1.5 * GB
    group(folder / "class" / "anna", V2, 2 * GB, 3 * GB, "inactive_file 0")
    assert machine.free_memory() == 0


def test_a_container_of_the_first_version_sees_its_limit_at_the_root(groups):
    folder, join = groups
    join("9:cpu:/docker/1234\n4:memory:/docker/1234\n")
    group(folder / "memory", V1, 2 * GB, GB, f"inactive_file 1\ntotal_inactive_file {GB // 4}")
    assert machine.free_memory() == 1.25 * GB
    with pytest.raises(ValueError, match=r"1.2 GB are free: the largest size that fits is about 6"):
        machine.check_memory([(1024, 1024)], torch.device("cpu"), torch.float32)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep to `ulimit -v`")
def test_ulimit_counts():
    run = subprocess.run([sys.executable, "-c", IN_A_LIMIT], cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert run.returncode == 0 and "0.5 GB are free: the largest size that fits is about 4" in run.stdout, (
        run.stdout + run.stderr
    )
