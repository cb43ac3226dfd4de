import asyncio
import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import pytest

from nst_lessons.studio.background import Runner


def endless():
    index = 0
    while True:
        index += 1
        time.sleep(0.002)
        yield SimpleNamespace(index=index)


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within five seconds"
        time.sleep(0.005)


@pytest.fixture
def seen():
    return []


@pytest.fixture
def runner(seen):
    made = Runner(lambda step: seen.append(step.index), lambda error: seen.append(error))
    yield made
    made.stop()


def test_it_steps_in_a_thread_pauses_goes_on_and_stops(runner, seen):
    runner.start(endless)
    wait_until(lambda: len(seen) > 3)
    assert runner.running and not runner.paused
    runner.pause()
    wait_until(lambda: runner.paused)
    time.sleep(0.05)
    count = len(seen)
    time.sleep(0.1)
    assert len(seen) == count and runner.running
    runner.resume()
    wait_until(lambda: len(seen) > count + 3)
    runner.stop()
    count = len(seen)
    assert not runner.running
    time.sleep(0.05)
    assert len(seen) == count == seen[-1]  # 1, 2, ... and no word of an end: it was asked for


def test_a_paused_run_can_be_stopped_and_a_new_start_ends_the_old_run(runner, seen):
    threads = threading.active_count()
    for _ in range(3):
        runner.start(endless)
        runner.pause()
    runner.stop()
    assert threading.active_count() == threads


def test_the_end_and_an_error_are_told(runner, seen):
    runner.start(lambda: iter([SimpleNamespace(index=1)]))
    wait_until(lambda: not runner.running)
    assert seen == [1, None]

    def broken():
        raise FileNotFoundError("no weights")
        yield

    runner.start(broken)
    wait_until(lambda: not runner.running)
    assert isinstance(seen[-1], FileNotFoundError)


def test_on_colab_it_is_an_asyncio_task_that_lets_messages_through(runner, seen, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    threads = threading.active_count()

    async def notebook():
        runner.start(endless)
        while len(seen) < 5:
            await asyncio.sleep(0.01)  # another cell, or a slider's message
        runner.pause()
        await asyncio.sleep(0.1)
        count = len(seen)
        await asyncio.sleep(0.1)
        assert len(seen) == count and runner.paused
        runner.resume()
        await asyncio.sleep(0.1)
        assert len(seen) > count
        runner.stop()
        await asyncio.sleep(0.1)
        assert not runner.running

    asyncio.run(notebook())
    assert threading.active_count() == threads


def test_a_task_that_is_stopped_before_its_first_turn_computes_nothing(runner, seen, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    async def notebook():
        runner.start(endless)
        runner.stop()
        await asyncio.sleep(0.1)

    asyncio.run(notebook())
    assert not seen and not runner.running
