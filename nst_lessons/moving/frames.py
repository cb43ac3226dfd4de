"""Stylises a clip's frames one after the other, and keeps each in its own file, so that an interrupted run can continue."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image

from nst_lessons.images import load_image, save_image, to_pil
from nst_lessons.sizes import listed

Motion = Callable[[int, int], tuple[torch.Tensor, torch.Tensor]]  # (i, j) -> flow from frame i to frame j, and its mask
Painted = tuple[torch.Tensor, float | None, float | None]  # the picture, rounded to 8 bits; its style loss; its flicker
Kept = Path | Image.Image  # a picture for `load_image`: a file, or an image in 8 bits


class Photos(Sequence[torch.Tensor]):
    """Holds a clip's frames, anything `load_image` reads; each is loaded and resized on demand."""

    def __init__(self, frames: Sequence[object], size: int | None = None) -> None:
        one = isinstance(frames, str | bytes) or not isinstance(frames, Sequence)
        self._frames = listed(frames, "frames", "give a list of pictures, such as a clip's `frames`.") if one else frames
        self._size = size

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> torch.Tensor:
        return load_image(self._frames[index], self._size)


@dataclass(frozen=True)
class Frame:
    """One frame of a stylised clip. Its pictures are loaded on demand, so that a long clip fits into memory."""

    index: int  # 1, 2, ... total
    total: int
    photos: Sequence[torch.Tensor] = field(repr=False)  # of the whole clip, at the working size
    kept: Kept = field(repr=False)  # the painting
    style: float | None  # the style loss; None if an earlier run painted the frame
    flicker: float | None  # mean difference to the warped frame before; None for the first, or if painted by an earlier run
    seconds: float  # computing time so far
    remaining: float  # estimated seconds to go
    finished: int  # painted frames of the clip, including those of an earlier run

    @property
    def photo(self) -> torch.Tensor:
        """The original frame, (1, 3, H, W)."""
        return self.photos[self.index - 1]

    @property
    def image(self) -> torch.Tensor:
        """The painting, (1, 3, H, W), rounded to 8 bits as in its file."""
        return load_image(self.kept)

    @property
    def path(self) -> Path | None:
        """The painting's file, if there is a folder."""
        return self.kept if isinstance(self.kept, Path) else None


def paint_all(
    photos: Sequence[torch.Tensor],
    names: Sequence[str],
    folder: Path | None,
    paint: Callable[[int, list[Kept]], Painted],
) -> Iterator[Frame]:
    """Yield a `Frame` for each photo, from its file if there is a readable one, else painted.

    photos: the clip's frames.
    names: a file name for each.
    folder: where the files are; None keeps the paintings in memory.
    paint: a function (i, paintings so far) -> the painting of frame i, its style loss and its flicker.
    """
    paths = [folder / name if folder else None for name in names]
    missing = {i for i, path in enumerate(paths) if path is None or not path.is_file()}
    done, seconds, made, total = [], 0.0, 0, len(photos)
    for i, path in enumerate(paths):
        style = difference = None
        if i in missing or not _readable(path):
            start = time.perf_counter()
            image, style, difference = paint(i, done)
            kept = save_image(image, path) if path else to_pil(image)
            seconds += time.perf_counter() - start
            made += 1
            missing.discard(i)
        else:
            kept = path
        done.append(kept)
        remaining = seconds / max(made, 1) * len(missing)
        yield Frame(i + 1, total, photos, kept, style, difference, seconds, remaining, total - len(missing))


def _readable(path: Path) -> bool:
    """Whether a file's picture is whole; after a power failure it may not be."""
    try:
        load_image(path)
    except ValueError:
        return False
    return True


def file_names(photos, style, settings, motion: Motion | None, spans) -> list[str]:
    """Return a file name for each frame, from its number and a digest of all that it depends on.

    photos, style: pictures. settings: anything whose `repr` says all. motion: None if it is estimated from the frames.
    spans: how many frames back `motion` is asked for.
    """
    digest, names = hashlib.sha256(repr(settings).encode() + to_pil(style).tobytes()), []
    for i, photo in enumerate(photos):
        digest.update(to_pil(photo).tobytes())
        if motion is not None:
            for span in (span for span in spans if span <= i):
                for part in motion(i, i - span):
                    digest.update(part.cpu().contiguous().numpy().tobytes())
        names.append(f"frame_{i + 1:05}_{digest.hexdigest()[:8]}.png")
    return names
