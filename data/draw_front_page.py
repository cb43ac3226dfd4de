"""Paints the README's picture, data/front_page.jpg: four photos, each in one of the bundled styles, shown below it."""

from pathlib import Path

from PIL import Image

import nst_lessons as nst
from nst_lessons.images import to_pil

PAIRS = [  # neighbours where a thing's shape counts, statistics where the style is a pattern
    ("astronaut", "swirls", nst.neighbours),
    ("chelsea", "stained_glass", nst.stylize),
    ("rocket", "peacock", nst.stylize),
    ("coffee", "wave", nst.neighbours),
]
HEIGHT, STYLE_HEIGHT, GAP = 300, 110, 8


def scaled(image: Image.Image, height: int) -> Image.Image:
    """`image` at this height."""
    return image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS)


def main() -> None:
    """About five minutes on two cores."""
    columns = []
    for photo, style, paint in PAIRS:
        painting = to_pil(paint(photo, style).image)
        columns.append((scaled(painting, HEIGHT), scaled(Image.open(nst.samples.find(style), formats=("JPEG",)), STYLE_HEIGHT)))
    width = sum(painting.width + GAP for painting, _ in columns) - GAP
    page = Image.new("RGB", (width, HEIGHT + GAP + STYLE_HEIGHT), "white")
    left = 0
    for painting, style in columns:
        page.paste(painting, (left, 0))
        page.paste(style, (left + (painting.width - style.width) // 2, HEIGHT + GAP))
        left += painting.width + GAP
    page.save(Path(__file__).with_name("front_page.jpg"), quality=88)


if __name__ == "__main__":
    main()
