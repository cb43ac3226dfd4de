"""Show a lesson's steps as a progress bar, because a slow cell that shows nothing looks broken."""

import os
import time
from collections.abc import Iterator

from nst_lessons.sizes import whole


def progress(steps: int) -> Iterator[int]:
    """Yield 0, 1, ... steps - 1 and show a progress bar with the time to go. If NST_QUICK is set, more than 2 steps become 1.

    At the end, the bar becomes a line with the number of steps and the seconds that they took.
    """
    from IPython.display import display

    steps = whole(steps, "The number of steps")
    steps, start, drawn, done = 1 if quick() and steps > 2 else steps, time.perf_counter(), 0.0, 0
    bar = display(_bar("", 0, steps), raw=True, display_id=True)
    update = bar.update if bar else lambda *_, **__: None  # outside a notebook, there is nothing to update
    try:
        for done in range(steps):
            yield done
            now = time.perf_counter()
            if now - drawn > 0.5:
                left = (now - start) / (done + 1) * (steps - done - 1)
                update(_bar(f"{done + 1} of {steps} steps, {left:.0f} s to go", done + 1, steps), raw=True)
                drawn = now
        done = steps
    finally:
        text = f"{done} steps in {time.perf_counter() - start:.0f} s"
        update({"text/html": f"<small>{text}</small>", "text/plain": text}, raw=True)


def shortened(steps: int) -> int:
    """Return `steps`, or at most 2 if NST_QUICK is set: the first has a gradient, the last only measures."""
    return min(steps, 2) if quick() else steps


def quick() -> bool:
    """Return whether the environment variable NST_QUICK is set: run all briefly, without a result worth looking at."""
    return bool(os.environ.get("NST_QUICK"))


def _bar(text: str, value: int, steps: int) -> dict[str, str]:
    return {"text/html": f'<progress value="{value}" max="{steps}" style="width:40%"></progress> {text}', "text/plain": text}
