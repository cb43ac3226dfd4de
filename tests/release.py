"""Build a release from what is committed: `make release` writes the sdist and the wheel to dist/.

They are built twice, and have to have equal bytes and nothing in them but the files of the commit. Then each is installed in an
empty environment, where lesson 00 runs. That takes some minutes, and up to 7 GB of the disk for a time.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
CARRIED = ("notebooks/", "data/styles/", "data/models/")  # of the clone, that the wheel has in its package
LICENCES = ("LICENSE", "notebooks/LICENSE.md")
ABOUT = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", *(f"licenses/{name}" for name in LICENCES))


def main() -> int:
    version = the_version()
    with tempfile.TemporaryDirectory(prefix="nst_release_") as name:
        folder = Path(name)
        first, second = (
            built(exported(folder / "a"), folder / "first"),
            built(exported(folder / "b"), folder / "second", umask=0o077),
        )
        different = [a.name for a, b in zip(first, second, strict=True) if a.read_bytes() != b.read_bytes()]
        if wrong := [*different, *(f"{path.name}: {said}" for path in first for said in wrong_contents(path, committed()))]:
            print("Two builds differ, or hold what they should not:", *wrong, sep="\n", file=sys.stderr)
            return 1
        for path in first:
            print(f"{path.name}: built twice, equal bytes; now installed, and lesson 00 runs", flush=True)
            try_out(path, folder / f"environment_{path.suffix[1:]}")
        (ROOT / "dist").mkdir(exist_ok=True)
        for path in first:
            print("written:", shutil.copy(path, ROOT / "dist"))
    if "unreleased" in changelog_heading():
        print(f"Before {version} goes out, date it in CHANGELOG.md. CONTRIBUTING.md says what else is done by hand.")
    return 0


def the_version() -> str:
    """Return the version in pyproject.toml. Raises ValueError if CITATION.cff or CHANGELOG.md's top entry have another one."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    if cited != version or not re.fullmatch(rf"{re.escape(version)} - (unreleased|\d{{4}}-\d\d-\d\d)", changelog_heading()):
        raise ValueError(
            f"pyproject.toml has version {version}, CITATION.cff {cited}, CHANGELOG.md's top entry {changelog_heading()!r}: "
            f"write {version} into all three, with a date or `unreleased` in the changelog."
        )
    return version


def changelog_heading() -> str:
    return re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def committed() -> list[str]:
    return git("ls-tree", "-r", "--name-only", "HEAD").splitlines()


def exported(folder: Path) -> Path:
    """Write the files of the last commit into `folder`, so that nothing else of the clone can come along."""
    git("archive", f"--output={folder}.tar", "HEAD")
    shutil.unpack_archive(f"{folder}.tar", folder, filter="data")
    return folder


def built(source: Path, out: Path, umask: int = 0o022) -> list[Path]:
    """Build the sdist, and from it the wheel. Returns [wheel, sdist]; the times in them are the commit's."""
    env = os.environ | {"SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct").strip()}
    command = [sys.executable, "-m", "build", "--outdir", str(out), str(source)]
    made = subprocess.run(command, env=env, capture_output=True, text=True, umask=umask)
    if made.returncode:
        raise RuntimeError(made.stdout + made.stderr)
    return sorted(out.iterdir())


def wrong_contents(archive: Path, files: list[str]) -> list[str]:
    """Return what an sdist or a wheel lacks of the commit's `files`, and what it holds besides them."""
    name, version = archive.name.removesuffix(".tar.gz").split("-")[:2]
    if archive.suffix == ".whl":
        inside = zipfile.ZipFile(archive).namelist()
        expected = {file for file in files if file.startswith("nst_lessons/")}
        expected |= {f"nst_lessons/{file}" for file in files if file.startswith(CARRIED)}
        expected |= {f"{name}-{version}.dist-info/{file}" for file in ABOUT}
    else:
        with tarfile.open(archive) as tar:
            inside = tar.getnames()
        expected = {f"{name}-{version}/{file}" for file in [*files, "PKG-INFO"]}
    return [f"{file} is missing" for file in sorted(expected - set(inside))] + [
        f"{file} does not belong there" for file in sorted(set(inside) - expected)
    ]


def try_out(archive: Path, folder: Path) -> None:
    """Install an archive in a new environment, copy the lessons as a student does, and run lesson 00; then delete it all."""
    venv.create(folder, with_pip=True)
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NST_DATA_DIR", "NST_QUICK")}
    for command in (
        ["pip", "install", "--quiet", str(archive)],
        ["nst-lessons", "lab", "lessons", "--copy-only"],
        ["jupyter-execute", "lessons/00_start_here.ipynb"],
    ):
        subprocess.run([folder / "bin" / command[0], *command[1:]], cwd=folder, env=env, check=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
