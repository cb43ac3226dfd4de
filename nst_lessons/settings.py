"""Check the options of a run before it starts, and load each of its pictures once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import torch

from nst_lessons.aside import check_room, put_aside
from nst_lessons.canvas import OPTIMIZERS
from nst_lessons.colour import luminance, match_colours, match_luminance
from nst_lessons.images import fit, load_image, resize, shape_of
from nst_lessons.machine import LEAST, check_memory, tile_needed
from nst_lessons.objective import CONTENT_LAYER, Weights
from nst_lessons.progress_bars import quick, shortened
from nst_lessons.sizes import MOST_STEPS, listed, real, whole
from nst_lessons.vgg import VGG

MIN_SIZE, LARGE = 32, 1024
SHARES = (60, 24, 9)  # of the steps: at a quarter of the size, half, and the whole
LARGE_SHARES = (55, 30, 20, 12, 10)  # the same above LARGE pixels, from the smallest size on; then 8, and 7 at the largest


@dataclass
class Settings:
    """The options of one run, as `loop.transfer` describes them. Raises ValueError for a wrong one."""

    content: object
    style: object
    schedule: list[tuple[int, int]]
    style_weights: Sequence[float] | None
    style_scale: float
    masks: Sequence[object] | None
    colours: str
    init: object
    seed: int
    average: float = 0.0
    content_layer: str = CONTENT_LAYER
    optimizer: str = "lbfgs"
    extra: Callable[[torch.Tensor], torch.Tensor] | None = None
    tile: int | None = None

    def __post_init__(self) -> None:
        self.schedule = pairs_of(self.schedule)
        self.style_scale, self.average = real(self.style_scale, "style_scale"), real(self.average, "average")
        self.seed = seed_of(self.seed)
        self.tile = None if self.tile is None else whole(self.tile, "The tile", LEAST, "the side of a tile in pixels, ")
        if str(self.optimizer) not in OPTIMIZERS:
            raise ValueError(f"There is no optimizer {self.optimizer!r} here: choose {' or '.join(OPTIMIZERS)}.")
        if str(self.colours) not in ("style", "luminance", "matched"):
            raise ValueError(f"There is no choice {self.colours!r} for colours: choose style, luminance or matched.")
        if not 0.25 <= self.style_scale <= 4 or not 0 <= self.average < 1:
            raise ValueError(
                f"style_scale is {self.style_scale} and average is {self.average}: give a style_scale from 0.25 to 4, "
                "and an average from 0 to below 1."
            )
        if not (self.extra is None or callable(self.extra)):
            raise ValueError(f"extra is {self.extra!r}: give a function of the picture that returns a scalar.")
        self.styles = list(self.style) if isinstance(self.style, list | tuple) else [self.style]
        self.shares = shares_of(self.style_weights, len(self.styles))
        self.schedule = [(size, shortened(steps)) for size, steps in (self.schedule[:1] if quick() else self.schedule)]

    def load(self, vgg: VGG, tiles: bool = False) -> "Pictures":
        """Load each picture once, at its largest size, on the device of `vgg`. Raises ValueError if memory is too small.

        tiles: whether the run can work in tiles
        """
        largest, tile = max(size for size, _ in self.schedule), None
        wanted = [(self.content, largest), *((style, round(largest * self.style_scale)) for style in self.styles)]
        shapes = [fit(shape_of(source), size) for source, size in wanted]
        if tiles:
            tile = tile_needed(shapes, vgg.device, vgg.dtype, self.tile)
            if tile and vgg.device.type == "cpu":
                check_room(shapes[0])
        else:
            check_memory(shapes, vgg.device, vgg.dtype)
        if largest > LARGE and tiles:  # no painting is enlarged: that would only blur it
            wanted[1:] = [(style, min(size, max(shape_of(style)))) for style, size in wanted[1:]]
        photo, *styles = (put_aside(load_image(source, size)) for source, size in wanted)
        masks, content = regions_of(self.masks, len(styles), photo), photo
        grey = self.colours == "luminance"  # the run is in grey; its steps get the photo's colours back later
        if grey:
            content, styles = luminance(photo), [match_luminance(one, photo) for one in styles]
        elif self.colours == "matched":
            styles = [match_colours(one, photo) for one in styles]
        first = first_image(self.init, content, styles[0], self.seed)
        return Pictures(
            content=content.to(vgg.device),
            styles=[(one.to(vgg.device), share) for one, share in zip(styles, self.shares, strict=True)],
            masks=[mask.to(vgg.device) for mask in masks],
            first=(luminance(first) if grey else first).to(vgg.device),
            colours=photo.to(vgg.device) if grey else None,
            tile=tile,
        )


@dataclass(frozen=True)
class Pictures:
    """The pictures of a run, (1, 3, H, W) each, on the device of its network."""

    content: torch.Tensor
    styles: list[tuple[torch.Tensor, float]]  # each with its share
    masks: list[torch.Tensor]  # (1, 1, H, W), of the content's size: one per style, or none
    first: torch.Tensor  # where the run starts
    colours: torch.Tensor | None  # the photo, if the run is in grey
    tile: int | None = None  # the side of the tiles in pixels, if the run works in tiles


def first_image(init: object, content: torch.Tensor, style: torch.Tensor, seed: int) -> torch.Tensor:
    """Return the first picture of a run, in the content's shape.

    init: "content", "noise", "style" (noise with the style's mean and deviation of each colour), or a picture
    content, style: the pictures of the run, (1, 3, H, W) each
    seed: of the noise
    """
    if not isinstance(init, str):
        return resize(load_image(init), tuple(content.shape[-2:]))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))
    if init == "content":
        return content
    if init == "noise":
        return (0.5 + 0.2 * noise).clamp(0, 1)
    if init == "style":
        mean, std = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
        return (mean + std * noise).clamp(0, 1)
    raise ValueError(f"There is no init {init!r}: choose content, noise or style, or give a picture.")


def coarse_to_fine(size: int, steps: int | None = None) -> list[tuple[int, int]]:
    """Return the default schedule [(size, steps), ...]: most steps at a quarter of `size`, few at `size`.

    Large strokes form in the small pictures at a sixteenth of the cost. Each larger size adds finer ones.
    Above `LARGE` pixels it starts at 96 or a little more, each size is twice the one before, and the largest gets 7 steps.
    steps: the total, by default 93 (at 512 pixels 60, 24 and 9); above `LARGE` pixels 112 to 142
    """
    size = whole(size, "The size", MIN_SIZE, "the long side in pixels, ")
    sizes = [part for part in (size // 4, size // 2) if part >= 96] + [size]
    shares = SHARES[-len(sizes) :]
    if size > LARGE:
        sizes = [size]
        while sizes[0] >= 192:
            sizes.insert(0, sizes[0] // 2)
        between = [*LARGE_SHARES, *[8] * len(sizes)][: len(sizes) - 1]
        shares = [*between, 7]
    default = sum(SHARES) if size <= LARGE else sum(shares)
    steps = default if steps is None else whole(steps, "The number of steps", 1, most=MOST_STEPS)
    return shared_out(steps, sizes, shares)


def shared_out(steps: int, sizes: Sequence[int], shares: Sequence[int]) -> list[tuple[int, int]]:
    """Return a schedule that splits the steps among the sizes by their shares. Only the last size always gets a step."""
    last = max(1, round(steps * shares[-1] / sum(shares)))
    ends = [round((steps - last) * sum(shares[:count]) / (sum(shares[:-1]) or 1)) for count in range(len(sizes))] + [steps]
    return [(size, end - start) for size, (start, end) in zip(sizes, pairwise(ends), strict=True) if end > start]


def weights_of(given: Weights | Mapping[str, object] | None) -> Weights:
    """Check the weights of a run and return them: the same object, one made from a dictionary, or the defaults.

    Raises ValueError for an unknown name in the dictionary, a wrong value, or an object of another type.
    """
    if given is None:
        return Weights()
    if isinstance(given, Mapping):
        names = [field.name for field in fields(Weights)]
        for name in given:
            if name not in names:
                raise ValueError(f"There is no weight {name!r}: choose among {', '.join(names)}.")
        given = Weights(**given)
    if not isinstance(given, Weights):
        raise ValueError(f"The weights are {given!r}: give nst.Weights(style=10), for example.")
    if not isinstance(given.layers, Mapping):
        raise ValueError(f"The layers' weights are {given.layers!r}: give a dictionary such as {{'relu1_1': 1.0}}.")
    given.check()
    return given


def pairs_of(schedule: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the schedule as pairs of int. Raises ValueError for a wrong one."""
    try:
        pairs = [(size, steps) for size, steps in schedule]
    except (TypeError, ValueError):
        pairs = []
    if not pairs or any(isinstance(number, str) for pair in pairs for number in pair):
        raise ValueError(f"The schedule is {schedule}: give (size, steps) pairs with sizes from {MIN_SIZE} and steps from 1.")
    what = f"in the schedule {schedule}"
    return [
        (whole(size, f"A size {what}", MIN_SIZE), whole(steps, f"A number of steps {what}", 1, most=MOST_STEPS))
        for size, steps in pairs
    ]


def seed_of(seed: object) -> int:
    """Return the seed as an int if torch can use it. Raises ValueError otherwise."""
    return whole(seed, "The seed", -(2**63), most=2**63 - 1)


def shares_of(style_weights: Sequence[float] | None, count: int) -> list[float]:
    """Return the styles' shares, scaled so that they add up to 1."""
    given = [1.0] * count
    if style_weights is not None:
        given = listed(style_weights, "style_weights", "give a list with one number for each style.")
        given = [real(weight, "A style weight") for weight in given]
    if len(given) != count or count == 0:
        raise ValueError(f"There are {count} styles and {len(given)} style weights: give one weight for each style.")
    if not all(0 <= weight < float("inf") for weight in given) or not sum(given):
        raise ValueError(f"The style weights are {given}: give finite numbers from 0 up, not all 0.")
    return [weight / sum(given) for weight in given]


def regions_of(masks: Sequence[object] | None, count: int, content: torch.Tensor) -> list[torch.Tensor]:
    """Load the masks (1, 1, H, W) in [0, 1] at the content's size."""
    if masks is None:
        return []
    masks = listed(masks, "masks", "give a list with one picture for each style, white where the style belongs.")
    if len(masks) != count:
        raise ValueError(f"There are {count} styles and {len(masks)} masks: give one mask for each style.")
    regions = [resize(load_image(mask), tuple(content.shape[-2:])).mean(1, keepdim=True) for mask in masks]
    for number, region in enumerate(regions, 1):
        if region.max() < 0.1:
            raise ValueError(f"Mask {number} is black everywhere: paint white where its style is wanted.")
    return regions
