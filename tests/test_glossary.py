"""The glossary against the lessons: each term is explained where the series first uses it.

A lesson marks a term where it explains it: in bold, in italics, or as code. So the first use in the series must be marked,
and stand in the lesson (or primer) that the entry links to first. What announces or repeats does not count as a use: a
lesson's first text, headings, formulas, the questions of recall, folded answers, and what papers and the next lesson say.
"""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ENTRY = re.compile(r"^- \*\*(.+?)\*\* \((.+?\))\): (.+)$", re.MULTILINE)
NO_USE = re.compile(r"<details>.*?</details>|```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|^#.*?$|^\*\*Next:.*", re.DOTALL | re.MULTILINE)
SKIPPED = ("## Do you remember?", "## What the papers say")


def entries():
    """The terms in order: {term: (links, explanation)}."""
    text = re.sub(r"\n  ", " ", (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"))
    return {term: (re.findall(r"\]\((.+?)\)", links), said) for term, links, said in ENTRY.findall(text)}


def prose(path):
    """A lesson's or a primer's text, without what only announces or repeats."""
    if path.suffix == ".md":
        return NO_USE.sub("", path.read_text(encoding="utf-8"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"][1:]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return "\n\n".join(NO_USE.sub("", text) for text in texts if not text.startswith(SKIPPED))


def first_uses(terms, texts):
    """{term: (name of the text that uses it first, whether it is marked there)}; a longer term hides a shorter one in it."""
    forms = {term: re.sub(r"y$", "(?:y|ies)", re.sub(r"ix$", "(?:ix|ices)", term)) + "(?:s|es)?" for term in terms}
    longest = sorted(terms, key=len, reverse=True)
    wanted = re.compile("|".join(rf"\b({forms[term].replace(' ', chr(92) + 's+')})\b" for term in longest), re.IGNORECASE)
    found = {}
    for name, text in texts.items():
        for use in wanted.finditer(text):
            before, after = text[: use.start()][-1:], text[use.end() :][:1]
            marked = before == after and before in ("*", "`") and before != ""
            found.setdefault(longest[use.lastindex - 1], (name, marked))
    return found


ENTRIES = entries()
LESSONS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
USES = first_uses(list(ENTRIES), {path.name: prose(path) for path in LESSONS})


def test_it_is_sorted_and_every_line_is_an_entry():
    assert all(one.lower() < other.lower() for one, other in pairwise(ENTRIES))
    assert (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8").count("\n- ") == len(ENTRIES)


@pytest.mark.parametrize("term", ENTRIES)
def test_a_term_is_explained_where_it_is_first_used(term):
    links, said = ENTRIES[term]
    assert len(re.findall(r"[.!?](?= |$)", said)) <= 3 and all((NOTEBOOKS / link).is_file() for link in links)
    name, marked = USES.get(term, (links[0], True))
    if links[0].endswith(".ipynb"):
        assert term in USES and (name, marked) == (links[0], True)
    for link in links:
        assert first_uses([term], {link: prose(NOTEBOOKS / link)}), f"{link} does not have the term"
        if link.endswith(".md"):
            assert first_uses([term], {link: prose(NOTEBOOKS / link)})[term] == (link, True)


def test_a_use_before_the_explanation_is_found():
    texts = {"1": "One loss, and a style loss.", "2": "The **style losses** and the *loss*.\nA **Gram\nmatrix**."}
    terms = ["loss", "style loss", "Gram matrix", "mask"]
    assert first_uses(terms, texts) == {"loss": ("1", False), "style loss": ("1", False), "Gram matrix": ("2", True)}
