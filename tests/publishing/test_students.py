import nbformat
import pytest

from nst_lessons.__main__ import main
from nst_lessons.publishing.students import exercise, publish
from nst_lessons.samples import data_dir

NOTEBOOKS = data_dir().parent / "notebooks"

SOLUTION = '''# solution
def gram(F):
    """The Gram matrix, F Fᵀ.

    F: (C, H*W)
    """
    # rows are channels
    return F @ F.T


def double(x): return 2 * x


my_guess = "b"  # "a" or "b": größer?
my_table = [
    [1, 2],
    [3, 4],
]
print(my_guess)'''

STUB = '''def gram(F):
    """The Gram matrix, F Fᵀ.

    F: (C, H*W)
    """
    ...


def double(x):
    ...


my_guess = ...  # "a" or "b": größer?
my_table = ...
print(my_guess)'''


def _notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def test_a_stub_keeps_signature_docstring_names_and_comments():
    several_lines = SOLUTION.replace("def double(x): return", "def double(x):\n    return")
    assert exercise(several_lines) == STUB


def test_publish_writes_students_notebooks_without_outputs_and_speakers_notes(tmp_path):
    (tmp_path / "solutions").mkdir()
    code = nbformat.v4.new_code_cell(
        "# solution\nx = 3", execution_count=7, outputs=[nbformat.v4.new_output("stream", text="3")]
    )
    plain = nbformat.v4.new_code_cell("y = 3  # solution")
    notes = nbformat.v4.new_markdown_cell("the answer is 3", metadata={"slideshow": {"slide_type": "notes"}})
    nbformat.write(_notebook(code, plain, notes), tmp_path / "solutions" / "01_x.ipynb")
    assert main(["publish", str(tmp_path)]) == 0
    cells = nbformat.read(tmp_path / "01_x.ipynb", as_version=4).cells
    assert [cell.source for cell in cells] == ["x = ...", "y = 3  # solution"]
    assert cells[0].outputs == [] and cells[0].execution_count is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01_x.ipynb", "solutions"]


def test_without_solutions_it_says_where_to_run_it(tmp_path, capsys):
    assert main(["publish", str(tmp_path)]) == 2
    assert "run this in a clone" in capsys.readouterr().err


def test_the_students_notebooks_are_those_of_the_solutions(tmp_path):
    (tmp_path / "solutions").symlink_to(NOTEBOOKS / "solutions")
    made = publish(tmp_path)
    drifted = [path.name for path in made if path.read_bytes() != (NOTEBOOKS / path.name).read_bytes()]
    assert not drifted, f"run `nst-lessons publish notebooks`: {drifted}"
    assert {path.name for path in made} == {path.name for path in NOTEBOOKS.glob("*.ipynb")}


@pytest.mark.parametrize("source", ["# solution\nx = (1 +\n     2)  # sum", "# solution\nx = y = 3  # both"])
def test_assignments_of_other_shapes(source):
    assert exercise(source) in ("x = ...  # sum", "x = y = ...  # both")
