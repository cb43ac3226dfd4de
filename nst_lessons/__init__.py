"""Neural Style Transfer, taught: a small helper package for the notebooks.

Where things are. This folder is the whole method, its pictures and its plots, readable in one evening:

    losses.py         content, Gram matrix, style, total variation: the formulas
    vgg.py            VGG: the frozen network; vgg_weights.py finds, checks and converts its file
    fast.py           what is quicker for a frozen network, each an exact rewriting of a layer or a loss
    convolve.py       the quickest convolution that this machine has, Winograd's among them
    waiting.py        how long torch's threads spin while they wait: shortly
    machine.py        device, number type, memory; Colab, Kaggle or neither
    images.py         read, resize and save pictures; files.py writes files whole or not at all
    decoding.py       what a picture's file becomes: upright, in sRGB; containers.py: thumbnails, raw files, two views in one
    sizes.py          sizes and other numbers that a caller gives
    tensor_files.py   files of weights from elsewhere, looked at before they are loaded
    samples.py        pictures that have a name; paintings.json lists the famous ones
    objective.py      Weights, Losses, Objective: what is minimised
    canvas.py         the variables that are optimised, and their optimisers
    colour.py         keep the photo's colours
    settings.py       the options of a run: schedule, shares, masks, first picture
    step.py           Step, Result, and what can be done to a stream of steps
    loop.py           transfer(): the loop; stylize(): runs it and keeps the best picture
    live.py           LivePlot: picture and loss curves during a run
    excite.py         pictures that excite a channel (lesson 01)
    figures.py        show, draw, explore, play
    progress_bars.py  progress bars, NST_QUICK

Every other concern is a folder that imports this one, never the other way round:

    studio/           Studio: sliders that steer a run (lesson 05)
    one_pass/         styles without optimising (lessons 07 and 08); training/ made the models that ship
    moving/           clips and stereo pairs (lesson 09)
    wall/             every photo in every style, and a poster
    checks/           what answers the exercises, one module for each lesson
    publishing/       student notebooks, single files, Kaggle's bundle, slides
    commands/         the command line, which __main__.py starts
"""

import nst_lessons.waiting  # noqa: F401 - first, since it sets how torch waits before torch is loaded
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
