"""Keep the finished sizes of a long run in a folder, so that the same run can continue from there tomorrow."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from nst_lessons.images import load_image, save_image, to_pil


class Kept:
    """The pictures of the sizes that a run has finished, as PNG files.

    A file's name has the size and a digest of everything that the picture depends on, so another run's is never taken for it.

    folder: for the files; it is made if it does not exist
    pictures: the tensors of the run
    facts: all its other options
    """

    def __init__(self, folder: Path, pictures: Sequence[torch.Tensor], facts: object) -> None:
        self.folder, self.digest = folder, hashlib.sha256(repr(facts).encode())
        for picture in pictures:
            self.digest.update(repr(tuple(picture.shape)).encode())
            self.digest.update(memoryview(picture.cpu().contiguous().numpy()).cast("B"))
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, size: int, facts: object) -> torch.Tensor | None:
        """Return the picture (1, 3, H, W) of a finished size, or None. facts: what else it depends on, such as the weights."""
        path = self._path(size, facts)
        return load_image(path) if path.is_file() else None

    def save(self, image: torch.Tensor, size: int, facts: object) -> torch.Tensor:
        """Keep a picture, and return it as `load` will: rounded to 8 bits. So a run that continues paints the same picture."""
        save_image(image, self._path(size, facts))
        return load_image(to_pil(image))

    def _path(self, size: int, facts: object) -> Path:
        digest = self.digest.copy()
        digest.update(repr(facts).encode())
        return self.folder / f"{size}-{digest.hexdigest()[:12]}.png"
