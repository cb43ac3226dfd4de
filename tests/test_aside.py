"""Large tensors in temporary files: the same numbers, in little memory, and nothing left on the disk."""

import gc
import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch

import nst_lessons as nst
from nst_lessons import aside
from nst_lessons.aside import free_memory_aside, put_aside


@pytest.fixture
def all_aside(monkeypatch, tmp_path):
    """Put every tensor aside, into a folder of its own."""
    monkeypatch.setattr(aside, "LEAST_BYTES", 1)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)  # which is kept from the first use
    return tmp_path


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_what_is_put_aside_and_changed_stays_so_without_memory(kind, all_aside):
    found, expected = put_aside(torch.arange(24).reshape(1, 2, 3, 4).to(kind)), torch.arange(24).reshape(1, 2, 3, 4).to(kind)
    found[..., 1] += 5
    expected[..., 1] += 5
    free_memory_aside()
    assert torch.equal(found, expected) and found.dtype == kind
    assert not list(all_aside.iterdir())  # the file has no name, so it is gone with the process


def test_a_small_tensor_stays_what_it_is():
    small = torch.zeros(4)
    assert put_aside(small) is small


@pytest.mark.skipif(not hasattr(os, "sysconf") or not Path("/proc").exists(), reason="memory is counted as Linux does")
def test_it_needs_no_memory_until_it_is_read():
    process, before = psutil.Process(), psutil.Process().memory_info().rss
    found = put_aside(torch.ones(50_000_000))  # 200 MB
    gc.collect()
    assert process.memory_info().rss - before < 60e6
    assert found.sum() == 50_000_000 and process.memory_info().rss - before > 150e6
    free_memory_aside()
    assert process.memory_info().rss - before < 60e6


@pytest.mark.slow
def test_a_run_on_pictures_that_are_aside_is_the_same(all_aside, vgg, monkeypatch):
    monkeypatch.setenv("NST_CONV", "direct")
    monkeypatch.setattr("nst_lessons.settings.LEAST", 256)
    options = {"vgg": vgg, "schedule": [(96, 1), (288, 2)], "tile": 256, "colours": "luminance"}
    found = nst.stylize("coffee", "wave", **options).image
    monkeypatch.setattr(aside, "LEAST_BYTES", 1 << 40)
    assert torch.equal(found, nst.stylize("coffee", "wave", **options).image)
    gc.collect()
    assert not aside._aside  # all files are closed again


def test_a_disk_that_is_too_small_is_told_before_the_work(vgg, monkeypatch):
    monkeypatch.setattr(aside.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    with pytest.raises(ValueError, match=r"Size 4096 needs about 1.3 GB in .* and 1.0 GB are free: make room there"):
        nst.stylize(torch.zeros(1, 3, 2731, 4096), "wave", vgg=vgg, size=4096, tile=512)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_a_full_disk_is_told(all_aside, monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: Path("/dev/full").open("r+b"))  # noqa: SIM115 - `put_aside` closes it
    with pytest.raises(OSError, match=f"No room for a large picture in {all_aside} .*set TMPDIR"):
        put_aside(torch.ones(4))
