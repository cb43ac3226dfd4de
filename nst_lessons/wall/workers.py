"""Paints many pictures in parallel with joblib: in processes on this machine, on several GPUs, or on a Dask cluster."""

import ast
import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import psutil
import torch
from joblib import Parallel, delayed, parallel_config
from PIL import Image

from nst_lessons.images import to_pil
from nst_lessons.loop import stylize
from nst_lessons.machine import BYTES_PER_PIXEL, best_device, best_dtype, free_memory
from nst_lessons.sizes import whole
from nst_lessons.vgg import VGG

if TYPE_CHECKING:
    from dask.distributed import Client

INSTALL_DASK = 'pip install "dask[distributed]>=2024.5" "cryptography>=41"'
PATIENCE = 20  # seconds to wait for a cluster's answer
DESERTED = 90  # seconds without any worker before a run on a cluster is given up
Painted = tuple[object, bytes | None, float | None, str | None]  # key, PNG, seconds, error if there is no PNG


def paint_all(
    todo: dict[object, tuple[bytes, bytes]],
    options: dict,
    jobs: int,
    *,
    backend: str = "loky",
    address: str | None = None,
    devices: Sequence[str] | None = None,
) -> Iterator[Painted]:
    """Stylize each pair of PNGs in `todo`; yields (key, PNG, seconds, error) in the order in which they are done.

    todo: {key: (photo, style)}.
    options: the other arguments of `stylize`.
    jobs, backend, address, devices: as in `nst_lessons.wall.wall.wall`.
    A painting that fails has no PNG.
    Raises ValueError or FileNotFoundError if there are no workers, TimeoutError if a cluster loses them all.
    """
    if (backend, bool(address), bool(devices)) not in _PLACES:
        raise ValueError("Choose the backend loky (this machine, with devices if you like) or dask (a cluster at an address).")
    jobs = whole(jobs, "The number of jobs", 1)
    if not todo:
        return
    if backend == "dask":
        with _cluster(address, jobs) as client, parallel_config(_dask_backend(client)):
            yield from _run(todo, options, sum(client.ncores().values()))
    elif devices:  # threads, since the GPUs do the work, and threads can share the queue of free devices
        free = SimpleQueue()
        for device in devices:
            free.put(torch.device(device))
        with parallel_config("threading", n_jobs=len(devices)):
            yield from _run(todo, options, len(devices), free)
    else:
        options_of_workers = {
            "n_jobs": max(jobs, 2),  # 1 would paint in this process
            "inner_max_num_threads": max(1, torch.get_num_threads() // jobs),
            "initializer": _end_with,
            "initargs": (os.getpid(),),
        }
        with parallel_config("loky", **options_of_workers):
            yield from _run(todo, options, jobs)


_PLACES = {("loky", False, False), ("loky", False, True), ("dask", False, False), ("dask", True, False)}


def default_jobs(size: int) -> int:
    """Return one job per core, if memory allows: two processes of one thread paint more than one process of two."""
    device = best_device()
    needed = 1e9 + size**2 * BYTES_PER_PIXEL * best_dtype(device).itemsize / 4  # bytes of torch itself and of a step
    fitting = int(free_memory() / needed)
    return max(1, min(torch.get_num_threads(), fitting)) if device.type == "cpu" else 1


def to_png(image: Image.Image) -> bytes:
    """Return an image as the bytes of a PNG."""
    data = BytesIO()
    image.save(data, "png")
    return data.getvalue()


def _run(todo: dict, options: dict, jobs: int, free: SimpleQueue | None = None) -> Iterator[Painted]:
    """Yield the paintings as they are done. free: a queue of GPUs.

    A process that dies, for example of too little memory, takes its whole pool along. Paintings that were in progress
    are then tried again, one by one. One whose process dies again is given up, and the others go on.
    """
    left, suspects = dict(todo), []
    while left:
        batch = [suspects.pop()] if suspects else list(left)
        work = (delayed(_paint)(key, *left[key], options, free) for key in batch)
        try:
            for painted in Parallel(return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)(work):
                del left[painted[0]]
                yield painted
        except TimeoutError:  # of `_dask_backend`
            raise
        except Exception as error:  # from the pool or the cluster: `_paint` catches its own
            if len(batch) > 1:
                suspects = list(left)[:jobs]
            else:
                del left[batch[0]]
                yield batch[0], None, None, f"its process died: {str(error).splitlines()[0]}"


def _end_with(parent: int) -> None:
    """Let this process end if its parent is killed: a thread checks every second that the parent is alive."""

    def look() -> None:
        while os.getppid() == parent and psutil.pid_exists(parent):  # on Windows the first stays true
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _paint(key: object, photo: bytes, style: bytes, options: dict, free: SimpleQueue | None) -> Painted:
    """Paint one picture; this runs in another process or on another machine."""
    start, png = time.perf_counter(), None
    device = free.get() if free else best_device()
    try:
        pictures = (Image.open(BytesIO(data), formats=("PNG",)) for data in (photo, style))
        result = stylize(*pictures, vgg=_vgg(device), **options)
        error = result.stopped
        png = None if error else to_png(to_pil(result.image))
    except Exception as raised:  # of any kind: the other paintings go on
        error = str(raised) or type(raised).__name__
    finally:
        if free:
            free.put(device)
    if error == "interrupted":
        raise KeyboardInterrupt
    return key, png, time.perf_counter() - start, error


@cache
def _vgg(device: torch.device) -> VGG:
    """Return one network per process and device."""
    return VGG(device=device, dtype=best_dtype(device))


@contextmanager
def _cluster(address: str | None, jobs: int) -> Iterator["Client"]:
    """Give a client of the Dask scheduler at `address`, or of a cluster that is started for this wall."""
    try:
        import dask
        from dask.distributed import Client

        if not address:
            import cryptography  # noqa: F401 (for the keys)
    except ModuleNotFoundError as error:
        raise FileNotFoundError(f"{error.name} is missing: run `{INSTALL_DASK}`.") from None
    if not address:
        _check_main_guard()
    # the local cluster gets keys of its own: otherwise other users of this computer could run code through it
    local = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None, "security": True}
    pages = {f"distributed.{kind}.http.routes": [] for kind in ("scheduler", "worker")}
    try:
        with dask.config.set(pages):
            client = Client(address, timeout=PATIENCE) if address else Client(**local)
        client.wait_for_workers(1, timeout=PATIENCE)
        if not address:
            client.cluster.scheduler.http_server.stop()
            client.cluster.adapt(minimum=jobs, maximum=jobs)  # always replaces dead workers; their nannies may give up
    except (OSError, ValueError) as error:
        raise ValueError(f"There is no Dask cluster at {address}, or it has no workers ({error}): check both.") from None
    with client:
        yield client


