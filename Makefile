# Goniec. `make help` lists what there is; nothing has to be installed by hand but Python 3.11+, pip and make.

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
SERVICES := tasks-api mail-ingest case-threader reminder-dispatcher
OURS := -e shared $(foreach service,$(SERVICES),-e services/$(service))
PROJECTS := shared/pyproject.toml $(foreach service,$(SERVICES),services/$(service)/pyproject.toml)
ARGS ?=

# Where Python is told to keep no compiled modules, each process that tests start would compile them all anew.
test test-all: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install install-dev demo run test test-all lint fmt bench docs lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## what running needs, into .venv

install-dev: $(VENV)/.installed-dev ## and what tests and lint need

demo: install ## a story of real mail through a new installation (ARGS=--exit stops afterwards)
	@$(BIN)/goniec demo $(ARGS)

run: install ## broker and services on SQLite under var/, in the foreground
	@exec $(BIN)/python localserve.py

test: install-dev ## all tests on SQLite, and on PostgreSQL what is about storage; nothing but this machine is needed
	@$(BIN)/python -m pytest -n 3 --durations=10 --second-database storage $(ARGS)

test-all: test ## and every other story on PostgreSQL too
	@$(BIN)/python -m pytest -n 3 --durations=10 --second-database rest $(ARGS)

lint: install-dev ## style, types, walls between packages, generated documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy shared services/tasks-api services/mail-ingest services/case-threader services/reminder-dispatcher localserve.py
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.documents --check

fmt: install-dev ## put the code in its usual shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: install-dev ## measure against the targets of docs/performance.md
	@$(BIN)/python -m tests.bench $(ARGS)

docs: install-dev ## write docs/api and the tables of settings anew
	@$(BIN)/python -m tests.documents

lock: install-dev ## solve the versions of all packages anew
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.lock

clean: ## remove the environment and all local state
	rm -rf $(VENV) var

$(VENV)/.installed: requirements.lock $(PROJECTS)
	@test -n "$(PYTHON)" || { echo "Goniec needs Python 3.11 or newer on the path."; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "Installing packages into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(OURS)
	@$(BIN)/python -m compileall -q -j 0 shared services
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
