# Every target does its own set-up: a virtual environment in .venv, with the versions of constraints.txt.
# `make demo` and `make test` need nothing but Python 3.11+ and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
DEV    := $(VENV)/.installed-dev
CORE   := $(VENV)/.installed-core
BENCH  := $(VENV)/.installed-bench
BROWSERS := chromium chromium-headless-shell google-chrome

.PHONY: help setup browser demo test test-all check format bench docs clean

help:
	@echo "make demo      two made-up birds: segment, map and score ten minutes of song (under 5 minutes)"
	@echo "make test      the test suite (under 12 minutes)"
	@echo "make test-all  the same and the slow tests, which train on real data"
	@echo "make check     format, lint, types, import directions"
	@echo "make bench     speed and quality, as ratios against bare loops and baselines"
	@echo "make docs      the documentation, warnings are errors"

setup: $(DEV)

# Debian splits ensurepip off; where that is the case and we may, fetch it.
$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Subsong needs Python 3.11 or newer; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
	  || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv; } \
	  || { echo "Python lacks its venv module: install the system package python3-venv"; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"

$(CORE): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[studio]'
	@touch $@

$(DEV): $(CORE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(BENCH): $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

# The studio's pages are tested in a real browser, the system's; where there is none and we may, fetch one.
browser:
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || echo "No browser found: the tests of the studio's pages are skipped. Install the system package chromium."

demo: $(CORE)
	$(BIN)/subsong demo

# One thread a worker: the threads of two test processes that spin on two cores slow each other many times.
test: $(DEV) browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadscope -m "not slow"

test-all: $(DEV) browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadscope

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_house.py

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(BENCH)
	$(BIN)/python -m benchmarks

docs: $(DEV)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean:
	rm -rf $(VENV) docs/_build .pytest_cache .ruff_cache .mypy_cache
