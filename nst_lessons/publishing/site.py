"""Makes the site: the solved lessons and all pages around them as HTML files that load nothing from the web."""

import os
import posixpath
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image
from pygments.formatters import HtmlFormatter

from nst_lessons.files import replacing
from nst_lessons.publishing.lesson_page import Picture, to_page
from nst_lessons.publishing.single_file import single_files
from nst_lessons.publishing.students import solutions
from nst_lessons.publishing.web_text import PageRenderer, slug, to_html

RECORD = ".nst_lessons_site"  # in the site's folder: the names of its files, one per line
BRANCH = "gh-pages"  # of the repository: GitHub shows it as a web page, and Colab and Kaggle open the notebooks in it
HERE = Path(__file__).parent
COLAB, KAGGLE = "https://colab.research.google.com/github/", "https://www.kaggle.com/kernels/welcome?src=https://github.com/"
DOCS = ("own_pictures", "clips_and_stereo", "how_fast", "kaggle_and_colab", "adopting")
JINJA = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@dataclass
class Page:
    """A page of the site."""

    path: str  # from the site's folder
    source: str  # from the project's folder
    title: str = ""
    about: str = ""  # a lesson's question
    body: str = ""
    contents: list[tuple[str, str]] = field(default_factory=list)  # (id, text as HTML) of its parts
    pictures: list[Picture] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)  # (text, address)
    before: "Page | None" = None
    after: "Page | None" = None


def site(folder: Path, out: Path, repo: str | None = None) -> Path:
    """Write the site into `out`, over an earlier one; returns its first page.

    folder: the lessons; the folder that it is in has README.md, docs/ and data/
    repo: OWNER/NAME on GitHub, for the links to other files and the buttons for Colab and Kaggle
    Raises FileNotFoundError if there are no solutions, ValueError for a wrong `repo`, or if `out` is a file or holds other
    things, OSError if it cannot be written.
    """
    if repo is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.+$)[\w.-]+", repo, re.ASCII):
        raise ValueError(f"--repo is {repo!r}: give OWNER/NAME from the project's address on GitHub, such as ada/lessons.")
    lessons, old = solutions(folder), _earlier(out)
    with tempfile.TemporaryDirectory(prefix="nst_lessons-") as name:
        _Site(folder.resolve(), Path(name), repo).build([lesson.stem for lesson in lessons])
        _install(Path(name), out, old)
    return out / "index.html"


