# Two commands are enough: `make demo` to try SIAGA, `make test` to check it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SIAGA := .venv/bin/siaga

.PHONY: help setup demo demo-reset test lint fast nlu chaos bench lock clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## Put everything into .venv

.venv/.ready: requirements/service.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "SIAGA needs Python 3.11 or later: install it, or name it with PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/service.lock
	.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	.venv/bin/siaga nlu train --no-rasa
	@touch $@

demo: setup ## Start SIAGA with sample data, a simulator and a desk
	@$(SIAGA) demo

demo-reset: setup ## Throw the demo's data away
	@$(SIAGA) demo --reset

test: setup lint ## Run what CI runs, not the long tests of Rasa; makes its environment (2.5 GB) where there is a Python 3.10
	.venv/bin/python -m pytest -n 2 -m "not rasa"

fast: setup ## Only the tests of dialogue, flows, nlu, reading and config: one file needs a database; Rasa as above
	.venv/bin/python -m pytest -n 2 -m "not rasa" tests/dialogue tests/flows tests/nlu tests/reading tests/config

lint: setup ## ruff, mypy --strict and import-linter
	.venv/bin/ruff check bot tests
	.venv/bin/ruff format --check bot tests
	.venv/bin/mypy
	.venv/bin/lint-imports

nlu: setup ## Train both interpreters, Rasa too (minutes; 2.5 GB at first), and measure them: build/nlu/report.md
	$(SIAGA) nlu train
	$(SIAGA) nlu test tests/nlu/held*.yml --interpreter both --report build/nlu

chaos: setup ## Kill and break everything while thousands of messages come in, and look for what was lost (ten minutes)
	.venv/bin/python -m tests.chaos $(CHAOS)

bench: setup ## Measure; results are printed, nothing is judged by them
	.venv/bin/python -m tests.bench.through
	.venv/bin/python -m tests.bench.turns
	.venv/bin/python -m tests.bench.broadcast
	.venv/bin/python -m tests.bench.serving
	.venv/bin/python -m tests.bench.beside_rasa

lock: setup ## Choose the newest versions again
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--all-extras pyproject.toml -o requirements/service.lock
	.venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --upgrade \
		requirements/rasa.in -o requirements/rasa.lock

clean: ## Remove what make put here
	rm -rf .venv .siaga build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
