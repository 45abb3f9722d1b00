# Everything that is done with a clone: `make` alone lists it. It needs Python 3.11 or later, pip and make,
# and installs into .venv and nowhere else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .demo
# Tests wait for clocks and processes as long as they compute: three for each of two processors keep these busy.
WORKERS ?= 6
HISTORIES ?= 2000
ROUNDS ?= 100
RUNS ?= 10000
SIZES ?= 1000 100000 1000000
FLEET ?= 100 10000
VERSIONS ?= 3.11 3.12 3.13 3.14

# The stamps say when something was last installed; make compares them with what it is installed from.
RUNTIME := $(VENV)/.stamp-runtime
PROJECT := $(VENV)/.stamp-project
DEV := $(VENV)/.stamp-dev

PLUGIN_CHECKS := .ci/plugin
PLUGIN := $(PLUGIN_CHECKS)/node_modules/.stamp

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

export PYTHONUTF8 := 1
# Hundreds of processes of the tests would compile syncd anew, and each worker the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo demo-page test test-all browser pictures firefox soak soak-fleet mutants lint types plugin-types format bench bench-scale fleet-demo gecko zotero lock schema units clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(PROJECT) ## install syncd into .venv

demo: $(PROJECT) ## push a real profile page into the embedded library, and show what arrived
	SYNCD_DATA_DIR=$(DEMO) $(BIN)/syncd push --config config/demo.toml
	@SYNCD_DATA_DIR=$(DEMO) $(BIN)/syncd library show
	@echo
	@echo "See it in a browser with: make demo-page"

demo-page: $(PROJECT) ## show the demo in the dashboard
	SYNCD_DATA_DIR=$(DEMO) $(BIN)/syncd library serve --config config/demo.toml

# What needs a program that is not there is skipped, and says so at the end; nothing is installed outside $(VENV).
test: $(DEV) ## run the tests; about 8 minutes
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

test-all: ## run the tests with each Python from 3.11 to 3.14 that is at hand
	@for version in $(VERSIONS); do \
		if python$$version -c "" 2>/dev/null; then \
			echo "== Python $$version" && $(MAKE) --no-print-directory test \
				PYTHON=python$$version VENV=.venv-$$version || exit 1; \
		else echo "== Python $$version is not at hand, so it was not tested"; fi; \
	done

lint: $(DEV) ## check style and layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV) ## check the types
	$(BIN)/mypy
	@if $(MAKE) --no-print-directory --silent $(PLUGIN); then $(MAKE) --no-print-directory plugin-types; \
	else echo "npm is missing or can't install: JavaScript is not checked, only tested" >&2; fi

plugin-types: $(PLUGIN) ## check types, style and layout of the plugin's JavaScript, and the dashboard's; needs npm
	$(PLUGIN_CHECKS)/node_modules/.bin/tsc --project $(PLUGIN_CHECKS)
	$(PLUGIN_CHECKS)/node_modules/.bin/tsc --project .ci/web
	$(PLUGIN_CHECKS)/node_modules/.bin/biome check

format: $(DEV) ## lay out the code
	$(BIN)/ruff format

soak: $(DEV) ## run 2,000 random histories of the sync, and let the daemon live for 10,000 looks
	SYNCD_HISTORIES=$(HISTORIES) SYNCD_RUNS=$(RUNS) $(BIN)/python -m pytest -s tests/system/test_machine.py \
		tests/system/test_long_life.py

soak-fleet: $(DEV) ## play random histories with three workers on one PostgreSQL, 6 in each of 100 ROUNDS, and kill at every moment
	SYNCD_FLEET_ROUNDS=$(ROUNDS) SYNCD_FLEET_LIBRARIES=6 $(BIN)/python -m pytest -s tests/system/test_fleet_machine.py \
		tests/system/test_crash.py

mutants: $(DEV) ## plant faults one by one and see whether the tests catch them
	$(BIN)/python tests/mutants/run.py

bench: $(DEV) ## measure
	$(BIN)/python -m pytest tests/bench tests/bench/check_parsing.py tests/bench/check_profiles.py \
		tests/bench/check_writers.py tests/bench/check_dashboard.py tests/bench/check_lists.py -s

