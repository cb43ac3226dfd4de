"""How a lesson counts its steps: with a bar, since a cell that shows no sign of life on a laptop looks broken."""

import os
import sys
from collections.abc import Iterator

from tqdm import tqdm


def progress(steps: int) -> Iterator[int]:
    """0, 1, ... steps - 1 with a progress bar and the time to go; `shortened` where NST_QUICK is set."""
    bar = "{percentage:3.0f}%|{bar:30}| {n_fmt}/{total_fmt}, {remaining} to go"
    yield from tqdm(range(shortened(steps)), file=sys.stdout, bar_format=bar, leave=False, mininterval=0.5)


def shortened(steps: int) -> int:
    """`steps`, or at most 2 where the environment variable NST_QUICK is set: a notebook is then tried in a minute."""
    return min(steps, 2) if os.environ.get("NST_QUICK") else steps
