"""The browser's camera beside a painted picture, live. Its browser side is camera.js."""

import time
from collections.abc import Callable, Sequence

import ipywidgets as widgets
import torch
import traitlets

from nst_lessons.images import load_image, save_image, to_jpeg
from nst_lessons.moving.clips import save_clip
from nst_lessons.sizes import whole
from nst_lessons.studio.browser import BrowserWidget, browser_side
from nst_lessons.studio.uploads import free_name

LARGEST = 2_000_000  # bytes of a frame
TOLD = 3.0  # seconds that a message stays


class Camera(BrowserWidget):
    """Paints the camera's frames as they come: `nst.Camera(net.paint)` as the last line of a cell.

    painter: a function from a frame (1, 3, H, W) in [0, 1] to a picture of such a shape
    size: the long side in pixels of the frames that are painted
    controls: widgets that steer the painter, such as a menu of styles; they are shown above the camera

    The camera is off until Start is pressed. Frames go from the browser to the kernel and nowhere else. "Take a photo" keeps
    the frame and its painting as files beside the notebook, "Record 10 seconds" the painted frames as a clip; `photo` and
    `clip` are the paths of the last ones. If the painter raises, its message is shown and the camera goes off.
    Raises ValueError for a painter that cannot be called, or a wrong size.
    """

    _esm = browser_side("camera.js")
    size = traitlets.Int().tag(sync=True)

    def __init__(
        self, painter: Callable[[torch.Tensor], torch.Tensor], *, size: int = 256, controls: Sequence[widgets.Widget] = ()
    ) -> None:
        if not callable(painter):
            raise ValueError(f"The painter is {painter!r}: give a function of a frame, such as `net.paint`.")
        size = whole(size, "The size", 32, "the long side in pixels, ", most=1024)
        super().__init__(size=size)
        self.painter, self.photo, self.clip = painter, None, None
        self._frames, self._times, self._quiet_until = [], [], 0.0
        self.on_msg(self._received)
        self._shown = widgets.VBox([*controls, self]) if controls else self

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**options)
        data["application/vnd.jupyter.widget-view+json"]["model_id"] = self._shown.model_id
        return data, metadata

    def _received(self, _: object, message: dict, buffers: list) -> None:
        if message.get("kind") == "frame" and buffers and len(buffers[0]) <= LARGEST:
            self._paint(message, bytes(buffers[0]))
        elif message.get("kind") == "recorded":
            self._write_clip()

    def _paint(self, message: dict, data: bytes) -> None:
        try:
            frame = load_image(data, self.size)
            with torch.no_grad():
                image = load_image(self.painter(frame))
            if message.get("keep"):
                self._write_photo(frame, image)
        except Exception as error:  # the painter is the reader's own
            self.send({"kind": "failed", "number": message.get("number"), "text": f"The painter stopped: {error}"})
            return
        if message.get("recording"):
            self._frames.append(to_jpeg(image))
            self._times.append(time.monotonic())
        told = time.monotonic() < self._quiet_until
        self.send({"kind": "painted", "number": message.get("number"), "told": told}, [to_jpeg(image)])

    def _write_photo(self, frame: torch.Tensor, image: torch.Tensor) -> None:
        self.photo = save_image(frame, free_name("camera"))
        painted = save_image(image, f"{self.photo.stem}_painted.png")
        self._say(f"saved as {self.photo.name} and {painted.name}")

    def _write_clip(self) -> None:
        frames, times, self._frames, self._times = self._frames, self._times, [], []
        if len(frames) < 2:
            return
        begins = [one - times[0] for one in times]
        try:
            self.clip = save_clip(frames, free_name("camera", ".gif"), times=[*begins, 2 * begins[-1] - begins[-2]])
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        self._say(f"saved as {self.clip.name}, {len(frames)} frames")

    def _say(self, text: str) -> None:
        self._quiet_until = time.monotonic() + TOLD
        self.send({"kind": "said", "text": text})
