"""`python -m tests.benchmarks.feed_forward`: the methods without optimising, and what a start from their pictures saves.

About a quarter of an hour on two cores. Prints three tables, and writes the pictures to out/feed_forward.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch

import nst_lessons as nst
from nst_lessons.one_pass.quality import energies
from nst_lessons.one_pass.realtime import load_stylizer
from nst_lessons.one_pass.universal import universal
from nst_lessons.vgg import default_vgg

SIZE = 512
PAIRS = [("astronaut", "swirls"), ("chelsea", "stained_glass"), ("coffee", "wave"), ("rocket", "pointillism")]
OTHERS = [("hopper", "peacock"), ("hopper", "cubist"), ("chelsea", "ink_hatching")]  # not used to choose anything
PAINTINGS = [("hopper", "starry_night"), ("chelsea", "the_scream"), ("coffee", "great_wave")]  # where they are at hand
OUT = Path("out/feed_forward")


def seconds_of(action: Callable[[], object], times: int = 3) -> float:
    """The least of several."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


def speeds(vgg: nst.VGG) -> None:
    """Seconds of `universal`, pictures a second of the network, on squares as the bars are meant."""
    network = load_stylizer()
    for size in (256, 512):
        photo = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
        print(
            f"{size:4}: one network {1 / seconds_of(lambda p=photo: network.paint(p, 'wave'), 5):5.1f} pictures/s", flush=True
        )
    for transform in ("wct", "adain"):
        taken = seconds_of(lambda t=transform: universal("chelsea", "swirls", alpha=1.0, size=SIZE, transform=t, vgg=vgg))
        print(f"{SIZE:4}: universal, {transform}: {taken:.1f} s", flush=True)


def qualities(vgg: nst.VGG, judge: nst.VGG, pairs: list[tuple[str, str]]) -> None:
    """The three-size energy of the photo, and of what `universal` makes of it at two alphas, with and without relu1_1."""
    settings = [(alpha, levels) for alpha in (1.0, 0.6) for levels in ((4, 3, 2, 1), (4, 3, 2))]
    print(f"{'universal':26} photo  " + "  ".join(f"{alpha:g} {'-'.join(map(str, levels))}" for alpha, levels in settings))
    for photo, style in pairs:
        content, painting = nst.load_image(photo, SIZE), nst.load_image(style)
        row = f"{photo:11}{style:15} {energies([content], content, painting, judge)[0]:.3f}"
        for alpha, levels in settings:
            image = universal(photo, style, alpha=alpha, levels=levels, size=SIZE, vgg=vgg)
            nst.save_image(image, OUT / f"universal_{photo}_{style}_{alpha:g}_{len(levels)}.png")
            row += f"  {energies([image], content, painting, judge)[0]:9.3f}"
        print(row, flush=True)


def starts(vgg: nst.VGG, judge: nst.VGG, pairs: list[tuple[str, str]], inits: list[str]) -> None:
    """Seconds and energy of `stylize` from each start, with all of its default steps, half and a quarter of them."""
    print(f"{'pair':28}{'start':11}" + "".join(f"{steps:>6} steps      " for steps in (30, 60, 120)))
    for photo, style in pairs:
        content, painting = nst.load_image(photo, SIZE), nst.load_image(style)
        for init in inits:
            row = f"{photo + ' ' + style:28}{init:11}"
            for steps in (30, 60, 120):
                start = time.perf_counter()
                image = nst.stylize(photo, style, size=SIZE, vgg=vgg, steps=steps, init=init).image
                taken = time.perf_counter() - start
                nst.save_image(image, OUT / f"{photo}_{style}_{init}_{steps}.png")
                row += f"{taken:5.1f} s {energies([image], content, painting, judge)[0]:.4f}   "
            print(row, flush=True)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    vgg, judge = default_vgg(), nst.VGG()
    here = nst.samples.available()
    paintings = [pair for pair in PAINTINGS if here[pair[1]].path]
    speeds(vgg)
    qualities(vgg, judge, PAIRS + OTHERS + paintings)
    starts(vgg, judge, OTHERS, ["content", "universal", "realtime"])
    starts(vgg, judge, paintings, ["content", "universal"])


if __name__ == "__main__":
    main()
