"""Decoders: networks that turn VGG's features back into pictures (Li et al. 2017, arXiv 1705.08086, section 3.1)."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nst_lessons.beyond.crops import HELD_OUT, crops, held_out_photos, training_photos
from nst_lessons.beyond.models import load_model, save_model
from nst_lessons.fast import best_dtype
from nst_lessons.files import replacing
from nst_lessons.losses import content_loss
from nst_lessons.vgg import VGG, best_device
from nst_lessons.weights import CONVS_PER_BLOCK

CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512}  # of relu1_1, relu2_1, relu3_1, relu4_1
STEPS = {1: 0, 2: 1500, 3: 2500, 4: 1200}
FEATURE_WEIGHT = 0.03  # the two losses of a trained decoder are then about equal
RATES = {1: 0.0, 2: 1e-3, 3: 1e-3, 4: 3e-4}  # of Adam
HEAD_STEPS = {4: 400}  # begun at random, the deepest layers kill their own units: relu4_1 is sparse, and strong where it is not
SAVE_EVERY = 50  # steps
DATA = "photos of scikit-image, the bundled styles but painterly, drawn gradients and flat patches"


class Decoder(nn.Module):
    """The mirror of VGG19 down to relu{level}_1: what was pooled is repeated, and padding is by reflection.

    `rms`, the root mean square of the features that it was trained on, divides its input: they are in the hundreds.
    """

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level
        self.net = nn.Sequential(*_mirror(level))
        self.register_buffer("rms", torch.tensor(1.0))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, H, W) of features (B, C, H/s, W/s) with s = 1, 2, 4, 8; values may leave [0, 1] a little."""
        return self.net(features / self.rms)


@dataclass(frozen=True)
class TrainingStep:
    """One step of `train_decoders`."""

    level: int
    index: int  # 1, 2, ... total
    total: int  # of this level
    loss: float


def load_decoders(source: str | os.PathLike = "decoders") -> dict[int, Decoder]:
    """The decoders in a file by their levels, on the CPU; by default the ones that ship with the project.

    Raises as `models.load_model` does.
    """
    state, card = load_model(source, "decoders")
    decoders = {}
    for level in card["levels"]:
        decoders[level] = Decoder(level)
        decoders[level].load_state_dict({key[2:]: value for key, value in state.items() if key[0] == str(level)})
        decoders[level].requires_grad_(False).eval().to(memory_format=torch.channels_last)
    return decoders


def train_decoders(
    path: str | os.PathLike,
    *,
    checkpoint: str | os.PathLike = "out/decoders.pt",
    steps: dict[int, int] | None = None,
    batch: int = 4,
    size: int = 160,
    seed: int = 0,
    vgg: VGG | None = None,
) -> Iterator[TrainingStep]:
    """Train a decoder for each level in `steps` ({level: steps}, shallow first); yields a `TrainingStep` a step.

    Minimised is |D(F) - I|^2 + 0.03 |VGG(D(F)) - F|^2 / |F|^2 on crops of `training_photos`: the paper's equation (1) in
    units of the features. The first decoder, one linear layer, is solved at once and needs no steps; the tail of each other
    starts as the decoder before it. `checkpoint` is written every `SAVE_EVERY` steps, and a run that finds one goes on from it;
    `path` is written when all are done, with a card that gives the PSNR on `held_out_photos`.
    """
    steps = STEPS if steps is None else steps
    vgg = VGG(dtype=best_dtype(best_device())) if vgg is None else vgg
    pictures, checkpoint = training_photos(), Path(checkpoint)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    done, current = _resume(checkpoint, vgg.device)
    for level in [level for level in steps if level not in done]:
        decoder, optimizer, start = _begin(level, done, current, vgg, pictures)
        for index in range(start, steps[level]):
            generator = torch.Generator().manual_seed(seed * 10**9 + level * 10**7 + index)
            optimizer.param_groups[0]["lr"] = RATES[level] * _rate(index / steps[level])
            loss = _train_step(decoder, optimizer, vgg, _recoloured(crops(pictures, batch, size, generator), generator))
            yield TrainingStep(level, index + 1, steps[level], loss)
            if index % SAVE_EVERY == SAVE_EVERY - 1:
                _save(checkpoint, done, (level, index + 1, decoder.state_dict(), optimizer.state_dict()))
        done[level], current = decoder.eval(), None
        _save(checkpoint, done, None)
    _ship(path, done, vgg, {"steps": steps, "batch": batch, "size": size, "seed": seed})


def psnr(decoder: Decoder, vgg: VGG, photo: torch.Tensor) -> float:
    """The peak signal-to-noise ratio in dB of a photo (1, 3, H, W) that went through VGG and back: -10 log10 of the MSE."""
    height, width = (side // 8 * 8 for side in photo.shape[-2:])  # so that no pooling drops a row
    photo = photo[..., :height, :width].to(vgg.device)
    layer = f"relu{decoder.level}_1"
    with torch.no_grad():
        found = decoder(vgg(photo, [layer])[layer].float()).clamp(0, 1)
    return -10 * math.log10((found - photo).square().mean().item())


def _mirror(level: int) -> list[nn.Module]:
    """The layers from relu{level}_1 back to the pixels; the last ones are those of the level above."""
    if level == 1:
        return [_conv(CHANNELS[1], 3)]
    wide, narrow = CHANNELS[level], CHANNELS[level - 1]
    layers = [_conv(wide, narrow), nn.ReLU(), nn.Upsample(scale_factor=2)]
    for _ in range(CONVS_PER_BLOCK["vgg19"][level - 2] - 1):
        layers += [_conv(narrow, narrow), nn.ReLU()]
    return layers + _mirror(level - 1)


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1, padding_mode="reflect")


