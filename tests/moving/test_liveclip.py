import base64
import re
from io import BytesIO

import pytest
import torch
from PIL import Image

from nst_lessons.moving.liveclip import LiveClip
from nst_lessons.moving.video import stylize_video
from tests.test_live import outputs_of

QUICK = {"method": "frame", "size": 32, "steps": 1}
CODE = """
import torch
from nst_lessons.moving.liveclip import LiveClip
live = LiveClip(fps=10)
for level in (0.0, 0.5, 1.0):
    live.show(torch.zeros(1, 3, 20, 30), torch.full((1, 3, 20, 30), level))
live.finish()
"""


@pytest.mark.notebook
def test_in_a_notebook_one_display_plays_the_clip_in_the_end():
    outputs = outputs_of(CODE)
    assert [output.output_type for output in outputs] == ["display_data"]  # updated, not added to
    assert outputs[0].data["text/plain"] == "3 frames"
    clip = Image.open(BytesIO(base64.b64decode(re.search('webp;base64,([^"]*)', outputs[0].data["text/html"]).group(1))))
    assert (clip.n_frames, clip.size) == (3, (60, 20))
    for number, level in enumerate((0, 128, 255)):
        clip.seek(number)
        frame = clip.convert("L")
        assert frame.getpixel((10, 10)) < 4 and abs(frame.getpixel((45, 10)) - level) < 4, number


def test_outside_a_notebook_it_is_one_line_of_text_for_each_run(clip, vgg, capsys):
    live = LiveClip()
    for _ in range(2):
        stylize_video(clip, "wave", vgg=vgg, callback=live, **QUICK)
    *lines, rest = capsys.readouterr().err.split("\n")
    assert [line.split("\r")[-1] for line in lines] == ["3 frames"] * 2 and "frame 1 of 3" in lines[1] and not rest


@pytest.mark.parametrize("ending", [False, KeyboardInterrupt])
def test_a_run_that_ends_early_plays_what_it_has(clip, vgg, capsys, ending):
    def end(frame):
        if frame.index == 2 and ending:
            raise ending
        return frame.index < 2

    assert stylize_video(clip, "wave", vgg=vgg, callback=[LiveClip(), end], **QUICK).stopped
    assert capsys.readouterr().err.endswith("2 frames\n")


@pytest.fixture
def clip():
    return [torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(i)) for i in range(3)]
