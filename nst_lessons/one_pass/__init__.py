"""Styles without optimising, in one pass: lessons 07 and 08."""
