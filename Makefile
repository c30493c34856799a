# `make run` and `make test` are the whole set-up, on Debian or Ubuntu with Python 3.11.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared
SOURCES := bot knowledge retrieval webhook tests bench

.DEFAULT_GOAL := help
.PHONY: help install run test check format audit evaluate bench clean

help: ## Say what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: apt-get install python3.11 python3.11-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install torch==2.13.0
	$(BIN)/pip install -e '.[dev]'
	touch $@

install: $(VENV)/installed ## Create the environment and install

run: install ## Set up what is missing and serve http://127.0.0.1:8000
	$(BIN)/binhdan kb publish
	$(BIN)/binhdan serve

test: install ## Format, lint, types and tests
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest

check: install ## Format, lint and types, without the tests
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/binhdan kb check --quiet

format: install ## Put the code into the common form
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# --strict: a package that the database does not know would count as a safe one.
audit: install ## Look for known vulnerabilities in the dependencies (needs the network)
	$(BIN)/pip check
	$(BIN)/pip freeze --exclude-editable > $(VENV)/audited.txt
	$(BIN)/pip-audit --strict --progress-spinner off --no-deps --disable-pip -r $(VENV)/audited.txt

evaluate: install ## Measure quality, time and memory: docs/scorecard.md (DATA=folder with the measuring data)
	$(BIN)/binhdan kb publish
	$(BIN)/python -m bench.scorecard --data $(DATA) --write docs/scorecard.md

bench: evaluate ## The scorecard, and the other figures of the README
	DATA=$(DATA) BIN=$(BIN) bash bench/all.sh

clean: ## Remove the environment and everything written while running
	rm -rf $(VENV) var *.egg-info build
