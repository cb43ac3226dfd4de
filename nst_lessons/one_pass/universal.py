"""Universal style transfer: any style without optimisation, by giving a photo's features the style's statistics.

Li et al. 2017 (arXiv 1705.08086): whitening and colouring, then a decoder, from relu4_1 to relu1_1. Huang and Belongie
2017 (arXiv 1703.06868): AdaIN, which treats each channel separately.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F

from nst_lessons.canvas import LBFGS, to_canvas, to_image
from nst_lessons.images import fit, load_image, shape_of
from nst_lessons.losses import content_loss
from nst_lessons.machine import check_memory
from nst_lessons.one_pass.decoders import CHANNELS, load_decoders
from nst_lessons.one_pass.models import find_model
from nst_lessons.one_pass.transforms import TRANSFORMS
from nst_lessons.progress_bars import shortened
from nst_lessons.settings import MIN_SIZE, regions_of, seed_of, shares_of
from nst_lessons.sizes import MOST_STEPS, listed, real, whole
from nst_lessons.vgg import VGG, vgg_of

INVERSION_STEPS = {1: 10, 2: 20, 3: 30, 4: 40}  # for decoder="optimise"
STRONG = 0.7  # the alpha from which relu1_1 does harm: it restores the full contrast of the style, even in small strokes
STRIDE = 8  # pixels per position of relu4_1


def universal(
    content: object,
    style: object,
    *,
    alpha: float = 0.6,
    levels: Sequence[int] | None = None,
    size: int = 512,
    style_weights: Sequence[float] | None = None,
    masks: Sequence[object] | None = None,
    transform: str = "wct",
    decoder: str = "trained",
    passes: int = 1,
    seed: int = 0,
    vgg: VGG | None = None,
) -> torch.Tensor:
    """Stylize a photo without optimisation: transform and decode its features, level by level; returns (1, 3, H, W) on the CPU.

    content, style, size, style_weights, masks: as in `transfer`; content "noise" makes a square texture (with alpha 1 and
    three passes).
    alpha: from 0 (the photo) to 1 (all style), equation (4).
    levels: which relu{level}_1, in this order; None means 4, 3, 2, 1 if alpha is below `STRONG`, else 4, 3, 2.
    transform: "wct" or "adain".
    decoder: "trained" (networks that ship with the project) or "optimise" (L-BFGS at each level: no file, but a minute).
    passes: how often to go through all levels.
    seed: of the noise. vgg: the extractor, by default the usual one.

    Departures from the paper: no relu5_1, and no relu1_1 for a large alpha; several styles are mixed after the transform, with
    shares that add up to 1.
    Raises ValueError for bad input, FileNotFoundError if there are no trained decoders.
    """
    alpha, passes = real(alpha, "alpha"), whole(passes, "The number of passes", 1, most=MOST_STEPS)
    size, seed = whole(size, "The size", MIN_SIZE, "the long side in pixels, "), seed_of(seed)
    levels = ((4, 3, 2) if alpha >= STRONG else (4, 3, 2, 1)) if levels is None else _whole_levels(levels)
    _check(alpha, levels, transform, decoder)
    styles = list(style) if isinstance(style, list | tuple) else [style]
    vgg = vgg_of(vgg)
    if isinstance(content, str) and content == "noise":
        content = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed))
    check_memory([fit(shape_of(picture), size) for picture in (content, *styles)], vgg.device, vgg.dtype)
    photo, *styles = (load_image(picture, size) for picture in (content, *styles))
    shares = shares_of(style_weights, len(styles))
    regions = [_padded(mask).to(vgg.device) for mask in regions_of(masks, len(styles), photo)]
    decode = decoding(decoder, vgg, levels)
    names = {level: f"relu{level}_1" for level in levels}
    with torch.no_grad():
        targets = [vgg(one, names.values()) for one in styles]
        image = _padded(photo).to(vgg.device)
        for level in levels * passes:
            features = vgg(image, [names[level]])[names[level]].float()
            mixed = _mixed(features, [target[names[level]] for target in targets], shares, regions, TRANSFORMS[transform])
            image = decode(level, features.lerp(mixed, alpha), image).float().clamp(0, 1)
    return image[..., : photo.shape[-2], : photo.shape[-1]].contiguous().cpu()


def best_decoder() -> str:
    """Return the best `decoder` for `universal`: "trained" if the project's decoders are on this disk, else "optimise"."""
    return "trained" if find_model("decoders") else "optimise"


def decoding(decoder: str, vgg: VGG, levels: Sequence[int] = (4, 3, 2, 1)) -> Callable:
    """Return a function (level, features (1, C, h, w), first picture) -> picture for a `decoder` of `universal`.

    Raises ValueError for a level without a trained decoder, FileNotFoundError if there are none.
    """
    if decoder == "optimise":
        return partial(_optimise, vgg)
    decoders = load_decoders()
    missing = [level for level in levels if level not in decoders]
    if missing:
        raise ValueError(f"There is no trained decoder for level {missing[0]}: choose among {', '.join(map(str, decoders))}.")
    decoders = {level: decoders[level].to(vgg.device) for level in levels}
    return lambda level, features, image: decoders[level](features)


def _whole_levels(given: Sequence[int]) -> list[int]:
    return [whole(level, "A level", 1) for level in listed(given, "levels", "give a list such as [4, 3, 2, 1].")]


def _check(alpha, levels, transform, decoder) -> None:
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}: give a number from 0 (the photo) to 1 (all style).")
    if not levels or not set(levels) <= set(CHANNELS):
        raise ValueError(f"The levels are {levels}: choose some of {', '.join(map(str, CHANNELS))}, the deepest first.")
    if str(transform) not in TRANSFORMS or str(decoder) not in ("trained", "optimise"):
        raise ValueError(f"transform is {transform!r} and decoder {decoder!r}: choose wct or adain, and trained or optimise.")


def _mixed(features, targets, shares, regions, transform: Callable) -> torch.Tensor:
    """Return the features in all styles, each with its share and in its region; unchanged outside all regions."""
    if not regions:
        return sum(share * transform(features, target) for share, target in zip(shares, targets, strict=True))
    masks = [F.interpolate(region, features.shape[-2:], mode="area") for region in regions]
    parts = [(share * mask, transform(features, one, mask)) for share, mask, one in zip(shares, masks, targets, strict=True)]
    mixed = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts).clamp_min(1e-6)
    return features.lerp(mixed, torch.cat(masks).amax(0, keepdim=True))


def _optimise(vgg: VGG, level: int, features: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """Return a picture with features close to `features`, by L-BFGS from `image`."""
    canvas, layer = to_canvas(image), f"relu{level}_1"
    optimizer = LBFGS([canvas])

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = content_loss(vgg(to_image(canvas), [layer])[layer], features)
        loss.backward()
        return loss

    with torch.enable_grad():
        for _ in range(shortened(INVERSION_STEPS[level])):
            optimizer.step(closure)
    return to_image(canvas).detach()


def _padded(picture: torch.Tensor) -> torch.Tensor:
    """Repeat the picture's last row and column until both sides are multiples of `STRIDE`."""
    height, width = picture.shape[-2:]
    return F.pad(picture, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
