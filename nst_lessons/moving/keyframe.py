"""Paints a clip from one painted frame, with a small network that learns from it.

Somebody, or `stylize`, paints one frame, the keyframe. The network learns photo -> painting from it, and paints the other
frames (Texler et al. 2020, arXiv 2004.14489). What it cannot predict it would answer with the mean of all strokes, a blur. So
all its paintings, also those of frames that nobody painted, must have the statistics of the style (Futschik et al. 2021,
arXiv 2110.10501).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.fast import Gram
from nst_lessons.images import load_image
from nst_lessons.losses import content_loss, style_loss
from nst_lessons.objective import STYLE_LAYERS
from nst_lessons.one_pass.training.steps import descend, quickest, seeded, trained, training_steps
from nst_lessons.progress_bars import shortened
from nst_lessons.step import Step
from nst_lessons.vgg import VGG, vgg_of

CHANNELS, BLOCKS = (16, 32, 64, 128), 3
RADIUS, FAINT = 7, 0.004  # a window's radius, and the deviation (1 of 255 levels) below which marks count less
MIN_SIDE = 32  # pixels: a smaller picture would be mostly reflected border
MAX_SIDE = 192  # pixels: a larger frame is cropped, so that a step takes the same time
L1, FEATURES, STYLE = 1.0, 2.0, 10.0  # weights: of the painting's colours, of its features, and of the style's statistics
KEYED = 0.2  # the share of steps that take a pair; the others take a frame without a painting
PREVIEW_EVERY = 10  # steps between two previews


class KeyframeNet(nn.Module):
    """A U-Net with skip connections (Ronneberger et al. 2015) that predicts how much to add to each pixel of the photo.

    Residual blocks at the deepest level, where computing is cheap, see far enough for large strokes. The input is the photo
    and its marks (see `_marks`). Batch normalisation, after training, is a fixed scale and shift per channel, while the
    statistics of instance normalisation would change from frame to frame. The network averages to halve and enlarges
    bilinearly, so that strokes follow things smoothly.
    """

    def __init__(self, channels: Sequence[int] = CHANNELS, blocks: int = BLOCKS) -> None:
        super().__init__()
        last, *others = reversed(channels)
        self.stride = 2 ** len(others)  # pixels of the photo per position of the deepest level
        self.down = nn.ModuleList(_convs(a, b) for a, b in pairwise([6, *channels]))
        self.blocks = nn.ModuleList(_block(last) for _ in range(blocks))
        self.up = nn.ModuleList(_convs(a + b, b) for a, b in pairwise([last, *others]))
        self.last = nn.Conv2d(channels[0], 3, 3, padding=1, padding_mode="reflect")
        nn.init.zeros_(self.last.weight), nn.init.zeros_(self.last.bias)  # it starts with the photo
        self.to(memory_format=torch.channels_last)

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        """Paint pictures (B, 3, H, W) in [0, 1], sides multiples of `stride`; returns the same shape, not clamped to [0, 1]."""
        x = torch.cat([photo - 0.5, _marks(photo)], dim=1).contiguous(memory_format=torch.channels_last)
        x, skips = self.down[0](x), []
        for layer in self.down[1:]:
            skips.append(x)
            x = layer(F.avg_pool2d(x, 2))
        for block in self.blocks:
            x = x + block(x)
        for layer in self.up:
            x = layer(torch.cat([_twice(x), skips.pop()], dim=1))
        return photo + self.last(x).float()

    @torch.no_grad()
    def paint(self, photo: torch.Tensor) -> torch.Tensor:
        """Paint the photo (1, 3, H, W); returns the same shape in [0, 1]. Raises ValueError for a side below 32 pixels."""
        height, width = photo.shape[-2:]
        if min(height, width) < MIN_SIDE:
            raise ValueError(f"A picture of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
        photo = F.pad(photo.to(self.last.weight.device), (0, -width % self.stride, 0, -height % self.stride), mode="reflect")
        return self(photo)[..., :height, :width].clamp(0, 1)


def training(
    model: KeyframeNet,
    pairs: Sequence[tuple[object, object]],
    *,
    frames: Sequence[object] = (),
    style: object = None,
    steps: int = 250,
    seconds: float = 150.0,
    rate: float = 3e-3,
    vgg: VGG | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Train `model` in place with Adam; yields a `Step` per iteration, whose image is the current painting of the first photo.

    pairs: (photo, painting) each, two pictures of one size, anything `load_image` reads.
    frames: the clip's frames, which need no painting; by default the pairs' photos.
    style: a picture whose statistics the painted frames should have; by default those of the pairs' paintings.
    steps, seconds: it ends after so many steps or seconds, whichever comes first; seconds=inf makes runs reproducible.
    rate: the first learning rate; it falls to 0 along half a cosine.
    vgg, seed: the extractor, by default the usual one; the seed of the random choices.

    Each step paints one picture, and the loss is STYLE * its style loss. If there is a painting of it, L1 * mean |x - y| (a
    Step's `content`; without a painting, that of the last step with one) and FEATURES * the mean content loss at the style
    layers are added. Departures from the papers: no discriminator, whole pictures up to `MAX_SIDE` instead of patches, and a
    smaller network, for a CPU.
    Raises ValueError without pairs, or for a pair of different sizes, FloatingPointError if the loss is not finite.
    """
    pairs = _pairs(pairs)
    frames = frames or [photo for photo, _ in pairs]
    vgg = vgg_of(vgg)
    model.to(vgg.device).train()
    generator, steps = torch.Generator().manual_seed(seed), shortened(steps)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))  # soon forgets the steep start
    paintings = [painting for _, painting in pairs] if style is None else [load_image(style, max(pairs[0][0].shape[-2:]))]
    wanted = _mean_grams(vgg, paintings)

    measured = {"content": 0.0}  # which a frame without a painting leaves as it is

    def update() -> dict[str, object]:
        shown = [picture.to(vgg.device) for picture in _shown(pairs, frames, model.stride, generator)]
        measured.update(_update(model, shown, vgg, wanted, optimizer))
        return dict(measured)

    def painted() -> torch.Tensor:
        image = model.eval().paint(pairs[0][0]).cpu()
        model.train()
        return image

    yield from training_steps(update, painted, optimizer, rate=rate, steps=steps, seconds=seconds, every=PREVIEW_EVERY)


