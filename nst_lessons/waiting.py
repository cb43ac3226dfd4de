"""How torch's threads wait for each other: shortly, since a laptop has other things to do.

After each operation OpenMP's threads spin for some milliseconds, in case there is more to do. On two cores that holds up
NNPACK's own threads, and a browser, a video call or a second notebook. This module sets a shorter time before torch is
loaded; so it is imported first, and imports nothing of ours.
"""

import os
import sys
import threading
import time
from functools import cache

import psutil

TORCH_CAME_FIRST = "torch" in sys.modules
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # Linux: about 0.01 ms instead of 3
os.environ.setdefault("KMP_BLOCKTIME", "1")  # Windows and macOS: 1 ms instead of 200


@cache
def wait_asleep() -> None:
    """Make GNU's OpenMP sleep almost at once, for where other programs want the cores, or torch was loaded before.

    It does so when it keeps more threads than there are cores. So a second thread computes once, which makes OpenMP keep
    as many threads again, and sleeps from then on. What is computed stays the same to the last bit.
    """
    import torch

    computed = threading.Event()

    def compute_and_sleep() -> None:
        torch.ones(2**20).sin_()  # large enough for all threads
        computed.set()
        threading.Event().wait()

    threading.Thread(target=compute_and_sleep, name="nst_lessons-waiting", daemon=True).start()
    computed.wait()


class OtherPrograms:
    """How many cores other programs have kept busy since this was made."""

    def __init__(self) -> None:
        self.start = self._now()

    def cores(self) -> float:
        """Cores on average, 0 or more; 0 as long as a tenth of a second has not passed."""
        seconds, everybody, own = (now - start for now, start in zip(self._now(), self.start, strict=True))
        return max(0.0, (everybody - own) / seconds) if seconds > 0.1 else 0.0

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Seconds of the clock, of work on all cores, and of this process's work."""
        times = psutil.cpu_times()
        return time.perf_counter(), times.user + times.system + getattr(times, "nice", 0.0), time.process_time()
