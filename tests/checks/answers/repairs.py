"""Answers to the other repairs of lesson 06."""

import numpy as np
import torch

import nst_lessons as nst


def _gram(f):
    return f.flatten(2) @ f.flatten(2).mT / f[0].numel()


def _by_loop(features):
    out = {}
    for name in features:
        out[name] = _gram(features[name]).clone().detach()
    return out


def _into(features):
    for name in features:
        features[name] = _gram(features[name]).detach()
    return features


def _first_only(features):
    for name, F in features.items():
        return {name: _gram(F).detach()}


def _bytes(image):
    return (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0)


def _clamps(image):
    image.clamp_(0, 1)
    return (image[0] * 255).round().byte().permute(1, 2, 0)


def _multiplies(image):
    image *= 255
    return image[0].clamp(0, 255).round().byte().permute(1, 2, 0)


RIGHT = {
    "06.targets": [
        _by_loop,
        lambda features: {name: _gram(F.detach()) for name, F in features.items()},
        lambda features: {name: _gram(F).data for name, F in features.items()},
        lambda features: dict(zip(features, [_gram(F).detach() for F in features.values()], strict=True)),
        lambda features: {name: nst.gram_matrix(F).detach() for name, F in features.items()},
        lambda features: {name: torch.tensor(_gram(F).tolist()) for name, F in features.items()},
    ],
    "06.to_bytes": [
        _bytes,
        lambda image: (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(),
        lambda image: np.rint(np.clip(image[0].numpy(), 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0),
        lambda image: (image.squeeze(0).permute(1, 2, 0) * 255).clamp(0, 255).add(0.5).byte(),
        lambda image: torch.round(torch.clamp(image, 0, 1) * 255)[0].movedim(0, -1).type(torch.uint8),
        lambda image: torch.einsum("chw->hwc", (image[0] * 255).round().clamp(0, 255)).byte().contiguous(),
        lambda image: (image[0].clamp(0, 1) / (1 / 255)).round().byte().permute(1, 2, 0).detach().cpu().numpy(),
    ],
}

WRONG = {
    "06.targets": {
        "overwritten": [
            _into,
            lambda features: {name: _gram(features.pop(name)).detach() for name in list(features)},
            lambda features: {name: _gram(F.detach_()) for name, F in features.items()},
            lambda features: features.update({name: _gram(F).detach() for name, F in features.items()}) or features,
            lambda features: {
                name: _gram(F.detach().mul_(1)).detach() for name, F in features.items() if F.detach().add_(1) is not None
            },
        ],
        "gradient": [
            lambda features: {name: _gram(F) for name, F in features.items()},
            lambda features: {name: _gram(F).clone() for name, F in features.items()},
            lambda features: {name: _gram(F).requires_grad_() for name, F in features.items()},
            lambda features: {name: _gram(F).detach().requires_grad_() for name, F in features.items()},
            lambda features: {name: _gram(F).detach() if name == "relu1_1" else _gram(F) for name, F in features.items()},
        ],
        "formula": [
            lambda features: {name: F.detach() for name, F in features.items()},
            lambda features: {name: _gram(F).detach() * F[0].numel() for name, F in features.items()},
            lambda features: {name: _gram(F).detach()[0] for name, F in features.items()},
            lambda features: {name: (F.flatten(2) @ F.flatten(2).mT).detach() for name, F in features.items()},
            lambda features: {name: (F.flatten(2).mT @ F.flatten(2)).detach() for name, F in features.items()},
            lambda features: {name: _gram(F).detach().mean() for name, F in features.items()},
            lambda features: dict.fromkeys(features, _gram(features["relu1_1"]).detach()),
            _first_only,
            lambda features: {name: _gram(features[name]).detach() for name in ("relu1_1", "relu2_1")},
        ],
        "container": [
            lambda features: [_gram(F).detach() for F in features.values()],
            lambda features: {name: _gram(F).detach().numpy() for name, F in features.items()},
            lambda features: {index: _gram(F).detach() for index, F in enumerate(features.values())},
            lambda features: _gram(features["relu1_1"]).detach(),
            lambda features: print(end=""),
            lambda features: "targets",
            {"relu1_1": torch.zeros(1, 5, 5)},
        ],
        "torch's words": [
            lambda features: {name: _gram(name).detach() for name in features},
            lambda features: {name: _gram(F).detach() for name, F in features},
            lambda features: _gram(features).detach(),
            lambda features: {name: _gram(F).item() for name, F in features.items()},
        ],
    },
    "06.to_bytes": {
        "overwritten": [_clamps, _multiplies],
        "diagnosis": [
            lambda image: (image[0].clamp(0, 1) * 256).clamp(0, 255).byte().permute(1, 2, 0),
            lambda image: (image[0].clamp(0, 1) * 256).round().clamp(0, 255).byte().permute(1, 2, 0),
            lambda image: (image[0].clamp(0, 1) * 255).byte().permute(1, 2, 0),
            lambda image: (image[0].clamp(0, 1) * 255).ceil().byte().permute(1, 2, 0),
            lambda image: (image[0].clamp(0, 1) * 255.999).byte().permute(1, 2, 0),
            lambda image: (image[0].clamp(0, 1) * 254).round().byte().permute(1, 2, 0),
            lambda image: (image[0] * 255).round().int().remainder(256).byte().permute(1, 2, 0),
            lambda image: image[0].clamp(0, 1).round().byte().permute(1, 2, 0),
            lambda image: image[0].clamp(0, 1).byte().mul(255).permute(1, 2, 0),
        ],
        "formula": [
            lambda image: ((image[0] + 1) / 2 * 255).clamp(0, 255).round().byte().permute(1, 2, 0),
            lambda image: ((image - image.min()) / (image.max() - image.min()) * 255).round()[0].byte().permute(1, 2, 0),
            lambda image: (image[0].abs().clamp(0, 1) * 255).round().byte().permute(1, 2, 0),
            lambda image: (image[0].sigmoid() * 255).round().byte().permute(1, 2, 0),
            lambda image: _bytes(1 - image),
            lambda image: _bytes(image.flip(1)),
            lambda image: _bytes(image.flip(2)),
            lambda image: _bytes(image.flip(3)),
            lambda image: _bytes(image).permute(1, 0, 2),
            lambda image: _bytes(image).permute(2, 0, 1),
            lambda image: _bytes(image)[None],
            lambda image: _bytes(image)[..., 0],
            lambda image: (image.clamp(0, 1) * 255).round().byte()[0].reshape(5, 7, 3),
            lambda image: (image.clamp(0, 1) * 255).round().byte()[0].view(image.shape[2], image.shape[3], 3),
            lambda image: _bytes(image).float(),
            lambda image: _bytes(image).int(),
            lambda image: _bytes(image).numpy().astype(np.int8),
            lambda image: _bytes(image).float() / 255,
            lambda image: image,
            lambda image: image[0].permute(1, 2, 0),
            lambda image: 0 * _bytes(image),
            lambda image: 255 - _bytes(image),
        ],
        "container": [
            lambda image: _bytes(image).tolist(),
            lambda image: _bytes(image).numpy().tobytes(),
            lambda image: None,
            "bytes",
            lambda image: print(end=""),
        ],
        "torch's words": [
            lambda image: image.permute(1, 2, 0),
            lambda image: image[0].clamp(0, 1).mul(255).round().uint8().permute(1, 2, 0),
            lambda image: image[0].clip(0, 1) * 255 @ image,
            lambda image: image[1].clamp(0, 1),
        ],
    },
}
