"""Makes clips with exactly known motion from photos: a pan, a zoom, and a camera that moves sideways.

With them a video method can be judged by the true flow. An estimated flow may share the method's errors.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from nst_lessons.images import fit, load_image
from nst_lessons.moving.flow import inside, warp

NEAR = 0.25  # pixels of disparity between the two eyes: depths that differ by less are one surface


@dataclass(frozen=True)
class Scene:
    """A clip and its true motion."""

    frames: list[torch.Tensor]  # each (1, 3, H, W)
    _between: dict = field(repr=False)  # {(i, j): (flow, mask)}

    def motion(self, i: int, j: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the flow (1, 2, H, W) from frame i to j, and a mask (1, 1, H, W): 1.0 where j shows the same point."""
        return self._between[i, j]

    @property
    def flows(self) -> list[torch.Tensor]:
        """The backward flows, one fewer than frames: flows[i - 1] leads from frame i to frame i - 1."""
        return [self.motion(i, i - 1)[0] for i in range(1, len(self.frames))]

    @property
    def masks(self) -> list[torch.Tensor]:
        """Where these flows are reliable: masks[i - 1] belongs to flows[i - 1]."""
        return [self.motion(i, i - 1)[1] for i in range(1, len(self.frames))]


def pan(photo: object = "chelsea", count: int = 8, size: int = 192, step: tuple[int, int] = (3, 1)) -> Scene:
    """Make a clip of a window that moves over a photo; nothing is resampled.

    photo: anything `load_image` reads. count: frames. size: the window's long side in pixels.
    step: (right, down), whole pixels per frame; everything in the window moves by (-right, -down).
    """
    right, down = step
    longest = size + max(abs(right), abs(down)) * (count - 1)
    image = load_image(photo, longest)
    height, width = (side - abs(way) * (count - 1) for side, way in zip(image.shape[-2:], (down, right), strict=True))
    frames = []
    for i in range(count):
        x, y = (way * i if way >= 0 else -way * (count - 1 - i) for way in step)
        frames.append(image[..., y : y + height, x : x + width].contiguous())
    flow = torch.tensor([right, down], dtype=torch.float32).view(1, 2, 1, 1).expand(1, 2, height, width)
    return _scene(frames, lambda i, j: (i - j) * flow)


def zoom(photo: object = "astronaut", count: int = 8, size: int = 192, step: float = 1.03) -> Scene:
    """Make a clip of a camera that moves towards the middle of a photo.

    photo: anything `load_image` reads. count: frames. size: the long side in pixels.
    step: how many times larger things become per frame, above 1.
    """
    image = load_image(photo, round(size * step ** (count - 1)))
    height, width = fit(image.shape[-2:], size)
    middle = torch.tensor([width - 1, height - 1], dtype=torch.float32).view(1, 2, 1, 1) / 2
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    away = torch.stack([xs, ys])[None] - middle  # from the middle
    corner = torch.tensor([image.shape[-1] - width, image.shape[-2] - height]).view(1, 2, 1, 1) / 2
    scales = [step ** (count - 1 - i) for i in range(count)]  # pixels of the photo per pixel of the frame
    frames = [warp(image, (scale - 1) * away + corner) for scale in scales]
    return _scene(frames, lambda i, j: (step ** (j - i) - 1) * away)


def parallax(count: int = 8, size: int = 192) -> Scene:
    """Make a clip of a camera that moves from the left to the right eye of scikit-image's motorcycle pair, by its true depth.

    Near things move farther than far ones, and uncover them. Each frame is drawn from the left picture where the left eye
    sees the point, and from the right picture elsewhere. count: frames. size: the long side in pixels.
    """
    from skimage.data import stereo_motorcycle

    left, right, disparity = stereo_motorcycle()
    images = load_image(left, size), load_image(right, size)
    shape = tuple(images[0].shape[-2:])
    depth = F.interpolate(_filled(torch.from_numpy(disparity)[None, None]), shape, mode="nearest") * (size / left.shape[1])
    ways = [i / max(count - 1, 1) for i in range(count)]  # 0 is the left eye, 1 the right one
    depths = [_seen_from(way, depth) for way in ways]
    frames = [_view(way, seen, images, depth) for way, seen in zip(ways, depths, strict=True)]

    def visible(i: int, j: int, flow: torch.Tensor) -> torch.Tensor:
        return (warp(depths[j], flow) - depths[i]).abs().le(NEAR).float()  # otherwise something nearer hides it

    return _scene(frames, lambda i, j: _sideways((ways[i] - ways[j]) * depths[i]), visible)


def _scene(frames, flow_of, visible=lambda i, j, flow: 1.0) -> Scene:
    """Return a Scene of frames, from the flow between any two of them and from which pixels are not hidden."""
    between = {}
    for i in range(len(frames)):
        for j in range(len(frames)):
            flow = flow_of(i, j)
            between[i, j] = flow, inside(flow, tuple(frames[j].shape[-2:])) * visible(i, j, flow)
    return Scene(frames, between)


def _sideways(u: torch.Tensor) -> torch.Tensor:
    """Return the flow (1, 2, H, W) that leads u (1, 1, H, W) pixels to the right."""
    return torch.cat([u, torch.zeros_like(u)], 1)


def _seen_from(way: float, depth: torch.Tensor) -> torch.Tensor:
    """Return the disparity (1, 1, H, W) seen by an eye at `way`, from the left eye's: near things hide far ones."""
    width = depth.shape[-1]
    places = torch.arange(width) - way * depth  # the new column of each pixel of the left picture
    seen = torch.full_like(depth, -torch.inf)
    for columns in (places.floor().long(), places.ceil().long()):
        landed = torch.where((columns >= 0) & (columns < width), depth, -torch.inf)
        seen.scatter_reduce_(3, columns.clamp(0, width - 1), landed, "amax")
    return _filled(seen)


def _filled(depth: torch.Tensor) -> torch.Tensor:
    """Fill each hole (a value that is not finite) with the farther of its two neighbours in the row."""
    return torch.minimum(_from_left(depth), _from_left(depth.flip(3)).flip(3))


def _from_left(depth: torch.Tensor) -> torch.Tensor:
    """Fill each hole with the last value to its left, or infinity (nearest of all) if there is none."""
    known = depth.isfinite()
    last = torch.where(known, torch.arange(depth.shape[-1]), -1).cummax(3).values
    return torch.where(last >= 0, depth.gather(3, last.clamp_min(0)), torch.inf)


def _view(way, seen, images, depth) -> torch.Tensor:
    """Draw what an eye at `way` with disparity `seen` sees: from the left picture, or from the right where that is hidden."""
    to_left, to_right = _sideways(way * seen), _sideways((way - 1) * seen)
    known = inside(to_left, tuple(depth.shape[-2:])).bool() & ((warp(depth, to_left) - seen).abs() <= NEAR)
    return torch.where(known, warp(images[0], to_left), warp(images[1], to_right))
