"""From `q.hand_in()` in a notebook to the leader's page: counts and known sentences, no names, no code, nothing untrusted."""

import importlib
import json
import re
from pathlib import Path

import pytest

from nst_lessons.__main__ import main
from nst_lessons.checks import crash, hand_in, lesson_03, room
from nst_lessons.checks.question import Verdict
from tests.conftest import ROOT
from tests.test_checks import LESSONS

CASES = importlib.import_module("tests.checks.lesson_03").CASES
SECRET = "ada_lovelace"


@pytest.fixture
def q(monkeypatch, tmp_path):
    """Lesson 03, with no exercise tried yet, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for question in hand_in.questions(vars(lesson_03)).values():
        monkeypatch.setattr(question, "tries", [])
        monkeypatch.setattr(question, "_told", 0)
    return lesson_03


def ada_lovelace(features):
    secret = features.reshape(-1, 7)  # ada_lovelace
    return secret @ secret.no_such_ada_lovelace


CRASHED = Path(crash.__file__).read_text(encoding="utf-8")


def test_a_student_hands_in_counts_and_the_leader_reads_them(q, tmp_path, capsys):
    case = CASES["gram"]
    for answer in (..., case.wrong[0][0], case.wrong[0][0], ada_lovelace, case.right[0], case.wrong[1][0]):
        q.gram.check(answer)
    for _ in range(5):
        q.gram.hint()
    q.shuffle.check(SECRET)
    capsys.readouterr()
    q.hand_in()
    (path,) = tmp_path.iterdir()
    said = capsys.readouterr().out
    assert path.name in said and str(tmp_path) not in said, "the output is stored: no folder of somebody's machine"
    assert re.fullmatch(r"room_03_style_[0-9a-f]{8}\.json", path.name)
    assert SECRET not in path.read_text() and "secret" not in path.read_text()
    lesson, found = room.read(path)
    assert lesson == "03_style" and found.keys() == {"gram", "shuffle"}
    gram = found["gram"]
    assert (gram.tries, gram.right, gram.hints) == (4, True, 3)  # neither the dots nor what came after the right answer
    ((first, twice), (stopped, once)) = gram.messages.most_common()
    assert case.wrong[0][1] in first and (twice, once) == (2, 1)
    assert stopped in CRASHED
    assert not found["shuffle"].right


def test_a_line_of_the_students_own_code_does_not_choose_the_sentence():
    sentence = max(hand_in.sentences(), key=len)
    stopped = Verdict("crashed", f"your code stops: you divide by zero.\n  line 1 of your code: x = 1 / 0  # {sentence}")
    assert hand_in.kind(stopped) == "you divide by zero"


def test_handing_in_again_replaces_the_file(q, tmp_path):
    q.shuffle.check("zero")
    q.hand_in()
    q.shuffle.check("same")
    q.hand_in()
    (path,) = tmp_path.iterdir()
    assert room.read(path)[1]["shuffle"].right


def test_without_a_try_nothing_is_written(q, tmp_path, capsys):
    q.gram.check(...)
    capsys.readouterr()
    q.hand_in()
    assert capsys.readouterr().out.startswith("… Not tried yet") and not list(tmp_path.iterdir())


@pytest.mark.parametrize("lesson", [one for one in LESSONS if one != "lesson_00"])
def test_the_file_of_a_lesson_has_the_name_of_its_notebook(lesson, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(f"nst_lessons.checks.{lesson}")
    title = hand_in.title(vars(module))
    assert title[:2] == lesson[-2:] and (ROOT / "notebooks" / "solutions" / f"{title}.ipynb").is_file()
    question = next(iter(hand_in.questions(vars(module)).values()))
    monkeypatch.setattr(question, "tries", [])
    question.check("no answer")
    module.hand_in()
    assert [path.name.rpartition("_")[0] for path in tmp_path.iterdir()] == [f"room_{title}"]


def test_what_is_kept_of_the_messages_still_tells_the_usual_mistakes_apart(q):
    messages, kinds = set(), set()
    for name, case in CASES.items():
        for answer, _ in case.wrong:
            verdict = vars(q)[name].verdict(*(answer if isinstance(answer, tuple) else (answer,)))
            messages.add((name, verdict.message))
            kinds.add((name, kind := hand_in.kind(verdict)))
            assert kind != hand_in.OTHER and kind in verdict.message
    assert len(kinds) > 0.9 * len(messages)


def exercise(tries=2, right=True, hints=0, messages=None):
    return {"tries": tries, "right": right, "hints": hints, "messages": messages or {}}


def handed(folder, number, exercises, **changes):
    page = {"format": hand_in.FORMAT, "lesson": "03_style", "exercises": exercises, **changes}
    path = folder / f"room_03_style_{number}.json"
    path.write_text(json.dumps(page))
    return path


HALF = "you divide by H*W only: divide by C*H*W, which is 8 here"
SUMS = "these are the sums: now divide them by C*H*W"


def test_the_page_counts_the_room_by_exercise(tmp_path, capsys):
    """Four students by hand: medians and counts as on paper."""
    handed(tmp_path, 1, {"by_hand": exercise(4, True, 1, {HALF: 2, SUMS: 1}), "gram": exercise(1)})
    handed(tmp_path, 2, {"by_hand": exercise(3, False, 3, {HALF: 3}), "gram": exercise(1)})
    handed(tmp_path, 3, {"by_hand": exercise(1, True)})
    (tmp_path / "notes.json").write_text("no business of the page")
    assert main(["room", str(tmp_path), "-o", str(tmp_path / "page.md")]) == 0
    said = capsys.readouterr().out
    page = (tmp_path / "page.md").read_text()
    assert said.startswith(page) and "## 03_style: 3 handed in" in page
    assert f"| `by_hand` | 3 | 2 | 3 | 4 | {HALF} (5); {SUMS} (1) |" in page
    assert "| `gram` | 2 | 2 | 1 | 0 |  |" in page and "| `shuffle` | 0 | 0 | 0 | 0 |  |" in page
    talk = page.partition("What to talk about:")[2]
    assert "- `by_hand`: 2 of 3 are right, after 3 tries (median). The diagonal says" in talk
    assert "`gram`" not in talk and "`shuffle`" not in talk


def test_a_page_of_a_room_without_trouble_says_so(tmp_path):
    page = room.page([room.read(handed(tmp_path, 1, {"gram": exercise(2, True, 0, {SUMS: 1})}))])
    assert "Nothing stands out" in page


def test_a_text_that_is_no_sentence_of_the_checks_never_reaches_the_page(tmp_path):
    evil = "<script>alert(1)</script> | [click](http://example.org)\x1b[31m"
    page = room.page([room.read(handed(tmp_path, 1, {"gram": exercise(3, True, 0, {evil: 1, SUMS: 1})}))])
    assert f"{hand_in.OTHER} (1)" in page and SUMS in page
    assert not [part for part in ("script", "click", "\x1b") if part in page]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 50_000,
        '{"format": 1}',
        "import os",
        json.dumps({"format": hand_in.FORMAT, "lesson": "03_style", "exercises": {}}) + " " * room.LIMIT,
        *(
            json.dumps({"format": hand_in.FORMAT, "lesson": lesson, "exercises": exercises})
            for lesson, exercises in [
                ("../../etc", {}),
                ("00_start_here", {}),
                (["03_style"], {}),
                ("03_style", []),
                ("03_style", {"__class__": exercise()}),
                ("03_style", {"gram": []}),
                ("03_style", {"gram": {**exercise(1), "name": "Ada"}}),
                ("03_style", {"gram": exercise(True)}),
                ("03_style", {"gram": exercise(0, False)}),
                ("03_style", {"gram": exercise(10**9, False)}),
                ("03_style", {"gram": exercise(1, 1)}),
                ("03_style", {"gram": exercise(1, True, 4)}),
                ("03_style", {"gram": exercise(1, True, -1)}),
                ("03_style", {"gram": exercise(1.0, True)}),
                ("03_style", {"gram": exercise(2, True, 0, {SUMS: 2})}),
                ("03_style", {"gram": exercise(2, True, 0, {SUMS: "1"})}),
                ("03_style", {"gram": exercise(2, True, 0, [SUMS])}),
            ]
        ),
    ],
)
def test_a_file_that_is_not_one_of_these_is_left_out_with_the_reason(text, tmp_path, capsys):
    (tmp_path / "room_1.json").write_text(text)
    assert main(["room", str(tmp_path)]) == 2
    left_out, nothing = capsys.readouterr().err.splitlines()
    assert left_out.startswith(f"nst-lessons: left out: {tmp_path / 'room_1.json'} is ") and len(left_out) < 400
    assert "no file to make a page from" in nothing


def test_the_others_still_make_a_page(tmp_path, capsys):
    handed(tmp_path, 1, {"gram": exercise(1)})
    handed(tmp_path, 2, {"gram": exercise(1)}, lesson="99_none")
    assert main(["room", str(tmp_path), str(tmp_path / "missing.json")]) == 0
    said, error = capsys.readouterr()
    assert "03_style: 1 handed in" in said and error.count("left out") == 2


def test_the_page_never_replaces_a_file_that_was_handed_in(tmp_path, capsys):
    path = handed(tmp_path, 1, {"gram": exercise(1)})
    before = path.read_bytes()
    assert main(["room", str(tmp_path), "-o", str(path)]) == 2
    assert "which would be lost" in capsys.readouterr().err and path.read_bytes() == before
