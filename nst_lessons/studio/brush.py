"""A brush: paint on the photo where the second style goes. Its browser side is brush.js."""

from pathlib import Path

import numpy as np
import torch
import traitlets

from nst_lessons.figures import draw, to_html
from nst_lessons.images import load_image, save_image, to_jpeg
from nst_lessons.studio.browser import BrowserWidget, browser_side

SIZE = 384  # pixels of the mask's long side


class _Bytes(traitlets.Bytes):
    def validate(self, obj: object, value: object) -> bytes:
        """Take what a browser sends, a memoryview, as bytes."""
        return super().validate(obj, bytes(value) if isinstance(value, memoryview) else value)


class Brush(BrowserWidget):
    """Shows a photo to paint on, with mouse, finger or keys; observe `alpha` to act on each stroke.

    photo: anything that `load_image` takes
    """

    _esm = browser_side("brush.js")
    picture = traitlets.Bytes().tag(sync=True)  # the photo, a JPEG
    width, height = traitlets.Int().tag(sync=True), traitlets.Int().tag(sync=True)
    alpha = _Bytes().tag(sync=True)  # one byte per pixel, row by row; empty before the first stroke

    def __init__(self, photo: object) -> None:
        image = load_image(photo, SIZE)
        super().__init__(picture=to_jpeg(image), height=image.shape[-2], width=image.shape[-1])

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**options)
        still = f"The photo. {self!r}"
        return {**data, "text/html": to_html(draw({"photo": load_image(self.picture)}, still), still)}, metadata

    @property
    def mask(self) -> torch.Tensor:
        """What was painted, (1, 3, H, W): 1 where the second style goes, 0 elsewhere."""
        painted = np.frombuffer(self.alpha, np.uint8)
        if painted.size != self.width * self.height:  # nothing yet, or a message that was cut off
            painted = np.zeros(self.width * self.height, np.uint8)
        mask = torch.from_numpy(painted.reshape(1, 1, self.height, self.width).copy()).float() / 255
        return mask.expand(1, 3, -1, -1)

    @property
    def value(self) -> list[torch.Tensor] | None:
        """The masks of two styles, [where nothing is painted, where something is], or None before anything is painted.

        `nst.stylize(photo, [one, other], masks=brush.value)` puts the other style where you painted.
        """
        mask = self.mask
        if mask.min() > 0.9:
            raise ValueError("The photo is painted everywhere: erase a part, or paint in the second style alone.")
        return [1 - mask, mask] if mask.max() > 0.1 else None

    def set(self, mask: object) -> None:
        """Paint a mask, such as one that was saved: a picture, white where the second style goes."""
        image = load_image(mask).mean(1, keepdim=True)
        image = torch.nn.functional.interpolate(image, (self.height, self.width), mode="area")
        self.alpha = image[0, 0].mul(255).round().to(torch.uint8).numpy().tobytes()
        self.send("painted")

    def save(self, path: str | Path) -> Path:
        """Write the mask as a picture, and return its path."""
        return save_image(self.mask, path)


def paint_mask(photo: object) -> Brush:
    """Show a photo to paint on, as the last line of a cell; the `value` of what it returns fits `stylize(masks=...)`.

    photo: anything that `load_image` takes. Raises ValueError or FileNotFoundError for a bad picture.
    """
    return Brush(photo)
