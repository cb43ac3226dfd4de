"""`make bench`, or `python -m tests.benchmarks [PART ...] [--size N]`: how fast and how exact, each figure in one run.

Parts: steps, gradient, memory, start, drawing, textbook (with a peer; the long one). Without a part all are measured, and
results.md and curve.png beside this file are written: about an hour on two cores with AVX2. A processor that can do more
than the reference of docs/how_fast.md is measured twice, first held to AVX2; the curve is then the reference's.

The pictures here are used for nothing else: settings were chosen on others.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from matplotlib.figure import Figure
from PIL import Image

import nst_lessons as nst
from nst_lessons import vgg_weights
from nst_lessons.images import to_pil
from nst_lessons.loop import full_size
from nst_lessons.machine import best_device, best_dtype
from nst_lessons.publishing.execute import AVX2

from . import gradients, steps
from .energy import Judge, second_judge
from .textbook import textbook

HERE = Path(__file__).parent
PAIRS = [("astronaut", "stained_glass"), ("coffee", "swirls")]
SIZE = 512
PEER_STEPS = 100  # its default is 1000, which would take ten times as long
DTYPES = list(dict.fromkeys([best_dtype(best_device()), torch.float32]))
RICHER = "AVX512" in torch.backends.cpu.get_cpu_capability()
Track = list[tuple[float, Image.Image]]  # (seconds, the 8-bit picture then)


def run_textbook(judge: Judge, photo: torch.Tensor, painting: torch.Tensor) -> Track:
    """The textbook loop; its pictures at some of the 300 calls and at the end."""
    track, kept = [], {0, 5, 10, 20, 40, 60, 100, 150, 200, 250, 300}

    def watch(call: int, seconds: float, image: torch.Tensor) -> None:
        if call in kept:
            track.append((seconds, to_pil(image)))

    textbook(judge.layers, judge.mean, judge.std, photo, painting, watch=watch)
    return track


def run_stylize(photo: str, painting: str, dtype: torch.dtype, size: int) -> Track:
    """`stylize` with its default settings, network loaded; the pictures that one would get by stopping it."""
    vgg, track, watched, start = nst.VGG(dtype=dtype), [], 0.0, time.perf_counter()

    def watch(step: nst.Step) -> None:
        nonlocal watched
        began = time.perf_counter()
        if max(step.size) == size or step.index % 5 == 1:
            track.append((began - start - watched, to_pil(full_size(step.image, photo, size=size))))
        watched += time.perf_counter() - began

    result = nst.stylize(photo, painting, size=size, vgg=vgg, callback=watch)
    track.append((time.perf_counter() - start - watched, to_pil(result.image)))
    return track


def run_peer(photo: Image.Image, painting: Image.Image, size: int) -> Track:
    """pastiche 1.6.0 through its own command line, as it comes but for the number of steps; start and all."""
    with tempfile.TemporaryDirectory() as folder:
        photo.save(f"{folder}/photo.png")
        painting.save(f"{folder}/painting.png")
        command = [sys.executable, "-m", "pastiche", "--content", f"{folder}/photo.png", "--styles", f"{folder}/painting.png"]
        command += ["--output", f"{folder}/out.png", "--size", str(size), "--num-steps", str(PEER_STEPS), "--no-verbose"]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return [(time.perf_counter() - start, Image.open(f"{folder}/out.png").convert("RGB"))]


def compare(photo_name: str, painting_name: str, judges: list[Judge], size: int) -> dict[str, dict]:
    """Every method on one pair: its seconds, its energies by each judge, and its curve by the first."""
    photo, painting = nst.load_image(photo_name, size), nst.load_image(painting_name, size)
    pil_photo, pil_painting = to_pil(photo), to_pil(painting)
    tracks = {"untouched photo": [(0.0, pil_photo)]}
    for dtype in DTYPES:
        tracks[f"stylize, {str(dtype)[6:]}"] = run_stylize(photo_name, painting_name, dtype, size)
    tracks[f"pastiche, {PEER_STEPS} steps"] = run_peer(pil_photo, pil_painting, size)
    tracks["textbook, 300 calls"] = run_textbook(judges[0], photo, painting)
    found = {}
    for name, track in tracks.items():
        curve = [(seconds, judges[0].energy(picture, pil_photo, pil_painting)) for seconds, picture in track]
        last = track[-1][1]
        found[name] = {
            "seconds": track[-1][0],
            "curve": curve,
            "energies": [curve[-1][1]] + [judge.energy(last, pil_photo, pil_painting) for judge in judges[1:]],
        }
        last.save(Path("out") / f"bench-{photo_name}-{painting_name}-{name.split(',')[0].replace(' ', '_')}.png")
        energies = [round(energy, 4) for energy in found[name]["energies"]]
        print(f"  {name}: {found[name]['seconds']:.1f} s, energy {energies}", file=sys.stderr, flush=True)
    return found


def first_below(curve: list[tuple[float, float]], energy: float) -> float:
    """The seconds at which a curve first got below `energy`, or infinity."""
    return next((seconds for seconds, value in curve if value < energy), float("inf"))


def quality_table(pairs: list[dict]) -> list[str]:
    """Medians over the pairs, as ratios to the textbook first."""
    base = "textbook, 300 calls"
    lines = [
        "| method | textbook's time / its time | ... when first below the textbook's energy | energy / textbook's "
        "| by the second judge | seconds | energy |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in pairs[0]:
        rows = [(pair[name], pair[base]) for pair in pairs]
        faster = median(b["seconds"] / max(m["seconds"], 1e-9) for m, b in rows)
        below = median(b["seconds"] / first_below(m["curve"], b["energies"][0]) for m, b in rows)
        ratios = [median(m["energies"][j] / b["energies"][j] for m, b in rows) for j in range(len(rows[0][0]["energies"]))]
        second = f"{ratios[1]:.2f}" if len(ratios) > 1 else "not installed"
        seconds, energy = median(m["seconds"] for m, _ in rows), median(m["energies"][0] for m, _ in rows)
        shown = "-" if name == "untouched photo" else f"{faster:.1f}"
        crossing = f"{below:.1f}" if below and name != base else "-"
        lines.append(f"| {name} | {shown} | {crossing} | {ratios[0]:.2f} | {second} | {seconds:.0f} | {energy:.3f} |")
    return lines


def draw_curves(pairs: list[dict], path: Path) -> None:
    """Energy against seconds, both axes logarithmic, one panel a pair."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, len(pairs), sharey=True, squeeze=False)[0]
    colours = {"textbook": "#333333", "stylize": "#D55E00", "pastiche": "#0072B2"}
    for panel, pair, names in zip(panels, pairs, PAIRS, strict=True):
        for name, found in pair.items():
            method = name.split(",")[0]
            if method in colours:
                style = "--" if "float32" in name and len(DTYPES) > 1 else "-"
                panel.plot(*zip(*found["curve"], strict=True), style, marker=".", color=colours[method], label=name)
        panel.set(xscale="log", yscale="log", xlim=(0.1, None), xlabel="seconds", title=" in ".join(names).replace("_", " "))
        panel.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("three-size energy (less is better)")
    panels[0].legend()
    figure.savefig(path, dpi=110)


