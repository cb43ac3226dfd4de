"""The brush, a second style in the Studio, and the code that paints the same picture again."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import nst_lessons as nst
from nst_lessons.studio.brush import Brush
from nst_lessons.studio.remembering import RememberingVGG
from tests.studio.test_studio import png, press, studio, upload, wait_until  # noqa: F401 - studio is a fixture


def painted(brush, columns):
    """What the browser sends when the first `columns` columns are painted."""
    alpha = np.zeros((brush.height, brush.width), np.uint8)
    alpha[:, :columns] = 255
    return memoryview(alpha.tobytes())


def receive(brush, alpha):
    brush.set_state({"alpha": alpha})


def test_what_is_painted_becomes_the_masks_of_two_styles():
    brush = nst.paint_mask("coffee")
    assert brush.value is None and (brush.width, brush.height) == (384, 256)
    assert Image.open(io.BytesIO(brush.picture)).size == (384, 256)
    receive(brush, painted(brush, 96))
    elsewhere, there = brush.value
    assert there.shape == (1, 3, 256, 384) and there[..., :96].min() == 1 and there[..., 96:].max() == 0
    assert torch.equal(elsewhere, 1 - there)


def test_a_mask_is_saved_and_taken_again_exactly(tmp_path):
    brush = Brush("coffee")
    receive(brush, memoryview((np.arange(256 * 384) % 251).astype(np.uint8).tobytes()))
    other = Brush("coffee")
    other.set(brush.save(tmp_path / "mask.png"))
    assert other.alpha == brush.alpha


def test_a_message_that_was_cut_off_counts_as_nothing_and_a_photo_painted_all_over_is_told():
    brush = Brush("coffee")
    receive(brush, memoryview(b"\xff" * 100))
    assert brush.value is None
    receive(brush, painted(brush, 384))
    with pytest.raises(ValueError, match="painted everywhere"):
        _ = brush.value


def test_masks_from_the_brush_are_those_of_stylize():
    brush = Brush("coffee")
    receive(brush, painted(brush, 192))
    options = {"size": 64, "steps": 4}
    both = nst.stylize("coffee", ["swirls", "wave"], masks=brush.value, **options).image
    by_hand = torch.zeros(1, 3, 256, 384)
    by_hand[..., :192] = 1
    same = nst.stylize("coffee", ["swirls", "wave"], masks=[1 - by_hand, by_hand], **options).image
    assert torch.equal(both, same)


def test_the_first_stroke_computes_no_target(studio, vgg, monkeypatch):  # noqa: F811
    """The second style's features, too, are known since the brush was opened, or since another second style was chosen."""
    computed, forward = [], nst.VGG.forward

    def counted(network, image, layers):
        computed.extend([] if image.requires_grad else [tuple(image.shape)])
        return forward(network, image, layers)

    monkeypatch.setattr(nst.VGG, "forward", counted)
    studio.run.vgg = RememberingVGG(vgg)  # the shared one remembers what other tests have shown it
    press(studio.panel.start)
    press(studio.panel.regions)
    studio.regions.second.value = "stained_glass"
    assert len(computed) >= 4  # the photo and three paintings
    wait_until(lambda: studio.step and studio.step.index > 1)
    computed.clear()
    receive(studio.regions.brush, painted(studio.regions.brush, 100))
    wait_until(lambda: studio.run.parts[-1].mask is not None and studio.run.parts[-1].steps > 0)
    assert studio.run.parts[-1].styles == ["swirls", "stained_glass"] and not computed


def test_the_second_style_goes_where_it_is_painted_during_a_run(studio):  # noqa: F811
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 3)
    press(studio.panel.regions)
    assert studio.panel.beside.children == (studio.regions,)
    assert len(studio.run.parts) == 1  # an empty brush: the run goes on
    assert len(studio.regions.second.picture.value) > 500
    assert studio.regions.save.disabled  # there is no mask to save
    start = time.monotonic()
    receive(studio.regions.brush, painted(studio.regions.brush, 100))
    wait_until(lambda: studio.run.parts[-1].mask is not None and studio.run.parts[-1].steps > 0)
    print(f"from a stroke to its first step: {time.monotonic() - start:.2f} s")
    assert studio.run.parts[-1].styles == ["swirls", "wave"]
    elsewhere, there = studio.run.parts[-1].masks()  # in the order of the styles
    assert there[..., :100].min() == 1 == elsewhere[..., 100:].min() and there[..., 100:].max() == 0
    assert not studio.regions.save.disabled
    press(studio.panel.regions)
    wait_until(lambda: studio.run.parts[-1].mask is None)


