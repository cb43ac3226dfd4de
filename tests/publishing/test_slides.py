"""Slides: read with a parser of its own, and shown in a browser that has no network."""

import re
import shutil
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image

from nst_lessons.samples import data_dir

missing = [name for name in ("math_core", "sphinx_revealjs", "nbconvert") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}; pip install .[slides]")

NOTEBOOKS = data_dir().parent / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURE = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}'><rect width='100%' height='100%'/></svg>"
)


def _shown(width: int, height: int, **more: object) -> dict:
    html = f'<img src="{PICTURE.format(width, height)}" alt="a black box" style="max-width:100%">'
    return new_output("display_data", {"text/html": html, "text/plain": "a black box", **more})


def _cell(cell, kind: str | None = None):
    if kind:
        cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


SETTINGS = "".join(f"<p>depth {depth}</p>{_shown(900, 380)['data']['text/html']}" for depth in (1, 2, 3))
CELLS = [
    _cell(new_markdown_cell("# 01 · A title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![a photo](photo.jpg)"), "slide"),
    _cell(new_code_cell("import hidden_setup"), "skip"),
    _cell(
        new_markdown_cell(r"Now $a < \mathcal L_i$ and" + "\n\n" + r"$$\sum_k F_{ik} \begin{pmatrix}1\\2\end{pmatrix}$$"),
        "subslide",
    ),
    _cell(new_markdown_cell("Say it slowly."), "notes"),
    _cell(new_markdown_cell("## Figure\n\nLook at it."), "slide"),
    new_code_cell("nst.show(...)", outputs=[_shown(1200, 700)]),
    new_code_cell("Studio()", outputs=[new_output("display_data", {WIDGET: {"model_id": "y"}, "text/plain": "VBox(...)"})]),
    _cell(new_markdown_cell("**Exercise.** What is 2 + 2?"), "subslide"),
    new_code_cell("# solution\nanswer = 4"),
    new_code_cell("q.check(answer)", outputs=[new_output("stream", text="✔ Right\n")]),
    _cell(new_code_cell("\n".join(f"line_{i} = {'long ' * 25!r}" for i in range(80))), "slide"),
    _cell(
        new_code_cell(
            "def figure():\n" + 30 * "    step()\n" + "nst.explore(figure)",
            outputs=[_shown(9, 9, **{WIDGET: {"model_id": "x"}, "text/html": SETTINGS})],
        ),
        "subslide",
    ),
]


class _Page(HTMLParser):
    """What a page holds: its slides' texts, notes, formulas, pictures, and whatever it would load."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.slides, self.pictures, self.loaded = [], [], [], []
        self.notes, self.prose, self.math = "", "", 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta", "img", "br", "hr", "link", "input"):
            self.open.append((tag, attributes))
        self.math += tag == "math"
        self.slides += [""] if [name for name, _ in self.open].count("section") == 2 and tag == "section" else []
        self.pictures += [attributes["src"]] if tag == "img" else []
        links = [attributes.get(name) for name in ("src", "srcset", "href", "xlink:href", "data", "poster", "action")]
        self.loaded += [link for link in links if link and tag != "a" and not link.startswith("data:")]

    def handle_endtag(self, tag):
        if tag in [name for name, _ in self.open]:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        tags = [name for name, _ in self.open]
        if "aside" in tags and ("aside", {"class": "notes"}) in self.open:
            self.notes += data
        elif "section" in tags:
            self.slides[-1] += data
            self.prose += "" if {"pre", "code"} & set(tags) else data
        elif {"script", "style"} & set(tags):
            self.loaded += re.findall(r"""(?:@import|\burl\(|\bimport\b|\bfrom\b|\bfetch\()[\s("']*(?:https?:)?//.*""", data)


@pytest.fixture(scope="module")
def decks(tmp_path_factory) -> dict[Path, Path]:
    """The slides of a notebook made for the test and of all lessons: {notebook: page}."""
    from nst_lessons.publishing.slides import slides

    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "solutions").mkdir()
    Image.new("RGB", (900, 900)).save(folder / "photo.jpg")
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS), folder / "solutions" / "01_x.ipynb")
    sources = sorted([*folder.glob("solutions/*.ipynb"), *NOTEBOOKS.glob("solutions/*.ipynb")])
    pages = [page for root in (folder, NOTEBOOKS) for page in slides(root, tmp_path_factory.mktemp("slides"))]
    return {source: next(page for page in pages if page.stem == source.stem) for source in sources}


