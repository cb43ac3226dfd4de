"""A widget to choose a picture: first a folder, then a thumbnail."""

import base64
import time
from collections.abc import Callable
from functools import lru_cache
from html import escape
from itertools import count
from pathlib import Path

import ipywidgets as widgets
import traitlets

from nst_lessons import samples
from nst_lessons.images import load_image, to_jpeg
from nst_lessons.machine import on_colab
from nst_lessons.studio.uploads import LIMIT, dropped

GIVEN = "yours"  # the folder name for uploads, and for paths given to the Studio
COLUMNS, WIDTH, HEIGHT, LETTERS = 3, 80, 54, 16  # thumbnails per row; pixels: thumbnail's width and height, name's height
QUICK, PATIENT = 0.4, 1.5  # seconds for making rows of thumbnails: when a folder opens, and after a click on "more"
_numbers = count(1)
_TILES = f"""
.CLASS > div {{ display: grid; grid-template-columns: repeat({COLUMNS}, {WIDTH}px); gap: 4px; padding: 2px; }}
.CLASS.widget-toggle-buttons button.widget-toggle-button {{
  width: {WIDTH}px; height: {HEIGHT + LETTERS}px; margin: 0; padding: {HEIGHT}px 2px 0; border-radius: 3px;
  font-size: 11px; line-height: {LETTERS}px; background-size: {WIDTH}px {HEIGHT}px; background-repeat: no-repeat; }}
.CLASS.widget-toggle-buttons button.mod-active {{ outline: 3px solid #0072B2; outline-offset: -1px; font-weight: bold; }}
.CLASS.widget-toggle-buttons button:focus-visible {{ outline: 3px solid #D55E00; outline-offset: -1px; }}
"""


