"""The frames of a clip that is stylised, one after the other, each kept in a file of its own, so that a run can go on."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from nst_lessons.images import load_image, save_image, to_pil

Motion = Callable[[int, int], tuple[torch.Tensor, torch.Tensor]]  # from frame i to frame j: the flow, and its mask
Painted = tuple[torch.Tensor, float | None, float | None]  # the picture, in 8 bits; its style loss; its flicker


@dataclass(frozen=True)
class Frame:
    """One frame of a clip that is stylised."""

    index: int  # 1, 2, ... total
    total: int
    photo: torch.Tensor  # (1, 3, H, W), at the size that is worked on
    image: torch.Tensor  # (1, 3, H, W), stylised, as it is saved: in 8 bits
    style: float | None  # the style loss; None where the frame was there before
    flicker: float | None  # the mean difference to the warped frame before; None for the first, and where it was there before
    seconds: float  # of computing since the start
    remaining: float  # seconds to go, estimated
    path: Path | None  # its file, where there is a folder


def paint_all(
    photos: Sequence[torch.Tensor],
    names: Sequence[str],
    folder: Path | None,
    paint: Callable[[int, list[torch.Tensor]], Painted],
) -> Iterator[Frame]:
    """Yield a `Frame` for each photo: from the file `names[i]` in `folder`, or else as `paint(i, pictures so far)` makes it."""
    done, seconds, made, total = [], 0.0, 0, len(photos)
    for i, photo in enumerate(photos):
        start, path = time.perf_counter(), folder / names[i] if folder else None
        if path and path.is_file():
            image, style, difference = load_image(path), None, None
        else:
            image, style, difference = paint(i, done)
            made += 1
            if path:
                save_image(image, path)
        done.append(image)
        seconds += time.perf_counter() - start
        remaining = seconds / max(made, 1) * (total - i - 1)
        yield Frame(i + 1, total, photo, image, style, difference, seconds, remaining, path)


def file_names(photos, style, settings, motion: Motion | None, spans) -> list[str]:
    """A file's name for each frame: its number, and a digest of all that made it: settings, style, the frames up to it."""
    digest, names = hashlib.sha256(repr(settings).encode() + to_pil(style).tobytes()), []
    for i, photo in enumerate(photos):
        digest.update(to_pil(photo).tobytes())
        if motion is not None:
            for span in (span for span in spans if span <= i):
                for part in motion(i, i - span):
                    digest.update(part.cpu().contiguous().numpy().tobytes())
        names.append(f"frame_{i + 1:05}_{digest.hexdigest()[:8]}.png")
    return names
