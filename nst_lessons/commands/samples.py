"""`nst-lessons samples`: the pictures that can be named."""

import argparse

from nst_lessons import samples


def add(commands: argparse._SubParsersAction) -> None:
    """Tell argparse of it."""
    commands.add_parser("samples", help="list the pictures that can be named").set_defaults(run=_samples)


def _samples(args: argparse.Namespace) -> int:
    for sample in samples.available().values():
        note = "" if sample.path else "  (downloaded when first used)"
        print(f"{sample.name:24}{sample.kind:10}{sample.title}; {sample.credit}{note}")
    return 0
