"""Drives a run in the background: a cell that blocks in a loop never sees a slider move.

Uses a worker thread, but an asyncio task where `google.colab` is imported: widgets do not update from threads there.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator

from nst_lessons.machine import on_colab
from nst_lessons.step import Step


class Runner:
    """Runs a generator of steps in the background; it can be paused, and stopped between two steps.

    on_step: called with each `Step`; its changes take effect at the next step.
    on_end: called with None when a run is complete, or with the exception that ended it; not called after `stop`.
    Both run on the worker thread or task: no pyplot.
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
        """Whether a run is under way and paused."""
        return self.running and not self._go.is_set()

    @property
    def stopping(self) -> bool:
        """Whether the last run was told to end."""
        return self._stopped.is_set()

    def start(self, steps: Callable[[], Iterator[Step]], paused: bool = False) -> None:
        """Stop the current run and start `steps()`, or take only its first step; an exception from it goes to `on_end`."""
        self.stop()
        self.pause() if paused else self._go.set()
        self._stopped = threading.Event()  # a new one per run
        self._worker = (_Task if on_colab() else _Thread)(self._run(steps, self._stopped))

    def pause(self) -> None:
        """Pause after the current step, until `resume`."""
        self._go.clear()

    def resume(self) -> None:
        """Continue a paused run."""
        self._go.set()

    def stop(self) -> None:
        """End the run after the current step; wait for its thread, but not for a task (see `_Task.join`)."""
        self._stopped.set()
        self._go.set()
        if self._worker is not None:
            self._worker.join()

    def _run(self, steps: Callable[[], Iterator[Step]], stopped: threading.Event) -> Iterator[bool]:
        """Yield True after each step, and False while the run is paused."""
        if stopped.is_set():  # a task may be stopped before its first turn
            return
        error = None
        try:
            for step in steps():
                self.on_step(step)
                yield True
                while not self._go.is_set():
                    yield False
                if stopped.is_set():
                    return
        except Exception as raised:  # `on_end` shows it: an exception in a thread is easily lost
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
            await asyncio.sleep(0.005 if moved else 0.05)  # meanwhile the kernel handles messages from the browser

    def done(self) -> bool:
        return self._task.done()

    def join(self) -> None:
        """Return at once: code in the event loop cannot wait for a task of this loop, which ends at its next turn."""