bench-scale: $(DEV) ## measure with libraries of up to a million items, or of other SIZES; up to 10 minutes
	SYNCD_SCALE="$(SIZES)" SYNCD_PLOT=docs/performance.svg $(BIN)/python -m pytest tests/bench/check_scale.py tests/bench/check_many.py -s

fleet-demo: $(DEV) ## let workers on a PostgreSQL follow 10,000 authors into 100 libraries, or FLEET="4 400"; up to 10 minutes
	SYNCD_FLEET="$(FLEET)" SYNCD_PLOT=docs/fleet.svg $(BIN)/python -m pytest tests/bench/check_fleet.py -s

gecko: $(DEV) firefox ## see the Zotero plugin in the browser that Zotero is built on
	$(BIN)/python -m pytest tests/gecko/check_views.py tests/gecko/check_windows.py tests/gecko/check_daemon.py

zotero: ## try the Zotero plugin in a real Zotero: make zotero ZOTERO=FOLDER; needs Xvfb
	@test -x "$(ZOTERO)/zotero-bin" || { \
		echo "ZOTERO must name the folder of a Zotero for Linux, in which zotero-bin is: make zotero ZOTERO=~/Zotero" >&2; \
		exit 1; }
	@command -v Xvfb >/dev/null || { echo "Xvfb is missing. On Debian and Ubuntu: apt install xvfb" >&2; exit 1; }
	@$(MAKE) --no-print-directory --silent $(DEV)
	ZOTERO="$(ZOTERO)" $(BIN)/python -m pytest -x tests/desktop/check_zotero.py

# Any Chromium or Chrome that is there will do.
browser: $(DEV) ## see the dashboard in Chromium; installs it where it may
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo -n) && command -v apt-get >/dev/null \
		&& $$sudo apt-get update -qq && $$sudo apt-get install -qq --yes --no-install-recommends chromium >/dev/null; \
	} || { echo "Chromium is missing and can't be installed: the dashboard can't be seen in it" >&2; exit 1; }
	$(BIN)/python -m pytest tests/browser

pictures: $(DEV) ## draw each page of the dashboard into docs/dashboard, at three widths in both themes; needs Chromium
	$(BIN)/python -m pytest tests/browser/check_pictures.py

# Debian's firefox-esr is of the line that Zotero is built on; any Firefox that is there will do.
firefox:
	@command -v firefox-esr >/dev/null || command -v firefox >/dev/null || { \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo -n) && command -v apt-get >/dev/null \
		&& $$sudo apt-get update -qq && $$sudo apt-get install -qq --yes --no-install-recommends firefox-esr >/dev/null; \
	} || { echo "Firefox is missing and can't be installed: the plugin can't be seen in it" >&2; exit 1; }

lock: $(BIN)/uv ## pin the newest versions that pyproject.toml allows
	$(LOCK) --upgrade pyproject.toml --output-file requirements.lock
	$(LOCK) --upgrade pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --upgrade pyproject.toml --extra fleet --constraint requirements-dev.lock --output-file requirements-fleet.lock
	$(LOCK) --upgrade --group build --output-file requirements-build.lock

schema: $(PROJECT) ## write the JSON schema of the configuration
	$(BIN)/python -m syncd.config > config/syncd.schema.json

units: $(PROJECT) ## write the units for systemd
	$(BIN)/python -m syncd.service systemd

clean: ## remove all that was made here
	rm -rf $(VENV) .venv-3.* $(DEMO) $(PLUGIN_CHECKS)/node_modules .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "syncd needs Python 3.11 or later; $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
		echo "If there is another one, name it: make PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) can't make virtual environments. On Debian and Ubuntu: apt install python3-venv"; \
		exit 1; } >&2
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

$(PROJECT): pyproject.toml $(RUNTIME)
	$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.lock $(PROJECT)
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(PLUGIN): $(PLUGIN_CHECKS)/package-lock.json
	npm ci --prefix $(PLUGIN_CHECKS) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(BIN)/uv: | $(BIN)/python
	$(PIP) install uv