def _begin(level, done, current, vgg, pictures) -> tuple[Decoder, torch.optim.Adam, int]:
    """A decoder and its optimiser, where the checkpoint left them or at their start; and how many steps they have made."""
    decoder = Decoder(level).to(vgg.device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(decoder.net.parameters())
    if current is not None and current[0] == level:
        decoder.load_state_dict(current[2])
        optimizer.load_state_dict(current[3])
        return decoder, optimizer, current[1]
    torch.manual_seed(level)
    for conv in (layer for layer in decoder.net if isinstance(layer, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        nn.init.zeros_(conv.bias)
    if level - 1 in done:
        for mine, learned in zip(reversed(decoder.net), reversed(done[level - 1].net), strict=False):  # as far as that goes
            mine.load_state_dict(learned.state_dict())
    layer = f"relu{level}_1"
    some = crops(pictures, 32, 64, torch.Generator().manual_seed(0))
    features = vgg(some, [layer])[layer].float()
    decoder.rms.copy_(features.square().mean().sqrt())
    if level == 1:
        _solve(decoder.net[0], features / decoder.rms, some.to(vgg.device))
    if level in HEAD_STEPS:
        _teach_head(decoder, done[level - 1], vgg, pictures)
    return decoder, optimizer, 0


def _solve(conv: nn.Conv2d, features: torch.Tensor, pictures: torch.Tensor) -> None:
    """Set the one layer of the first decoder, which is linear, to its least squares: gradients are slow there."""
    patches = F.unfold(F.pad(features, (1, 1, 1, 1), mode="reflect"), 3)  # (B, 9 C, H*W)
    rows = F.pad(patches.movedim(1, 2).flatten(0, 1).double(), (0, 1), value=1.0)  # (B*H*W, 9 C + 1)
    wanted = pictures.flatten(2).movedim(1, 2).flatten(0, 1).double()  # (B*H*W, 3)
    ridge = 1e-6 * len(rows) * torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)
    solution = torch.linalg.solve(rows.mT @ rows + ridge, rows.mT @ wanted).float()  # (9 C + 1, 3)
    conv.weight.data.copy_(solution[:-1].mT.reshape(conv.weight.shape))
    conv.bias.data.copy_(solution[-1])


def _teach_head(decoder: Decoder, above: Decoder, vgg: VGG, pictures: list[torch.Tensor]) -> None:
    """Let the layers before those of the decoder above, which it starts with, learn the features that that one expects."""
    head, layers = decoder.net[: len(decoder.net) - len(above.net)], [f"relu{decoder.level - 1}_1", f"relu{decoder.level}_1"]
    optimizer, steps = torch.optim.Adam(head.parameters(), lr=1e-3), HEAD_STEPS[decoder.level]
    for index in range(steps):
        optimizer.param_groups[0]["lr"] = 1e-3 * _rate(index / steps)
        with torch.no_grad():
            wanted, given = vgg(crops(pictures, 4, 160, torch.Generator().manual_seed(index)), layers).values()
        loss = content_loss(head(given.float() / decoder.rms), wanted.float() / above.rms)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _train_step(decoder: Decoder, optimizer: torch.optim.Adam, vgg: VGG, pictures: torch.Tensor) -> float:
    layer, pictures = f"relu{decoder.level}_1", pictures.to(vgg.device)
    with torch.no_grad():
        features = vgg(pictures, [layer])[layer]
    with torch.autocast(vgg.device.type, vgg.dtype, enabled=vgg.dtype != torch.float32):
        found = decoder(features).float()
    loss = F.mse_loss(found, pictures) + FEATURE_WEIGHT * content_loss(vgg(found, [layer])[layer], features)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _rate(done: float) -> float:
    """The share of the learning rate: up within the first fiftieth, then down to zero along a cosine."""
    return min(1, 0.02 + 50 * done) * (1 + math.cos(math.pi * done)) / 2


def _recoloured(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The pictures, every other one with its colours exchanged: a painting has colours that no photo has."""
    channels = [torch.randperm(3, generator=generator) if i % 2 else torch.arange(3) for i in range(len(pictures))]
    return torch.stack([picture[order] for picture, order in zip(pictures, channels, strict=True)])


def _save(checkpoint: Path, done: dict[int, Decoder], current: tuple | None) -> None:
    with replacing(checkpoint) as temporary:
        torch.save({"done": {level: decoder.state_dict() for level, decoder in done.items()}, "current": current}, temporary)


def _resume(checkpoint: Path, device: torch.device) -> tuple[dict[int, Decoder], tuple | None]:
    """The decoders that are done, and (level, steps, decoder, optimiser) of the one that is being trained, if any."""
    if not checkpoint.is_file():
        return {}, None
    found, done = torch.load(checkpoint, map_location=device, weights_only=True), {}
    for level, state in found["done"].items():
        done[level] = Decoder(level).to(device).eval()
        done[level].load_state_dict(state)
    return done, found["current"]


def _ship(path: str | os.PathLike, done: dict[int, Decoder], vgg: VGG, settings: dict) -> None:
    """Write the decoders with their card."""
    state = {f"{level}.{key}": value for level, decoder in done.items() for key, value in decoder.state_dict().items()}
    photos = [photo.to(vgg.device) for photo in held_out_photos()]
    quality = {level: [round(psnr(decoder, vgg, photo), 2) for photo in photos] for level, decoder in done.items()}
    card = {"levels": list(done), "psnr": quality, "held out": list(HELD_OUT), "data": DATA, **settings}
    save_model(path, "decoders", state, card)
