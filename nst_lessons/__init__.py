"""Neural Style Transfer, taught: the names that a notebook imports."""

from nst_lessons import samples
from nst_lessons.figures import draw, explore, play, show, show_figure
from nst_lessons.images import load_image, resize, save_image
from nst_lessons.live import LivePlot
from nst_lessons.loop import stylize, transfer
from nst_lessons.losses import content_loss, gram_matrix, style_loss, total_variation
from nst_lessons.objective import Weights
from nst_lessons.progress_bars import progress
from nst_lessons.step import Result, Step
from nst_lessons.studio import Studio
from nst_lessons.vgg import VGG

__all__ = [
    "VGG",
    "LivePlot",
    "Result",
    "Step",
    "Studio",
    "Weights",
    "content_loss",
    "draw",
    "explore",
    "gram_matrix",
    "load_image",
    "play",
    "progress",
    "resize",
    "samples",
    "save_image",
    "show",
    "show_figure",
    "style_loss",
    "stylize",
    "total_variation",
    "transfer",
]
