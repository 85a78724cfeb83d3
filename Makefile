# One word for each chore; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo lab voila test check docs bench

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
export CHROMIUM

help: ## list these words
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s  %s\n", $$1, $$2}'

setup: $(READY) ## build .venv from requirements.lock (again only when that changes)

# The stamp is what makes a second run start at once, without the network.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer with its venv module is needed; '$(PYTHON)' is not. Try: make PYTHON=python3.12 (on Debian: apt-get install python3-venv)" >&2; exit 2; }
	@echo "Building .venv from requirements.lock; the first time takes a minute or two." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q runbook_lib
	@touch $@

demo: setup ## play the guide's incident on the lab, from diagnosis to postmortem (ARGS="--lang en")
	@exec $(BIN)/ecs-runbook demo $(ARGS)

lab: setup ## start the lab and JupyterLab, to practise (Ctrl-C ends both; ARGS="--port 5600")
	@exec $(BIN)/ecs-runbook lab up --jupyter $(ARGS)

voila: setup ## serve the notebooks as web pages, for the browser (ARGS="--lab": on the lab, to practise)
	@exec $(BIN)/ecs-runbook serve $(ARGS)

test: setup ## run the tests (ARGS="-k words" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

check: setup ## lint, formatting, types, layers, clean notebooks, fresh docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb
	$(BIN)/python docs/generate.py --check

docs: setup ## write the pages of docs/ that are generated from the code
	$(BIN)/python docs/generate.py

bench: setup ## measure speed and memory against their limits (docs/benchmarks.md)
	@$(BIN)/python -m compileall -q runbook_lib
	@$(BIN)/python -m benchmarks.run $(ARGS)
