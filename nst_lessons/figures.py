"""Draw the lessons' figures: in one style, with a caption that says what to look for and an alternative text."""

import base64
import html
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import torch

from nst_lessons.images import to_pil
from nst_lessons.sizes import real, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STOPPED = "stopped: move a slider to draw the figure"
WIDEST = 13  # inches: a wider figure does not fit a notebook's column
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")  # for all eyes


def show(images: dict[str, torch.Tensor], caption: str, *, height: float = 3.4, columns: int | None = None) -> None:
    """Show pictures from left to right (photo, style, result), with their titles and a caption that says what to look for.

    The parameters are those of `draw`. The caption is also the alternative text.
    """
    show_figure(draw(images, caption, height=height, columns=columns), alt=caption)


def draw(images: dict[str, torch.Tensor], caption: str, *, height: float = 3.4, columns: int | None = None) -> "Figure":
    """Return the figure that `show` displays.

    images: pictures (1, 3, H, W) in [0, 1] by title; an array (H, W) becomes a heat map, from dark (least) to yellow (largest)
    caption: one sentence below the pictures that says what to look for
    height: of a row, in inches
    columns: pictures per row; all of them unless given
    """
    from matplotlib.figure import Figure  # here, so that `import nst_lessons` stays quick

    images = _titled(images, "images")
    height = real(height, "The height of a row")
    if not 0 < height < 100:
        raise ValueError(f"The height of a row is {height}: give inches, above 0 and below 100.")
    columns = min(len(images) if columns is None else whole(columns, "The number of columns", 1), len(images))
    rows = -(-len(images) // columns)
    aspects = [image.shape[-1] / image.shape[-2] for image in images.values()]
    widths = [max(aspects[column::columns]) for column in range(columns)]
    height = min(height, (WIDEST - 0.15 * columns) / sum(widths))
    size = (height * sum(widths) + 0.15 * columns, (height + 0.35) * rows + 0.45)
    figure = Figure(figsize=(max(size[0], 5), size[1]), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=widths).flatten()
    for axis in axes:
        axis.axis("off")
    for axis, (title, image) in zip(axes, images.items(), strict=False):
        axis.imshow(to_pil(image) if image.ndim > 2 else image.detach().numpy(), cmap="viridis")
        axis.set_title(title, fontsize=13)
    figure.supxlabel(caption, fontsize=12, wrap=True)
    return figure


def _titled(given: object, what: str) -> dict:
    """Check that pictures or clips come with their titles."""
    if not isinstance(given, dict) or not given:
        kind = "empty" if isinstance(given, dict) else f"of the type {type(given).__name__}"
        raise ValueError(f"{what} is {kind}: give a dictionary of titles, such as {{'photo': photo, 'result': result.image}}.")
    for title, one in given.items():
        if not isinstance(one, torch.Tensor | Sequence):
            raise ValueError(f"{title} is of the type {type(one).__name__}: give a picture, such as a result's `image`.")
    return given


def draw_origins(
    images: dict[str, torch.Tensor],
    origins: torch.Tensor,
    caption: str,
    *,
    places: Sequence[tuple[int, int]] | None = None,
    height: float = 3.4,
) -> "Figure":
    """Return a figure with lines from a painting to a picture: from where a patch came to where it is.

    images: the painting and the picture, (1, 3, H, W) each, by title
    origins: (h, w, 2), from the function `origins` for these two
    places: (row, column) in `origins`, one per line; by default a grid of 3 x 4
    caption, height: as for `draw`
    """
    from matplotlib.patches import ConnectionPatch, Rectangle
    from matplotlib.patheffects import withStroke

    figure = draw(images, caption, height=height)
    h, w = origins.shape[:2]
    places = places or [(int((i + 0.5) * h / 3), int((j + 0.5) * w / 4)) for i in range(3) for j in range(4)]
    outline = [withStroke(linewidth=3.5, foreground="white")]
    for number, (row, column) in enumerate(places):
        ends = []
        fractions = origins[row, column].tolist(), ((row + 0.5) / h, (column + 0.5) / w)
        options = {"color": COLOURS[number % len(COLOURS)], "linewidth": 1.7, "path_effects": outline}
        for axis, image, (down, across) in zip(figure.axes, images.values(), fractions, strict=True):
            height, width = image.shape[-2:]
            x, y = across * width - 0.5, down * height - 0.5  # the middle of the first pixel is 0
            axis.add_patch(Rectangle((x - 4, y - 4), 8, 8, fill=False, **options))
            ends += [(x, y), axis.transData]
        figure.add_artist(ConnectionPatch(*ends[::2], *ends[1::2], **options))
    return figure


def show_figure(figure: "Figure", alt: str) -> None:
    """Display a matplotlib figure with an alternative text, in any kind of notebook."""
    from IPython.display import display

    display({"text/html": to_html(figure, alt), "text/plain": alt}, raw=True)


def to_html(figure: "Figure", alt: str) -> str:
    """Return a figure as an <img> with its data inside: JupyterLab shows an `alt` text only in HTML."""
    return f'<img src="data:image/{picture_type(figure)};base64,{base64.b64encode(encode(figure)).decode()}" ' + (
        f'alt="{html.escape(alt, quote=True)}" style="max-width:100%">'
    )


def picture_type(figure: "Figure") -> str:
    """Return "jpeg" for a figure with pictures in it, or "png" for one of lines, where it is sharper and smaller."""
    return "jpeg" if any(axis.images for axis in figure.axes) else "png"


def encode(figure: "Figure") -> bytes:
    """Return the figure as the bytes of a picture of its `picture_type`."""
    data = BytesIO()
    kind = picture_type(figure)
    figure.savefig(data, format=kind, dpi=100, facecolor="white", pil_kwargs={"quality": 88} if kind == "jpeg" else {})
    return data.getvalue()


def play(clips: dict[str, Sequence[torch.Tensor]], caption: str, *, fps: float = 6.0) -> None:
    """Play clips with equally many frames (1, 3, H, W) side by side in a loop, with their titles and a caption.

    All clips are in one animated WebP, so they stay in step. The caption is also the alternative text.
    """
    from IPython.display import display

    display({"text/html": moving(clips, caption, fps=fps), "text/plain": caption}, raw=True)


def moving(clips: dict[str, Sequence[torch.Tensor]], caption: str, *, fps: float = 6.0) -> str:
    """Return the HTML that `play` displays."""
    clips, fps, caption = _titled(clips, "clips"), real(fps, "fps"), str(caption)
    if not 0.1 <= fps <= 1000:
        raise ValueError(f"fps is {fps}: give a number of frames per second from 0.1 to 1000.")
    first, *rest = (to_pil(torch.cat(frames, dim=3)) for frames in zip(*clips.values(), strict=True))
    data = BytesIO()
    first.save(data, "webp", save_all=True, append_images=rest, duration=round(1000 / fps), loop=0, quality=85)
    titles = "".join(f'<span style="flex:1;text-align:center">{html.escape(title)}</span>' for title in clips)
    return (
        f'<div style="max-width:{100 * WIDEST}px"><div style="display:flex">{titles}</div>'
        f'<img src="data:image/webp;base64,{base64.b64encode(data.getvalue()).decode()}" '
        f'alt="{html.escape(caption, quote=True)}" style="width:100%">'
        f'<div style="text-align:center">{html.escape(caption)}</div></div>'
    )


def explore(figure_of: Callable[..., "Figure"], settings: Sequence[dict], **sliders) -> None:
    """Show sliders, then below them the figure that `figure_of(**values)` returns. Draw it again when a slider is released.

    settings: about three dictionaries of values; their figures stand in where there are no widgets (a web page, a PDF)
    sliders: an ipywidgets slider for each argument of `figure_of`
    Each figure is drawn once and then kept. The notebook's stop button ends the drawing; the sliders stay.
    """
    import ipywidgets as widgets
    from IPython.display import display

    figure_of = cache(figure_of)

    def label(values: dict) -> str:
        return ", ".join(f"{sliders[name].description or name} {_plain(value)}" for name, value in values.items())

    def update(_=None) -> None:
        values = {name: slider.value for name, slider in sliders.items()}
        status.value = f"computing: {label(values)} ..."
        try:
            picture.value = encode(figure_of(**values))
            status.value = label(values)
        except KeyboardInterrupt:
            status.value = STOPPED

    for slider in sliders.values():
        slider.continuous_update = False
        slider.style = {"description_width": "110px"}
        slider.layout.width = "480px"
        slider.observe(update, "value")
    picture, status = widgets.Image(layout={"max_width": "100%"}), widgets.Label()
    box, place = widgets.VBox([*sliders.values(), status, picture]), uuid4().hex
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": box.model_id, "version_major": 2, "version_minor": 0}}
    display({**data, "text/plain": "sliders"}, raw=True, display_id=place)
    update()
    if status.value == STOPPED:
        return
    try:
        stills = [f"<p>{html.escape(label(one))}</p>{to_html(figure_of(**one), label(one))}" for one in settings]
    except KeyboardInterrupt:  # the figure in view stays
        return
    data = {**data, "text/html": "".join(stills), "text/plain": "sliders"}
    display(data, raw=True, display_id=place, update=True)


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
