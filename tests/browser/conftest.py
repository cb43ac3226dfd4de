"""A JupyterLab on this machine, behind a token, and a headless Chromium that sees nothing else."""

import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT

SCREENSHOTS = ROOT / "out" / "browser"
SETTINGS = Path("jupyterlab_settings_dir", "@jupyterlab")
READY = """([name, cells]) => {  // JupyterLab first shows what was open before, and one empty cell before it has read the file
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    const read = panel?.context?.path === name && panel.content.model?.cells.length === cells;
    return read && panel.sessionContext.isReady && kernel?.status === "idle";
}"""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """(address of a file in JupyterLab, its folder): a function of a notebook's name, and the folder."""
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "PYTHONPATH": str(ROOT)}
    lines = (ROOT / "Makefile").read_text().splitlines()
    [started] = [line.removeprefix("LAB := jupyter lab") for line in lines if line.startswith("LAB := ")]  # as `make lab` does
    command = [sys.executable, "-m", "jupyterlab", *shlex.split(started), "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--allow-root"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--expose-app-in-browser"]
    settings = {  # no pop-ups: one asks for news, one at times which kernel is meant, though there is one
        "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
        "notebook-extension/tracker": '{"autoStartDefaultKernel": true, "windowingMode": "none"}',
    }
    for name, text in settings.items():
        path = folder / SETTINGS / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, folder / "server.log")
        yield (lambda name: f"http://127.0.0.1:{port}/lab/tree/{name}?token={token}"), folder
    finally:
        server.terminate()
        server.wait(20)


def write_notebook(path, code):
    """Write a notebook of one cell, which JupyterLab opens without asking for a kernel."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)


def _wait_for(address, server, log):
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def flags():
    """More flags for Chromium; a file of tests may define its own."""
    return []


@pytest.fixture(scope="module")
def browser(flags):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[test]")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: `apt-get install chromium` to run the browser's tests")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def visit(lab, browser):
    """A function name -> the page of that notebook in JupyterLab, from which nothing but this machine is reached."""
    address, folder = lab
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "workspaces", ignore_errors=True)  # what another file's tests had open
    (folder / SETTINGS / "apputils-extension" / "themes.jupyterlab-settings").unlink(missing_ok=True)
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    context.route(re.compile(r"^(?!http://127\.0\.0\.1|ws://127\.0\.0\.1|data:|blob:)"), lambda route: route.abort())

    def start(name):
        page = context.new_page()
        page.goto(address(name))
        page.wait_for_function(READY, arg=[name, len(nbformat.read(folder / name, 4).cells)], timeout=60_000)
        return page

    yield start
    kernels = address("").replace("/lab/tree/", "/api/kernels")
    try:
        for number, page in enumerate(context.pages):  # to look at, above all where a test has failed
            page.screenshot(path=SCREENSHOTS / f"last_{number}.png")
    finally:  # or they would compute beside the tests of the next file
        for kernel in context.request.get(kernels).json():
            assert context.request.delete(kernels.replace("?", f"/{kernel['id']}?")).status in (204, 404)  # 404: just ended
        context.close()
