"""`nst-lessons inventory`: simulated learners at the terminal, and what the leader's report says about them."""

import csv
import itertools
import json
import re

import pytest

from nst_lessons.__main__ import main
from tests.conftest import ROOT

DATA = json.loads((ROOT / "nst_lessons" / "inventory" / "questions.json").read_text(encoding="utf-8"))
MEANS = {text: key for half in ("before", "after") for item in DATA[half].values() for key, text in item["choices"].items()}
CHOICE = re.compile(r"^ {3}([a-d])\) (.*(?:\n {6}.*)*)", re.MULTILINE)


@pytest.fixture
def answer(monkeypatch, capsys, tmp_path):
    """Let a learner answer one half, by what the terminal shows. Return the exit code and what was shown, by question."""
    monkeypatch.chdir(tmp_path)

    def answered(half, learner, code="", *options):
        shown = []

        def typed(prompt=""):
            if "code" in prompt:
                return code
            shown.append({MEANS[" ".join(said.split())]: letter for letter, said in CHOICE.findall(capsys.readouterr().out)})
            return learner(shown[-1])

        monkeypatch.setattr("builtins.input", typed)
        exit_code = main(["inventory", f"--{half}", *options])
        return exit_code, shown, capsys.readouterr()

    return answered


def holds(misconception):
    return lambda letters: letters.get(misconception, letters["right"])


def rows(path="inventory.csv"):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def reported(capsys, *files):
    assert main(["inventory", "--report", *files]) == 0
    said = capsys.readouterr().out
    names = {one["name"]: key for key, one in DATA["misconceptions"].items()}
    shares = dict(re.findall(r"^(.+?) \(lesson \d\d\) +(\S+ +\S+)$", said, re.MULTILINE))
    return {names[name]: share.split() for name, share in shares.items()}, said


def test_learners_who_hold_one_misconception_each_are_told_apart(answer, capsys):
    for misconception, half in itertools.product(DATA["misconceptions"], ("before", "after")):
        file = f"{misconception}_{half}.csv"
        code, shown, _ = answer(half, holds(misconception), "", "-o", file)
        assert code == 0 and len(shown) == 10 and all(len(letters) == 4 for letters in shown)
        found, _ = reported(capsys, file)
        assert found == {misconception: ["100%", "-"] if half == "before" else ["-", "100%"]}


def test_a_room_that_unlearns_one_of_two_misconceptions_is_reported_as_such(answer, capsys):
    for number in range(4):
        answer("before", holds("zero" if number else "layout"))
    codes = [row["code"] for row in rows()]
    for number, code in enumerate(codes):
        answer("after", holds("none" if number else "layout"), f" {code.upper()} ")
    found, said = reported(capsys, "inventory.csv")
    assert found == {"zero": ["75%", "0%"], "layout": ["25%", "25%"]}
    assert "before  4 people, 7.8 of 10 right" in said and "after   4 people, 9.2 of 10 right" in said  # 8, 8, 8, 7; 10 * 3, 7
    assert "change  +1.5, 95% interval -0.1 to +3.1 (t interval, 4 people" in said  # 1.5 ± 3.182 * 1 / 2
    assert not [code for code in codes if code in said]
    assert [row["code"] for row in rows()] == codes * 2


def test_the_choices_are_shuffled_by_the_seed_and_no_mark_is_given_before_the_end(answer):
    orders = [answer("before", holds("zero"), "", "--seed", seed)[1] for seed in ("1", "1", "2")]
    assert orders[0] == orders[1] != orders[2]
    assert {letters["right"] for letters in orders[0] + orders[2]} == set("abcd")
    _, _, said = answer("before", holds("zero"))
    assert said.out.lstrip().startswith("8 of 10 right. Your answers are in ")  # all that was printed after the last answer
    assert rows()[-1]["code"] in said.out


def test_other_keys_are_asked_again_and_enter_alone_means_dont_know(answer):
    typed = itertools.cycle(("x", "right", "1", ""))
    assert answer("before", lambda letters: next(typed) if letters else "")[0] == 0
    (row,) = rows()
    assert [row[concept] for concept in DATA["before"]] == ["unsure"] * 10


@pytest.mark.parametrize("stop", (KeyboardInterrupt, EOFError))
def test_ctrl_c_keeps_nothing_and_says_so(stop, answer, tmp_path):
    left = itertools.count()

    def learner(letters):
        if next(left) == 5:
            raise stop
        return "a"

    code, _, said = answer("before", learner)
    assert code == 130 and "Nothing was kept" in said.err and not list(tmp_path.iterdir())


def test_lessons_to_look_at_again_are_named_after_the_series_only(answer):
    assert "Look again at lesson 03." in answer("after", holds("layout"))[2].out
    assert "Look again" not in answer("after", holds("none"))[2].out + answer("before", holds("layout"))[2].out


def test_a_broken_file_is_refused_before_the_questions_and_stays_as_it_is(answer, tmp_path):
    (tmp_path / "inventory.csv").write_text("name,mark\nAda,1\n")
    code, shown, said = answer("before", holds("zero"))
    assert code == 2 and not shown and "is not a CSV file of the inventory" in said.err
    assert (tmp_path / "inventory.csv").read_text() == "name,mark\nAda,1\n"
