"""`nst-lessons publish`, `slides` and `site`: make notebooks, slides and web pages from the solutions."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DIST = Path("dist")  # files to upload


def add(commands: argparse._SubParsersAction) -> None:
    """Describe them to argparse."""
    publishing = commands.add_parser(
        "publish",
        help="make the student notebooks from the solutions (for authors)",
        description="Make the student notebooks from FOLDER/solutions: exercises are left blank, and outputs are removed. "
        "Or make files for Kaggle and Colab, in dist/.",
        epilog="example: nst-lessons publish --single-file",
    )
    publishing.set_defaults(run=_publish)
    publishing.add_argument("--single-file", action="store_true", help="instead, make one file per lesson for Kaggle and Colab")
    publishing.add_argument("--kaggle", metavar="OWNER", help="instead, make a bundle for this Kaggle account")
    publishing.add_argument("--gpu", action="store_true", help="let the bundle's notebooks ask for a GPU")
    slideshow = commands.add_parser(
        "slides",
        help="make slides of the lessons in out/slides (for leaders)",
        description="Make slides from FOLDER/solutions: one HTML file per lesson in out/slides, with its stored pictures. They "
        "need neither a network nor Python.",
        epilog="example: nst-lessons slides",
    )
    slideshow.set_defaults(run=_slides)
    web = commands.add_parser(
        "site",
        help="make a web site of the lessons in out/site (for authors)",
        description="Make a web site from FOLDER/solutions, with all its pictures, the glossary, the leader's page and files "
        "for Colab and Kaggle to download. It needs neither a network nor Python.",
        epilog="example: nst-lessons site --repo ada/lessons",
    )
    web.set_defaults(run=_site)
    web.add_argument("--repo", metavar="OWNER/NAME", help="the project on GitHub: adds links to it, and to Colab and Kaggle")
    web.add_argument("-o", "--out", metavar="OUT", type=Path, default=Path("out/site"), help="its folder (default: out/site)")
    for command in (publishing, slideshow, web):
        command.add_argument(
            "folder", metavar="FOLDER", nargs="?", type=Path, default=Path("notebooks"), help="the lessons (default: notebooks)"
        )


def _publish(args: argparse.Namespace) -> int:
    from nst_lessons.publishing import kaggle, single_file, students  # here, so that the other commands start quickly

    if args.gpu and args.kaggle is None:
        raise ValueError("--gpu is only for Kaggle's bundle: add --kaggle OWNER.")
    made = []
    if args.single_file:
        made += single_file.single_files(args.folder, DIST)
    if args.kaggle is not None:
        made += kaggle.bundle(args.folder, args.kaggle, DIST / "kaggle", gpu=args.gpu)
    if not made:
        made = students.publish(args.folder)
    for path in made:
        print(path)
    if args.kaggle is not None:
        folders = [path for path in made if path.is_dir()]
        print("Now run these lines. They need `pip install kaggle` and its key. Wait some minutes after the first one:")
        print("\n".join(f"  {command}" for command in kaggle.commands(folders)))
    return 0


def _slides(args: argparse.Namespace) -> int:
    with _extra():
        from nst_lessons.publishing.slides import slides

        for path in slides(args.folder, Path("out/slides")):
            print(path)
    return 0


def _site(args: argparse.Namespace) -> int:
    with _extra():
        from nst_lessons.publishing.site import site

        print(site(args.folder, args.out, args.repo))
    return 0


@contextmanager
def _extra() -> Iterator[None]:
    """Say what to do if the extra `slides` is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise FileNotFoundError(f"{error.name} is missing: run `pip install --editable .[slides]` in a clone.") from None
