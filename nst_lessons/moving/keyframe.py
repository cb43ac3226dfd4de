"""Paints a clip from one painted frame, with a small network trained on its patches (Texler et al. 2020, arXiv 2004.14489).

Somebody, or `stylize`, paints one frame, the keyframe. The network learns photo -> painting from random patches of that
pair. It sees only patches, so it cannot memorise the scene, and things that look the same in a later frame get the same
strokes.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.images import load_image
from nst_lessons.losses import gram_matrix, style_loss
from nst_lessons.one_pass.training.steps import descend, quickest, seeded, trained, training_steps
from nst_lessons.progress_bars import shortened
from nst_lessons.step import Step
from nst_lessons.vgg import VGG, vgg_of

CHANNELS = (16, 32, 64)
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")  # where a painted patch is compared
STRIDE = 4  # the network halves the picture twice
RADIUS, FAINT = 7, 0.004  # a window's radius, and the deviation (1 of 255 levels) below which marks count less
MIN_SIDE = 32  # pixels: a smaller picture would be mostly reflected border
L1, STYLE = 10.0, 10.0  # weights: L1 puts colours in place; the style loss keeps strokes that L1 alone would blur
PREVIEW_EVERY = 10  # steps between two previews


class KeyframeNet(nn.Module):
    """A U-Net with skip connections (Ronneberger et al. 2015) that predicts how much to add to each pixel of the photo.

    Its input is the photo and its marks (see `_marks`). It uses batch normalisation, which after training is a fixed scale
    and shift per channel. With instance normalisation, patches and frames would have different statistics, and these would
    change from frame to frame. It averages to halve and enlarges bilinearly, so that strokes follow things smoothly.
    """

    def __init__(self, channels: Sequence[int] = CHANNELS) -> None:
        super().__init__()
        one, two, three = channels
        self.down = nn.ModuleList([_convs(6, one), _convs(one, two), _convs(two, three)])
        self.up = nn.ModuleList([_convs(three + two, two), _convs(two + one, one)])
        self.last = nn.Conv2d(one, 3, 3, padding=1, padding_mode="reflect")
        self.to(memory_format=torch.channels_last)

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        """Paint pictures (B, 3, H, W) in [0, 1], H and W multiples of 4; returns the same shape, not yet clamped to [0, 1]."""
        x = torch.cat([photo - 0.5, _marks(photo)], dim=1).contiguous(memory_format=torch.channels_last)
        first = self.down[0](x)  # (B, 16, H, W)
        second = self.down[1](F.avg_pool2d(first, 2))  # (B, 32, H/2, W/2)
        x = self.down[2](F.avg_pool2d(second, 2))  # (B, 64, H/4, W/4)
        for layer, skip in zip(self.up, (second, first), strict=True):
            x = layer(torch.cat([_twice(x), skip], dim=1))
        return photo + self.last(x).float()

    @torch.no_grad()
    def paint(self, photo: torch.Tensor) -> torch.Tensor:
        """Paint the photo (1, 3, H, W); returns the same shape in [0, 1]. Raises ValueError for a side below 32 pixels."""
        height, width = photo.shape[-2:]
        if min(height, width) < MIN_SIDE:
            raise ValueError(f"A picture of {width} x {height} pixels is too small: each side needs {MIN_SIDE} or more.")
        photo = F.pad(photo.to(self.last.weight.device), (0, -width % STRIDE, 0, -height % STRIDE), mode="reflect")
        return self(photo)[..., :height, :width].clamp(0, 1)


def training(
    model: KeyframeNet,
    pairs: Sequence[tuple[object, object]],
    *,
    steps: int = 600,
    seconds: float = 85.0,
    batch: int = 4,
    patch: int = 64,
    rate: float = 5e-3,
    vgg: VGG | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Train `model` in place with Adam; yields a `Step` per iteration, whose image is the current painting of the first photo.

    pairs: (photo, painting) each, two pictures of one size, anything `load_image` reads.
    steps, seconds: it ends after so many steps or seconds, whichever comes first; seconds=inf makes runs reproducible.
    batch, patch: patches per step, cut from photo and painting at the same place, and their side in pixels.
    rate: the first learning rate; it falls to 0 along half a cosine.
    vgg, seed: the extractor, by default the usual one; the seed of the patches.

    The loss is L1 * mean |x - y| (a Step's `content`) + STYLE * the style loss of the patches' Gram matrices, averaged over
    `LAYERS` (its `style`). Departures from Texler et al. 2020: Gram matrices instead of a discriminator, and a smaller
    network, for a CPU.
    Raises ValueError without pairs, or for a pair of different sizes, FloatingPointError if the loss is not finite.
    """
    pairs = _pairs(pairs)
    patch = min(patch, *(side for photo, _ in pairs for side in photo.shape[-2:])) // STRIDE * STRIDE
    vgg = vgg_of(vgg)
    model.to(vgg.device).train()
    generator, steps = torch.Generator().manual_seed(seed), shortened(steps)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))  # soon forgets the steep start

    def update() -> dict[str, object]:
        photos, paintings = (part.to(vgg.device) for part in _patches(pairs, batch, patch, generator))
        return _update(model, photos, paintings, vgg, optimizer)

    def painted() -> torch.Tensor:
        image = model.eval().paint(pairs[0][0]).cpu()
        model.train()
        return image

    yield from training_steps(update, painted, optimizer, rate=rate, steps=steps, seconds=seconds, every=PREVIEW_EVERY)


