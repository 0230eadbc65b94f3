# Needs only Python >= 3.11 with venv and pip. Everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test builder installs docs vsix editors pictures prove attacks probes mutants performance lint clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "layerwise needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group test
	@touch $@

$(VENV)/.lint: $(VENV)/.editors
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lint
	@touch $@

setup: $(VENV)/.installed  ## create .venv

demo: setup  ## findings with carets, then the diff of the fix, on a sample project
	@$(BIN)/layerwise check --fail-on none fixtures/projects/npm/Dockerfile
	@$(BIN)/layerwise fix --diff fixtures/projects/npm/Dockerfile || [ $$? -eq 1 ]

test: setup  ## everything but builder, installs, editors and performance
	$(BIN)/python -m pytest -q -n auto --ignore=tests/builder --ignore=tests/editors --ignore=tests/performance

builder: setup  ## the model against real builders: needs root, and Debian's packages named in .ci/run
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not installs" tests/builder

installs: setup  ## safe fixes built before and after, with stand-ins and with real managers: needs what builder needs
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m installs tests/builder

docs: setup  ## the page that is made from the code and fixtures/projects
	PYTHONPATH=tests $(BIN)/python -m projects > docs/ecosystems.md

CLIENT := vscode-client
# The Node of .venv, whatever is on the machine; but its npm is told what the machine's own is told, if there is one:
# where to ask, and which certificates to trust.
WITH_NPM := SETTINGS="$$(npm config get globalconfig 2>/dev/null)"; \
	export npm_config_globalconfig="$${SETTINGS:-/dev/null}" PATH="$(CURDIR)/$(BIN):$$PATH";
NPM := $(WITH_NPM) cd $(CLIENT) && npm

$(VENV)/.editors: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group editors
	@touch $@

$(CLIENT)/node_modules/.installed: $(CLIENT)/package-lock.json $(VENV)/.editors
	$(NPM) ci --no-audit --no-fund --silent
	@touch $@

vsix: $(CLIENT)/node_modules/.installed  ## the extension for VS Code, with the server in it
	$(BIN)/python $(CLIENT)/scripts/bundle.py
	cp LICENSE $(CLIENT)/LICENSE
	$(NPM) run --silent check
	$(NPM) run --silent build
	$(NPM) run --silent package

editors: vsix  ## tests in real editors: what isn't there is skipped, chromium for example
	$(NPM) run --silent build:tests
	$(WITH_NPM) $(BIN)/python -m pytest -q tests/editors

pictures: export LAYERWISE_NEW_PICTURES := true
pictures: editors  ## those of the README, as the tests see them

N ?= 5000
SEED ?= 1
prove: setup  ## the model against N generated pairs of builds, half with each BuildKit
	LAYERWISE_PAIRS=$$(( ($(N) + 1) / 2 )) LAYERWISE_SEED=$(SEED) $(BIN)/python -m pytest -q tests/builder/test_generated.py

ROOMS ?=
mutants: N = 300
mutants: setup  ## N small faults in the code (ROOMS="fixes rules"), drawn by SEED: which do the tests not notice?
	PYTHONPATH=server:tests $(BIN)/python -m mutants -n $(N) --seed $(SEED) $(ROOMS)

attacks: N = 2000
attacks: setup  ## safe fixes of N projects that were drawn to make them fail
	LAYERWISE_DRAWS=$(N) LAYERWISE_SEED=$(SEED) $(BIN)/python -m pytest -q tests/builder/test_attacks.py

NAME ?=
probes: setup  ## record what the managers on PATH ask the disk for, all or NAME: needs Debian's strace
	PYTHONPATH=tests $(BIN)/python -m probes.record $(NAME)

performance: $(VENV)/.lint  ## ratios of one run, never absolute times
	$(BIN)/python -m pytest -q -s tests/performance

lint: $(VENV)/.lint  ## style, types, room contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV)
