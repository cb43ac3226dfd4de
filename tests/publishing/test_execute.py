import nbformat
import pytest

from nst_lessons.publishing.execute import execute
from nst_lessons.publishing.students import publish

CODE = """
import time

import torch

from nst_lessons.machine import best_dtype

print(best_dtype(torch.device("cpu")), torch.backends.cpu.get_cpu_capability() == "AVX512")
"""


@pytest.fixture
def lessons(tmp_path):
    """A function {name: codes of its cells} -> the folder of notebooks with these solutions."""

    def made(codes):
        (tmp_path / "solutions").mkdir()
        for name, cells in codes.items():
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
            nbformat.write(notebook, tmp_path / "solutions" / f"{name}.ipynb")
        return tmp_path

    return made


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


@pytest.mark.notebook
def test_cells_keep_their_seconds_and_outputs_of_the_reference_and_students_get_neither(lessons):
    folder = lessons({"01_x": [CODE, "time.sleep(0.7)"], "02_y": ["1 / 0"]})
    (path,) = execute(folder, ["01"])
    first, second = cells_of(path)
    assert first.outputs[0].text == "torch.float32 False\n"  # whatever this processor can do
    assert second.metadata.keys() == {"seconds"} and 0.7 <= second.metadata.seconds < 3
    assert not {"widgets", "execution"} & nbformat.read(path, as_version=4).metadata.keys()
    assert [cell.metadata for cell in cells_of(publish(folder)[0])] == [{}, {}]


@pytest.mark.notebook
def test_a_lesson_that_fails_stays_as_it_was(lessons):
    folder = lessons({"01_x": ["1 / 0"]})
    path = folder / "solutions" / "01_x.ipynb"
    before = path.read_bytes()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        list(execute(folder))
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_name_that_no_lesson_has_is_told_before_anything_runs(lessons):
    folder = lessons({"01_x": ["1 / 0"]})
    with pytest.raises(ValueError, match="No lesson begins with '3': choose among 01_x"):
        next(execute(folder, ["01", "3"]))