def test_shown_as_code_makes_the_same_picture_with_the_mask(studio):  # noqa: F811
    press(studio.panel.start)
    press(studio.panel.regions)
    receive(studio.regions.brush, painted(studio.regions.brush, 100))
    studio.regions.share.value = 0.75
    studio.start()
    wait_until(lambda: studio.step and studio.step.index > 4)
    studio.stop()
    code = studio.code()
    assert "['swirls', 'wave']" in code and "style_weights=[0.25, 0.75]" in code
    press(studio.regions.save)
    assert studio.code() == code and [path.name for path in Path().glob("mask*")] == ["mask_1.png"]  # one file for a mask
    scope = {}
    exec(code.replace("nst.show(", "print("), scope)
    assert torch.equal(scope["step"].image, studio.step.image)


@pytest.mark.parametrize("begin", ["noise", "universal", pytest.param("neighbours", marks=pytest.mark.slow)])
def test_a_run_starts_from_what_is_chosen_and_the_code_says_so(studio, begin):  # noqa: F811
    studio.panel.begin.value = begin
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 2)
    studio.stop()
    scope = {}
    exec(studio.code().replace("nst.show(", "print("), scope)
    assert torch.equal(scope["step"].image, studio.step.image)


def test_neighbours_that_make_the_first_picture_can_be_stopped(studio):  # noqa: F811
    studio.panel.begin.value = "neighbours"
    press(studio.panel.start)
    wait_until(lambda: "neighbours make" in studio.panel.text)
    start = time.monotonic()
    studio.stop()
    assert time.monotonic() - start < 5 and studio.step is None


def test_a_new_photo_brings_an_empty_brush_and_a_paused_run_stays_paused(studio):  # noqa: F811
    press(studio.panel.start)
    press(studio.panel.regions)
    receive(studio.regions.brush, painted(studio.regions.brush, 10))
    wait_until(lambda: studio.step and studio.step.index > 1)
    studio.pause()
    upload(studio.panel.content.upload, "red.png", png())
    assert studio.step is None or studio.run.parts[-1].steps  # the cat cannot be saved under the new photo's name
    wait_until(lambda: studio.run.parts[-1].steps == 1)
    index = studio.step.index
    time.sleep(0.3)
    assert studio.run.paused and studio.step.index == index and studio.panel.pause.description == "Continue"
    assert studio.panel.text.startswith("paused: uploaded_red in swirls\n")
    assert (
        studio.regions.brush.value is None
        and studio.regions.brush.width == 384
        and "another photo" in studio.regions.note.value
    )
    assert len(studio.run.parts) == 1 and studio.run.parts[0].begin == "content"  # not from the picture of the cat


def test_the_steps_of_all_parts_are_counted_together(studio):  # noqa: F811
    press(studio.panel.start)
    press(studio.panel.regions)
    wait_until(lambda: studio.step and studio.step.index > 3)
    receive(studio.regions.brush, painted(studio.regions.brush, 10))
    wait_until(lambda: studio.run.parts[-1].mask is not None and studio.run.parts[-1].steps > 1)
    studio.stop()
    steps = studio.run.parts[0].steps + studio.run.parts[1].steps
    assert studio.panel.text.startswith(f"stopped: chelsea in swirls and wave\nstep {steps}/2000 |")
    assert studio.save().name == "chelsea_in_swirls_and_wave_1.png"
    assert studio.panel.progress.value == steps / 2000


def test_a_saved_picture_is_named_after_what_was_painted(studio):  # noqa: F811
    press(studio.panel.start)
    wait_until(lambda: studio.step and studio.step.index > 1)
    studio.stop()
    studio.panel.style.value = "wave"
    assert studio.save().name == "chelsea_in_swirls_1.png"


def test_a_picture_that_is_saved_early_has_the_final_size_and_the_photos_detail(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = nst.Studio("coffee", "swirls", size=384, steps=4000)
    press(made.panel.start)
    wait_until(lambda: made.step)
    made.stop()
    small, saved = made.image, nst.load_image(made.save())
    made.close()
    assert max(small.shape) == 96 and saved.shape == (1, 3, 256, 384)
    photo = nst.load_image("coffee", 384)
    detail = photo - nst.resize(nst.load_image("coffee", 96), (256, 384))
    torch.testing.assert_close(saved, (nst.resize(small, (256, 384)) + detail).clamp(0, 1), atol=0.003, rtol=0)


def test_reset_chooses_the_photo_to_start_from_again(studio):  # noqa: F811
    studio.panel.begin.value = "noise"
    press(studio.panel.reset)
    assert studio.panel.begin.value == "content"
