"""Where the package anywidget is missing, all but the brush and the camera works, and they say what to do."""

import subprocess
import sys

import pytest

CODE = """
import sys
sys.modules["anywidget"] = None
import nst_lessons as nst
for name in ("Camera", "paint_mask"):
    try:
        getattr(nst, name)
    except ImportError as error:
        print(error)
studio = nst.Studio("chelsea", "swirls", size=64)
studio.panel.regions._click_handlers(studio.panel.regions)
print(studio.panel.text)
"""


@pytest.mark.slow
def test_without_anywidget_the_studio_works_and_the_brush_and_the_camera_tell_what_is_missing():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3 and all("%pip install anywidget" in line for line in lines)
