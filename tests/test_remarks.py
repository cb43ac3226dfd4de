"""Answers that are right but have a flaw that matters later: the check accepts them and says what it is."""

import pytest
import torch

from nst_lessons.checks import lesson_01, lesson_04, lesson_06, lesson_11
from tests.checks.lesson_11 import adam, but, lbfgs, own_network, save
from tests.checks.student_loops import bounded, minimiser


def _climb(u, score_of, step):
    u = u.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score_of(u), u)
    return u + step * gradient / gradient.square().mean().sqrt()


def _clamped_at_the_end(image):
    return save(image.clamp(0, 1))


def _flat_ends(photo, painting, steps):
    """Bounded by a sine that starts at its flat ends."""
    start, found = (2 * photo - 1).asin(), []
    adam(photo, painting, steps, start=start, seen=lambda u: (1 + u.sin()) / 2, clamp=False, done=found.append)
    return save((1 + found[0].sin()) / 2)


@pytest.mark.parametrize(
    ("question", "answer", "remark"),
    [
        (lesson_01.climb, _climb, "keeps its graph"),
        (lesson_01.climb, lambda *given: _climb(*given).detach(), ""),
        (lesson_04.loop, minimiser(optimizer=lambda canvas: torch.optim.LBFGS([canvas])), "20 times"),
        (lesson_04.loop, minimiser(), ""),
        (lesson_06.bounded, bounded(), ""),
        (lesson_11.paint, but(clamp=False, lr=0.1, done=_clamped_at_the_end), "only the end is clamped"),
        (lesson_11.paint, _flat_ends, "exactly 0 or 1"),
        *((lesson_11.paint, right, "") for right in (adam, lbfgs, own_network)),
    ],
)
def test_a_right_answer_with_a_flaw_is_accepted_with_a_remark(question, answer, remark):
    verdict = question.verdict(answer)
    assert verdict.state == "right"
    assert remark in verdict.message if remark else verdict.message == question.why


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (bounded(begin=lambda s: (2 * s - 1).asin()), "never moves"),
        (bounded(begin=torch.logit, pixels=torch.sigmoid), "never moves"),
        (bounded(begin=lambda s: (s / (1 - s)).log(), pixels=lambda u: 1 / (1 + (-u).exp())), "becomes nan"),
    ],
)
def test_a_start_at_the_bounds_is_refused(answer, message):
    verdict = lesson_06.bounded.verdict(answer)
    assert verdict.state == "wrong"
    assert message in verdict.message and "start.clamp(0.02, 0.98)" in verdict.message
