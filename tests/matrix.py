"""Try the project in every Python that is installed: `make matrix`, or `make matrix ONLY="3.12-newest colab"` for some rows.

A row has an environment of its own, which is deleted after use. It has the newest packages, the oldest that pyproject.toml
allows (those built for this Python), or those of Colab or Kaggle. It takes up to 7 GB of the disk, and some 10 minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
HOSTS = {  # what each has already; it is never upgraded
    "colab": ("3.13", ["ipykernel==6.17.1", "ipython==7.34.0", "ipywidgets==7.7.1", "anywidget==0.9.*", "pillow==11.3.*"]),
    "kaggle": ("3.12", ["ipywidgets==8.1.5"]),
}
RESOLUTIONS = {"newest": "highest", "oldest": "lowest-direct"}
QUICK = ["-m", "not notebook and not browser and not slow"]  # as in `make check`
LESSON = ["tests/test_notebooks.py::test_the_first_notebook_at_the_size_a_reader_gets"]
WIDGETS = [*QUICK, *(f"tests/studio/test_{name}.py" for name in ("studio", "background", "chooser", "regions", "camera"))]
SHOWN = ("torch", "numpy", "matplotlib", "pillow", "ipywidgets", "anywidget", "ipykernel")


def main(only: list[str]) -> int:
    """Print the table, row by row; returns 1 if a row failed."""
    rows = {f"{python}-{age}": (python, age) for python in PYTHONS for age in RESOLUTIONS}
    rows |= {host: (python, host) for host, (python, _) in HOSTS.items()}
    if unknown := set(only) - rows.keys():
        print(f"There is no row {', '.join(unknown)}: choose from {', '.join(rows)}.", file=sys.stderr)
        return 2
    print("| row | Python | packages | tests | lesson 00 |\n|---|---|---|---|---|", flush=True)
    failed = False
    for name in only or rows:
        python, packages = rows[name]
        cells = row(python, packages) if interpreter(python) else ["not installed", "", "", ""]
        print("|", " | ".join([name, *cells]), "|", flush=True)
        failed |= "failed" in " ".join(cells)
    return int(failed)


def row(python: str, packages: str) -> list[str]:
    """Make an environment, run there what this row is about, and return the cells of its row."""
    with tempfile.TemporaryDirectory(prefix="nst_matrix_") as folder:
        inside = str(Path(folder) / "bin" / "python")
        uv("venv", "--quiet", "--seed", "--python", interpreter(python), folder)
        wanted = ["--only-binary", ":all:", "--no-binary", "nst-lessons", "--resolution", RESOLUTIONS.get(packages, "highest")]
        wanted += HOSTS[packages][1] if packages in HOSTS else []
        made = uv("pip", "install", "--quiet", "--python", inside, *wanted, "--editable", f"{ROOT}[test]")
        if made.returncode:
            return [python, f"failed: {made.stderr.strip()}".replace("\n", " "), "", ""]
        listed = dict(line.split("==") for line in uv("pip", "freeze", "--python", inside).stdout.splitlines() if "==" in line)
        lesson = [f"tests/test_as_if_there.py::test_on_{packages}[00_start_here]"] if packages in HOSTS else LESSON
        found = subprocess.run([inside, "--version"], capture_output=True, text=True).stdout.split()[-1]
        tests = tested(inside, "--numprocesses", "auto", "--dist", "loadscope", *(WIDGETS if packages in HOSTS else QUICK))
        return [found, ", ".join(f"{one} {listed[one]}" for one in SHOWN), tests, tested(inside, *lesson)]


def tested(python: str, *arguments: str) -> str:
    """Run pytest in an environment and return its last line. What fails is printed to stderr."""
    command = [python, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", *arguments]
    env = {"OMP_NUM_THREADS": "1", "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True)
    if run.returncode:
        print(run.stdout[-20_000:], run.stderr[-2000:], file=sys.stderr)
    last = run.stdout.strip().splitlines()[-1:] or ["nothing"]
    return ("failed: " if run.returncode and "failed" not in last[0] else "") + re.sub(
        r"=+ ?| ?=+|, \d+ (deselected|warnings?)", "", last[0]
    )


def interpreter(version: str) -> str | None:
    """Return the path of a Python on the PATH or in pyenv's folder, or None."""
    here = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in [*([here] if here else []), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python{version}")))]:
        told = subprocess.run([path, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True)
        if told.returncode == 0:  # pyenv's own shim fails for a version that is not chosen
            return told.stdout.strip()
    return None


def uv(*arguments: str) -> subprocess.CompletedProcess:
    """Run uv, whose cache lets environments share their files. The project's own venv has it."""
    return subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
