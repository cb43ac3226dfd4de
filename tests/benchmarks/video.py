"""`python -m tests.benchmarks.video`: how much a stylised clip flickers, and what keeping it from that costs.

Three clips whose motion is known exactly, each as a photo, stylised frame by frame, held to the frame before along the true
flow and along an estimated one, and painted by a network that has learned one frame. Flicker is measured along the true flow,
and the style loss on the saved frames by the network in float32. Some ten minutes on two cores; writes bars.png and a moving
picture a clip to out/video.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path
from statistics import mean

import torch
from matplotlib.figure import Figure

import nst_lessons as nst
from nst_lessons.moving.clips import save_clip
from nst_lessons.moving.keyframe import train_keyframe
from nst_lessons.moving.scenes import Scene, pan, parallax, zoom
from nst_lessons.moving.video import flicker, stylize_video
from nst_lessons.objective import Objective
from nst_lessons.vgg import default_vgg

SCENES = {"pan": (pan, "swirls"), "zoom": (zoom, "stained_glass"), "parallax": (parallax, "wave")}
COLOURS = {"photo": "#999999", "frame by frame": "#D55E00", "held, true flow": "#0072B2", "held, estimated flow": "#56B4E9"}
COLOURS["keyframe network"] = "#009E73"
SPEED = 256  # pixels of the frames that the network is timed on
BARS = {"flicker": 1 / 3, "style": 2.0}  # of the keyframe network, as parts of those frame by frame
Clips = dict[str, tuple[list[torch.Tensor], list[float]]]  # way: (frames, seconds of each)


def clips(scene: Scene, style: str, size: int, vgg: nst.VGG) -> Clips:
    """The clip in every way, by the defaults of `transfer_video`."""
    found = {"photo": (scene.frames, [0.0] * len(scene.frames))}
    ways = {
        "frame by frame": {"method": "frame"},
        "held, true flow": {"motion": scene.motion},
        "held, estimated flow": {},
        "keyframe network": {"method": "keyframe"},
    }
    for way, options in ways.items():
        video = stylize_video(scene.frames, style, size=size, vgg=vgg, **options)
        ends = [0.0] + [frame.seconds for frame in video.frames]
        found[way] = video.images, [end - start for start, end in pairwise(ends)]
    return found


def figures(scene: Scene, style: str, size: int, found: Clips, judge: nst.VGG) -> dict[str, dict[str, float]]:
    """Of each way its flicker, the style loss of its frames, and the seconds of the first frame and of each later one."""
    painting, weights, table = nst.load_image(style, size), nst.Weights(), {}
    measures = [Objective(judge, photo, [(painting, 1.0)]) for photo in scene.frames]
    for way, (frames, seconds) in found.items():
        with torch.no_grad():
            styles = [measure(frame, weights).style.item() for measure, frame in zip(measures, frames, strict=True)]
        table[way] = {
            "flicker": flicker(frames, scene.flows, scene.masks),
            "style": mean(styles),
            "last style": styles[-1],
            "first": seconds[0],
            "later": mean(seconds[1:]),
        }
    return table


HEAD = (
    "| clip | way | flicker | / frame by frame | style loss | / frame by frame | last frame | s, first | s, later |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def lines(name: str, table: dict[str, dict[str, float]]) -> list[str]:
    """The figures as rows of a Markdown table; flicker and style loss as parts of those frame by frame, too."""
    base, found = table["frame by frame"], []
    for way, row in table.items():
        found.append(
            f"| {name} | {way} | {row['flicker']:.4f} | {row['flicker'] / base['flicker']:.2f} | {row['style']:.4f} | "
            f"{row['style'] / base['style']:.2f} | {row['last style'] / base['last style']:.2f} | {row['first']:.1f} | "
            f"{row['later']:.1f} |"
        )
    return found


def missed(tables: dict[str, dict]) -> list[str]:
    """The bars that the keyframe network misses, in words."""
    found = []
    for name, table in tables.items():
        for key, bar in BARS.items():
            ratio = table["keyframe network"][key] / table["frame by frame"][key]
            if ratio > bar:
                found.append(f"{name}: {key} is {ratio:.2f} times that of frame by frame, above {bar:.2f}")
    return found


def draw(tables: dict[str, dict], path: Path) -> None:
    """Bars of the flicker, of the style loss, and of the seconds a later frame takes; a group a clip."""
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    titles = {"flicker": "flicker (less is steadier)", "style": "style loss (less is nearer)", "later": "seconds a later frame"}
    for panel, (key, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        for number, (way, colour) in enumerate(COLOURS.items()):
            if way == "photo" and key != "flicker":
                continue  # which has no style: its bar would dwarf the others
            places = [group + 0.16 * number for group in range(len(tables))]
            panel.bar(places, [table[way][key] for table in tables.values()], 0.15, color=colour, label=way)
        panel.set_xticks([group + 0.32 for group in range(len(tables))], tables)
        panel.set_title(title)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=110)


def learning(vgg: nst.VGG) -> None:
    """Seconds in which the network learns a keyframe, and the frames a second that it then paints."""
    photo = nst.load_image(torch.rand(1, 3, SPEED, SPEED, generator=torch.Generator().manual_seed(0)))
    start = time.perf_counter()
    network = train_keyframe([(photo, 1 - photo)], vgg=vgg)
    trained, taken = time.perf_counter() - start, []
    for _ in range(10):
        start = time.perf_counter()
        network.paint(photo)
        taken.append(time.perf_counter() - start)
    print(f"\na keyframe of {SPEED} pixels learned in {trained:.0f} s; {1 / min(taken):.1f} frames a second", flush=True)


def main() -> None:
    """Measure every clip, print the table, and write the pictures."""
    options = argparse.ArgumentParser(description="Flicker, style loss and seconds of stylised clips.")
    options.add_argument("--size", type=int, default=192)
    options.add_argument("--frames", type=int, default=8)
    args = options.parse_args()
    out = Path("out/video")
    out.mkdir(parents=True, exist_ok=True)
    print(HEAD, flush=True)
    vgg, judge, tables = default_vgg(), nst.VGG(), {}
    for name, (make, style) in SCENES.items():
        scene = make(count=args.frames, size=args.size)
        found = clips(scene, style, args.size, vgg)
        tables[name] = figures(scene, style, args.size, found, judge)
        print("\n".join(lines(name, tables[name])), flush=True)  # each clip takes minutes
        shown = [found[way][0] for way in ("frame by frame", "held, estimated flow", "keyframe network")]
        save_clip([torch.cat(three, dim=3) for three in zip(*shown, strict=True)], out / f"{name}.gif", fps=6)
    draw(tables, out / "bars.png")
    learning(vgg)
    if failures := missed(tables):
        raise SystemExit("\n".join(["The keyframe network misses its bars.", *failures]))


if __name__ == "__main__":
    main()
