"""Paints a wall, every photo in every style, on all cores, several GPUs or a Dask cluster, and draws its poster."""

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from PIL import Image

from nst_lessons.figures import draw
from nst_lessons.files import as_path, place_for, write_or_rescue
from nst_lessons.images import load_image, to_pil
from nst_lessons.objective import Weights
from nst_lessons.samples import others_in, pictures_in, plain, unused
from nst_lessons.settings import coarse_to_fine, weights_of
from nst_lessons.sizes import listed
from nst_lessons.wall.workers import Painted, default_jobs, paint_all, to_png

LONGEST = 80  # bytes of a picture's name in a file's name: two of them and a digest stay below the limit of 255
LETTERS = 24  # of a name on the poster


@dataclass(frozen=True)
class Painting:
    """One picture of a wall, or the reason why it is missing (`error`); `seconds` is None if it existed before."""

    photo: str
    style: str
    path: Path
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Wall:
    """All paintings of a wall, photo by photo; the poster's files; notes on files left out or not written, and why."""

    paintings: list[Painting]
    poster: list[Path]
    notes: list[str]

    @property
    def failed(self) -> list[Painting]:
        """The paintings that are missing."""
        return [painting for painting in self.paintings if painting.error]


def wall(
    photos: str | os.PathLike | Sequence[str | os.PathLike],
    styles: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    *,
    size: int = 512,
    steps: int | None = None,
    weights: Weights | None = None,
    jobs: int | None = None,
    backend: str = "loky",
    address: str | None = None,
    devices: Sequence[str] | None = None,
    callback: Callable[[Painting], object] | None = None,
    title: str = "",
) -> Wall:
    """Paint each photo in each style into the folder `out`, and draw poster.png and poster.pdf of all paintings there.

    photos: a folder, or a list of paths and samples' names.
    styles: paths and samples' names.
    out: a folder, created if missing.
    size, steps, weights: as in `transfer`.
    jobs: paintings at a time, each with its share of the cores; by default one per core, if memory allows.
    backend: "loky" (processes on this machine) or "dask" (a cluster).
    address: a Dask scheduler; by default a cluster of `jobs` processes is started here.
    devices: GPUs, such as ["cuda:0", "cuda:1"], for one job each.
    callback: called with each `Painting` when it is done.
    title: text below the poster.

    A painting's file is named after its photo, its style and a digest of both and of the settings. An existing file is not
    painted again: if a wall was interrupted, the same call continues it. A painting that fails, or whose process dies, is
    reported in the result, and the others go on. Workers of a cluster need this package, but neither the photos nor `out`.
    The cluster started here uses TLS with its own keys. Yours should too: whoever reaches its scheduler can run code on it.
    Raises ValueError or FileNotFoundError for input that spoils the whole wall, TimeoutError if a cluster loses its workers.
    """
    coarse_to_fine(size, steps)  # raises for bad numbers
    out = as_path(out, "The folder for the paintings")
    options = {"size": int(size), "steps": steps if steps is None else int(steps), "weights": weights_of(weights)}
    photos, notes = _in_folder(photos, out) if isinstance(photos, str | os.PathLike) else (photos, [])
    photos, styles = _titled(photos, "photos"), _titled(styles, "styles")
    motifs = {title: to_pil(load_image(style, size)) for title, style in styles.items()}
    tell = (lambda painting: None) if callback is None else callback
    if not callable(tell):
        raise ValueError(f"callback is {callback!r}: give a function of a `Painting`, or leave it out.")
    out.mkdir(parents=True, exist_ok=True)
    place_for(out / "poster.png")
    paintings, todo = _planned(photos, styles, motifs, options, out, tell)
    jobs = default_jobs(size) if jobs is None else jobs
    _collect(paint_all(todo, options, jobs, backend=backend, address=address, devices=devices), paintings, tell)
    try:
        return Wall(paintings, _poster(paintings, len(motifs), size, title, out), notes)
    except OSError as failure:
        return Wall(paintings, [], [*notes, str(failure)])


