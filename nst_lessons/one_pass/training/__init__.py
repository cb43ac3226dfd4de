"""Trains the models that ship with the project."""
