# Needs only Python >= 3.11 with venv and pip. Everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test builder prove performance lint clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "layerwise needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group test
	@touch $@

$(VENV)/.lint: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lint
	@touch $@

setup: $(VENV)/.installed  ## create .venv

demo: setup  ## findings with carets, then the diff of the fix, on a sample project
	@$(BIN)/layerwise check --fail-on none fixtures/demo/web
	@$(BIN)/layerwise fix --diff fixtures/demo/web

test: setup  ## everything but builder, editors and performance
	$(BIN)/python -m pytest -q -n auto --ignore=tests/builder --ignore=tests/performance

builder: setup  ## the model and safe fixes against real builders: needs root, and Debian's packages named in .ci/run
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/builder

N ?= 5000
SEED ?= 1
prove: setup  ## the model against N generated pairs of builds, half with each BuildKit
	LAYERWISE_PAIRS=$$(( ($(N) + 1) / 2 )) LAYERWISE_SEED=$(SEED) $(BIN)/python -m pytest -q tests/builder/test_generated.py

performance: $(VENV)/.lint  ## ratios of one run, never absolute times
	$(BIN)/python -m pytest -q -s tests/performance

lint: $(VENV)/.lint  ## style, types, room contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV)
