"""Hundreds of answers, written by hand and made by small changes: none is judged wrongly, and nearly all mistakes are named."""

import pytest

from tests.checks import corpus

FEWEST = {corpus.by_hand: 700, corpus.made: 1000, corpus.mutated: 900}  # wrong answers, so that none gets lost unseen
UNNAMED = 0.05  # of the wrong answers, at most


@pytest.mark.slow
@pytest.mark.parametrize("source", FEWEST, ids=lambda source: source.__name__)
def test_no_right_answer_is_refused_no_wrong_one_accepted_and_nearly_all_mistakes_are_named(source):
    judged = corpus.judged(source)
    refused = [one for one in judged if one.answer.right and one.outcome != "accepted"]
    accepted = [one for one in judged if one.answer.right is False and one.outcome == "accepted"]
    assert not refused and not accepted
    wrong = [one for one in judged if one.answer.right is False]
    unnamed = [one for one in wrong if one.outcome == "counterexample"]
    print(f"{source.__name__}: {len(judged)} answers, {len(wrong)} wrong, {len(unnamed)} of them unnamed")
    assert len(wrong) >= FEWEST[source] and len(unnamed) <= UNNAMED * len(wrong), unnamed
