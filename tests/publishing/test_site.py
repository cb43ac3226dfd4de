"""The site: read with a parser of its own, and shown in a browser that has no network."""

import importlib
import os
import re
import shutil
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from nst_lessons.__main__ import main
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import ROOT

missing = [name for name in ("math_core", "nbconvert") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}; pip install .[slides]")

NOTEBOOKS = ROOT / "notebooks"
EMPTY = ("meta", "img", "br", "hr", "link", "input")


class Page(HTMLParser):
    """What a page holds: ids, links, what it loads, pictures, and its text, in sight and folded."""

    def __init__(self, path: Path):
        super().__init__()
        self.open, self.ids, self.links, self.loaded, self.alts = [], [], [], [], []
        self.prose, self.folded, self.seen, self.math = "", "", "", 0
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open, f"{path.name}: {self.open} is not closed"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in EMPTY:
            self.open.append(tag)
        self.math += tag == "math"
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []
        self.alts += [attributes.get("alt")] if tag == "img" else []
        names = ("src", "srcset", "xlink:href", "data", "poster", "action", *(["href"] if tag != "a" else []))
        self.loaded += [attributes[name] for name in names if name in attributes]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        hidden = "details" in self.open and self.open[-1] != "summary"
        self.folded += data * hidden
        self.seen += data * (not hidden)
        self.prose += data * (not {"pre", "code", "style", "script"} & set(self.open))


def project(folder: Path, *lessons: str) -> Path:
    """Copy the project's texts and these lessons into `folder`; returns its notebooks' folder."""
    keep = {f"{lesson}.ipynb" for lesson in lessons}
    shutil.copytree(
        NOTEBOOKS, folder / "notebooks", ignore=lambda _, names: [n for n in names if n.endswith(".ipynb") and n not in keep]
    )
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(ROOT / "data" / "styles", folder / "data" / "styles")
    for name in ("README.md", "data/front_page.jpg", "tests/benchmarks/curve.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder / "notebooks"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """The site of two lessons, without --repo."""
    from nst_lessons.publishing.site import site

    folder = tmp_path_factory.mktemp("project")
    return site(project(folder, "00_start_here", "03_style"), folder / "site").parent


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The site of all lessons, with --repo."""
    from nst_lessons.publishing.site import site

    return site(NOTEBOOKS, tmp_path_factory.mktemp("whole"), "ada/lessons").parent


def check_links(site: Path) -> None:
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 10
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        assert len(page.ids) == len(set(page.ids)), f"{name}: an id is there twice"
        for address in page.loaded + [link for link in page.links if not re.match("https?:", link)]:
            parts = urlsplit(address)
            assert parts.scheme in ("", "data") and not parts.netloc, f"{name} loads {address}"
            if parts.scheme == "data":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_relative_to(site.resolve()) and target.is_file(), f"{name} -> {address}"
            assert not parts.fragment or unquote(parts.fragment) in pages[target].ids, f"{name} -> {address}"
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        links = [(path.parent / urlsplit(link).path).resolve() for link in pages[path].links if ":" not in link]
        waiting += [link for link in links if link in pages and link not in reached and link not in waiting]
    assert reached == {path.resolve() for path in pages}
    assert not re.search(r"@import|url\(", (site / "site.css").read_text(encoding="utf-8"))


def test_every_link_and_picture_of_a_small_site_is_in_its_folder(small):
    check_links(small)


@pytest.mark.slow
def test_every_link_and_picture_of_the_whole_site_is_in_its_folder(whole):
    check_links(whole)


@pytest.mark.slow
def test_lessons_have_all_their_pictures_with_alternative_texts_and_formulas_without_dollars(whole):
    for source in sorted(NOTEBOOKS.glob("solutions/*.ipynb")):
        page = Page(whole / f"{source.stem}.html")
        outputs = [output for cell in nbformat.read(source, 4).cells for output in cell.get("outputs", [])]
        stored = sum("".join(output.get("data", {}).get("text/html", "")).count("<img") for output in outputs)
        assert len(page.alts) == stored > 0, source.name
        assert "data:image" not in (whole / f"{source.stem}.html").read_text(encoding="utf-8")
        assert all(page.alts), f"{source.name}: a picture has no alternative text"
        assert not re.search(r"\$|\\[a-z]", page.prose), f"{source.name}: a formula was left"
    assert Page(whole / "03_style.html").math > 5
    assert len(Page(whole / "gallery.html").alts) > 60 and all(Page(whole / "gallery.html").alts)


def test_hints_and_solutions_are_folded_and_the_exercises_are_empty(small):
    def plain(text):
        return " ".join(re.sub(r"[`*]", "", text).split())

    page = Page(small / "03_style.html")
    seen, folded = plain(page.seen), plain(page.folded)
    module = importlib.import_module("nst_lessons.checks.lesson_03")
    hints = [plain(hint) for name in ("gram", "by_hand", "style_loss", "who_painted") for hint in getattr(module, name).hints]
    assert len(hints) > 8
    assert not [hint for hint in hints if hint not in folded or hint in seen]
    assert "def gram(features):" in seen and "F = features.flatten(1)" in folded
    assert "F = features.flatten(1)" not in seen and "# solution" not in seen + folded
    assert "q.gram.check(gram)" in seen and "Right: Row i of F" in folded and "Right: Row i of F" not in seen
    assert 'my_partner = ... # the other half of A: "B", "C" or "D"' in seen and 'my_partner = "D"' in folded


def test_notes_are_left_out_and_a_widget_without_a_picture_says_where_it_lives(tmp_path):
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    from nst_lessons.publishing.lesson_page import to_page
    from nst_lessons.publishing.web_text import PageRenderer

    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "VBox(...)"}
    still = '<img src="data:image/gif;base64,R0lGODdhAQABAIABAAAAAAAAACwAAAAAAQABAAACAkwBADs=" alt="a &lt; b">'
    cells = [
        new_markdown_cell("Say it slowly.", metadata={"slideshow": {"slide_type": "notes"}}),
        new_code_cell("Studio()", outputs=[new_output("display_data", view)]),
        new_code_cell("explore()", outputs=[new_output("display_data", {**view, "text/html": still})]),
        new_code_cell("\n".join(["1"] * 20), outputs=[new_output("display_data", {"text/html": still})]),
    ]
    text, pictures = to_page(new_notebook(cells=cells), "x", PageRenderer(lambda url: url), tmp_path)
    assert "slowly" not in text and "VBox" not in text and "model_id" not in text
    assert text.count("Live in the notebook") == 1 and "Code, 20 lines" in text
    assert [picture.alt for picture in pictures] == ["a < b"] * 2 and (tmp_path / pictures[1].path).is_file()


