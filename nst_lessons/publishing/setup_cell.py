# @title Set-up: run this cell first
# It finds the package nst_lessons: installed, in a folder above this one, in a data set on Kaggle, or in the text at the end
# of this cell. Then it prints one line that says what it found.
import atexit
import base64
import importlib.util
import io
import lzma
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

OWN_PICTURES = "none"  # @param ["none", "upload", "Google Drive"]
KAGGLE_INPUT = Path(os.environ.get("NST_KAGGLE_INPUT", "/kaggle/input"))
NEEDED = {  # modules and their names for pip; Kaggle and Colab have them all
    "torch": "torch",
    "torchvision": "torchvision",
    "matplotlib": "matplotlib",
    "ipywidgets": "ipywidgets",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "scipy": "scipy",
    "pooch": "pooch",
    "tqdm": "tqdm",
    "psutil": "psutil",
    "safetensors": "safetensors",
    "joblib": "joblib",
}


def set_up(*carried):
    """Make `import nst_lessons` work; print one line: what was found, or what is missing and what to do."""
    missing = " ".join(name for module, name in NEEDED.items() if importlib.util.find_spec(module) is None)
    if missing:
        print(f"Packages are missing: run `%pip install {missing}` in a new cell, then run this cell again.")
        return
    try:
        found = find_package(carried)
    except (ValueError, lzma.LZMAError, zipfile.BadZipFile):
        print("The package in this cell is damaged: get the notebook again, and leave this cell as it is.")
        return
    if found is None:
        print("nst_lessons is not here: add the data set that belongs to this notebook (Add Input), then run this cell again.")
        return
    from nst_lessons.publishing.ready import ready

    print(ready(found, OWN_PICTURES))


def find_package(carried):
    """Put nst_lessons on the path if needed; returns in words where it comes from, or None if it is nowhere."""
    spec = importlib.util.find_spec("nst_lessons")
    if spec is not None and spec.origin is not None:  # None: just a folder of this name
        return "found by Python"
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "nst_lessons" / "__init__.py").is_file():
            return use(folder, f"in {folder}")
    for depth in range(1, 6):  # not "**": a data set may have a million files
        for init in sorted(KAGGLE_INPUT.glob("*/" * depth + "nst_lessons/__init__.py")):
            return use(init.parent.parent, f"in {init.parent.parent}")
    return use(unpack(carried), "carried by this notebook") if carried else None


def use(folder, words):
    """Make Python look for packages in `folder` first; returns `words`."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return words


def unpack(carried):
    """Unpack texts (a zip in xz in base85) into a new folder, removed when the kernel ends; returns the folder."""
    folder = tempfile.mkdtemp(prefix="nst_lessons-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for text in carried:
        with zipfile.ZipFile(io.BytesIO(lzma.decompress(base64.b85decode(text)))) as archive:
            archive.extractall(folder)
    return folder


if __name__ == "__main__":
    set_up()