def train_keyframe(
    pairs: Sequence[tuple[object, object]],
    *,
    frames: Sequence[object] = (),
    style: object = None,
    callback: Callable[[Step], object] | None = None,
    steps: int = 250,
    seconds: float = 150.0,
    vgg: VGG | None = None,
    seed: int = 0,
) -> KeyframeNet:
    """Train a new `KeyframeNet` on the pairs, [(photo, painting), ...].

    pairs, frames, style, steps, seconds, vgg: as in `training`. callback: called with each `Step`, for example a `LivePlot`.
    seed: of the patches and of the first weights.
    """
    model = seeded(KeyframeNet, seed)
    options = {"frames": frames, "style": style, "steps": steps, "seconds": seconds, "vgg": vgg, "seed": seed}
    return trained(model, training(model, pairs, **options), callback)


def _update(model, shown, vgg, wanted, optimizer) -> dict[str, object]:
    """Take one step of the optimiser, for a photo and its painting if there is one; returns the losses of a Step."""
    photo, *paintings = shown
    with quickest(photo.device):
        picture = model(photo)
    features = vgg(picture, STYLE_LAYERS)
    by_layer = {name: style_loss(Gram.apply(found), wanted[name]) for name, found in features.items()}
    style = sum(by_layer.values()) / len(by_layer)
    loss, content = STYLE * style, {}
    for painting in paintings:
        with torch.no_grad():
            targets = vgg(painting, STYLE_LAYERS)
        difference = (picture - painting).abs().mean()
        losses = [content_loss(features[name], target) for name, target in targets.items()]
        content["content"] = difference.item()
        loss = loss + L1 * difference + FEATURES * sum(losses) / len(losses)
    descend(loss, optimizer)
    values = {name: value.item() for name, value in by_layer.items()}
    return {"loss": loss.item(), **content, "style": style.item(), "tv": 0.0, "style_by_layer": values}


