"""The Studio and the camera without a mouse, and for weak eyes: the way of the Tab key, visible focus, contrast (WCAG 2.2)."""

from itertools import pairwise

import pytest

from tests.browser.conftest import write_notebook
from tests.browser.test_studio import run_all

pytestmark = pytest.mark.browser
CODE = """import nst_lessons as nst
from IPython.display import display
studio = nst.Studio('coffee', 'swirls', size=64, steps=2)
studio.two_styles()
display(studio, nst.Camera(lambda frame: frame))"""
CONTROLS = "button, select, canvas, [role=slider], input:not([type=file]), textarea, [contenteditable=true]"
# what a person can act on, in the order of the page: enabled and visible, each with its place
ACTIVE = """selector => Array.from(document.querySelectorAll('.jp-OutputArea-output'))
    .flatMap(area => Array.from(area.querySelectorAll(selector)))
    .filter(one => !one.disabled && one.offsetParent)
    .map((one, number) => (one.dataset.number = number, one.textContent || one.className))"""
LOOK = "one => { const s = getComputedStyle(one); return [s.outline, s.boxShadow, s.border, s.backgroundColor].join(' | '); }"
PLACE = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const top = document.querySelector('.jp-OutputArea').getBoundingClientRect().y; // moves when the page scrolls
    return one.dataset.number === undefined ? null : {number: +one.dataset.number, x: box.x, y: box.y - top, h: box.height};
}"""
# the contrast of each text with what is behind it, by the formula of WCAG 2.2; disabled controls are exempt
TEXTS = """() => {
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const parsed = text => { const n = text.match(/[\\d.]+/g).map(Number); return [...n.slice(0, 3), n[3] ?? 1]; };
    const over = (top, below) => [0, 1, 2].map(i => top[3] * top[i] + (1 - top[3]) * below[i]);
    const behind = one => {
        const layers = [];
        for (; one; one = one.parentElement) {
            const colour = parsed(getComputedStyle(one).backgroundColor);
            layers.push(colour);
            if (colour[3] === 1) break;
        }
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const found = [];
    for (const area of document.querySelectorAll('.jp-OutputArea-output')) {
        const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const one = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
            if (!text || !one.offsetParent || one.closest(':disabled, .mod-disabled, style, script')) continue;
            const below = behind(one), colour = over(parsed(getComputedStyle(one).color), below);
            const [low, high] = [light(below), light(colour)].sort((a, b) => a - b);
            found.push([(high + 0.05) / (low + 0.05), text]);
        }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def page(lab, visit):
    _, folder = lab
    write_notebook(folder / "access.ipynb", CODE)
    page = visit("access.ipynb")
    run_all(page)
    page.locator(".nst-camera").wait_for(timeout=60_000)
    return page


def test_tab_reaches_every_control_in_the_order_of_reading_and_shows_where_it_is(page):
    names = page.evaluate(ACTIVE, CONTROLS)
    parts = [page.locator(f"[data-number='{number}']") for number in range(len(names))]
    page.mouse.click(1, 1)
    unfocused = [part.evaluate(LOOK) for part in parts]
    parts[0].focus()
    places, hidden = [page.evaluate(PLACE)], []
    while len(places) < 2 * len(names):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place is None:
            break
        places.append(place)
        if parts[place["number"]].evaluate(LOOK) == unfocused[place["number"]]:
            hidden.append(names[place["number"]])
    missed = {names[number] for number in range(len(names))} - {names[place["number"]] for place in places}
    assert len(names) > 25 and not missed
    back = [
        (names[one["number"]], names[other["number"]])
        for one, other in pairwise(places)
        if other["x"] <= one["x"] and other["y"] + other["h"] < one["y"]  # above, and not in a column further to the right
    ]
    assert not back and not hidden


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_each_text_stands_out_from_what_is_behind_it(page, theme):
    page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})")
    page.wait_for_timeout(1500)
    texts = page.evaluate(TEXTS)
    print(f"{theme}: {len(texts)} texts, the weakest {min(texts)}")
    assert len(texts) > 25 and not [one for one in texts if one[0] < 4.5]
