"""The frames of a clip that is stylised, one after the other, each kept in a file of its own, so that a run can go on."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image

from nst_lessons.images import load_image, save_image, to_pil

Motion = Callable[[int, int], tuple[torch.Tensor, torch.Tensor]]  # from frame i to frame j: the flow, and its mask
Painted = tuple[torch.Tensor, float | None, float | None]  # the picture, in 8 bits; its style loss; its flicker
Kept = Path | Image.Image  # a picture that `load_image` reads when it is needed: its file, or its 8 bits


class Photos(Sequence[torch.Tensor]):
    """The frames of a clip, anything `load_image` reads, each loaded and resized when it is asked for."""

    def __init__(self, frames: Sequence[object], size: int | None = None) -> None:
        self._frames, self._size = frames if isinstance(frames, Sequence) else list(frames), size

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> torch.Tensor:
        return load_image(self._frames[index], self._size)


@dataclass(frozen=True)
class Frame:
    """One frame of a clip that is stylised. Its pictures are loaded when they are asked for, so that a long clip fits."""

    index: int  # 1, 2, ... total
    total: int
    photos: Sequence[torch.Tensor] = field(repr=False)  # of the whole clip, at the size that is worked on
    kept: Kept = field(repr=False)  # the painting
    style: float | None  # the style loss; None where the frame was there before
    flicker: float | None  # the mean difference to the warped frame before; None for the first, and where it was there before
    seconds: float  # of computing since the start
    remaining: float  # seconds to go, estimated
    finished: int  # how many frames of the clip are painted, those of an earlier run too

    @property
    def photo(self) -> torch.Tensor:
        """The frame itself, (1, 3, H, W)."""
        return self.photos[self.index - 1]

    @property
    def image(self) -> torch.Tensor:
        """The painting, (1, 3, H, W), as it is saved: in 8 bits."""
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
    """Yield a `Frame` for each photo: from the file `names[i]` in `folder`, or as `paint(i, paintings so far)` makes it."""
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
    """Whether the picture in a file is whole, which it may not be after a power failure."""
    try:
        load_image(path)
    except ValueError:
        return False
    return True


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
