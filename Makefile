# Tollhouse: every command a developer or an operator of a checkout needs.
#
#   make run     set up, then run the server on the embedded database with sample data
#   make test    set up, install the test peers (PostgreSQL, FreeRADIUS) if missing, check, test
#   make setup   set up only: .venv with the locked packages, compiled parts built
#   make check   lint, format, types, floors, stubs of compiled modules
#   make simulate   play seeded histories of the whole server (SEEDS=1000, or 17-40; RECORD=--record)
#   make plant      plant bugs one by one, and see that the simulator finds each (BUGS=..., RECORD=)
#   make canary     play the seed that must fail
#   make chaos      attack real servers and databases (ATTACKS="kill power ...", RECORD=--record)
#   make compare    play the same histories to a stock FreeRADIUS and to Tollhouse (RECORD=)
#   make fuzz       fuzz everything that reads what others wrote (RUNS=1000000; TARGETS=..., RECORD=)
#   make ratings    a million records under generated plans, priced by both raters (RATED=1000000)
#   make zones      periods and bands in every time zone, at every jump of its clocks, 1990-2039
#   make sanitize   the compiled parts under the address and undefined-behaviour sanitizers
#   make bench   run the benchmarks of our own parts
#   make field   race against FreeRADIUS on this machine (QUICK=--quick, ONLY=interims,logins, RECORD=)
#   make docs    write the generated pages of docs/ again
#   make format  lay out the code as `make check` wants it
#   make lock    compile the lock files from requirements*.in
#   make clean   remove everything that a build or a test left behind (never var/)
#
# Stamp files under .venv make a repeat instant: a changed lock installs again, a changed .pyx builds
# again. PYTHON names another interpreter (3.11 or newer) for a new .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps

# Much of what the tests do is waiting for peers, so one more at a time than there are cores.
TEST_JOBS ?= $(shell expr $$(nproc) + 1)

# Workers and children share what one of them has compiled.
unexport PYTHONDONTWRITEBYTECODE

PACKAGES := domain radius rating nas accounting aaa billing store server cli
COMPILED := $(wildcard $(PACKAGES:%=%/_*.pyx))
NATIVE := $(COMPILED) $(wildcard $(PACKAGES:%=%/_*.pxd) $(PACKAGES:%=%/_*.h) $(PACKAGES:%=%/_*_c.c))
STUBBED := $(subst /,.,$(basename $(wildcard $(PACKAGES:%=%/_*.pyi))))

PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: help setup run test check format bench docs lock peers dev debug clean \
	collected simulate plant canary chaos compare fuzz zones ratings sanitize field

help:
	@sed -n 's/^#   make/  make/p' Makefile

# --- setting up -----------------------------------------------------------------------------------

setup: $(STAMPS)/build
	@echo "Set up: $(BIN)/tollhouse"

