# Détente: everything a fresh machine needs is Python 3.11 or later, pip, make and git. `make help` lists the targets.
#
# PYTHON  the interpreter the virtual environment is made with (by default the first one found that is new enough)
# VENV    the folder of the virtual environment
# ARGS    passed on to the program that the target runs: make demo ARGS=--script, make test ARGS=tests/unit

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check format bench bench-hunt e2e fuzz fuzz-hunt lock clean
.DELETE_ON_ERROR:

VENV ?= .venv
PYTHON ?=
ARGS ?=
UV ?= $(VENV)/bin/uv

RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet
# Every package is pinned with its hashes and comes as a wheel: nothing is compiled and no foreign setup script is run.
INSTALL := $(PIP) install --require-hashes --only-binary :all:
CHECKED := src tests $(patsubst %/,%,$(dir $(firstword $(wildcard bench/*.py))))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## run three nodes and a conversation between them (ARGS=--script: print it and end)
	@$(VENV)/bin/detente demo $(ARGS)

test: check ## everything that decides whether a change may land: check, then every test suite
	$(RUN) -m pytest -n logical --dist worksteal $(ARGS)

check: $(VENV)/.dev ## what needs no run: style, types, and who may import whom
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(CHECKED)
	$(VENV)/bin/lint-imports --no-cache --no-logo

format: $(VENV)/.dev ## put imports and layout into the house's form
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

# A benchmark is a file below bench/ whose first line asks its question; the others are what it needs.
bench: $(VENV)/.dev ## the benchmarks, alone on the machine (ARGS=taxii: only that one, with ARGS="taxii --rounds 3" its options)
	@set -e; set -- $(ARGS); if [ $$# -gt 0 ]; then $(RUN) -m "bench.$$@"; exit; fi; \
	for file in bench/*.py; do if head -n 1 "$$file" | grep -q '?$$'; then \
	    head -n 1 "$$file" | tr -d '"'; $(RUN) -m "$$(echo "$${file%.py}" | tr / .)"; fi; done

bench-hunt: $(VENV)/.dev ## the hunt beside its peers (DETENTE_PEERS: a folder with packages of peers, RIPGREP: a path to rg)
	@$(RUN) -m bench.hunt $(ARGS)

e2e: $(VENV)/.dev ## only the tests that start real nodes
	$(RUN) -m pytest tests/e2e $(ARGS)

fuzz: $(VENV)/.dev ## look for new counterexamples with the property tests (each run takes other examples)
	DETENTE_HYPOTHESIS=explore $(RUN) -m pytest -n logical tests/property $(ARGS)

fuzz-hunt: $(VENV)/.dev ## two million hostile lines in every way, a million planted indicators, lines of 10 GB: half an hour (ARGS="--seed 7 --lines 100000")
	$(RUN) -m tests.fuzz_hunt $(ARGS)
	DETENTE_FUZZ=1000 $(RUN) -m pytest -q tests/property/test_hunt_generated_logs.py tests/unit/cli/test_hunt_extremes.py -k "planted or endless"

# uv resolves for every platform at once and writes neither addresses nor paths; install it with `pip install uv`.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --annotation-style line \
    --no-header --no-emit-index-url --no-emit-find-links
lock: ## write requirements/*.txt anew from pyproject.toml and requirements/*.in (ARGS=--upgrade: newest versions)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: $(RUN) -m pip install uv" >&2; exit 1; }
	$(LOCK) $(ARGS) pyproject.toml requirements/runtime.in -o requirements/runtime.txt
	$(LOCK) $(ARGS) pyproject.toml requirements/postgres.in --extra postgres -c requirements/runtime.txt -o requirements/postgres.txt
	$(LOCK) $(ARGS) pyproject.toml requirements/reports.in --extra reports -c requirements/runtime.txt -o requirements/reports.txt
	$(LOCK) $(ARGS) pyproject.toml requirements/dev.in --all-extras -c requirements/postgres.txt -c requirements/reports.txt -o requirements/dev.txt

clean: ## remove the virtual environment and the checkers' caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

# A stamp is newer than the pins that it stands for, so a second run installs nothing.

$(VENV)/.made:
	@chosen=''; for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11 python); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then chosen="$$candidate"; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	    echo "Détente needs Python 3.11 or later, and $(if $(PYTHON),$(PYTHON) is not that,none was found). Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$chosen" --version)"; \
	if [ ! -x $(RUN) ] && ! "$$chosen" -m venv $(VENV); then \
	    rm -rf $(VENV); \
	    echo "$$chosen could not make a virtual environment; on Debian and Ubuntu, install the package python3-venv" >&2; exit 1; \
	fi
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/.made
	@echo "installing what Détente runs on (pinned, with hashes)"
	@$(INSTALL) -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "installing what checks and tests it (pinned, with hashes)"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@