class Chooser(widgets.VBox):
    """Shows folders and thumbnails of all samples on this disk; observe `value`, the name of the chosen picture.

    kind: "photo" or "style", the label of the list of folders. value: the first choice, a sample's name or a path.
    Opening a folder makes as many rows of thumbnails as fit into a moment; a button makes more.
    Pictures that cannot be read are left out; a note names them.
    """

    value = traitlets.Unicode()

    def __init__(self, kind: str, value: str) -> None:
        self._paths = {}  # folder: {name: path}
        for sample in samples.available().values():
            if sample.path:
                self._paths.setdefault(sample.folder, {})[sample.name] = sample.path
        if not any(value in paths for paths in self._paths.values()):
            self._paths = {GIVEN: {value: Path(value)}, **self._paths}
        folder = next(folder for folder, paths in self._paths.items() if value in paths)
        look = {"style": {"description_width": "38px"}, "layout": {"width": "152px"}}
        self.folder = widgets.Dropdown(options=self._options(), value=folder, description=kind, **look)
        self.upload = widgets.FileUpload(accept="image/*,.heic,.heif,.avif", description="upload", layout={"width": "112px"})
        self.upload.tooltip = LIMIT
        line = {"height": "14px", "margin": "0 2px"}
        limit = widgets.HTML(f'<div style="font-size:11px; line-height:14px">{LIMIT}</div>', layout=line)
        self.picture = widgets.Image(format="jpeg", layout={"width": "268px", "height": "120px", "object_fit": "contain"})
        self.note, self.more = widgets.HTML(), widgets.Button(layout={"flex": "0 0 auto"})
        self.groups = widgets.VBox(layout={"flex": "0 0 auto"})
        strip = widgets.VBox(
            [self.note, self.groups, self.more], layout={"width": "272px", "height": "102px", "overflow": "auto"}
        )
        self.drop = _drop(line)
        parts = [widgets.HBox([self.folder, self.upload]), limit, *self.drop, self.picture, strip]
        super().__init__(parts, layout={"width": "276px"})
        if self.drop:
            self.add_class("nst-chooser")  # the browser side looks for it
        self.folder.observe(lambda change: self._open(change.new), "value")
        self.more.on_click(lambda _: self._extend(PATIENT))
        self.value = value
        self._open(folder)

    def add(self, path: str) -> None:
        """Add a user's picture and choose it."""
        given = self._paths.pop(GIVEN, {})
        self._paths = {GIVEN: {**given, path: Path(path)}, **self._paths}
        self.value = path
        self.folder.options, self.folder.value = self._options(), GIVEN
        self._open(GIVEN)  # redraws the folder if it was open already

    def on_file(self, take: Callable[[Callable[[], tuple[str, bytes] | None]], None]) -> None:
        """Call `take` for each file that arrives, with a function that returns its name and bytes, or raises ValueError."""
        self.upload.observe(lambda _: take(self.uploaded), "value")
        for drop in self.drop:
            drop.on_msg(lambda _, message, buffers: take(lambda: dropped(message, buffers)))

    def uploaded(self) -> tuple[str, bytes] | None:
        """Return the name and the bytes of the last uploaded file; None if there is none."""
        files = self.upload.value
        files = list(files.values()) if isinstance(files, dict) else list(files)  # ipywidgets 7, ipywidgets 8
        if not files:
            return None
        file = files[-1]
        if isinstance(self.upload.value, tuple):
            self.upload.value = ()  # frees its memory, and lets the same file be uploaded again
        return file.get("metadata", file)["name"], bytes(file["content"])

    def _options(self) -> list[tuple[str, str]]:
        return [(f"{folder} ({len(paths)})", folder) for folder, paths in self._paths.items()]

    @traitlets.observe("value")
    def _mark(self, _: object = None) -> None:
        """Highlight the chosen picture's thumbnail if it is shown."""
        for group in self._groups():
            names = [name for _, name in group.options]
            group.value = self.value if self.value in names else None

    def _groups(self) -> list[widgets.ToggleButtons]:
        return [box.children[1] for box in self.groups.children]

    def _open(self, folder: str) -> None:
        """Replace the thumbnails by those of `folder`, the chosen picture first."""
        before, self.groups.children, self._unread = self.groups.children, (), []
        for box in before:
            for widget in (*box.children, box):
                widget.close()
        self._left = sorted(self._paths[folder].items(), key=lambda item: item[0] != self.value)
        self._extend(QUICK)

    def _extend(self, seconds: float) -> None:
        """Add whole rows of thumbnails until `seconds` have passed."""
        made, end = {}, time.perf_counter() + seconds
        while self._left and (len(made) < COLUMNS or len(made) % COLUMNS or time.perf_counter() < end):
            name, path = self._left.pop(0)
            try:
                made[name] = _thumbnail(path, path.stat().st_mtime)
            except Exception:  # whatever Pillow raises for a damaged file
                self._unread.append(path.name)
        if made:
            self.groups.children += (self._group(made),)
        self._mark()
        self.more.description, self.more.layout.display = f"{len(self._left)} more", None if self._left else "none"
        names = ", ".join(self._unread[:3]) + (", ..." if self._unread[3:] else "")
        self.note.value = f"left out {len(self._unread)} that cannot be read: {escape(names)}"
        self.note.layout.display = None if self._unread else "none"

    def _group(self, thumbnails: dict[str, str]) -> widgets.Widget:
        """Return buttons with these pictures, drawn by a style sheet; a front end that ignores it shows the names only."""
        css = f"nst-thumbnails-{next(_numbers)}"
        rules = [
            f".{css} button:nth-of-type({number}) {{ background-image: url(data:image/jpeg;base64,{data}); }}"
            for number, data in enumerate(thumbnails.values(), 1)
        ]
        options = {}
        for name in thumbnails:
            options[samples.unused(samples.plain(Path(name).stem).removeprefix("uploaded_"), options)] = name
        buttons = widgets.ToggleButtons(
            options=list(options.items()), value=None, tooltips=list(thumbnails), layout={"width": "auto"}
        )
        buttons.add_class(css)
        buttons.observe(self._clicked, "value")
        sheet = widgets.HTML(f"<style>{_TILES.replace('CLASS', css)}{''.join(rules)}</style>", layout={"display": "none"})
        return widgets.VBox([sheet, buttons], layout={"flex": "0 0 auto"})

    def _clicked(self, change: dict) -> None:
        if change["new"] is not None:
            self.value = change["new"]


def _drop(layout: dict[str, str]) -> list[widgets.Widget]:
    """Return what pictures can be dropped onto, where the host has what that needs."""
    if on_colab():  # a browser side there replaces the widgets' whole manager: for the brush and the camera only
        return []
    try:
        from nst_lessons.studio.drop import Drop  # here, since not every host has anywidget
    except ImportError:
        return []
    return [Drop(layout=layout)]


@lru_cache(maxsize=2000)
def _thumbnail(path: Path, changed: float) -> str:
    """Return the middle of a picture as a small JPEG in base64; cached until the file's time `changed` differs."""
    image = load_image(path, 3 * WIDTH // 2)
    height, width = image.shape[-2:]
    high, wide = min(height, round(width * HEIGHT / WIDTH)), min(width, round(height * WIDTH / HEIGHT))
    top, left = (height - high) // 2, (width - wide) // 2
    return base64.b64encode(to_jpeg(image[..., top : top + high, left : left + wide])).decode()
