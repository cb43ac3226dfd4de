"""Trains a `Stylizer`: it paints photos, and VGG compares each result with the photo and with the painting."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from nst_lessons import samples
from nst_lessons.fast import Gram
from nst_lessons.files import replacing
from nst_lessons.images import load_image
from nst_lessons.losses import content_loss, style_loss, total_variation
from nst_lessons.objective import Losses, Weights
from nst_lessons.one_pass.quality import energies
from nst_lessons.one_pass.realtime import Stylizer, save_stylizer
from nst_lessons.one_pass.training.crops import HELD_OUT, TRAINING, crops, training_photos
from nst_lessons.one_pass.training.steps import descend, quickest, seeded, trained, training_steps
from nst_lessons.progress_bars import shortened
from nst_lessons.step import Step
from nst_lessons.tensor_files import load_checkpoint, load_optimizer
from nst_lessons.vgg import VGG, vgg_of

CONTENT_LAYER = "relu3_1"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
STEPS = 8500  # for the network that ships
SAVE_EVERY = 60  # seconds between two checkpoints
PREVIEW_EVERY = 20  # steps between two previews: each costs as much as a training pass


class PerceptualLoss:
    """Computes the losses of a batch of pictures, each against its photo and its style: section 3.2 of Johnson et al. 2016.

    styles: pictures (1, 3, H, W); their Gram matrices at `layers` are the targets.
    The style is compared at the picture's size and at half of it, where VGG sees strokes twice as large.
    """

    def __init__(self, vgg: VGG, styles: Sequence[torch.Tensor], layers: Sequence[str]) -> None:
        self.vgg, self.layers = vgg, list(layers)
        with torch.no_grad():
            self.targets = [[self._grams(part) for part in _two_sizes(style)] for style in styles]

    def __call__(self, pictures: torch.Tensor, photos: torch.Tensor, styles: Sequence[int], weights: Weights) -> Losses:
        """Return the losses of pictures against photos, both (B, 3, H, W) in [0, 1]. styles: the number of each one's style."""
        with torch.no_grad():
            target = self.vgg(photos, [CONTENT_LAYER])[CONTENT_LAYER]
        large, small = _two_sizes(pictures)
        features = self.vgg(large, dict.fromkeys([*self.layers, CONTENT_LAYER]))
        both = features, self.vgg(small, self.layers)
        by_layer = dict.fromkeys(self.layers, 0.0)
        for row, style in enumerate(styles):
            for found, wanted in zip(both, self.targets[style], strict=True):
                for name in self.layers:
                    loss = style_loss(Gram.apply(found[name][row : row + 1]), wanted[name])
                    by_layer[name] = by_layer[name] + loss / (2 * len(styles))
        return Losses(
            content=content_loss(features[CONTENT_LAYER], target),
            style=sum(weights.layers[name] * loss for name, loss in by_layer.items()) / sum(weights.layers.values()),
            tv=total_variation(pictures),
            style_by_layer=by_layer,
        )

    def _grams(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: Gram.apply(features) for name, features in self.vgg(image, self.layers).items()}


