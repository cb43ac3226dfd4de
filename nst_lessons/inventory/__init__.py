"""The concept inventory: twenty questions in two equivalent halves, before and after the series.

Each wrong choice belongs to a named misconception.
"""
