"""Describe this machine: its best device and number type, its memory, and whether it is Colab or Kaggle."""

import ctypes
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import torch

KAGGLE_INPUT = Path(os.environ.get("NST_KAGGLE_INPUT", "/kaggle/input"))  # the data sets of a notebook; tests set the variable
GROUPS = Path("/sys/fs/cgroup")  # the control groups of Linux, with which containers limit memory; tests set both
MEMBERSHIP = Path("/proc/self/cgroup")
BYTES_PER_PIXEL = 4 * 700  # that a step in float32 needs, for VGG's backward pass and its working memory (measured)
PICTURES_BYTES = 180  # per pixel, that a run in tiles keeps of its largest picture: photo, canvas, gradients (measured)
IN_USE_BYTES = 60  # of them, that are in memory at a time on a CPU, and no tile beside them; see `aside` (measured)
WHOLE_BYTES = 3e9  # that a step may take for a whole picture on a CPU, where other programs need memory, too
TILE_BYTES = 1.2e9  # that it may take for one tile
LEAST = 384  # pixels, the smallest side of a tile with its margins


def best_device() -> torch.device:
    """Return CUDA if there is a GPU, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def device_named(name: str | torch.device | None) -> torch.device:
    """Return the device called `name` after a test, or the best one if `name` is None. Raises ValueError if it fails."""
    if name is None:
        return best_device()
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (TypeError, ValueError):
        raise ValueError(f"The device is {name!r}: give 'cpu', 'cuda' or 'mps', or leave the device out.") from None
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"The device {name!r} cannot be used here ({reason}): leave the device out.") from None
    return device


def processor() -> str:
    """Return the processor's name as the system reports it. Some systems report only its architecture."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def best_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 if `device` multiplies in it natively; float32 otherwise, and if ATEN_CPU_CAPABILITY=avx2 is set."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float32
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)  # of the processor, whatever torch may use of it
    if device.type == "cpu" and "AVX512" in torch.backends.cpu.get_cpu_capability() and native():
        return torch.bfloat16
    return torch.float32


def check_memory(
    shapes: Sequence[tuple[int, int]],
    device: torch.device,
    dtype: torch.dtype,
    bytes_per_pixel: int = BYTES_PER_PIXEL,
    most: float = float("inf"),
) -> None:
    """Raise ValueError if work on the largest picture needs more memory than is free, or more than `most` bytes.

    shapes: (height, width) of each picture. device, dtype: those of the network that will see the pictures.
    bytes_per_pixel: what the work needs in float32, by default a step.
    """
    free = min(free_on(device), most)
    needed = max(height * width for height, width in shapes) * bytes_per_pixel * dtype.itemsize / 4
    if needed > free:
        size = max(max(shape) for shape in shapes)
        fits = int(size * (free / needed) ** 0.5) // 16 * 16
        raise ValueError(
            f"Size {size} needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free: "
            f"the largest size that fits is about {fits}."
        )


def tile_needed(
    pictures: Sequence[tuple[int, int]], device: torch.device, dtype: torch.dtype, tile: int | None = None
) -> int | None:
    """Return the side of the tiles for a run on `pictures`, (height, width) each: None if they fit into memory as a whole.

    pictures: the photo's size comes first; only of the photo is a gradient computed
    tile: the side that is wanted, if any. By default a tile takes half of the free memory.
    On a CPU, the whole takes at most `WHOLE_BYTES` and a tile at most `TILE_BYTES`, however much memory is free.
    Raises ValueError if there is too little memory even for tiles.
    """
    whole, part = (WHOLE_BYTES, TILE_BYTES) if device.type == "cpu" else (float("inf"), float("inf"))
    if tile is None:
        with suppress(ValueError):
            check_memory(pictures, device, dtype)
            check_memory(pictures[:1], device, dtype, most=whole)
            return None
    at_once = IN_USE_BYTES if device.type == "cpu" else 2 * PICTURES_BYTES  # the other half is for a tile
    check_memory(pictures, device, torch.float32, bytes_per_pixel=at_once)
    most = min(free_on(device) / 2, part)
    return tile or max(LEAST, int((most / (BYTES_PER_PIXEL * dtype.itemsize / 4)) ** 0.5) // 16 * 16)


def free_on(device: torch.device) -> int:
    """Return how many bytes of a device's memory this process may still take."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_memory()


def free_memory() -> int:
    """Return how many bytes of memory this process may still take. A container or `ulimit -v` may allow less than is free."""
    free = [psutil.virtual_memory().available, *_left_in_groups()]
    if hasattr(psutil, "RLIMIT_AS"):  # Linux and FreeBSD
        process = psutil.Process()
        limit, _ = process.rlimit(psutil.RLIMIT_AS)
        if limit != psutil.RLIM_INFINITY:
            free.append(limit - process.memory_info().vms)
    return max(0, min(free))


def _left_in_groups() -> Iterator[int]:
    """Yield the bytes that each control group around this process leaves; cached files do not count, as they can be dropped.

    https://docs.kernel.org/admin-guide/cgroup-v2.html and .../cgroup-v1/memory.html name the files.
    """
    with suppress(OSError):  # not Linux
        for line in MEMBERSHIP.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers not in ("", "memory"):
                continue
            root, limit, usage, cached = (
                (GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
                if controllers
                else (GROUPS, "memory.max", "memory.current", "inactive_file")
            )
            group = root / path.lstrip("/")
            for folder in (group, *group.parents):
                with suppress(OSError, ValueError):  # a container does not see the folders above its own; the limit is "max"
                    left = int((folder / limit).read_text()) - int((folder / usage).read_text())
                    yield left + int(re.search(rf"^{cached} (\d+)", (folder / "memory.stat").read_text(), re.MULTILINE)[1])


@cache
def keep_freed_memory() -> None:
    """Make the C library of Linux (glibc) keep freed memory for the next allocation: blocks of up to 128 MB, and 128 MB in all.

    Otherwise it returns every large feature map to the system, which has to clear its pages anew at each step. Keeping larger
    blocks, too, made a picture of 1024 pixels need a quarter more memory. The largest maps at 512 pixels are blocks of 64 MB.
    """
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD in malloc.h
    if library := _glibc():
        library.mallopt(mmap_threshold, 128 << 20)
        library.mallopt(trim_threshold, 128 << 20)


def return_freed_memory() -> None:
    """Return to the system what glibc keeps: before a larger size, for whose maps the kept blocks are too small."""
    if library := _glibc():
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """Return the C library if it is glibc; only that one knows the numbers above."""
    with suppress(AttributeError, OSError, TypeError):  # another C library, or none that we can call
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - it raises where it is missing
        return library
    return None


def on_colab() -> bool:
    """Return whether this is Google Colab, whose kernels import the package google.colab when they start."""
    return "google.colab" in sys.modules


def on_kaggle() -> bool:
    """Return whether this is a Kaggle notebook."""
    return "KAGGLE_KERNEL_RUN_TYPE" in os.environ