def test_buttons_are_there_only_with_repo(small):
    links = [link for path in small.rglob("*.html") for link in Page(path).links]
    assert not [link for link in links if re.match(r"https://(colab\.|www\.kaggle\.com/kernels|github\.com/ada)", link)]
    assert "downloads/colab/03_style.ipynb" in links and "downloads/kaggle/03_style.ipynb" in links


@pytest.mark.slow
def test_buttons_open_the_files_of_the_site_in_the_repository(whole):
    hosts = ("https://colab.research.google.com/github/", "https://www.kaggle.com/kernels/welcome?src=https://github.com/")
    for source in NOTEBOOKS.glob("solutions/*.ipynb"):
        links = Page(whole / f"{source.stem}.html").links
        for host in hosts:
            [link] = [link for link in links if link.startswith(host)]
            path = link.removeprefix(f"{host}ada/lessons/blob/gh-pages/")
            notebook = nbformat.read(whole / path, 4)
            assert notebook.cells[0].source.startswith(nbformat.read(source, 4).cells[0].source[:10])
            assert any(cell.id == "set-up" for cell in notebook.cells), "it could not find the package"
    front = (whole / "index.html").read_text(encoding="utf-8")
    assert "git clone https://github.com/ada/lessons nst_lessons" in front and "ADDRESS" not in front
    [link] = {link for link in Page(whole / "docs/adopting.html").links if link.endswith("CONTRIBUTING.md")}
    assert link == "https://github.com/ada/lessons/blob/HEAD/CONTRIBUTING.md"


def test_a_new_site_replaces_an_earlier_one_and_nothing_else(small, tmp_path):
    from nst_lessons.publishing.site import site

    shutil.copytree(small, out := tmp_path / "site")
    (out / ".git").mkdir()
    (out / "mine.txt").write_text("mine")
    folder = project(tmp_path / "project", "03_style")
    site(folder, out)
    assert (out / "03_style.html").is_file() and not (out / "00_start_here.html").exists()
    assert not (out / "downloads" / "colab" / "00_start_here.ipynb").exists()
    assert (out / "mine.txt").read_text() == "mine" and (out / ".git").is_dir()
    check_links(out)


def test_a_file_a_full_folder_one_that_cannot_be_written_and_a_wrong_repo_are_refused(tmp_path, capsys, monkeypatch):
    def said(*options):
        assert main(["site", str(NOTEBOOKS), *map(str, options)]) == 2
        text = capsys.readouterr().err
        assert text.count("\n") == 1 and text.startswith("nst-lessons: ")
        return text

    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    (tmp_path / "closed").mkdir()
    assert "is a file" in said("-o", tmp_path / "file")
    assert "holds other things" in said("-o", tmp_path / "full")
    assert "is a file" in said("-o", tmp_path / "file" / "site")
    for repo in ("lessons", "https://github.com/ada/lessons", "ada/lessons/", "ada/..", "a b/c", '"><script>/x'):
        assert "give OWNER/NAME" in said("--repo", repo, "-o", tmp_path / "new")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert "cannot be written to" in said("-o", tmp_path / "closed")
    assert not (tmp_path / "new").exists() and [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]


@pytest.fixture(scope="module")
def context():
    """A browser without a network, and the list of all that it asks for."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(offline=True)
        asked = []
        context.on("request", lambda request: asked.append(request.url))
        yield context, asked
        browser.close()


@pytest.mark.browser
def test_no_request_leaves_the_folder_and_every_page_fits_a_phone_and_a_projector(whole, context):
    context, asked = context
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.on("requestfailed", lambda request: errors.append(request.url))
    for path in sorted(whole.rglob("*.html")):
        page.goto(path.as_uri())
        for width, height in ((390, 844), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("for (const one of document.images) one.loading = 'eager'")
            page.wait_for_function("[...document.images].every(one => one.complete)")
            broken = page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.src)")
            assert not broken, path.name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path.name} at {width} pixels"
    folder = whole.as_uri()
    assert len(asked) > 100 and not [url for url in asked if not url.startswith((folder, "data:"))] and not errors
    page.close()


@pytest.mark.browser
def test_with_keys_alone_and_in_the_dark(whole, context):
    page = context[0].new_page()
    page.goto((whole / "03_style.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    hint = page.locator("details.hint").first
    assert not hint.locator("p").first.is_visible()
    hint.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert hint.locator("p").first.is_visible() and not hint.locator("details p").first.is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    formula = page.locator("math[display=block]").first.bounding_box()
    assert formula["height"] > 30 and formula["width"] > 100
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.close()
