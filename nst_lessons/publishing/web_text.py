"""Turns Markdown into HTML that needs no network: formulas become MathML, which a browser draws without a script."""

import html
import re
from collections.abc import Callable

from math_core import LatexToMathML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

MATHS = LatexToMathML()


class Renderer(IPythonRenderer):
    """Converts Markdown to HTML, and formulas to MathML."""

    def inline_math(self, body: str) -> str:
        return _mathml(body, displaystyle=False)

    def block_math(self, body: str) -> str:
        return _mathml(body, displaystyle=True)


class PageRenderer(Renderer):
    """Also gives each heading an id, as GitHub does, and sends each link and picture where the site has it.

    link: a function of an address in the text; returns the address on the site, or None if the link should be plain text.
    `headings` lists (level, id, text as HTML) of what was rendered so far.
    """

    def __init__(self, link: Callable[[str], str | None]) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self._link, self.headings = link, []

    def heading(self, text: str, level: int, **attrs: object) -> str:
        name = slug(html.unescape(re.sub("<.*?>", "", text)))
        self.headings.append((level, name, text))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = self._link(url)
        return text if address is None else super().link(text, address, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return super().image(text, self._link(url) or url, title)

    def block_code(self, code: str, info: str | None = None) -> str:
        return super().block_code(code, info).replace("<pre>", '<pre tabindex="0">')  # for those who scroll with the keys

    def inline_html(self, html: str) -> str:
        return self._pictures(html)

    def block_html(self, html: str) -> str:
        return self._pictures(html)

    def _pictures(self, text: str) -> str:
        return re.sub(r'(<img src=")([^":]+)"', lambda found: f'{found[1]}{self._link(found[2]) or found[2]}"', text)


def to_html(markdown: str, renderer: Renderer) -> str:
    """Return Markdown as HTML."""
    return MarkdownWithMath(renderer=renderer).render(markdown)


def slug(heading: str) -> str:
    """Return the id of a heading: "1 · Two rulers" gives "1--two-rulers", and so does Jupyter's "1-·-Two-rulers"."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _mathml(latex: str, displaystyle: bool) -> str:
    mathml = MATHS.convert_with_local_state(latex, displaystyle=displaystyle)
    return mathml.replace("\u20d7", "→")  # \vec: some fonts put the combining arrow next to its letter