def _check_main_guard() -> None:
    """Raise ValueError for a script without a main guard: each process of a cluster would run the script again."""
    path = getattr(sys.modules["__main__"], "__file__", None)
    try:
        code = ast.parse(Path(path).read_bytes()) if path else ast.parse("")
    except (OSError, SyntaxError, ValueError):
        return
    guards = [node for node in ast.walk(code) if isinstance(node, ast.If) and "__name__" in ast.dump(node.test)]
    if code.body and not guards:
        raise ValueError(
            f"Each process of the Dask cluster would run {path} again: put what it does under the line "
            'if __name__ == "__main__":'
        )


def _dask_backend(client: "Client") -> object:
    """Return joblib's Dask backend with three fixes."""
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(super().effective_n_jobs(n_jobs), 2)  # with 1, joblib would work in this process, not on the cluster

        def submit(self, func: Callable, callback: Callable | None = None) -> object:
            future = super().submit(func, callback)  # joblib would wait for ever if a task's workers have died
            future.add_done_callback(lambda done: callback(done.exception()) if done.exception() else None)
            return future

        def start_call(self) -> None:
            super().start_call()
            self.client.loop.add_callback(self._watch)

        async def _watch(self) -> None:
            """Fail all tasks after `DESERTED` seconds without workers: joblib would wait for ever."""
            seen = time.monotonic()
            while self._continue and time.monotonic() - seen < DESERTED:
                if await self.client.scheduler.ncores(workers=None):
                    seen = time.monotonic()
                await asyncio.sleep(1)
            for future in list(self._results.values()) if self._continue else ():
                future.set_exception(TimeoutError("The cluster has lost its workers: start some, then repeat the same call."))

    return Backend(client=client, wait_for_workers_timeout=0)
