"""The primers' code runs as printed, and each primer ends with three questions and their answers."""

import re
from pathlib import Path

import pytest

PRIMERS = sorted(Path(__file__).parents[1].glob("notebooks/primers/*.md"))


def test_there_are_three():
    assert len(PRIMERS) == 3


@pytest.mark.parametrize("path", PRIMERS, ids=lambda path: path.stem)
def test_code_prints_what_the_comments_say(path, capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", path.read_text(), re.S))
    exec(code, {})  # one namespace, from top to bottom, as a reader does
    said = re.findall(r"^\s*print\(.*\)  # (.*)$", code, re.M)
    assert said and len(said) == code.count("print(")
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.parametrize("path", PRIMERS, ids=lambda path: path.stem)
def test_ends_with_three_questions_that_open(path):
    questions = path.read_text().split("## Three questions")[1]
    assert re.findall(r"^(\d)\. ", questions, re.M) == ["1", "2", "3"]
    assert len(re.findall(r"<details><summary>Answer</summary>\n\n.+?\n\n</details>", questions, re.S)) == 3
