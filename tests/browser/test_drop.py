"""Pictures that are dropped onto the Studio's photo and style in JupyterLab."""

import base64
import io

import pytest
from PIL import Image

from tests.browser.conftest import SCREENSHOTS, write_notebook
from tests.browser.test_studio import colour_of, run_all, status, until

pytestmark = pytest.mark.browser
CODE = "import nst_lessons as nst\nstudio = nst.Studio('coffee', 'swirls', size=64)\nstudio"
TRANSFER = """files => {
    const transfer = new DataTransfer();
    for (const [name, data, size] of files) {
        const bytes = data ? Uint8Array.from(atob(data), letter => letter.charCodeAt(0)) : new Uint8Array(size);
        transfer.items.add(new File([bytes], name, {type: "image/png"}));
    }
    return transfer;
}"""


@pytest.fixture(scope="module")
def page(lab, visit):
    _, folder = lab
    write_notebook(folder / "drop.ipynb", CODE)
    page = visit("drop.ipynb")
    run_all(page)
    page.locator(".nst-drop").nth(1).wait_for(timeout=20_000)
    return page


def png(colour):
    data = io.BytesIO()
    Image.new("RGB", (200, 120), colour).save(data, "png")
    return base64.b64encode(data.getvalue()).decode()


def drop(page, place, *files, shot=None):
    """Drag files, (name, data in base64) or (name, None, size), over a place, and drop them there."""
    transfer = page.evaluate_handle(TRANSFER, list(files))
    for name in ("dragenter", "dragover", "drop"):
        place.dispatch_event(name, {"dataTransfer": transfer})
        if shot and name == "dragover":
            page.screenshot(path=SCREENSHOTS / shot)


@pytest.mark.parametrize(("number", "colour"), [(0, (20, 160, 120)), (1, (200, 40, 90))], ids=["photo", "style"])
def test_a_dropped_picture_is_chosen(page, lab, number, colour):
    _, folder = lab
    picture = page.locator(".nst-chooser").nth(number).locator("img.widget-image")
    others = page.locator(".nst-chooser").nth(1 - number).locator("img.widget-image").get_attribute("src")
    drop(page, picture, (f"mine_{number}.png", png(colour)), shot=f"14_dragged_{number}.png")
    page.locator(f"button.mod-active:text-is('mine_{number}')").wait_for(timeout=10_000)
    until(lambda: colour_of(picture.screenshot()) == pytest.approx(colour, abs=8), 10)
    assert (folder / f"uploaded_mine_{number}.png").exists() and not page.locator(".nst-over").count()
    assert page.locator(".nst-chooser").nth(1 - number).locator("img.widget-image").get_attribute("src") == others
    page.screenshot(path=SCREENSHOTS / f"15_dropped_{number}.png")


def test_what_cannot_be_taken_is_told_and_a_drop_elsewhere_is_left_alone(page):
    place = page.locator(".nst-chooser img.widget-image").first
    drop(page, place, ("big.png", None, 30_000_000))
    until(lambda: "big.png has 30 MB, but at most 10 MB" in status(page), 20)
    drop(page, place)
    until(lambda: "Drop one picture's file" in status(page), 10)
    drop(page, place, ("a.png", png((0, 0, 0))), ("b.png", png((0, 0, 0))))
    drop(page, place, ("text.png", base64.b64encode(b"no picture").decode()))
    until(lambda: "text.png is not a picture" in status(page), 10)
    drop(page, page.locator(".jp-InputArea").first, ("elsewhere.png", png((0, 0, 0))))
    drop(page, place, ("last.png", png((9, 90, 200))))
    page.locator("button.mod-active:text-is('last')").wait_for(timeout=10_000)
    assert page.locator("button:text-is('elsewhere')").count() == 0
