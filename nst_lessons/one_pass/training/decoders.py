"""Trains the decoders to invert VGG: on photos, then on whitened and coloured features, then one after the other."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.files import replacing
from nst_lessons.losses import content_loss
from nst_lessons.one_pass.decoders import Decoder, psnr
from nst_lessons.one_pass.models import save_model
from nst_lessons.one_pass.training.crops import HELD_OUT, crops, held_out_photos, training_photos, training_styles
from nst_lessons.one_pass.training.decoder_losses import fine_loss, photos_loss, row_loss
from nst_lessons.one_pass.training.steps import descend
from nst_lessons.tensor_files import load_checkpoint, load_optimizer
from nst_lessons.vgg import VGG, vgg_of

STEPS = {1: 0, 2: 1500, 3: 2500, 4: 1200}  # on photos
FINE_STEPS = {2: 200, 3: 400, 4: 400}  # on transformed features too
ROW_STEPS = {4: 300, 3: 300, 2: 250}  # on pictures that the deeper decoders painted
RATES = {1: 0.0, 2: 1e-3, 3: 1e-3, 4: 3e-4}  # Adam's learning rates on photos
FINE_RATE, ROW_RATE = 2e-4, 3e-4
HEAD_STEPS = {4: 400}  # from a random start, units of the deepest layers die: relu4_1 is sparse, with strong peaks
BATCH, SIZE, ROW_SIZE = 4, 160, 256  # crops per step, and their sides in pixels; the third round has three crops
SAVE_EVERY = 50  # steps
DATA = "photos of scikit-image, the bundled styles but painterly, drawn gradients and flat patches"


@dataclass(frozen=True)
class TrainingStep:
    """One step of `train_decoders`."""

    level: int
    index: int  # 1, 2, ... total
    total: int  # steps of this level in this round
    loss: float


def train_decoders(
    path: str | os.PathLike, *, checkpoint: str | os.PathLike = "out/decoders.pt", seed: int = 0, vgg: VGG | None = None
) -> Iterator[TrainingStep]:
    """Train a decoder for each level and write them to `path` with a card; yields a `TrainingStep` per step.

    path: the file of the model. vgg: the extractor, by default the usual one. seed: of the crops.
    checkpoint: a file written every `SAVE_EVERY` steps; a run that finds it continues from there.

    Round one, shallow levels first, on crops of `training_photos`: |D(F) - I|^2 + 0.03 |VGG(D(F)) - F|^2 / |F|^2, the paper's
    equation (1) in units of the features. The first decoder, one linear layer, is solved in closed form. The tail of every
    other one starts as the decoder before it. Rounds two and three are not in the paper. Round two transforms half of the
    features to another crop's statistics; the decoded picture must match these features and the other crop's Gram matrices
    (see `fine_loss`). Round three, deep levels first, trains each decoder on its input in `universal`, and compares with the
    style at three sizes (see `row_loss`). The card gives the PSNR on `held_out_photos`.
    """
    vgg = vgg_of(vgg)
    checkpoint = Path(checkpoint)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    decoders, finished, current = _resume(checkpoint, vgg.device)
    pictures, styles = training_photos(), training_styles()
    rounds = {"photos": STEPS, "fine": FINE_STEPS, "row": ROW_STEPS}
    jobs = [(level, steps, kind) for kind, numbers in rounds.items() for level, steps in numbers.items()]
    for number, (level, steps, kind) in list(enumerate(jobs))[finished:]:
        if level not in decoders:
            decoders[level] = _new(level, decoders, vgg, pictures)
        decoder, optimizer, start = decoders[level].train(), torch.optim.Adam(decoders[level].net.parameters()), 0
        rate = {"photos": RATES[level], "fine": FINE_RATE, "row": ROW_RATE}[kind]
        loss_of = {"photos": photos_loss, "fine": fine_loss, "row": partial(row_loss, decoders)}[kind]
        if current is not None:
            load_optimizer(optimizer, current["optimizer"], checkpoint)
            start, current = current["step"], None
        for index in range(start, steps):
            generator = torch.Generator().manual_seed(seed * 10**9 + number * 10**7 + index)
            optimizer.param_groups[0]["lr"] = rate * _share(index / steps)
            loss = _step(decoder, optimizer, loss_of, vgg, _given(kind, pictures, styles, generator).to(vgg.device))
            yield TrainingStep(level, index + 1, steps, loss)
            if index % SAVE_EVERY == SAVE_EVERY - 1:
                _save(checkpoint, decoders, number, {"step": index + 1, "optimizer": optimizer.state_dict()})
        decoder.eval()
        _save(checkpoint, decoders, number + 1, None)
    _ship(path, decoders, vgg, seed)


def _given(kind: str, pictures, styles, generator: torch.Generator) -> torch.Tensor:
    """Return one step's crops: any pictures ("photos"); a style first ("fine"); or a picture, a style and a picture ("row")."""
    if kind == "row":
        parts = [crops(some, 1, ROW_SIZE, generator) for some in (pictures, styles, pictures)]
        return torch.cat(parts) if torch.rand((), generator=generator) < 0.5 else _recoloured(torch.cat(parts), generator)
    given = [crops(styles, 1, SIZE, generator)] if kind == "fine" else []
    return _recoloured(torch.cat([*given, crops(pictures, BATCH - len(given), SIZE, generator)]), generator)


