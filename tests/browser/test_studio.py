"""The Studio in JupyterLab, as a person uses it. Screenshots are kept in out/browser."""

import io
import re
import time

import nbformat
import pytest
from PIL import Image

from tests.browser.conftest import SCREENSHOTS
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
LESSON = ROOT / "notebooks" / "05_studio.ipynb"


@pytest.fixture(scope="module")
def open_notebook(lab, visit):
    """`visit`, with this file's notebooks in its folder."""
    _, folder = lab
    lesson = nbformat.read(LESSON, 4)
    studio = next(number for number, cell in enumerate(lesson.cells) if "nst.Studio(" in cell.source)
    lesson.cells = lesson.cells[: studio + 1]  # test_notebooks.py runs the others
    nbformat.write(lesson, folder / LESSON.name)
    second = nbformat.v4.new_notebook(metadata=lesson.metadata)
    cells = ['import nst_lessons as nst\nnst.Studio("coffee", "wave", size=128, steps=3000)']
    cells += ['from nst_lessons.studio import studio\nprint("running:", sum(one.run.running for one in studio._open.values()))']
    second.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(second, folder / "second.ipynb")
    third = nbformat.v4.new_notebook(metadata=lesson.metadata)
    third.cells = [nbformat.v4.new_code_cell('import nst_lessons as nst\nnst.Studio("coffee", "wave", size=128, steps=3000)')]
    nbformat.write(third, folder / "third.ipynb")
    (folder / "data" / "own" / "club").mkdir(parents=True, exist_ok=True)
    for number in range(20):
        picture = Image.new("RGB", (120, 90), (12 * number, 90, 250 - 12 * number))
        picture.save(folder / "data" / "own" / "club" / f"face_{number:02}.png")
    (folder / "data" / "own" / "club" / "cut.png").write_bytes(b"cut")
    return visit


def status(page):
    return " ".join(page.locator(".widget-html-content, .jupyter-widgets.widget-html").all_inner_texts())


def step_of(page):
    found = re.search(r"step (\d+)/", status(page))
    return int(found[1]) if found else 0


