"""The brush in JupyterLab: drawn with the mouse and by keys, undone, and its effect on the painting."""

import time
from itertools import count

import pytest

from tests.browser.conftest import SCREENSHOTS, write_notebook
from tests.browser.test_studio import press, run_all, step_of, until

pytestmark = pytest.mark.browser
NUMBERS = count(1)  # of the questions to the kernel
ONE = "import nst_lessons as nst\nbrush = nst.paint_mask('coffee')\nbrush"
SHARE = "print(f'share {brush.mask.mean():.3f}, left {brush.mask[..., :192].mean():.3f}')"
STUDIO = "import nst_lessons as nst\nstudio = nst.Studio('coffee', 'swirls', size=128, steps=3000)\nstudio"
# how far the second run's picture differs where the brush has painted, and elsewhere
EFFECT = """before = studio.image
import time
while studio.run.parts[-1].mask is None or studio.run.parts[-1].steps < 8:
    time.sleep(0.02)
mask = nst.resize(studio.regions.brush.mask, tuple(before.shape[-2:]))
change = (studio.image - before).abs()
print(f"effect {(change * mask).sum() / mask.sum():.4f} {(change * (1 - mask)).sum() / (1 - mask).sum():.4f}")"""


@pytest.fixture(scope="module")
def notebooks(lab, visit):
    _, folder = lab
    write_notebook(folder / "brush.ipynb", ONE)
    write_notebook(folder / "two_styles.ipynb", STUDIO)
    return visit


def ask(page, code):
    """Run a cell, and return the words that it prints."""
    end = f"answer {next(NUMBERS)}"
    page.evaluate("void window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.locator(".jp-Notebook .jp-mod-active .cm-content").fill(f"{code}\nprint('{end}')")
    page.keyboard.press("Shift+Enter")
    printed = page.locator(f".jp-OutputArea-output pre:has-text('{end}')")
    printed.wait_for(timeout=60_000)
    return printed.inner_text().split()[:-2]


def drag(page, box, start, end):
    """Draw from one place to another, given as parts of the canvas."""
    for number, (x, y) in enumerate((start, end)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=10)
        page.mouse.down() if number == 0 else page.mouse.up()


def test_a_person_paints_undoes_erases_and_clears_by_mouse_and_by_keys(notebooks):
    page = notebooks("brush.ipynb")
    page.bring_to_front()
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    canvas = page.locator(".nst-brush canvas")
    canvas.wait_for(timeout=60_000)
    said, box = page.locator(".nst-said"), canvas.bounding_box()
    drag(page, box, (0.1, 0.5), (0.4, 0.5))
    until(lambda: "% painted" in said.inner_text(), 5)
    page.screenshot(path=SCREENSHOTS / "7_brush.png")
    _, share, _, left = ask(page, SHARE)
    assert 0.05 < float(share.rstrip(",")) < 0.3 and float(left) == pytest.approx(2 * float(share.rstrip(",")), abs=0.002)

    first = said.inner_text()
    drag(page, box, (0.6, 0.2), (0.9, 0.2))
    until(lambda: said.inner_text() != first, 5)
    page.get_by_role("button", name="Undo").click()
    until(lambda: said.inner_text() == first, 5)
    page.get_by_role("button", name="Erase").click()
    drag(page, box, (0.0, 0.5), (1.0, 0.5))
    until(lambda: "nothing painted" in said.inner_text(), 5)

    canvas.focus()
    for key in ("p", "]", "ArrowLeft", " ", "Shift+ArrowRight", " "):
        page.keyboard.press(key)
    until(lambda: "% painted" in said.inner_text(), 5)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    until(lambda: said.inner_text() == first, 5)
    page.get_by_role("button", name="Clear").click()
    until(lambda: "nothing painted" in said.inner_text(), 5)
    assert ask(page, SHARE)[1] == "0.000,"


def test_a_stroke_acts_where_it_was_drawn_during_a_run(notebooks, capsys):
    page = notebooks("two_styles.ipynb")
    run_all(page)
    press(page, "Start")
    until(lambda: step_of(page) > 60, 120)  # nothing moves much any more
    press(page, "Two styles")
    canvas = page.locator(".nst-brush canvas")
    canvas.wait_for(timeout=20_000)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    drag(page, box, (0.1, 0.3), (0.45, 0.6))
    start = time.monotonic()
    until(lambda: page.get_by_text("coffee in swirls and wave").count(), 10)
    latency = time.monotonic() - start
    page.screenshot(path=SCREENSHOTS / "8_two_styles.png")
    _, there, elsewhere = ask(page, EFFECT)
    assert float(there) > 2.5 * float(elsewhere)
    page.screenshot(path=SCREENSHOTS / "9_painted_there.png")
    with capsys.disabled():
        print(f"\nA stroke in the Studio acts after {latency:.2f} s; changed by {there} there, {elsewhere} elsewhere")
