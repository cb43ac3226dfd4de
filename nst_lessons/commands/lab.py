"""`nst-lessons lab`: the lessons in a folder of your own, opened in JupyterLab."""

import argparse
import os
import socket
import sys
import tempfile
from pathlib import Path

from nst_lessons.publishing.copies import copy_lessons

FOLDER = "nst_lessons_notebooks"
FIRST = "00_start_here.ipynb"
MESSAGE = "websocket_max_message_size"  # Jupyter's own, 10 MB, cuts the connection at a larger upload without a word


def add(commands: argparse._SubParsersAction) -> None:
    """Describe it to argparse."""
    command = commands.add_parser(
        "lab",
        help="copy the lessons into a folder and open them in JupyterLab",
        description="Copy the lessons into a folder of your own and open them in JupyterLab, on this computer only. "
        "A lesson that you have changed is never overwritten.",
        epilog="example: nst-lessons lab my_lessons",
    )
    command.add_argument("folder", nargs="?", default=FOLDER, help=f"the folder for the lessons (default {FOLDER})")
    command.add_argument("--solutions", action="store_true", help="copy the solved lessons, too, into its folder solutions/")
    command.add_argument("--port", type=int, help="the port of JupyterLab (default: the first free one from 8888)")
    command.add_argument("--copy-only", action="store_true", help="copy the lessons, and open nothing")
    command.set_defaults(run=_lab)


def _lab(args: argparse.Namespace) -> int:
    if args.port is not None:
        _check_port(args.port)
    for note in copy_lessons(args.folder, args.solutions):
        print(f"nst-lessons: {note}", file=sys.stderr)
    folder = Path(args.folder).absolute()
    print(f"The lessons are in {folder}.", flush=True)
    if args.copy_only:
        return 0
    if not os.access(Path.home(), os.W_OK):  # such as a container's; Jupyter would fail there
        os.environ["HOME"] = tempfile.mkdtemp(prefix="nst_lessons_home_")
        print(f"Your home folder cannot be written to, so Jupyter keeps its settings in {os.environ['HOME']}.", flush=True)
    print("If no browser opens, copy the address below that begins with http://localhost. Ctrl-C ends JupyterLab.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=localhost"]
    command += [f"--ServerApp.tornado_settings={{'{MESSAGE}': 100_000_000}}", str(folder / FIRST)]
    command += [] if args.port is None else [f"--ServerApp.port={args.port}", "--ServerApp.port_retries=0"]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # containers have no other user
    os.execv(sys.executable, command)


def _check_port(port: int) -> None:
    """Raise ValueError unless a server can listen at this port."""
    try:
        with socket.socket() as probe:
            probe.bind(("localhost", port))
    except (OSError, OverflowError):
        raise ValueError(f"The port {port} is taken or not allowed: leave out --port, or choose another one.") from None