def _mean_grams(vgg: VGG, pictures: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the mean Gram matrices (1, C, C) of pictures by layer."""
    with torch.no_grad():
        grams = [{name: Gram.apply(found) for name, found in vgg(one, STYLE_LAYERS).items()} for one in pictures]
    return {name: sum(gram[name] for gram in grams) / len(grams) for name in STYLE_LAYERS}


def _pairs(pairs) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Load each pair. Raises ValueError unless both pictures have one size that is large enough."""
    if not pairs:
        raise ValueError("There are no pairs to learn from: give one or more, [(photo, painting), ...].")
    found = [(load_image(photo), load_image(painting)) for photo, painting in pairs]
    for photo, painting in found:
        (height, width), (h, w) = photo.shape[-2:], painting.shape[-2:]
        if (height, width) != (h, w):
            raise ValueError(f"The photo is {width} x {height} pixels and its painting {w} x {h}: crop or resize one.")
        if min(height, width) < MIN_SIDE:
            raise ValueError(f"A pair of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
    return found


def _shown(pairs, frames, stride: int, generator: torch.Generator) -> list[torch.Tensor]:
    """Return a random part of a photo and its painting, or of a frame alone.

    If it is flat, as in the black between two scenes, another is drawn, up to ten times: batch normalisation would blow up
    its gradients.
    """
    for _ in range(10):
        if torch.rand((), generator=generator) < KEYED:
            shown = pairs[_integer(len(pairs), generator)]
        else:
            shown = (load_image(frames[_integer(len(frames), generator)]),)
        shown = _cut(shown, stride, generator)
        if shown[0].std() > FAINT:
            break
    return shown


def _cut(pictures: Sequence[torch.Tensor], stride: int, generator: torch.Generator) -> list[torch.Tensor]:
    """Cut pictures of one size at one random place, to sides that are multiples of `stride` and at most `MAX_SIDE`."""
    shape = pictures[0].shape[-2:]
    height, width = (min(side, MAX_SIDE) // stride * stride for side in shape)
    top, left = (_integer(full - side + 1, generator) for full, side in zip(shape, (height, width), strict=True))
    return [picture[..., top : top + height, left : left + width] for picture in pictures]


def _convs(inputs: int, outputs: int) -> nn.Sequential:
    """Return two convolutions with reflection padding, batch normalisation and ReLU."""
    layers = []
    for channels in (inputs, outputs):
        conv = nn.Conv2d(channels, outputs, 3, padding=1, padding_mode="reflect", bias=False)
        layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


def _block(channels: int) -> nn.Sequential:
    """Return the two convolutions of a residual block; what they add may be negative."""
    return _convs(channels, channels)[:-1]


def _marks(photo: torch.Tensor) -> torch.Tensor:
    """Return each pixel's difference from its surroundings in units of their deviation, so that faint marks count, too."""
    around = F.pad(photo, (RADIUS,) * 4, mode="reflect")
    mean, square = (_mean_around(part) for part in (around, around.square()))
    return (photo - mean) / ((square - mean.square()).clamp_min(0).sqrt() + FAINT)


def _mean_around(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of a window, first across and then down: 30 numbers per pixel instead of 225."""
    side = 2 * RADIUS + 1
    return F.avg_pool2d(F.avg_pool2d(x, (1, side), stride=1), (side, 1), stride=1)


def _twice(x: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _integer(end: int, generator: torch.Generator) -> int:
    return int(torch.randint(end, (), generator=generator))
