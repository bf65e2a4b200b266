# Every target sets up what it needs in .venv: Python 3.11+, a C compiler and headers are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(wildcard _codec/*.pyx _codec/*.pxd _codec/*/*.pyx) setup.py pyproject.toml

.PHONY: demo test soak soak-hostile sanitize bench lint types generate clean

demo: $(VENV)/.demo  ## what ibfast is for, against the built-in simulator
	$(BIN)/ibfast demo

test: $(VENV)/.test  ## the whole suite, other clients as judges included
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

SECONDS ?= 600

soak: $(VENV)/.test  ## random faults, ten minutes of them or SECONDS=60; SEED= draws the same again
	$(BIN)/python tests/soak.py --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

soak-hostile: $(VENV)/.test  ## the same beside failing callbacks, a full disk, forks, dropped clients and spoiled answers
	$(BIN)/python tests/soak_hostile.py --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

sanitize: $(VENV)/.test  ## the codec tests with Address- and UndefinedBehaviorSanitizer, on an extension of their own
	tools/sanitize $(BIN)/python $(TESTS)

bench: $(VENV)/.test  ## ibfast and its peers, in one run
	$(BIN)/python -m benchmarks

lint: $(VENV)/.lint  ## style, and that generated files are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(abspath $(BIN)):$$PATH" cython-lint _codec
	$(BIN)/python tools/generate_blocking.py --check
	$(BIN)/python tools/generate_messages.py --check
	$(BIN)/python tools/generate_coverage.py --check
	$(BIN)/python tools/generate_errors.py --check

types: $(VENV)/.lint  ## mypy strict, and the extension against its stub
	$(BIN)/mypy
	cd examples && MYPYPATH=.. ../$(BIN)/mypy --strict .
	$(BIN)/python -m mypy.stubtest ibfast._codec

generate: $(VENV)/.lint  ## write the files that are made from others
	$(BIN)/python tools/generate_blocking.py
	$(BIN)/python tools/generate_messages.py
	$(BIN)/python tools/generate_coverage.py
	$(BIN)/python tools/generate_errors.py

clean:
	rm -rf $(VENV) build dist *.egg-info ibfast/*.so _codec/_codec.c

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ibfast needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip' || { echo 'This Python cannot make virtual environments; on Debian: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.demo: $(SOURCES) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[cli]'
	touch $@

$(VENV)/.test: $(SOURCES) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[cli,pandas,prometheus]' --group build --group test --group interop
	touch $@

$(VENV)/.lint: $(SOURCES) $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group lint
	touch $@
