"""Set how long torch's threads spin while they wait: briefly, because a laptop has other things to do.

After each operation, OpenMP's threads spin for some milliseconds in case more work arrives. On two cores that slows down
NNPACK's own threads, a browser, a video call or a second notebook. This module sets a shorter time. It must do so before
torch is loaded, so it is imported first and imports no other module of this package.
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
    """Make GNU's OpenMP sleep almost at once while it waits: if other programs need the cores, or if torch was loaded first.

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


class OtherPrograms:
    """Measures how many cores other programs use, from its creation on."""

    def __init__(self) -> None:
        self.start = self._now()

    def cores(self) -> float:
        """Return the average number of cores, 0 or more; 0 during the first tenth of a second."""
        seconds, everybody, own = (now - start for now, start in zip(self._now(), self.start, strict=True))
        return max(0.0, (everybody - own) / seconds) if seconds > 0.1 else 0.0

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Return the seconds of the clock, of work on all cores, and of this process's work."""
        times = psutil.cpu_times()
        return time.perf_counter(), times.user + times.system + getattr(times, "nice", 0.0), time.process_time()
