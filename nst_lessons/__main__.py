"""The command line: `nst-lessons COMMAND` (or `python -m nst_lessons`); the commands are in `nst_lessons.commands`."""

import argparse
import os
import sys

from nst_lessons.commands import authors, doctor, samples, stylize, train, video, wall


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 0, or 2 after an error that the user can fix, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="nst-lessons", description="Neural Style Transfer on your own machine: a photo in the style of a painting."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in (stylize, video, wall, samples, doctor, authors, train):
        module.add(commands)
    for stream in (sys.stdout, sys.stderr):  # a console that cannot print a character prints its code
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = parser.parse_args(arguments)
    try:
        code = args.run(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the program that reads the output has stopped, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still writes at exit
        return 0
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"nst-lessons: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nnst-lessons: stopped before there was a picture to save.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
