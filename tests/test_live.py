import re

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbclient import NotebookClient

import nst_lessons as nst


def outputs_of(code: str) -> list:
    """What a cell with this code leaves behind after it ran in a real kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=600).execute()
    return notebook.cells[0].outputs


@pytest.mark.notebook
def test_in_a_notebook_one_display_shows_picture_curves_and_time():
    outputs = outputs_of(
        "import nst_lessons as nst\n"
        "result = nst.stylize('chelsea', 'swirls', schedule=[(48, 20), (64, 20)], callback=nst.LivePlot(every=0.1))"
    )
    assert [output.output_type for output in outputs] == ["display_data"]  # updated, not added to
    page = outputs[0].data["text/html"]
    assert page.count("<img") == 2 and 'alt="The picture after 40 of 40 steps"' in page
    assert re.search(r"step 40/40 \| 64 x 43 \| loss .* \| \d+ s, 0 s to go", outputs[0].data["text/plain"])


def test_outside_a_notebook_it_is_one_line_of_text(vgg, capsys):
    nst.stylize("chelsea", "swirls", vgg=vgg, schedule=[(64, 5)], callback=nst.LivePlot(every=0))
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and "\rstep 5/5" in text


def test_it_draws_no_more_often_than_asked_but_always_the_last_step(vgg, capsys):
    nst.stylize("chelsea", "swirls", vgg=vgg, schedule=[(64, 5)], callback=nst.LivePlot(every=1000))
    assert capsys.readouterr().err.count("\r") == 2  # the first and the last


def test_a_run_that_stops_early_ends_with_its_last_step(vgg, capsys):
    plot = nst.LivePlot(every=1000)
    nst.stylize("chelsea", "swirls", vgg=vgg, schedule=[(64, 9)], callback=[plot, lambda step: step.index < 4])
    assert capsys.readouterr().err.split("\r")[-1].startswith("step 4/9")


def test_one_plot_serves_several_runs_and_leaves_no_figure_open(vgg, capsys):
    plot = nst.LivePlot(every=0)
    for _ in range(2):
        nst.stylize("chelsea", "swirls", vgg=vgg, schedule=[(64, 2)], callback=plot)
    assert "step 2/2" in capsys.readouterr().err and not plt.get_fignums()


@pytest.mark.notebook
def test_what_it_costs(capsys):
    code = """
import time
import nst_lessons as nst
plot = nst.LivePlot()
start = time.perf_counter()
nst.stylize("astronaut", "swirls", schedule=[(128, 20)], callback=plot)
print(plot.spent, time.perf_counter() - start)
"""
    printed = next(output.text for output in outputs_of(code) if output.output_type == "stream")
    spent, total = map(float, printed.split())
    with capsys.disabled():
        print(f"\nLivePlot drew for {spent:.2f} s of a run of {total:.1f} s at 128 pixels: {spent / total:.1%}")
    assert spent > 0
