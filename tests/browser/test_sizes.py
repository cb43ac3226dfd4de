"""The Studio with its brush on small screens, zoomed in, and on a dark theme: all of it can be reached by scrolling down."""

import pytest

from tests.browser.conftest import SCREENSHOTS, write_notebook
from tests.browser.test_studio import run_all

pytestmark = pytest.mark.browser
SIZES = {"laptop, file browser open": (1366, 768), "projector": (1920, 1080), "laptop at 200%": (683, 384)}
CODE = "import nst_lessons as nst\nstudio = nst.Studio('coffee', 'swirls', size=64)\nstudio.two_styles()\nstudio"


@pytest.fixture(scope="module")
def page(lab, visit):
    _, folder = lab
    write_notebook(folder / "sizes.ipynb", CODE)
    page = visit("sizes.ipynb")
    run_all(page)
    page.locator(".nst-brush canvas").wait_for(timeout=20_000)
    return page


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("name", SIZES)
def test_every_control_is_within_the_width_of_the_output(page, name, theme):
    width, height = SIZES[name]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})")
    if width < 1000:
        page.evaluate("window.jupyterapp.shell.collapseLeft()")  # as Jupyter does itself on a screen of this width
    page.wait_for_timeout(1000)
    area = page.locator(".jp-OutputArea-output").first.bounding_box()
    parts = page.locator(".jp-OutputArea-output").locator("button, canvas, img, select, .noUi-target, input[type=range]")
    boxes = [box for part in parts.all() if (box := part.bounding_box())]
    page.screenshot(path=SCREENSHOTS / f"12_{width}_{theme}.png")
    page.locator(".nst-brush").scroll_into_view_if_needed()
    page.screenshot(path=SCREENSHOTS / f"13_{width}_{theme}_brush.png")
    assert len(boxes) > 40
    assert all(area["x"] - 1 <= box["x"] and box["x"] + box["width"] <= area["x"] + area["width"] + 1 for box in boxes)
