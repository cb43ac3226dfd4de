"""The predictions of 00_start_here, which has no exercises."""

from functools import partial

from nst_lessons.checks import guesses
from nst_lessons.checks.prediction import tally

first = guesses.first
weights = guesses.weights
predictions = partial(tally, globals())
