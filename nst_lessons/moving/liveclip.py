"""A callback that plays a clip while it is stylised."""

import sys
import time

import torch

from nst_lessons.figures import moving
from nst_lessons.images import to_pil
from nst_lessons.live import in_notebook, new_display
from nst_lessons.moving.frames import Frame, Photos

MOST = 300  # frames that a browser plays without trouble; of a longer clip only every second, third, ... frame is played
EVERY = 0.04  # the least time between two pictures in seconds: the eye sees no more, and the browser has time to draw


class LiveClip:
    """Shows each frame next to its painting as soon as that is done: `stylize_video(..., callback=LiveClip())`.

    In a notebook it has one display, which finally plays the whole clip in a loop. Elsewhere it writes a line of text to
    stderr. Without `stylize_video`, call `show` for each frame and `finish` after the last one.
    """

    def __init__(self, fps: float = 6.0) -> None:
        self.fps = fps  # of the finished clip
        self._clear()

    def __call__(self, frame: Frame) -> None:
        """Show a `Frame`."""
        if frame.index == 1:
            self._clear()
        self.show(frame.photo, frame.image, f" of {frame.total}, {frame.remaining:.0f} s to go   ")
        if frame.index == frame.total:
            self.finish()

    def show(self, photo: torch.Tensor, image: torch.Tensor, more: str = "") -> None:
        """Show a photo and its painting, (1, 3, H, W) each, unless the last pair has only just appeared.

        more: text after the frame's number.
        """
        if not self._pairs:
            self._display = new_display() if in_notebook() else None
        self._pairs.append((to_pil(photo), to_pil(image)) if self._display is not None else None)
        now = time.perf_counter()
        if now >= self._next:
            self._update(slice(-1, None), f"frame {len(self._pairs)}{more}")
            self._next = time.perf_counter() + EVERY

    def finish(self, _=None) -> None:
        """Play all frames so far."""
        if self._pairs:
            self._update(slice(None, None, -(-len(self._pairs) // MOST)), f"{len(self._pairs)} frames\n")

    def _clear(self) -> None:
        self._pairs, self._next = [], 0.0  # in 8 bits

    def _update(self, part: slice, text: str) -> None:
        if self._display is None:
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
        else:
            photos, images = zip(*self._pairs[part], strict=True)
            clips = {"photo": Photos(photos), "painted": Photos(images)}
            page = moving(clips, text.strip(), fps=self.fps / (part.step or 1))
            self._display.update({"text/html": page, "text/plain": text.strip()}, raw=True)
