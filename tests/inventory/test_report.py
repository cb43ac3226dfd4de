"""The report: means, the change with its interval, misconceptions; nothing about one person."""

import random

import pytest

from nst_lessons.inventory.questions import CONCEPTS, ITEMS
from nst_lessons.inventory.report import interval, report
from nst_lessons.inventory.sheets import Sheet, new_code


def sheet(half, code, right):
    """Right answers to the first `right` questions, and no others."""
    return Sheet(half, code, ("right",) * right + ("unsure",) * (10 - right))


def t_interval(after, before):
    from scipy.stats import ttest_rel  # it takes 2 s to load

    return ttest_rel(after, before).confidence_interval(0.95)


@pytest.mark.parametrize("count", (2, 5, 30))
def test_the_interval_is_that_of_the_paired_t_test(count):
    numbers = random.Random(count)
    before, after = ([numbers.randint(0, 10) for _ in range(count)] for _ in range(2))
    wanted = t_interval(after, before)
    assert interval([b - a for a, b in zip(before, after, strict=True)]) == pytest.approx((wanted.low, wanted.high))


def test_the_interval_holds_the_true_change_of_95_rooms_in_100():
    numbers = random.Random(0)
    found = [interval([numbers.gauss(2, 3) for _ in range(8)]) for _ in range(2000)]
    assert sum(low < 2 < high for low, high in found) / len(found) == pytest.approx(0.95, abs=0.015)


def test_only_people_with_both_halves_are_paired_and_all_are_in_the_means():
    codes = [new_code() for _ in range(5)]
    before = [sheet("before", code, right) for code, right in zip(codes, (2, 4, 6, 0), strict=False)]
    after = [sheet("after", code, right) for code, right in zip(codes[::-1], (10, 9, 8, 7), strict=False)]  # 7, 8, 9 are paired
    said = report([*before, *after])
    assert "before  4 people, 3.0 of 10 right on average" in said and "after   4 people, 8.5 of 10 right on average" in said
    wanted = t_interval([7, 8, 9], [4, 6, 0])
    assert f"+4.7, 95% interval {wanted.low:+.1f} to {wanted.high:+.1f} (t interval, 3 people who answered both)" in said
    assert not [code for code in codes if code in said]


@pytest.mark.parametrize("sheets", ([], [sheet("before", "bababababa", 3)], [sheet("after", "babababa", 3)]))
def test_without_two_pairs_there_is_no_interval(sheets):
    assert "it takes two" in report(sheets) and "interval" not in report(sheets)


def test_shares_are_of_the_times_that_a_misconception_was_among_the_choices():
    """`trained` is in three questions. One person of two chooses it in two of them: 2 of 6."""
    places = [concept for concept in CONCEPTS if "trained" in ITEMS["before"][concept].choices]
    wrong = Sheet("before", "babababa", tuple("trained" if one in places[:2] else "right" for one in CONCEPTS))
    lines = report([wrong, sheet("before", "bebebebe", 10)]).splitlines()
    (line,) = [line for line in lines if line.startswith("the network learns the style")]
    assert line.split()[-2:] == ["33%", "-"] and len(places) == 3