@pytest.fixture(scope="module")
def deck(decks) -> _Page:
    """The page of the notebook made for the test."""
    return _Page(next(page for source, page in decks.items() if source.name == "01_x.ipynb").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_slide_is_there_and_nothing_is_loaded(decks):
    for source, path in decks.items():
        kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in nbformat.read(source, 4).cells]
        page = _Page(path.read_text(encoding="utf-8"))
        assert len(page.slides) == sum(kind in ("slide", "subslide") for kind in kinds), source.name
        assert page.loaded == [], source.name
        assert all(picture.startswith("data:") for picture in page.pictures), source.name
        assert "$" not in page.prose and "\\" not in page.prose, f"{source.name}: a formula was left"


def test_what_is_hidden_noted_and_drawn(deck):
    text = "".join(deck.slides)
    assert "hidden_setup" not in text and "Say it slowly" not in text
    assert deck.notes.strip() == "Say it slowly."
    assert deck.math == 2 and "∑" in text and "ℒ" in text
    assert len(deck.pictures) == 1 + 1 + 3
    assert "live in the notebook" in text and "VBox" not in text
    assert "depth 1" in deck.slides[-1] and "model_id" not in deck.slides[-1]
    assert "code, 32 lines" in deck.slides[-1]


def test_a_reader_of_a_clone_without_notebooks_is_told(tmp_path):
    from nst_lessons.publishing.slides import slides

    with pytest.raises(FileNotFoundError, match="run this in a clone"):
        slides(tmp_path, tmp_path / "out")


@pytest.fixture(scope="module")
def browser():
    """A browser window of 1280 x 720 that reaches files only."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("there is no chromium on this machine")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.route(
            lambda url: not url.startswith(("file:", "data:")), lambda route: pytest.fail(f"asked for {route.request.url}")
        )
        yield context
        browser.close()


MEASURE = """() => {
  const slide = Reveal.getCurrentSlide(), place = slide.getBoundingClientRect()
  const shown = what => [...slide.querySelectorAll(what)].filter(one => one.checkVisibility())
  return {
    place: [place.left, place.top, place.right, place.bottom].map(Math.round),
    tooWide: slide.scrollWidth - slide.clientWidth,
    tooHigh: slide.scrollHeight - slide.clientHeight,
    scrolls: getComputedStyle(slide).overflowY == "auto",
    unreadable: [
      ...shown("img").filter(one => one.getBoundingClientRect().height < Math.min(one.naturalHeight, 160)),
      ...shown("pre, p, li").filter(one => parseFloat(getComputedStyle(one).fontSize) * slide.currentCSSZoom < 14),
    ].map(one => one.outerHTML.slice(0, 80)),
  }
}"""


@pytest.mark.browser
def test_in_a_browser_without_network_every_slide_can_be_read(decks, browser):
    for source, path in decks.items():
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error, errors=errors: errors.append(error))
        page.goto(path.as_uri())
        assert page.evaluate("Reveal.isReady()")
        seen = {}
        for _ in range(300):
            where = page.evaluate("JSON.stringify([Reveal.getIndices().h, Reveal.getIndices().v])")
            seen[where] = page.evaluate(MEASURE)
            if page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
                break
            page.keyboard.press("ArrowRight")
        assert len(seen) == page.evaluate("Reveal.getTotalSlides()") and not errors, source.name
        for where, slide in seen.items():
            note = f"{source.name} {where}: {slide}"
            assert slide["place"] == [0, 0, 1280, 720] and slide["tooWide"] <= 0, note
            assert slide["scrolls"] and not slide["unreadable"], note
        if source.name == "01_x.ipynb":
            assert max(slide["tooHigh"] for slide in seen.values()) <= 0
        page.close()


@pytest.mark.browser
def test_a_solution_waits_for_a_key(decks, browser):
    page = browser.new_page()
    page.goto(next(path for source, path in decks.items() if source.name == "01_x.ipynb").as_uri() + "#/1/1")
    slide = page.locator("section.present section.present")
    assert slide.get_by_text("What is 2 + 2?").is_visible() and not slide.get_by_text("✔ Right").is_visible()
    page.keyboard.press("ArrowRight")
    slide.get_by_text("✔ Right").wait_for(timeout=5000)
    assert slide.get_by_text("What is 2 + 2?").is_visible()
    page.close()
