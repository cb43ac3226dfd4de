"""Stylises moving pictures and stereo pairs: lesson 09."""
