PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help env demo test test-all soak check lint types notebooks reference lock audit build clean

help: ## What there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 12

env: $(READY) ## The environment, in .venv

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kgmem needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode \
		--require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: $(READY) ## A sample dialogue: what is learned, what ends, and answers now and as of then
	HF_HUB_OFFLINE=1 $(BIN)/kgmem demo

check: lint types test ## What CI runs

lint: $(READY) ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## Types, strictly
	$(BIN)/mypy

test: $(READY) ## Tests, on SQLite and on one Neo4j
	HF_HUB_OFFLINE=1 $(BIN)/pytest -n 2 --dist loadgroup

test-all: ## Tests on SQLite and on both releases of Neo4j
	KGMEM_NEO4J_RELEASE=5.26 $(MAKE) test
	KGMEM_NEO4J_RELEASE=2026 $(MAKE) test

soak: $(READY) ## Faults at length: KILLS of each store's writer, of the server, full disks, bad networks
	HF_HUB_OFFLINE=1 KGMEM_SOAK_KILLS=$(or $(KILLS),200) $(BIN)/pytest tests/soak --durations=20

notebooks: $(READY) ## Their outputs, made again in place; needs a Neo4j as the tests do
	KGMEM_NEO4J_URI=$${KGMEM_NEO4J_URI:-$$($(BIN)/kgmem neo4j start --url)} \
		$(BIN)/python notebooks/execute.py

reference: $(READY) ## docs/reference.md, made again from the docstrings
	$(BIN)/python docs/reference.py

lock: $(READY) ## Newest versions that fit, with their hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--extra local --extra neo4j --extra cli --extra gds --extra langchain --extra mcp --extra explore \
		--extra ray --extra parquet --extra communities --group dev pyproject.toml -o requirements.lock

audit: $(READY) ## Known weaknesses of what is locked; asks the package index, so not in check
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r requirements.lock

build: $(READY) ## Wheel and sdist, in dist/
	$(BIN)/uv build

clean: ## Forget the environment and what was built
	rm -rf .venv dist
