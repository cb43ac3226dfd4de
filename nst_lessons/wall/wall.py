"""A wall: every photo in every style, over all cores, several GPUs or a Dask cluster, and the poster of it."""

import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from PIL import Image

from nst_lessons.figures import draw
from nst_lessons.files import place_for, write_or_rescue
from nst_lessons.images import load_image, to_pil
from nst_lessons.objective import Weights
from nst_lessons.samples import others_in, pictures_in, plain, unused
from nst_lessons.settings import coarse_to_fine, weights_of
from nst_lessons.wall.workers import default_jobs, paint_all, to_png

LONGEST = 80  # bytes of a picture's name in the name of a painting: two of them and a digest make one of at most 255
LETTERS = 24  # of a name on the poster


@dataclass(frozen=True)
class Painting:
    """One picture of a wall, or why there is none (`error`); `seconds` is None where it was there before."""

    photo: str
    style: str
    path: Path
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Wall:
    """All paintings of a wall, photo by photo, the files of its poster, and what was left out beside `failed`, and why."""

    paintings: list[Painting]
    poster: list[Path]
    notes: list[str]

    @property
    def failed(self) -> list[Painting]:
        """Those that are missing."""
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
    """Paint each photo in each style into the folder `out`, and draw poster.png and poster.pdf of all of them there.

    photos: a folder, or paths and samples' names; styles: paths and names. size, steps, weights: as for `transfer`.
    A painting's file is named after its photo, its style and a digest of both and of the settings, and one that is there
    is not made again: a wall that was interrupted goes on by the same call. A painting that fails, or whose process dies,
    is reported in the result, and the rest goes on. callback: called with each `Painting` when it is done. title: below the
    poster.

    jobs: how many at a time, each with its share of the cores (default: one a core, as far as the memory goes).
    devices: GPUs, such as ["cuda:0", "cuda:1"]: one job each.
    backend: "loky" (processes on this machine) or "dask": the cluster whose scheduler is at `address`, or one of `jobs`
    processes that is started here. Its workers need this package, but neither the photos nor `out`. The cluster started here
    uses TLS with keys of its own. A cluster of yours should too: whoever reaches its scheduler can run code on its workers.
    Raises ValueError or FileNotFoundError for what would spoil the whole wall, TimeoutError if a cluster loses its workers.
    """
    coarse_to_fine(size, steps)  # bad numbers are told here
    options = {"size": int(size), "steps": steps if steps is None else int(steps), "weights": weights_of(weights)}
    notes = []
    if isinstance(photos, str | os.PathLike):
        photos, notes = _in_folder(photos, out)
    photos, styles = _titled(photos), _titled(styles)
    motifs = {title: to_pil(load_image(style, size)) for title, style in styles.items()}
    out, tell = Path(out), callback or (lambda painting: None)
    out.mkdir(parents=True, exist_ok=True)
    place_for(out / "poster.png")
    paintings, todo = [], {}
    for photo, style in product(photos, styles):
        picture, error = _read(photos[photo], size)
        digest = _digest(picture, motifs[style], options)
        path = out / f"{_name(photos[photo])}_in_{_name(styles[style])}_{digest}.png"
        paintings.append(Painting(photo, style, path, error=error))
        if error or path.is_file():
            tell(paintings[-1])
        else:
            todo[path] = to_png(picture), to_png(motifs[style])
    jobs = default_jobs(size) if jobs is None else jobs
    for path, png, seconds, error in paint_all(todo, options, jobs, backend=backend, address=address, devices=devices):
        if png:
            try:
                write_or_rescue(path, lambda place, png=png: place.write_bytes(png))
            except OSError as failure:  # the next may find room
                error = str(failure)
        for number, one in enumerate(paintings):
            if one.path == path:  # more than one, where a picture is given twice
                paintings[number] = replace(one, seconds=seconds, error=error)
                tell(paintings[number])
    try:
        return Wall(paintings, _poster(paintings, len(motifs), size, title, out), notes)
    except OSError as failure:
        return Wall(paintings, [], [*notes, str(failure)])


def _in_folder(folder: str | os.PathLike, out: str | os.PathLike) -> tuple[list[Path], list[str]]:
    """The photos in a folder, and a note of the files in it that are none by their endings."""
    if os.path.isdir(out) and os.path.isdir(folder) and os.path.samefile(folder, out):
        raise ValueError(f"The paintings would be written among the photos in {folder}: choose another folder for them.")
    photos, others = pictures_in(folder), others_in(folder)
    names = ", ".join(path.name for path in others[:10]) + (f" and {len(others) - 10} more" if others[10:] else "")
    return photos, [f"left out, since their names do not end as a picture's: {names}"] if others else []


def _name(source: str | os.PathLike) -> str:
    """A picture's part of a file's name: the digest tells equal ones apart, so that it depends on no other picture."""
    return plain(Path(source).stem).encode()[:LONGEST].decode(errors="ignore")


def _titled(sources: Sequence[str | os.PathLike]) -> dict[str, str | os.PathLike]:
    """The sources under the titles of the poster: each its own, by a number where two would be the same."""
    found = {}
    for source in sources:
        found[unused(_name(source), found)] = source
    return {name.replace("_", " "): source for name, source in found.items()}


def _read(photo: str | os.PathLike, size: int) -> tuple[Image.Image | None, str | None]:
    """The photo at its size, or why it cannot be read."""
    try:
        return to_pil(load_image(photo, size)), None
    except Exception as error:  # whatever it is: the others go on
        return None, str(error) or type(error).__name__


def _digest(picture: Image.Image | None, motif: Image.Image, options: dict) -> str:
    """Eight digits that tell apart what makes another painting."""
    pixels = [image.tobytes() for image in (picture, motif) if image]
    return hashlib.sha256(b"".join([*pixels, repr(options).encode()])).hexdigest()[:8]


def _short(name: str) -> str:
    """A name that fits above its picture."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def _poster(paintings: list[Painting], styles: int, size: int, title: str, out: Path) -> list[Path]:
    """Draw the paintings that are there, with their names, in a landscape of whole rows of `styles`."""
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
    figure.set_size_inches(figure.get_size_inches() * max(1, columns / 4))  # the letters stay as large as they are
    files = [out / "poster.png", out / "poster.pdf"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # of a name in letters that the font does not have
        for file in files:
            write_or_rescue(file, lambda place: figure.savefig(place, dpi=200))
    return files