class _Site:
    """The pages, while they are made."""

    def __init__(self, folder: Path, out: Path, repo: str | None) -> None:
        self.root, self.lessons, self.out, self.repo = folder.parent, folder.name, out, repo
        self.pages, self.copied = {}, {}

    def build(self, stems: list[str]) -> None:
        lessons = [self.add(f"{stem}.html", f"{self.lessons}/solutions/{stem}.ipynb") for stem in stems]
        for page in lessons:
            self.pages[page.source.replace("/solutions", "")] = page  # other texts link to the student's lesson
        named = re.findall(r"\(primers/(\w+)\.md\)", (self.root / self.lessons / "README.md").read_text(encoding="utf-8"))
        primers = [self.add(f"primers/{name}.html", f"{self.lessons}/primers/{name}.md") for name in dict.fromkeys(named)]
        texts = [("leader.html", "README.md"), ("glossary.html", "glossary.md"), ("licence.html", "LICENSE.md")]
        texts = [self.add(path, f"{self.lessons}/{name}") for path, name in texts]
        docs = [self.add("readme.html", "README.md"), *(self.add(f"docs/{name}.html", f"docs/{name}.md") for name in DOCS)]
        for row in (lessons, primers):
            for before, after in pairwise(row):
                before.after, after.before = after, before
        for page in lessons:
            self.read_lesson(page)
        for page in [*primers, *texts, *docs]:
            self.read_text(page)
        ids = {page.path: set(re.findall(r' id="([^"]+)"', page.body)) for page in self.pages.values()}
        for page in [*lessons, *primers, *texts, *docs]:
            page.body = _without_lost_parts(page, ids)
            self.write(page, "page.html.j2")
        front, gallery = Page("index.html", "README.md", "Neural Style Transfer"), Page("gallery.html", "", "Gallery")
        everything = {"lessons": lessons, "primers": primers, "docs": docs}
        self.write(front, "front.html.j2", **everything, **self.front_texts(front))
        self.write(gallery, "gallery.html.j2", **everything, styles=self.styles())
        light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
        css = (HERE / "site.css").read_text(encoding="utf-8")
        dark = f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
        (self.out / "site.css").write_text(f"{light}\n{dark}\n{css}", encoding="utf-8")
        single_files(self.root / self.lessons, self.out / "downloads")

    def add(self, path: str, source: str) -> Page:
        self.pages[source] = page = Page(path, source)
        return page

    def read_lesson(self, page: Page) -> None:
        notebook = nbformat.read(self.root / page.source, as_version=4)
        stem = Path(page.path).stem
        renderer = PageRenderer(partial(self.address, page))
        page.body, page.pictures = to_page(notebook, stem, renderer, self.out)
        self.titled(page, renderer)
        asked = re.search(r"\*\*The question: (.*?)\*\*|$", notebook.cells[0].source, re.DOTALL)[1] or ""
        page.about = asked[:1].upper() + asked[1:]
        if self.repo:
            end = f"{self.repo}/blob/{BRANCH}/downloads"
            page.buttons += [("Open in Colab", f"{COLAB}{end}/colab/{stem}.ipynb")]
            page.buttons += [("Open in Kaggle", f"{KAGGLE}{end}/kaggle/{stem}.ipynb")]
        for host in ("Colab", "Kaggle"):
            page.buttons.append((f"Download for {host}", f"downloads/{host.lower()}/{stem}.ipynb"))

    def read_text(self, page: Page) -> None:
        renderer = PageRenderer(partial(self.address, page))
        page.body = to_html((self.root / page.source).read_text(encoding="utf-8"), renderer)
        self.titled(page, renderer)

    def titled(self, page: Page, renderer: PageRenderer) -> None:
        page.title = [text for level, _, text in renderer.headings if level == 1][-1]  # the leader's page begins with another
        page.contents = [(name, text) for level, name, text in renderer.headings if level == 2]

    def front_texts(self, front: Page) -> dict[str, str]:
        """Return what the front page takes from README.md: what this is, a picture, how to start, what one learns."""
        text = (self.root / "README.md").read_text(encoding="utf-8")
        if self.repo:
            text = re.sub(r"ADDRESS (nst_lessons) .*", rf"https://github.com/{self.repo} \1", text)
        html = partial(to_html, renderer=PageRenderer(partial(self.address, front)))
        head, *parts = re.split(r"^##+ ", text, flags=re.MULTILINE)
        parts = {title: body for title, _, body in (part.partition("\n") for part in parts)}
        what, picture, small, start = head.partition("\n")[2].strip().split("\n\n", 3)
        able, without = parts["What you will be able to do"], parts["Without git"]
        texts = {"what": what, "picture": picture, "small": small, "start": start, "able": able, "without_git": without}
        return {name: html(text) for name, text in texts.items()}

    def styles(self) -> list[Picture]:
        """Return the bundled styles, which are copied into the site."""
        found = []
        for path in sorted((self.root / "data" / "styles").glob("*.jpg")):
            with Image.open(path) as image:
                name = path.stem.replace("_", " ")
                found.append(Picture(self.copy(f"data/styles/{path.name}"), "", f"The style {name}", image.size, True))
        return found

    def address(self, page: Page, url: str) -> str | None:
        """Return where a link of `page` leads on the site: to a page, a picture or the web; None if it leads nowhere."""
        if re.match(r"[a-z]+:", url):
            return url
        path, _, part = url.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.source), unquote(path))) if path else page.source
        if path in self.pages:
            to = self.pages[path].path
            part = "#" + slug(unquote(part)) if part else ""
        elif Path(path).suffix in (".jpg", ".png") and (self.root / path).is_file():
            to = self.copy(path)
        else:
            part = f"#{part}" if part else ""
            return f"https://github.com/{self.repo}/blob/HEAD/{path}{part}" if self.repo else None
        return part if to == page.path and part else posixpath.relpath(to, posixpath.dirname(page.path) or ".") + part

    def copy(self, path: str) -> str:
        """Copy a picture of the project into the site, once; returns its path there."""
        if path not in self.copied:
            self.copied[path] = f"pictures/{Path(path).name}"
            (self.out / "pictures").mkdir(exist_ok=True)
            shutil.copyfile(self.root / path, self.out / self.copied[path])
        return self.copied[path]

    def write(self, page: Page, template: str, **more: object) -> None:
        place = self.out / page.path
        place.parent.mkdir(exist_ok=True)
        top = "../" * page.path.count("/")
        html = JINJA.get_template(template).render(page=page, top=top, repo=self.repo, **more)
        place.write_text(html, encoding="utf-8")


def _without_lost_parts(page: Page, ids: dict[str, set[str]]) -> str:
    """Return a page's HTML, in which links to a part that is gone, such as a heading in an old output, lead to the page."""

    def kept(found: re.Match) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), found[1])) if found[1] else page.path
        return found[0] if unquote(found[2]) in ids.get(path, [unquote(found[2])]) else f'href="{found[1]}"'

    return re.sub(r'href="([^":#]*)#([^"]+)"', kept, page.body)


def _earlier(out: Path) -> list[str]:
    """Return the names of the files of an earlier site in `out`. Raises ValueError or OSError if no site can be there."""
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise ValueError(f"{there} is a file: name a folder for the site.")
    record = out / RECORD
    if not record.is_file() and out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir()):
        raise ValueError(f"The folder {out} holds other things: name a new one for the site.")
    if not os.access(there, os.W_OK):
        raise PermissionError(f"The folder {there} cannot be written to: name another one for the site.")
    return record.read_text(encoding="utf-8").splitlines() if record.is_file() else []


def _install(made: Path, out: Path, old: list[str]) -> None:
    """Copy a site that was made into `out`, and remove what an earlier one had and this one has not."""
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    out.mkdir(parents=True, exist_ok=True)
    with replacing(out / RECORD) as temporary:
        temporary.write_text("\n".join(sorted({*names, *old})), encoding="utf-8")  # if interrupted, the next one clears up
    for name in names:
        (out / name).parent.mkdir(exist_ok=True, parents=True)
        with replacing(out / name) as temporary:
            shutil.copyfile(made / name, temporary)
    for name in {*old} - {*names}:
        if (out / name).resolve().is_relative_to(out.resolve()):
            (out / name).unlink(missing_ok=True)
    with replacing(out / RECORD) as temporary:
        temporary.write_text("\n".join(names), encoding="utf-8")