def train_keyframe(
    pairs: Sequence[tuple[object, object]],
    *,
    callback: Callable[[Step], object] | None = None,
    steps: int = 600,
    seconds: float = 85.0,
    vgg: VGG | None = None,
    seed: int = 0,
) -> KeyframeNet:
    """Train a new `KeyframeNet` on the pairs, [(photo, painting), ...].

    pairs, steps, seconds, vgg: as in `training`. callback: called with each `Step`, for example a `LivePlot`.
    seed: of the patches and of the first weights.
    """
    model = seeded(KeyframeNet, seed)
    return trained(model, training(model, pairs, steps=steps, seconds=seconds, vgg=vgg, seed=seed), callback)


def _update(model, photos, paintings, vgg, optimizer) -> dict[str, object]:
    """Take one step of the optimiser; returns the losses of a Step."""
    with quickest(photos.device):
        pictures = model(photos)
    with torch.no_grad():
        wanted = _grams(vgg, paintings)
    by_layer = {name: style_loss(gram, wanted[name]) for name, gram in _grams(vgg, pictures).items()}
    difference, style = (pictures - paintings).abs().mean(), sum(by_layer.values()) / len(by_layer)
    loss = L1 * difference + STYLE * style
    descend(loss, optimizer)
    values = {name: value.item() for name, value in by_layer.items()}
    return {"loss": loss.item(), "content": difference.item(), "style": style.item(), "tv": 0.0, "style_by_layer": values}


def _grams(vgg: VGG, patches: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the patches' Gram matrices (B, C, C) by layer."""
    return {name: gram_matrix(features) for name, features in vgg(patches, LAYERS).items()}


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


def _patches(pairs, batch: int, size: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut squares from random photos, and from their paintings at the same places; (batch, 3, size, size) each."""
    found = []
    for _ in range(batch):
        pair = pairs[_integer(len(pairs), generator)]
        top, left = (_integer(side - size + 1, generator) for side in pair[0].shape[-2:])
        found.append([picture[..., top : top + size, left : left + size] for picture in pair])
    photos, paintings = zip(*found, strict=True)
    return torch.cat(photos), torch.cat(paintings)


def _convs(inputs: int, outputs: int) -> nn.Sequential:
    """Return two convolutions with reflection padding, batch normalisation and ReLU."""
    layers = []
    for channels in (inputs, outputs):
        conv = nn.Conv2d(channels, outputs, 3, padding=1, padding_mode="reflect", bias=False)
        layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


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