def textbook_table(size: int, judge: Judge) -> list[str]:
    """Every method on every pair; draws the curves, too."""
    second, pairs = second_judge(), []
    for names in PAIRS:
        print(names, file=sys.stderr, flush=True)
        pairs.append(compare(*names, [judge] + ([second] if second else []), size))
    if size == SIZE and not RICHER:
        draw_curves(pairs, HERE / "curve.png")
    return quality_table(pairs)


PARTS = {  # name: title, and a function of the size and the judge
    "steps": (
        "A step and its floor, the convolutions done directly",
        lambda size, judge: steps.step_table(judge, DTYPES, [size // 2, size]),
    ),
    "gradient": (
        "The gradient's error, relative to autograd's in float64",
        lambda size, _: gradients.gradient_table(DTYPES, size // 2),
    ),
    "memory": ("Memory", lambda size, _: steps.memory(DTYPES, [size, 2 * size])),
    "start": ("Start", lambda *_: steps.start()),
    "drawing": ("Drawing", lambda *_: steps.drawing()),
    "textbook": (f"Against the textbook loop, long side {{}}, median over {len(PAIRS)} pairs", textbook_table),
}


def main() -> None:
    """Measure the parts that are asked for, on the reference first, and print what was found."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="How fast and how exact.")
    options.add_argument("parts", metavar="PART", nargs="*", help=", ".join(PARTS) + "; all if none is given")
    options.add_argument("--size", type=int, default=SIZE, help=f"long side in pixels (default: {SIZE})")
    args = options.parse_args()
    if unknown := set(args.parts) - PARTS.keys():  # Python 3.11 takes `choices` only where something must be chosen
        options.error(f"there is no part {', '.join(sorted(unknown))}: choose among {', '.join(PARTS)}")
    Path("out").mkdir(exist_ok=True)
    text, judge = "", Judge(vgg_weights.load())
    if RICHER:  # the same once more, in a process that is held to AVX2
        text = subprocess.run(sys.orig_argv, env=os.environ | AVX2, check=True, stdout=subprocess.PIPE, text=True).stdout
    text += f"## {steps.machine()}\n\n"
    for name in args.parts or PARTS:
        title, measure = PARTS[name]
        text += f"### {title.format(args.size)}\n\n" + "\n".join(measure(args.size, judge)) + "\n\n"
    print(text, end="")
    if not args.parts and args.size == SIZE:
        (HERE / "results.md").write_text("# How fast\n\n" + text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
