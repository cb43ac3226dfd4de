"""Put large tensors aside, into temporary files, so that a run on a large picture fits into an ordinary laptop's memory.

At 8192 pixels, one picture takes 604 MB and the photo's features 805 MB. A tile needs a small part of each at a time. The
system reads the parts that are touched, and may drop them from memory again.
"""

import mmap
import os
import shutil
import tempfile
from weakref import WeakSet

import torch

from nst_lessons.machine import return_freed_memory

LEAST_BYTES = 64 << 20  # of a tensor that is put aside: a picture of 2731 x 2048 pixels
FILES_BYTES = 120  # per pixel of its largest picture, that a run puts aside (measured)
_aside = WeakSet()  # the files in use; each is deleted with its tensor


def check_room(shape: tuple[int, int]) -> None:
    """Raise ValueError if the files of a run on a picture of (height, width) may not fit on the disk."""
    folder, pixels = _folder(), shape[0] * shape[1]
    needed, free = FILES_BYTES * pixels, shutil.disk_usage(folder).free
    if 12 * pixels >= LEAST_BYTES and needed > free:
        raise ValueError(
            f"Size {max(shape)} needs about {needed / 1e9:.1f} GB in {folder} for a time, and {free / 1e9:.1f} GB are free: "
            "make room there, or set TMPDIR to a folder on another disk."
        )


def put_aside(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of a large tensor in a temporary file; a small one, or one on a GPU, as it is.

    Raises OSError if there is no room on the disk.
    """
    if tensor.nbytes < LEAST_BYTES or tensor.device.type != "cpu":
        return tensor
    folder = _folder()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(memoryview(tensor.detach().contiguous().view(torch.uint8).numpy()).cast("B"))
            file.flush()
            memory = mmap.mmap(file.fileno(), 0)
    except OSError as error:
        raise OSError(
            f"No room for a large picture in {folder} ({error.strerror}): make room there, or set TMPDIR to a folder "
            "on another disk."
        ) from None
    _aside.add(memory)
    free_memory_aside()
    return torch.frombuffer(memory, dtype=tensor.dtype).view(tensor.shape)


def free_memory_aside() -> None:
    """Let go of the memory that holds parts of the files, and of what glibc keeps. The tensors stay as they are."""
    for memory in list(_aside):
        if hasattr(mmap, "MADV_DONTNEED"):  # not Windows, which does so by itself
            memory.madvise(mmap.MADV_DONTNEED)  # of a shared mapping: what was changed is in the file
    return_freed_memory()


def _folder() -> str:
    """Return the folder for the files. On Linux, /tmp may be in memory; /var/tmp is on a disk."""
    on_disk = "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK)
    return "/var/tmp" if on_disk else tempfile.gettempdir()