def until(condition, seconds=30.0):
    """Seconds until `condition()` holds."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - start


def run_all(page):
    """Run the notebook that the page shows, and wait for the Studio in it."""
    page.bring_to_front()
    assert page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator("button.jupyter-button:has-text('Start')").wait_for(timeout=60_000)


def press(page, label):
    page.locator(f"button.jupyter-button:has-text('{label}')").first.click()


def handle(page, label):
    row = page.locator(".widget-slider").filter(has=page.locator(f".widget-label:text-is('{label}')"))
    return row.locator(".noUi-handle")


def picture(page):
    """The address of the picture that is painted: a new one with each drawing."""
    return page.locator("img.widget-image").nth(2).get_attribute("src")


def test_a_person_steers_a_run(open_notebook, lab, capsys):
    _, folder = lab
    page = open_notebook("05_studio.ipynb")
    run_all(page)
    assert page.locator("img.widget-image").first.evaluate("image => image.naturalWidth") > 50
    press(page, "Start")
    until(lambda: step_of(page) > 3, 60)
    page.screenshot(path=SCREENSHOTS / "1_running.png")

    before, seen = re.search(r"style (\S+), smoothness", status(page))[1], picture(page)
    handle(page, "style").focus()
    page.keyboard.press("PageUp")
    slider = until(lambda: re.search(r"style (\S+), smoothness", status(page))[1] != before, 10)
    until(lambda: picture(page) != seen, 10)

    page.evaluate("void window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.locator(".jp-Notebook .jp-mod-active .cm-content").fill("print(6 * 7, 'from another cell')")
    page.keyboard.press("Shift+Enter")
    page.get_by_text("42 from another cell").wait_for(timeout=10_000)

    press(page, "Pause")
    until(lambda: page.locator("button:has-text('Continue')").count() > 0, 10)
    time.sleep(0.5)
    index = step_of(page)
    time.sleep(1)
    assert step_of(page) == index
    press(page, "Continue")
    until(lambda: step_of(page) > index, 10)

    colours = Image.new("RGB", (200, 120), (20, 160, 120))
    data = io.BytesIO()
    colours.save(data, "png")
    with page.expect_file_chooser() as chooser:
        page.locator("button:has-text('upload')").nth(1).click()
    chooser.value.set_files({"name": "green.png", "mimeType": "image/png", "buffer": data.getvalue()})
    page.locator("button.mod-active:text-is('green')").wait_for(timeout=10_000)
    until(lambda: step_of(page) > 0, 10)

    other = open_notebook("second.ipynb")
    run_all(other)
    press(other, "Start")
    until(lambda: step_of(other) > 2, 60)
    index = step_of(page)
    until(lambda: step_of(page) > index or "stopped" in status(page), 20)
    other.screenshot(path=SCREENSHOTS / "2_second_notebook.png")
    run_all(other)  # running a Studio's cell again ends its run
    assert other.get_by_text("running: 0").count() == 1

    press(page, "Stop")
    stopping = until(lambda: "stopped" in status(page), 10)
    press(page, "Save")
    until(lambda: "saved as" in status(page), 10)
    link = page.get_by_role("link", name="astronaut_in_uploaded_green_1.png")
    until(lambda: "/files/" in link.get_attribute("href"), 10)
    downloaded = page.request.get(link.evaluate("link => link.href")).body()
    assert Image.open(io.BytesIO(downloaded)).size == (256, 256)
    press(page, "Show as code")
    until(lambda: page.locator("textarea").last.input_value().startswith("import nst_lessons"), 10)
    page.screenshot(path=SCREENSHOTS / "3_stopped_and_saved.png")
    assert Image.open(next(folder.glob("astronaut_in_uploaded_green_1.png"))).size == (256, 256)
    with capsys.disabled():
        print(f"\nStudio in the browser: slider to changed weight {slider:.2f} s, Stop to stopped {stopping:.2f} s")


def test_a_picture_too_large_to_be_uploaded_is_told_and_the_next_one_is_taken(open_notebook, lab):
    _, folder = lab
    page = open_notebook("third.ipynb")
    run_all(page)
    (folder / "big.png").write_bytes(bytes(30_000_000))
    colours = Image.new("RGB", (200, 120), (20, 160, 120))
    colours.save(folder / "green.png")
    told = page.get_by_text("big.png has 30 MB, but at most 10 MB can be uploaded: put it into the folder data/own").first
    for name, seen in (("big.png", told), ("green.png", page.locator("button.mod-active:text-is('green')"))):
        with page.expect_file_chooser() as chooser:
            page.locator("button:has-text('upload')").first.click()
        chooser.value.set_files(folder / name)
        seen.wait_for(timeout=20_000)
        page.screenshot(path=SCREENSHOTS / f"6_uploaded_{name}")


def test_a_person_chooses_a_picture_of_an_own_folder_by_its_thumbnail(open_notebook):
    page = open_notebook("third.ipynb")
    page.set_viewport_size({"width": 1200, "height": 700})
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    run_all(page)
    page.locator(".widget-dropdown select").first.select_option(label="own/club (21)")
    page.get_by_text("left out 1 that cannot be read: cut.png").wait_for(timeout=10_000)
    face = page.locator("button:text-is('face_07')")
    face.click()  # it is scrolled to
    page.locator("button.mod-active:text-is('face_07')").wait_for(timeout=10_000)
    page.screenshot(path=SCREENSHOTS / "4_chosen_by_thumbnail.png")
    assert colour_of(face.screenshot()) == pytest.approx((84, 90, 166), abs=8)
    until(lambda: colour_of(page.locator("img.widget-image").first.screenshot()) == pytest.approx((84, 90, 166), abs=8), 10)

    page.keyboard.press("Tab")  # and by keys alone
    page.keyboard.press("Enter")
    page.locator("button.mod-active:text-is('face_08')").wait_for(timeout=10_000)
    press(page, "Start")
    until(lambda: step_of(page) > 3, 60)
    page.locator(".jp-OutputArea-output .widget-hbox").first.scroll_into_view_if_needed()
    page.screenshot(path=SCREENSHOTS / "5_own_picture_at_1200_x_700.png")
    panel, window = page.locator(".jp-OutputArea-output").bounding_box(), page.locator(".jp-WindowedPanel-outer").bounding_box()
    for part in page.locator(".jp-OutputArea-output .widget-vbox .widget-hbox, .jp-OutputArea-output img").all():
        box = part.bounding_box()
        assert box["x"] + box["width"] <= panel["x"] + panel["width"] + 1 and panel["height"] <= window["height"]
    press(page, "Stop")
    until(lambda: "stopped" in status(page), 10)


def colour_of(png):
    """The colour in the middle of a picture."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return picture.getpixel((picture.width // 2, picture.height // 2))
