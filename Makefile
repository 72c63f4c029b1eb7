# Kiln on one machine. `make` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q
PIP := $(BIN)/pip --disable-pip-version-check --quiet
PHOTO ?= tests/data/astronaut.jpg
SOURCES := gateway stylize_service fusion_service recipe_service common deploy tests

##@ Run
.PHONY: setup neural up down restart status logs demo

setup: $(VENV)/.runtime $(VENV)/.node ## Install everything: system and Python packages, 3D viewer, face models
	@$(BIN)/python -m deploy.models

neural: setup ## Install what the optional engines need (PyTorch: 1 GB and more); docs/engines.md
	$(PIP) install -r requirements-neural.txt

up: setup ## Start the stack in the background; returns when it is ready
	@$(BIN)/python -m deploy up

down: ## Stop the stack and wait until it is gone
	@test ! -x $(BIN)/python || $(BIN)/python -m deploy down

restart: setup ## Stop and start the stack
	@$(BIN)/python -m deploy restart

status: ## List the processes of the stack
	@$(BIN)/python -m deploy status

logs: ## Follow the logs of all processes
	@$(BIN)/python -m deploy logs

demo: setup ## A figurine and three recipes, files in out/ (PHOTO=me.jpg FOOD=table.jpg INGREDIENTS='rice, leek')
	@$(BIN)/python -m deploy.demo "$(PHOTO)" --food="$(FOOD)" --ingredients="$(INGREDIENTS)"

##@ Develop
.PHONY: setup-dev train fmt check lint test verify chaos load arrival eta bench curves docs dashboards lock audit

setup-dev: setup $(VENV)/.dev $(VENV)/.node $(VENV)/.torch ## Install what checks and tests need as well

train: setup-dev ## Train the recogniser anew (an hour of one core): make train DATA=... OUT=...
	$(BIN)/python -m recipe_service.training "$(DATA)" "$(OUT)"

fmt: $(VENV)/.dev ## Rewrite the code in the house style
	$(BIN)/ruff check --fix --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

check: setup-dev lint ## Look, do not touch: lint, types, imports, unit and contract tests
	$(PYTEST) -n 2 --dist loadfile tests/unit tests/contract

test: setup-dev lint ## Everything the CI checks: lint, types, imports, all tests, a slice of chaos
	$(PYTEST) -n 2 --dist loadfile -m "not verify_only" tests/unit tests/contract tests/print
	$(PYTEST) -n 2 --dist loadfile -m "not verify_only" tests/integration tests/fuzz
	$(PYTEST) -m chaos_slice tests/chaos
	$(PYTEST) -m docs_slice tests/docs
	$(PYTEST) -m browser_slice tests/browser

lint: $(VENV)/.dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

chaos: setup-dev ## All failure tests in full (half an hour); writes docs/chaos.md
	$(BIN)/python -m tests.chaos

verify: setup-dev ## Every suite in full (two hours); writes docs/verify.md and docs/chaos.md
	$(BIN)/python -m tests.verify

load: setup-dev ## Users, a burst, hey: what people do to it (20 minutes); writes docs/load.md
	$(BIN)/python -m tests.load

arrival: setup-dev ## Requests at a constant rate, and the knee (15 minutes); writes docs/arrival.md
	$(BIN)/python -m tests.load.arrival

eta: setup-dev ## How honest the estimated times are (five minutes); writes docs/eta.md
	$(BIN)/python -m tests.load.eta

bench: setup-dev ## Speed against limit, peers and baseline; writes docs/benchmark.md (SHORT=1, BASELINE=1, CHECK=1)
	$(BIN)/python -m tests.bench $(if $(SHORT),--short) $(if $(BASELINE),--baseline) \
		$(if $(CHECK),--check)

curves: setup-dev ## How cost grows (ten minutes); writes docs/curves.md and docs/capacity.md
	$(BIN)/python -m tests.bench.curves
	$(BIN)/python -m deploy.capacity

docs: $(VENV)/.dev ## Write docs/reference.md, metrics.md and alerts.md from the code
	$(BIN)/python -m deploy.reference
	$(BIN)/python -m deploy.prometheus
	$(BIN)/python -m deploy.grafana

dashboards: setup-dev ## Draw what the dashboards show under load (four minutes); writes docs/dashboards.md
	$(BIN)/python -m tests.dashboards

audit: $(VENV)/.dev ## Compare the pinned packages with the published advisories (needs the network)
	for name in requirements requirements-dev; do \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip -r $$name.txt || exit 1; \
	done

lock: $(VENV)/.dev ## Pin newer versions of the Python packages
	for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
			--fork-strategy fewest --generate-hashes --no-emit-index-url --no-header \
			--no-annotate $$name.in --output-file $$name.txt || exit 1; done
	cd deploy/docker/requirements && for name in gateway sse flower stylize fusion recipe; do \
		$(CURDIR)/$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
			--fork-strategy fewest --generate-hashes --no-emit-index-url --no-header \
			--no-annotate $$name.in --output-file $$name.txt || exit 1; done

##@ Other
.PHONY: help clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nSettings are KILN_* variables: docs/reference.md lists them.\n'

clean: down ## Stop the stack; remove the venv, caches and node modules (data/ and out/ stay)
	rm -rf $(VENV) node_modules gateway/web/vendor *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

# ---- what `setup` has done, as files, so that a second time costs nothing
$(VENV)/.system: deploy/install_system.sh
	@PYTHON="$(PYTHON)" sh deploy/install_system.sh run
	@mkdir -p $(VENV) && touch $@

$(VENV)/bin/python: | $(VENV)/.system
	@test -n "$(PYTHON)" || { echo "Kiln needs Python 3.11 or newer: install it," \
		"or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml $(VENV)/.system | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# to train, and to test the optional engines
$(VENV)/.torch: requirements-neural.txt $(VENV)/.dev
	$(PIP) install -r requirements-neural.txt
	@touch $@

# The 3D viewer of the page, and what tests need of npm. Without it everything else still works.
VIEWER := node_modules/@google/model-viewer/dist/model-viewer.min.js
$(VENV)/.node: package-lock.json | $(VENV)/bin/python
	@mkdir -p gateway/web/vendor
	@if ! command -v npm >/dev/null; then \
		echo "no npm here: the page shows pictures instead of 3D"; \
	elif npm ci --silent --ignore-scripts --no-audit --no-fund; then \
		cp $(VIEWER) gateway/web/vendor/ && touch $@; \
	else echo "npm failed: the page shows pictures instead of 3D until make setup works"; fi
