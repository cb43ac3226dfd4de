"""Check the exercises: `from nst_lessons.checks import lesson_03 as q`, then `q.gram.check(my_gram)`."""
