# Every target does its own set-up: a virtual environment with the pinned versions.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ROOMS := lohe theory dynamics proofs_numeric attention hardware reports

.PHONY: help demo test lint types imports coverage docs torch browser wheel formal check bench lock clean

help:  ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.run: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.torch: $(VENV)/.dev
	$(PIP) install --quiet --constraint constraints.txt --editable '.[torch]'
	@touch $@

$(VENV)/.docs: $(VENV)/.run
	$(PIP) install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

demo: $(VENV)/.run  ## Train, certify, verify, sample and report a small model (under 4 minutes)
	$(BIN)/lohe demo --output demo

test: $(VENV)/.dev  ## Run the tests and the examples in the docstrings (under 5 minutes)
	$(BIN)/python -m pytest -q --numprocesses auto -m "not browser" --doctest-modules $(ROOMS) tests

lint: $(VENV)/.dev  ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Check types strictly
	$(BIN)/mypy

imports: $(VENV)/.dev  ## Check that imports run downwards only
	rm -rf build/imports && mkdir -p build/imports && cp -rL .types/lohe build/imports/
	cd build/imports && PYTHONPATH=. $(abspath $(BIN))/lint-imports --config ../../pyproject.toml

coverage: $(VENV)/.dev  ## Say which lines the tests do not run (compiled loops are not seen)
	$(BIN)/python -m pytest -q --numprocesses auto -m "not browser" --doctest-modules $(ROOMS) tests \
		$(addprefix --cov=,$(ROOMS)) --cov-report=term-missing:skip-covered

docs: $(VENV)/.docs  ## Build the documentation; a warning is an error
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs

torch: $(VENV)/.torch  ## Test the PyTorch layer (installs PyTorch)
	$(BIN)/python -m pytest -q --doctest-modules lohe/torch tests/lohe/test_torch*.py tests/attention/test_namespaces.py

browser: $(VENV)/.dev  ## Open a report in headless Chromium (needs chromium and its driver)
	$(BIN)/python -m pytest -q -m browser tests

wheel: $(VENV)/.dev  ## Build the wheel and try it from another directory
	tests/wheel.sh $(BIN)/python

formal: $(VENV)/.dev  ## Check the Coq proofs of the theorems (needs coq and coquelicot)
	PYTHON=$(BIN)/python tests/formal.sh

check: test lint types imports docs torch browser wheel formal  ## All that CI does

bench: $(VENV)/.dev  ## Measure against the named peers
	for file in benchmarks/[a-z]*_throughput.py; do $(BIN)/python $$file || exit 1; done

lock:  ## Write constraints.txt anew from the newest versions
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet '.[dev,docs,torch]'
	{ head -n 1 constraints.txt; build/lock/bin/python -m pip freeze --exclude lohe | sed 's/+.*//'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:  ## Remove what the targets made
	rm -rf $(VENV) build dist demo *.egg-info
