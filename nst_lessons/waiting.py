"""Leave other programs their share of the cores, because a laptop has other things to do.

After each operation, OpenMP's threads spin for some milliseconds in case more work arrives. On two cores that slows down
NNPACK's own threads, a browser, a video call or a second notebook. This module sets a shorter time. It must do so before
torch is loaded, so it is imported first and imports no other module of this package.

In most operations, all threads get equal parts of the work and wait for the slowest. A thread that shares its core with
another program slows down all the others, so a run is then faster with fewer threads (`leaving_cores`).
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import psutil

TORCH_CAME_FIRST = "torch" in sys.modules
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # Linux: about 0.01 ms instead of 3
os.environ.setdefault("KMP_BLOCKTIME", "1")  # Windows and macOS: 1 ms instead of 200

Item = TypeVar("Item")


@cache
def wait_asleep() -> None:
    """Make GNU's OpenMP threads sleep almost at once while they wait.

    Needed only if torch was loaded before this module, because OpenMP has then already read its settings.
    OpenMP does this by itself when it manages more threads than there are cores. So we start a second thread that computes
    once and then sleeps: OpenMP starts as many threads again for it. Results stay the same to the last bit.
    """
    import torch

    computed = threading.Event()

    def compute_and_sleep() -> None:
        torch.ones(2**20).sin_()  # large enough for all threads
        computed.set()
        threading.Event().wait()

    threading.Thread(target=compute_and_sleep, name="nst_lessons-waiting", daemon=True).start()
    computed.wait()


def leaving_cores(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items. While each one is computed, use at most as many threads as other programs leave cores free."""
    import torch

    others, busy = OtherPrograms(), 0
    while True:
        threads = torch.get_num_threads()
        torch.set_num_threads(min(threads, max(1, (os.cpu_count() or threads) - busy)))
        try:
            item = next(items)
        except StopIteration:
            return
        finally:
            torch.set_num_threads(threads)  # whoever gets the item has all threads, even if this function never ends
        yield item
        busy = int(others.cores() + 0.3)  # below 0.7, it may be the browser that shows our own pictures


class OtherPrograms:
    """Measures how many cores other programs use."""

    def __init__(self) -> None:
        self.start, self.last = self._now(), 0.0

    def cores(self) -> float:
        """Return the average number of cores since the last measurement, 0 or more.

        Measures at most every half second. In between, it repeats the last answer, which is 0 at first.
        """
        now = self._now()
        seconds, everybody, own = (one - start for one, start in zip(now, self.start, strict=True))
        if seconds > 0.5:
            self.start, self.last = now, max(0.0, (everybody - own) / seconds)
        return self.last

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Return the time, the CPU time of all programs, and that of this one, in seconds."""
        times = psutil.cpu_times()
        return time.perf_counter(), times.user + times.system + getattr(times, "nice", 0.0), time.process_time()
