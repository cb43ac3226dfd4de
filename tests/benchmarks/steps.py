"""The small figures of the benchmark: a step against its floor, the start, memory, the live plot's share."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import nbformat
import torch
import torch.nn.functional as F
from nbclient import NotebookClient

import nst_lessons as nst
from nst_lessons import vgg_weights
from nst_lessons.machine import best_dtype

from .energy import Judge
from .textbook import CONTENT, STYLE, features_of, gram

ROUNDS = 7


def machine() -> str:
    """This machine in words: cores and instruction set, no names."""
    bf16 = best_dtype(torch.device("cpu")) == torch.bfloat16
    set_ = torch.backends.cpu.get_cpu_capability()
    return f"{os.cpu_count()} CPU cores, {set_}{' with bfloat16' if bf16 else ''}, torch {torch.__version__.split('+')[0]}."


def bare_convolutions(shape: tuple[int, int], dtype: torch.dtype) -> Callable[[], None]:
    """A function that does the convolutions of VGG19 to conv5_1, there and back, and nothing else.

    Directly, by oneDNN with channels last: the floor of whoever multiplies as often as the definition says.
    """
    layers = []
    for name, (kernel, bias) in vgg_weights.load().convs.items():
        if name > "conv5_1":
            break
        scale = 2 ** (int(name[4]) - 1)
        kernel = kernel.to(dtype, memory_format=torch.channels_last)
        x, g = (
            torch.rand(1, kernel.shape[dim], shape[0] // scale, shape[1] // scale).to(dtype, memory_format=torch.channels_last)
            for dim in (1, 0)
        )
        layers.append(
            (x, kernel, bias.to(dtype), g, kernel.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last))
        )

    @torch.no_grad()
    def run() -> None:
        for x, kernel, bias, _, _ in layers:
            F.conv2d(x, kernel, bias, padding=1)
        for _, _, _, g, flipped in reversed(layers):
            F.conv2d(g, flipped, padding=1)

    return run


def textbook_step(judge: Judge, shape: tuple[int, int]) -> Callable[[], None]:
    """One evaluation of the textbook loop's loss and gradient."""
    photo, painting = torch.rand(1, 3, *shape), torch.rand(1, 3, *shape)
    content = features_of(judge.layers, judge.mean, judge.std, photo)[CONTENT]
    targets = {n: gram(f) for n, f in features_of(judge.layers, judge.mean, judge.std, painting).items() if n in STYLE}
    image = photo.clone().requires_grad_(True)

    def run() -> None:
        features = features_of(judge.layers, judge.mean, judge.std, image)
        style = sum((gram(features[n]) - a).square().mean() / a.square().mean() for n, a in targets.items())
        (style + (features[CONTENT] - content).square().mean()).backward()

    return run


def seconds_of(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of each, called in turns, so that a noisy moment falls on all."""
    times = {name: [] for name in functions}
    for _ in range(ROUNDS + 2):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: median(values[2:]) for name, values in times.items()}


def step_table(judge: Judge, dtypes: list[torch.dtype], sizes: list[int]) -> list[str]:
    """Seconds of a step at one size, optimiser and all, against the bare convolutions and the textbook's step."""
    lines = [
        "| long side | type | step / floor | textbook's step / step | step | floor | textbook |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        shape = (3 * size // 4, size)
        photo, painting = torch.rand(1, 3, *shape), nst.load_image("swirls", size)
        functions = {"textbook": textbook_step(judge, shape)}
        for dtype in dtypes:
            schedule = [(size, ROUNDS + 3)]  # the last step has no gradient and is not measured
            run = nst.transfer(photo, painting, vgg=nst.VGG(dtype=dtype), schedule=schedule)
            functions |= {f"step {dtype}": run.__next__, f"floor {dtype}": bare_convolutions(shape, dtype)}
        found = seconds_of(functions)
        for dtype in dtypes:
            step, floor, textbook = found[f"step {dtype}"], found[f"floor {dtype}"], found["textbook"]
            lines.append(
                f"| {size} | {str(dtype)[6:]} | {step / floor:.2f} | {textbook / step:.2f} | {step:.2f} s | {floor:.2f} s "
                f"| {textbook:.2f} s |"
            )
    return lines


_START = """
import time
start = time.perf_counter()
import torch, torchvision, nst_lessons as nst
from nst_lessons.machine import best_dtype
vgg = nst.VGG(dtype=best_dtype(torch.device("cpu")))
loaded = time.perf_counter()
nst.stylize("coffee", "swirls", vgg=vgg, callback=lambda step: False)
print(time.perf_counter() - loaded, time.perf_counter() - start)
"""
_MEMORY = """
import re, sys
import matplotlib.figure, torch, torchvision, nst_lessons as nst
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1e6  # getrusage has the parent's
before = peak()
vgg = nst.VGG(dtype=getattr(torch, sys.argv[2]))
nst.stylize("coffee", "swirls", vgg=vgg, size=int(sys.argv[1]), steps=24)
print(peak(), peak() - before)
"""
_LIVE = """
import time
import nst_lessons as nst
plot = nst.LivePlot()
start = time.perf_counter()
nst.stylize("coffee", "swirls", callback=plot)
print(plot.spent / (time.perf_counter() - start))
"""


def start() -> list[str]:
    """Seconds to the first picture."""
    warm, cold = map(float, _in_process(_START).split())
    return [f"- first picture: {warm:.1f} s after calling `stylize` with the network loaded, {cold:.1f} s after Python started"]


def memory(dtypes: list[torch.dtype], sizes: list[int]) -> list[str]:
    """The most memory that a run has at a time, in gigabytes: of the whole process, and above the imported libraries."""
    lines = ["| long side (3:2) | type | peak | above the imports |", "|---|---|---|---|"]
    for size in sizes:
        for dtype in dtypes:
            whole, above = map(float, _in_process(_MEMORY, str(size), str(dtype)[6:]).split())
            lines.append(f"| {size} | {str(dtype)[6:]} | {whole:.2f} GB | {above:.2f} GB |")
    return lines


def drawing() -> list[str]:
    """The live plot's share of a default run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_LIVE)])
    NotebookClient(notebook, timeout=600).execute()
    share = next(float(output.text) for output in notebook.cells[0].outputs if output.output_type == "stream")
    return [f"- `LivePlot` took {share:.1%} of a default run"]


def _in_process(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True).stdout