def _new(level: int, decoders: dict[int, Decoder], vgg: VGG, pictures: list[torch.Tensor]) -> Decoder:
    """Return an untrained decoder: level 1 solved, others with random layers before a copy of the level above."""
    decoder = Decoder(level).to(vgg.device, memory_format=torch.channels_last)
    torch.manual_seed(level)
    for conv in (layer for layer in decoder.net if isinstance(layer, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        nn.init.zeros_(conv.bias)
    if level - 1 in decoders:
        for mine, learned in zip(reversed(decoder.net), reversed(decoders[level - 1].net), strict=False):  # the shared tail
            mine.load_state_dict(learned.state_dict())
    layer = f"relu{level}_1"
    some = crops(pictures, 32, 64, torch.Generator().manual_seed(0))
    features = vgg(some, [layer])[layer].float()
    decoder.rms.copy_(features.square().mean().sqrt())
    if level == 1:
        _solve(decoder.net[0], features / decoder.rms, some.to(vgg.device))
    if level in HEAD_STEPS:
        _teach_head(decoder, decoders[level - 1], vgg, pictures)
    return decoder


def _solve(conv: nn.Conv2d, features: torch.Tensor, pictures: torch.Tensor) -> None:
    """Set the first decoder's only layer, which is linear, to its least-squares solution: gradient descent is slow there."""
    patches = F.unfold(F.pad(features, (1, 1, 1, 1), mode="reflect"), 3)  # (B, 9 C, H*W)
    rows = F.pad(patches.movedim(1, 2).flatten(0, 1).double(), (0, 1), value=1.0)  # (B*H*W, 9 C + 1)
    wanted = pictures.flatten(2).movedim(1, 2).flatten(0, 1).double()  # (B*H*W, 3)
    ridge = 1e-6 * len(rows) * torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)
    solution = torch.linalg.solve(rows.mT @ rows + ridge, rows.mT @ wanted).float()  # (9 C + 1, 3)
    conv.weight.data.copy_(solution[:-1].mT.reshape(conv.weight.shape))
    conv.bias.data.copy_(solution[-1])


def _teach_head(decoder: Decoder, above: Decoder, vgg: VGG, pictures: list[torch.Tensor]) -> None:
    """Train the layers in front of the copy of the decoder `above` to produce the features that it expects."""
    head, layers = decoder.net[: len(decoder.net) - len(above.net)], [f"relu{decoder.level - 1}_1", f"relu{decoder.level}_1"]
    optimizer, steps = torch.optim.Adam(head.parameters(), lr=1e-3), HEAD_STEPS[decoder.level]
    for index in range(steps):
        optimizer.param_groups[0]["lr"] = 1e-3 * _share(index / steps)
        with torch.no_grad():
            wanted, given = vgg(crops(pictures, 4, 160, torch.Generator().manual_seed(index)), layers).values()
        descend(content_loss(head(given.float() / decoder.rms), wanted.float() / above.rms), optimizer)


def _step(decoder: Decoder, optimizer: torch.optim.Adam, loss_of, vgg: VGG, pictures: torch.Tensor) -> float:
    loss = loss_of(decoder, vgg, pictures)
    descend(loss, optimizer)
    return loss.item()


def _share(done: float) -> float:
    """Return the share of the learning rate: it rises in the first fiftieth, and falls to zero along a cosine."""
    return min(1, 0.02 + 50 * done) * (1 + math.cos(math.pi * done)) / 2


def _recoloured(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Permute the colours of every other picture: a painting has colours that no photo has."""
    channels = [torch.randperm(3, generator=generator) if i % 2 else torch.arange(3) for i in range(len(pictures))]
    return torch.stack([picture[order] for picture, order in zip(pictures, channels, strict=True)])


def _save(checkpoint: Path, decoders: dict[int, Decoder], finished: int, current: dict | None) -> None:
    """Write a checkpoint. finished: how many jobs are done. current: the next job's optimiser and steps, if it has begun."""
    state = {level: decoder.state_dict() for level, decoder in decoders.items()}
    with replacing(checkpoint) as temporary:
        torch.save({"decoders": state, "finished": finished, "current": current}, temporary)


def _resume(checkpoint: Path, device: torch.device) -> tuple[dict[int, Decoder], int, dict | None]:
    """Return what `_save` wrote, or a fresh start."""
    if not checkpoint.is_file():
        return {}, 0, None

    def read(found: dict) -> tuple[dict[int, Decoder], int, dict | None]:
        decoders = {}
        for level, state in found["decoders"].items():
            decoders[level] = Decoder(level)  # KeyError for an unknown level
            decoders[level].load_state_dict(state)
            decoders[level].to(device, memory_format=torch.channels_last).eval()
        current = found["current"]
        return decoders, int(found["finished"]), current and {"step": int(current["step"]), "optimizer": current["optimizer"]}

    return load_checkpoint(checkpoint, read)


def _ship(path: str | os.PathLike, decoders: dict[int, Decoder], vgg: VGG, seed: int) -> None:
    """Write the decoders with their card."""
    state = {f"{level}.{key}": value for level, decoder in decoders.items() for key, value in decoder.state_dict().items()}
    photos = [photo.to(vgg.device) for photo in held_out_photos()]
    quality = {level: [round(psnr(decoder, vgg, photo), 2) for photo in photos] for level, decoder in decoders.items()}
    card = {"levels": list(decoders), "psnr": quality, "held out": list(HELD_OUT), "data": DATA, "seed": seed}
    save_model(path, "decoders", state, card | {"steps": [STEPS, FINE_STEPS, ROW_STEPS], "batch": BATCH, "size": SIZE})
