"""`python -m tests.benchmarks.prints [SIZE ...]`: memory and time against size, each size in a process of its own.

It prints a table, and writes out/prints.png. By default 512 to 4096, which takes half an hour on two cores with AVX2. Time of a
whole run: that of the sizes measured here, in the default schedule; smaller ones by their pixels.
"""

import sys
from pathlib import Path

from matplotlib.figure import Figure

from nst_lessons.settings import coarse_to_fine

from .steps import _in_process

SIZES = (512, 1024, 2048, 4096)
# The last step has no gradient. In tiles, the first also computes the photo's features, a fourth of a step.
_RUN = """
import re, sys, time
import torch, nst_lessons as nst
from nst_lessons.images import to_pil
from nst_lessons.machine import tile_needed
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1e6
before, size = peak(), int(sys.argv[1])
photo = to_pil(nst.resize(nst.load_image("coffee"), (size * 3 // 4, size)))
vgg = nst.VGG(dtype=torch.float32)
tile = tile_needed([(size * 3 // 4, size)], vgg.device, vgg.dtype)
start, times, steps = time.perf_counter(), [], 2 if tile else 3
nst.stylize(photo, "wave", vgg=vgg, schedule=[(size, steps)], callback=lambda _: times.append(time.perf_counter() - start))
print(peak() - before, times[0] / 1.25 if tile else times[1] - times[0], int(bool(tile)))
"""


def main(sizes: list[int]) -> None:
    """Measure, print and draw."""
    memory, step, whole = {}, {}, {}
    print("| size (4:3) | tiles | peak above the imports | a step | a whole run |\n|---|---|---|---|---|", flush=True)
    for size in sizes:
        memory[size], step[size], tiled = map(float, _in_process(_RUN, str(size)).split())
        whole[size] = sum(steps * _seconds(part, step) for part, steps in coarse_to_fine(size))
        row = f"{memory[size]:.2f} GB | {step[size]:.1f} s | {whole[size] / 60:.1f} minutes"
        print(f"| {size} | {'yes' if tiled else 'no'} | {row} |", flush=True)
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axis, values, name in zip(
        figure.subplots(1, 2),
        ({"a run": memory}, {"a step": step, "a whole run": whole}),
        ("GB above the imports", "seconds"),
        strict=True,
    ):
        for label, points in values.items():
            axis.loglog(list(points), list(points.values()), "o-", label=label)
        axis.set(xlabel="long side in pixels", ylabel=name)
        axis.legend()
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/prints.png")


def _seconds(size: int, step: dict[int, float]) -> float:
    """Return the seconds of a step at a size: of the nearest one that was measured, by the number of pixels."""
    near = min(step, key=lambda one: abs(one - size))
    return step[near] * (size / near) ** 2


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
