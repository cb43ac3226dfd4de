import base64
import io
import re

import ipywidgets as widgets
import matplotlib.figure
import pytest
import torch
from PIL import Image

import nst_lessons as nst


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """The data of everything that is displayed."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: found.append(data))
    return found


def picture_in(page: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])))


def test_show_gives_a_picture_with_an_alternative_text(shown, random_image):
    nst.show({"photo": random_image(20, 30), "map": torch.rand(20, 30)}, 'Look at "edges" & corners.')
    (data,) = shown
    assert 'alt="Look at &quot;edges&quot; &amp; corners."' in data["text/html"]
    assert picture_in(data["text/html"]).format == "JPEG" and data["text/plain"] == 'Look at "edges" & corners.'


def test_clips_play_side_by_side_in_step_and_repeat(shown):
    dark, bright = ([torch.full((1, 3, 16, 20), level + i / 10) for i in range(3)] for level in (0.1, 0.6))
    nst.play({"dark": dark, "b<right": bright}, 'Which is "brighter"?', fps=4)
    page = shown[0]["text/html"]
    assert "b&lt;right" in page and 'alt="Which is &quot;brighter&quot;?"' in page
    clip = picture_in(page)
    assert (clip.format, clip.n_frames, clip.size, clip.info["loop"]) == ("WEBP", 3, (40, 16), 0)
    for i in range(3):
        clip.seek(i)
        clip.load()
        frame = clip.convert("L")
        assert frame.getpixel((8, 8)) == pytest.approx(255 * (0.1 + i / 10), abs=4) and clip.info["duration"] == 250
        assert frame.getpixel((32, 8)) == pytest.approx(255 * (0.6 + i / 10), abs=4)
    with pytest.raises(ValueError):
        nst.play({"dark": dark, "short": bright[:2]}, "")


def test_pictures_stand_in_the_order_and_colours_given(shown):
    red, blue = torch.zeros(1, 3, 20, 20), torch.zeros(1, 3, 20, 20)
    red[:, 0], blue[:, 2] = 1, 1
    nst.show({"a": red, "b": blue, "c": blue, "d": red}, "", columns=2)
    picture = picture_in(shown[0]["text/html"]).convert("RGB")
    width, height = picture.size
    corners = [picture.getpixel((int(width * x), int(height * y))) for y in (0.3, 0.7) for x in (0.3, 0.7)]
    assert ["red" if r > b else "blue" for r, _, b in corners] == ["red", "blue", "blue", "red"]


def test_many_pictures_still_fit_a_page(shown, random_image):
    nst.show({str(i): random_image(20, 40) for i in range(12)}, "a row")
    assert picture_in(shown[0]["text/html"]).width <= 1310


def test_a_plot_of_lines_is_png(shown):
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([1, 2])
    nst.show_figure(figure, "a line")
    assert picture_in(shown[0]["text/html"]).format == "PNG"


def test_explore_draws_anew_when_a_slider_moves_and_has_three_still_pictures(shown):
    seen = []

    def figure_of(level):
        seen.append(level)
        return nst.draw({"grey": torch.full((1, 3, 16, 16), level)}, f"level {level}")

    slider = widgets.FloatSlider(0.5, min=0, max=1, description="level")
    nst.explore(figure_of, [{"level": 0.0}, {"level": 0.5}, {"level": 1.0}], level=slider)
    first, data = shown
    view = "application/vnd.jupyter.widget-view+json"
    assert first[view] == data[view] and seen == [0.5, 0.0, 1.0] and data["text/html"].count("<img") == 3
    slider.value = 0.25
    assert seen[-1] == 0.25
    slider.value = 0.5
    assert seen[-1] == 0.25, "a figure is drawn once"
    assert not slider.continuous_update


def test_explore_shows_its_sliders_before_it_computes_and_the_stop_button_ends_it_without_an_error(shown):
    seen = []

    def figure_of(level):
        seen.append(len(shown))
        if len(seen) == last:
            raise KeyboardInterrupt
        return nst.draw({"grey": torch.full((1, 3, 16, 16), level)}, f"level {level}")

    for last in (1, 2):
        seen.clear()
        shown.clear()
        slider = widgets.FloatSlider(0.5, min=0, max=1, description="level")
        nst.explore(figure_of, [{"level": 0.0}, {"level": 1.0}], level=slider)
        assert seen == [1] * last and len(shown) == 1
        slider.value = 0.25
        assert len(seen) == last + 1


def test_lines_lead_from_the_place_in_the_painting_to_the_place_in_the_picture():
    painting, picture = torch.zeros(1, 3, 40, 80), torch.zeros(1, 3, 64, 48)
    origins = torch.zeros(16, 12, 2)
    origins[0, 0], origins[7, 11] = torch.tensor([0.25, 0.75]), torch.tensor([0.5, 0.125])
    images = {"painting": painting, "result": picture}
    figure = nst.draw_origins(images, origins, "", places=[(0, 0), (7, 11)])
    first, second = figure.artists
    assert first.xy1 == pytest.approx((59.5, 9.5))
    assert first.xy2 == pytest.approx((1.5, 1.5))  # the middle of the first 4 x 4 pixels
    assert second.xy1 == pytest.approx((9.5, 19.5))
    assert second.xy2 == pytest.approx((45.5, 29.5))
    assert [line.coords1 for line in figure.artists] == [figure.axes[0].transData] * 2
    assert [line.coords2 for line in figure.artists] == [figure.axes[1].transData] * 2
    assert len(nst.draw_origins(images, origins, "").artists) == 12
