"""The command line: `nst-lessons COMMAND` (or `python -m nst_lessons`). Each command is a module of `nst_lessons.commands`."""

import argparse
import os
import sys

from nst_lessons.commands import authors, doctor, inventory, lab, poster, room, samples, stylize, train, video, wall


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; the arguments of a command have a function `run`."""
    parser = argparse.ArgumentParser(
        prog="nst-lessons",
        description="Turn photos into paintings on your own computer, by Neural Style Transfer.",
        epilog="`nst-lessons COMMAND --help` explains a command and shows an example.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {doctor.version('nst-lessons')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (lab, stylize, poster, video, wall, samples, doctor, inventory, room, authors, train):
        module.add(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 0, or 2 after an error that the user can fix, or 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):  # a console that cannot print a character prints its code
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = parser().parse_args(arguments)
    if not hasattr(args, "run"):  # without a command
        parser().print_help(sys.stderr)
        return 2
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
        print("\nnst-lessons: stopped before there was anything to save.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
