"""Drives a run while the notebook stays usable: a cell that blocks in a loop never sees a slider move.

A worker thread by default; an asyncio task where `google.colab` is imported, since widgets do not update from threads there.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator

from nst_lessons.machine import on_colab
from nst_lessons.step import Step


class Runner:
    """Runs a generator of steps to its end in the background; can be paused, and stopped between two steps.

    on_step: called with each `Step`; what it changes acts on the next one. on_end: called with None when a run has come
    to its end, or with the exception that ended it; not after `stop`. Both are called from where the run is driven: they
    must not draw with pyplot.
    """

    def __init__(self, on_step: Callable[[Step], None], on_end: Callable[[Exception | None], None]) -> None:
        self.on_step, self.on_end = on_step, on_end
        self._go, self._stopped, self._worker = threading.Event(), threading.Event(), None

    @property
    def running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._worker is not None and not self._worker.done()

    @property
    def paused(self) -> bool:
        """Whether a run is under way and waits."""
        return self.running and not self._go.is_set()

    def start(self, steps: Callable[[], Iterator[Step]]) -> None:
        """Stop what runs, and run `steps()`, which may raise at once."""
        self.stop()
        self._go.set()
        self._stopped = threading.Event()  # its own for each run
        self._worker = (_Task if on_colab() else _Thread)(self._run(steps, self._stopped))

    def pause(self) -> None:
        """Wait after the present step, until `resume`."""
        self._go.clear()

    def resume(self) -> None:
        """Go on."""
        self._go.set()

    def stop(self) -> None:
        """End the run after the present step, and wait for that where it can be waited for."""
        self._stopped.set()
        self._go.set()
        if self._worker is not None:
            self._worker.join()

    def _run(self, steps: Callable[[], Iterator[Step]], stopped: threading.Event) -> Iterator[bool]:
        """The run, a generator that yields after each step, and False as long as it is paused."""
        error = None
        try:
            for step in steps():
                self.on_step(step)
                yield True
                while not self._go.is_set():
                    yield False
                if stopped.is_set():
                    return
        except Exception as raised:  # shown to the person by on_end: in a thread it would be lost
            error = raised
        self.on_end(error)


class _Thread:
    def __init__(self, run: Iterator[bool]) -> None:
        self._thread = threading.Thread(target=self._drive, args=(run,), daemon=True)
        self._thread.start()

    @staticmethod
    def _drive(run: Iterator[bool]) -> None:
        pause = threading.Event()
        for moved in run:
            if not moved:
                pause.wait(0.02)

    def done(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        if self._thread is not threading.current_thread():
            self._thread.join()


class _Task:
    def __init__(self, run: Iterator[bool]) -> None:
        self._task = asyncio.get_event_loop().create_task(self._drive(run))

    @staticmethod
    async def _drive(run: Iterator[bool]) -> None:
        for moved in run:
            await asyncio.sleep(0.005 if moved else 0.05)  # here messages of the browser are handled

    def done(self) -> bool:
        return self._task.done()

    def join(self) -> None:
        """A task cannot be waited for by code that itself runs in the loop: it ends at its next turn."""
