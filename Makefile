# make run    train and score everything here, write leaderboard.md
# make test   every check that a change must pass; tests of parts that are missing say so
# make check  the fast part of that: format, lint, types and tests without marks
# make coverage   all tests, and which lines and branches of benchmark/ they reach
# make setup  the part they share: .venv with everything in it
PYTHON ?= python3
BIN := .venv/bin

# As in pyproject.toml and tests/conftest.py; everything else is fast.
FAST := not (slow or sandbox or cluster or browser or corpora)
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder

.PHONY: setup run lint check test coverage clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'error: needs Python 3.11 or newer; name it with PYTHON=...'; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo 'error: Python cannot make environments: apt-get install python3-venv'; exit 1; }
	@command -v cc >/dev/null \
		|| { echo 'error: needs a C compiler for PESQ: apt-get install gcc'; exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig; \
		sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' \
		|| { echo 'error: needs the Python headers for PESQ: apt-get install python3-dev'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt torch numpy
	# PESQ is compiled: four times slower without -O3, which CFLAGS of the caller would leave out.
	# Not from the cache of pip, whose wheel may have been compiled with other flags.
	CFLAGS="$$CFLAGS -O3 -ffp-contract=off" \
		$(BIN)/python -m pip install -q -c constraints.txt --no-cache-dir --no-binary pesq pesq
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

run: setup
	$(BIN)/python run_benchmark.py run

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy benchmark silentbench run_benchmark.py tasks

check: lint
	$(PYTEST) -m '$(FAST)'

# Two processes a core: many tests wait for jobs that they have started.
test: lint
	$(PYTEST) -n $$((2 * $$($(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))')))
	$(BIN)/python run_benchmark.py metrics --check
	$(BIN)/python run_benchmark.py data cards --check
	$(BIN)/python run_benchmark.py leaderboard --check

coverage: setup
	$(PYTEST) --cov --cov-report=term:skip-covered

clean:
	rm -rf .venv runs