$(STAMPS)/venv:
	@missing=()
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing+=(python3)
	"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
	"$(PYTHON)" -c 'import os, sysconfig as s; os.stat(s.get_path("include") + "/Python.h")' \
		2>/dev/null || missing+=(python3-dev)
	echo '#include <stdlib.h>' | "$${CC:-cc}" -E - >/dev/null 2>&1 || missing+=(gcc libc6-dev)
	# Off amd64 pysqlite3 comes without a bundled SQLite and is compiled against the system's.
	if [ "$$(uname -m)" != x86_64 ]; then
		echo '#include <sqlite3.h>' | "$${CC:-cc}" -E - >/dev/null 2>&1 || missing+=(libsqlite3-dev)
	fi
	if [ $${#missing[@]} -gt 0 ]; then
		echo "make: Python 3.11 or newer with venv and headers, and a C compiler, are needed;" \
			"on Debian: apt-get install $${missing[*]}" >&2
		exit 1
	fi
	"$(PYTHON)" -m venv $(VENV)
	mkdir -p $(STAMPS)
	touch $@

$(STAMPS)/locked: requirements.lock $(STAMPS)/venv
	@echo "Installing the locked packages into $(VENV) ..."
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	touch $@

$(STAMPS)/installed: pyproject.toml setup.py $(STAMPS)/locked
	@echo "Installing tollhouse into $(VENV) ..."
	TOLLHOUSE_NATIVE_LATER=1 $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

$(STAMPS)/build: $(NATIVE) $(STAMPS)/installed
	@echo "Building the compiled parts ..."
	$(BIN)/python setup.py --quiet build_ext --inplace --parallel $$(nproc)
	touch $@

dev: $(STAMPS)/dev
	@:

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/build
	@echo "Installing the development packages into $(VENV) ..."
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	touch $@

peers:
	@bash tests/peers/install.sh

# Bounds and overflow checks, line tracing and C asserts in the compiled parts; `make clean setup` ends it.
debug: $(STAMPS)/installed
	TOLLHOUSE_DEBUG_BUILD=1 $(BIN)/python setup.py --quiet build_ext --inplace --force

# --- running, testing, measuring ------------------------------------------------------------------

run: setup
	@$(BIN)/tollhouse init --sample
	exec $(BIN)/tollhouse serve

test: setup dev peers
	@$(MAKE) --no-print-directory --jobs 2 check collected
	$(BIN)/python -m pytest --numprocesses $(TEST_JOBS) --dist loadfile --no-loadscope-reorder

# Compiles the tests beside the checks; what it finds wrong is told by the run itself.
collected: dev
	@$(BIN)/python -m pytest --collect-only --quiet > /dev/null || :

check: setup dev
	@echo "ruff: lint";    $(BIN)/ruff check .
	echo "ruff: format";   $(BIN)/ruff format --check .
	echo "mypy: types";    $(BIN)/mypy
	echo "lint-imports: floors"; $(BIN)/lint-imports --no-cache
	if [ -n "$(STUBBED)" ]; then
		echo "stubtest: $(STUBBED)"; $(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml --concise $(STUBBED)
	fi

format: dev
	@$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

# --- the proof (docs/reliability.md) --------------------------------------------------------------

SEEDS ?= 1000
RUNS ?= 1000000
RATED ?= 1000000

simulate: dev peers
	@$(BIN)/python -m tests.simulation.run --seeds $(SEEDS) $(RECORD)

plant: dev peers
	@$(BIN)/python -m tests.simulation.plant $(BUGS) $(RECORD)

chaos: dev peers
	@$(BIN)/python -m tests.chaos.run $(ATTACKS) $(RECORD)

compare: dev peers
	@$(BIN)/python -m tests.chaos.compare $(RECORD)

canary: dev peers
	@$(BIN)/python -m tests.simulation.run --canary

fuzz: dev
	@bash tests/peers/install.sh fuzz
	$(BIN)/python -m tests.fuzz.run --executions $(RUNS) $(TARGETS) $(RECORD)

ratings: dev
	@$(BIN)/python -m tests.ratings.run --records $(RATED)

zones: dev
	@$(BIN)/python -m tests.zones.run

sanitize: dev
	@bash tests/peers/install.sh fuzz
	$(BIN)/python -m tests.fuzz.sanitize

field: dev peers
	@$(BIN)/python -m benchmarks.field $(QUICK) $(if $(ONLY),--only $(ONLY)) $(RECORD)

bench: dev peers
	@shopt -s nullglob
	for program in benchmarks/bench_*.py; do
		echo "== $$program"
		program=$${program%.py}
		$(BIN)/python -m "$${program//\//.}"
	done

docs: setup
	@$(BIN)/python -m cli.reference
	$(BIN)/python -m tests.reliability.page

# --- keeping house --------------------------------------------------------------------------------

# Versions move only when asked to: `make lock UPGRADE=--upgrade`, or `UPGRADE="--upgrade-package click"`.
lock: dev
	@$(PIP_COMPILE) $(UPGRADE) --output-file requirements.lock requirements.in
	$(PIP_COMPILE) $(UPGRADE) --output-file requirements-dev.lock requirements-dev.in

clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(PACKAGES) -name '*.so' -delete
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
