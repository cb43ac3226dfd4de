"""A small helper package for the notebooks that teach Neural Style Transfer.

This folder holds the whole method, its pictures and its plots. You can read it in one evening:

    losses.py         content, Gram matrix, style, total variation: the formulas
    vgg.py            VGG: the frozen network; vgg_weights.py finds, checks and converts its file
    fast.py           exact shortcuts for the layers and the losses of a frozen network
    convolve.py       chooses the quickest 3x3 convolution on this machine
    winograd.py       a 3x3 convolution with a quarter of the multiplications
    waiting.py        leaves other programs their cores: threads sleep while they wait, and fewer compute
    machine.py        device, number type, memory; Colab, Kaggle or neither
    images.py         read, resize and save pictures; files.py writes files whole or not at all
    decoding.py       decodes a picture's file: upright, in sRGB; containers.py: thumbnails, raw files, stereo files
    coded_colours.py  colours that a file gives by numbers instead of a profile
    sizes.py          checks sizes, other numbers and lists from a caller
    tensor_files.py   checks files of weights from elsewhere before it loads them
    samples.py        pictures with a name; paintings.json lists the famous ones
    objective.py      Weights, Losses, Objective: what is minimised
    canvas.py         the variables that are optimised, and their optimisers
    colour.py         keep the photo's colours
    settings.py       the options of a run: schedule, shares, masks, first picture
    tiles.py          the losses of a picture in tiles, for pictures that do not fit into memory as a whole
    aside.py          large tensors in temporary files, for pictures that do not fit into memory
    kept.py           the finished sizes of a long run, in a folder
    step.py           Step, Result, and functions that work on a stream of steps
    descent.py        the steps of a run at one size: measure the losses, follow their gradient
    loop.py           transfer(): the loop; stylize(): runs it and keeps the best picture
    matching.py       hypercolumns, nearest, matched loss: the formulas of neural neighbours
    neural_neighbours.py  match(): the loop with neighbours instead of statistics; neighbours(): runs it (lesson 10)
    live.py           LivePlot: picture and loss curves during a run
    excite.py         pictures that excite a channel (lesson 01)
    figures.py        show, draw, explore, play
    progress_bars.py  progress bars, NST_QUICK

Every other concern is a folder that imports this one, never the other way round:

    studio/           Studio: sliders that steer a run (lesson 05); the brush for regions, the camera (lessons 08 and 09)
    one_pass/         styles without optimising (lessons 07 and 08); training/ made the bundled models
    moving/           clips and stereo pairs (lesson 09)
    wall/             every photo in every style, and a poster
    checks/           checks the answers to the exercises, one module per lesson
    inventory/        ten questions before the lessons, ten after them, and the report
    publishing/       student notebooks, single files, Kaggle's bundle, slides, the site
    commands/         the command line, which __main__.py starts
"""

import nst_lessons.waiting  # noqa: F401 - first: it must set how torch waits before torch is loaded
from nst_lessons import samples, studio
from nst_lessons.figures import draw, draw_origins, explore, play, show, show_figure
from nst_lessons.images import load_image, resize, save_image
from nst_lessons.live import LivePlot
from nst_lessons.loop import stylize, transfer
from nst_lessons.losses import content_loss, gram_matrix, moment_loss, style_loss, total_variation
from nst_lessons.matching import hypercolumns, matched_loss, nearest, origins
from nst_lessons.neural_neighbours import neighbours
from nst_lessons.objective import Weights
from nst_lessons.progress_bars import progress
from nst_lessons.step import Result, Step
from nst_lessons.studio import Studio
from nst_lessons.vgg import VGG

__all__ = [
    "VGG",
    "Camera",
    "LivePlot",
    "Result",
    "Step",
    "Studio",
    "Weights",
    "content_loss",
    "draw",
    "draw_origins",
    "explore",
    "gram_matrix",
    "hypercolumns",
    "load_image",
    "matched_loss",
    "moment_loss",
    "nearest",
    "neighbours",
    "origins",
    "paint_mask",
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


def __getattr__(name: str) -> object:
    """Import the brush and the camera at first use."""
    if name in ("Camera", "paint_mask"):
        return getattr(studio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