def training(
    model: Stylizer,
    styles: Sequence[object],
    *,
    photos: Sequence[torch.Tensor] | None = None,
    preview: object = "chelsea",
    vgg: VGG | None = None,
    weights: Weights | None = None,
    steps: int = 1000,
    batch: int = 2,
    size: int = 192,
    style_size: int = 512,
    rate: float = 2e-3,
    checkpoint: str | os.PathLike | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Train `model` in place with Adam; yields a `Step` per iteration.

    styles: a picture for each style of the model, anything `load_image` reads.
    photos: pictures (1, 3, H, W) to cut crops from, by default the project's.
    preview: a photo; a Step's image is this photo in the style of the batch's first crop.
    vgg, weights: the extractor, and the weights of the losses and layers, by default those of the shipped network;
    `moments` is not used.
    steps, batch, size: how many steps, crops per step, and their side in pixels.
    style_size: the long side of the styles in pixels.
    rate: the first learning rate; it falls to 0 along half a cosine.
    checkpoint: a file written every minute; a later call continues from it, with the random numbers of an unbroken run.
    seed: of the crops and the order of styles.
    """
    weights = Weights(style=6, layers=dict.fromkeys(STYLE_LAYERS, 1.0)) if weights is None else weights
    vgg = vgg_of(vgg)
    model.to(vgg.device).train()
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    index, saved = _resume(checkpoint, model, optimizer, generator)
    photos = _photos() if photos is None else photos
    loss_of = PerceptualLoss(vgg, [load_image(style, style_size).to(vgg.device) for style in styles], list(weights.layers))
    preview, chosen = load_image(preview, 256), []  # the numbers of the last batch's styles

    def update() -> dict[str, object]:
        chosen[:] = (torch.randperm(max(batch, len(styles)), generator=generator)[:batch] % len(styles)).tolist()
        return _update(model, crops(photos, batch, size, generator).to(vgg.device), chosen, loss_of, weights, optimizer)

    def painted() -> torch.Tensor:
        return model.paint(preview, model.styles[chosen[0]]).cpu()

    steps = shortened(steps)
    options = dict(rate=rate, steps=steps, every=PREVIEW_EVERY, index=index, spent=saved)
    for step in training_steps(update, painted, optimizer, **options):
        if checkpoint is not None and (step.seconds - saved > SAVE_EVERY or step.index == steps):
            _save(checkpoint, model, optimizer, generator, step.index, step.seconds)
            saved = step.seconds
        yield step


def train_stylizer(styles: Sequence[str], *, callback: Callable[[Step], object] | None = None, **options) -> Stylizer:
    """Train a new `Stylizer` on styles, given by their samples' names; `options` are those of `training`.

    callback: called with each `Step`, for example a `LivePlot`. `seed` also sets the first weights.
    """
    model = seeded(partial(Stylizer, styles), options.get("seed", 0))
    return trained(model, training(model, styles, **options), callback)


def train_shipped(
    path: str | os.PathLike, *, checkpoint: str | os.PathLike, seed: int = 0, vgg: VGG | None = None
) -> Iterator[Step]:
    """Train one network for all bundled styles, and write it to `path` with its card; yields a `Step` per iteration.

    checkpoint, seed, vgg: as in `training`.
    The card gives the three-size energy on the held-out photos at 512 pixels: {style: {photo: [painted, untouched]}}.
    """
    styles = [sample.name for sample in samples.available().values() if sample.kind == "style"]
    model = seeded(partial(Stylizer, styles), seed)
    yield from training(model, styles, steps=STEPS, checkpoint=checkpoint, seed=seed, vgg=vgg)
    model.eval()
    judge, scores = VGG(), {style: {} for style in styles}
    photos = {name: load_image(name, 512) for name in HELD_OUT}
    for style in styles:
        painting = load_image(style)
        for name, photo in photos.items():
            painted = model.paint(photo, style).cpu()
            scores[style][name] = [round(one, 3) for one in energies([painted, photo], photo, painting, judge)]
    recipe = f"train_shipped: {STEPS} steps of `training` with its defaults"
    save_stylizer(model, path, recipe=recipe, steps=STEPS, seed=seed, energy=scores)


def _update(model, photos, styles, loss_of, weights, optimizer) -> dict[str, object]:
    """Take one step of the optimiser; returns the losses of a Step."""
    mix = F.one_hot(torch.tensor(styles, device=photos.device), len(model.styles)).float()
    with quickest(photos.device):
        pictures = model(photos, mix)
    losses = loss_of(pictures, photos, styles, weights)
    loss = losses.total(weights)
    descend(loss, optimizer)
    terms = {name: getattr(losses, name).item() for name in ("content", "style", "tv")}
    by_layer = {name: value.item() for name, value in losses.style_by_layer.items()}
    return {"loss": loss.item(), **terms, "style_by_layer": by_layer}


def _photos() -> list[torch.Tensor]:
    """Return the training pictures; half are photos of things and people, which is what users paint."""
    return training_photos() + [load_image(name, 768) for name in TRAINING] * 5


def _two_sizes(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return image, F.avg_pool2d(image, 2)


def _save(path, model, optimizer, generator, index: int, seconds: float) -> None:
    """Write all that a later call needs to continue, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "generator": generator.get_state()}
    with replacing(path) as temporary:
        torch.save(state | {"styles": model.styles, "index": index, "seconds": seconds}, temporary)


def _resume(path, model, optimizer, generator) -> tuple[int, float]:
    """Load a checkpoint of the same styles, if there is one; returns its steps and seconds."""
    if path is None or not Path(path).is_file():
        return 0, 0.0

    def read(found: dict) -> tuple[int, float]:
        if tuple(found["styles"]) != model.styles:
            raise ValueError("it has other styles")
        model.load_state_dict(found["model"])
        load_optimizer(optimizer, found["optimizer"], path)
        generator.set_state(found["generator"])
        return int(found["index"]), float(found["seconds"])

    return load_checkpoint(Path(path), read)