def _planned(photos, styles, motifs, options: dict, out: Path, tell: Callable) -> tuple[list[Painting], dict]:
    """Return all paintings and the PNGs to paint, {path: (photo, style)}; `tell` of those that exist or cannot be made."""
    paintings, todo = [], {}
    for photo, style in product(photos, styles):
        picture, error = _read(photos[photo], options["size"])
        digest = _digest(picture, motifs[style], options)
        path = out / f"{_name(photos[photo])}_in_{_name(styles[style])}_{digest}.png"
        paintings.append(Painting(photo, style, path, error=error))
        if error or path.is_file():
            tell(paintings[-1])
        else:
            todo[path] = to_png(picture), to_png(motifs[style])
    return paintings, todo


def _collect(made: Iterable[Painted], paintings: list[Painting], tell: Callable) -> None:
    """Write each picture that was `made`, enter its time or error into `paintings`, and `tell` of it."""
    for path, png, seconds, error in made:
        if png:
            try:
                write_or_rescue(path, lambda place, png=png: place.write_bytes(png))
            except OSError as failure:  # the next one may find room
                error = str(failure)
        for number, one in enumerate(paintings):
            if one.path == path:  # several, if a picture is given twice
                paintings[number] = replace(one, seconds=seconds, error=error)
                tell(paintings[number])


def _in_folder(folder: str | os.PathLike, out: str | os.PathLike) -> tuple[list[Path], list[str]]:
    """Return a folder's photos, and a note on the files whose names do not end like a picture's."""
    if os.path.isdir(out) and os.path.isdir(folder) and os.path.samefile(folder, out):
        raise ValueError(f"The paintings would end up among the photos in {folder}: choose another folder for them.")
    photos, others = pictures_in(folder), others_in(folder)
    names = ", ".join(path.name for path in others[:10]) + (f" and {len(others) - 10} more" if others[10:] else "")
    return photos, [f"left out, because their names do not end like a picture's: {names}"] if others else []


def _name(source: str | os.PathLike) -> str:
    """Return a picture's part of a file's name. Equal parts are fine: the digest tells the files apart."""
    return plain(Path(source).stem).encode()[:LONGEST].decode(errors="ignore")


def _titled(sources: Sequence[str | os.PathLike], what: str) -> dict[str, str | os.PathLike]:
    """Return {title on the poster: source}; equal titles get a number. what: the sources' name in a message."""
    found = {}
    for source in listed(sources, what, "give a list of paths and samples' names."):
        found[unused(_name(as_path(source, "A picture")), found)] = source
    return {name.replace("_", " "): source for name, source in found.items()}


def _read(photo: str | os.PathLike, size: int) -> tuple[Image.Image | None, str | None]:
    """Return the photo at its size, or the reason why it cannot be read."""
    try:
        return to_pil(load_image(photo, size)), None
    except Exception as error:  # of any kind: the other photos go on
        return None, str(error) or type(error).__name__


def _digest(picture: Image.Image | None, motif: Image.Image, options: dict) -> str:
    """Return eight hexadecimal digits that depend on all that a painting depends on."""
    pixels = [image.tobytes() for image in (picture, motif) if image]
    return hashlib.sha256(b"".join([*pixels, repr(options).encode()])).hexdigest()[:8]


def _short(name: str) -> str:
    """Shorten a name so that it fits above its picture."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def _poster(paintings: list[Painting], styles: int, size: int, title: str, out: Path) -> list[Path]:
    """Draw the finished paintings with their names, in landscape format, a multiple of `styles` per row."""
    there = [painting for painting in paintings if not painting.error]
    if not there:
        return []
    columns = styles * max(1, round((1.4 * len(there)) ** 0.5 / styles))
    cell = min(size, max(128, 6000 // columns))
    pictures = {}
    for one in there:
        words = f"{_short(one.photo)}\nin {_short(one.style)}"
        pictures[unused(words, pictures)] = load_image(one.path, cell)
    figure = draw(pictures, title, columns=columns)
    figure.set_size_inches(figure.get_size_inches() * max(1, columns / 4))  # letters keep their size
    files = [out / "poster.png", out / "poster.pdf"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a name may have letters that the font lacks
        for file in files:
            write_or_rescue(file, lambda place: figure.savefig(place, dpi=200))
    return files
