# One entry for everything; each target makes what it needs first. `make` alone says what there is.
SHELL := bash
BIN := .venv/bin
# Tests start Python by the hundred; some machines forbid it to keep what it compiled, and then nearly all of their time goes there.
unexport PYTHONDONTWRITEBYTECODE
# The languages and the oracle decide every verdict: no line of them stays untried.
ORACLE := harness/wire/*,harness/plan.py,harness/plan/*,harness/history.py,harness/history/*,harness/model/*,harness/checks/*

# Their tests.
PURE := tests/wire tests/plan tests/test_plan.py tests/test_history.py tests/model tests/checks

# Each implementation, right or faulty, under the suites.
RIGHT := tests/implementations
FAULTY := tests/faulty
# What runs whole suites in children, what opens browsers, and what is quick beside them.
WAITING := tests/test_seed.py tests/cli/test_preflight.py
BROWSERS := tests/worlds
NASTY := tests/worlds/test_nasty_targets.py
BESIDE := tests/loading tests/bench tests/reference

.PHONY: help setup demo test prove lint format types layers tests gate lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup:  ## virtual environment, locked packages, a Chromium; quick the second time
	@.ci/setup --want browser

demo:  ## set-up, then the reference server under every kind of test, one report
	@.ci/setup --want browser
	@$(BIN)/onesocket demo

test:  ## set-up, then everything that CI asks for
	@.ci/setup --need browser --want node,redis
	@.ci/parts lint types layers tests gate

# The parts alone, for while one works: they set up only where there is nothing yet.
lint types layers tests gate format lock: | $(BIN)/python

$(BIN)/python:
	@.ci/setup

lint:  ## ruff: rules and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types:  ## mypy, strict, tests and suites too
	@$(BIN)/mypy

layers:  ## import-linter: who may import whom
	@$(BIN)/lint-imports --no-logo

# The languages and the oracle come first, alone with coverage. What follows mostly waits, for browsers, promises and children,
# so it goes on side by side, in parts of about the same length. The faulty ones are tried several at a time by themselves, and
# come last: on a machine that is busier still nothing is on time.
tests:  ## the harness's own tests, coverage of the oracle; and all suites on right and faulty implementations
	@status=0; $(BIN)/coverage run -m pytest $(PURE) || status=$$?; \
	.ci/beside "tests $(addprefix --ignore=,$(PURE) $(BROWSERS) $(BESIDE) $(WAITING) $(RIGHT) $(FAULTY))" \
		"$(BROWSERS) --ignore=$(NASTY)" "$(BESIDE)" "$(RIGHT) $(WAITING) -k 'not tabs and not bun'" \
		"$(RIGHT) -k 'tabs and not library'" "$(RIGHT) $(NASTY) -k '(tabs and library) or bun or nasty'" || status=$$?; \
	.ci/beside "$(FAULTY) -k 'not faulty_client'" "$(FAULTY) -k faulty_client" || status=$$?; exit $$status

gate:  ## coverage of the last `make tests`: 100 % of the languages and the oracle
	@$(BIN)/coverage report --include='$(ORACLE)' --fail-under=100 --skip-covered

prove:  ## for hours: each faulty implementation against everything, right ones TIMES times, a million deliveries
	@.ci/setup --need browser --want node,redis
	@$(BIN)/python -m tests.faulty.prove
	@$(BIN)/python -m tests.implementations.fairness --times $(or $(TIMES),20)
	@$(BIN)/python -m tests.loading.million

format:  ## ruff: mend what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock:  ## requirements.lock anew, from pyproject.toml
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --upgrade --quiet --custom-compile-command 'make lock' \
		--output-file requirements.lock

clean:  ## what runs and tools left behind, not .venv
	@rm -rf .coverage .coverage.* htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
	@find . -name __pycache__ -not -path './.venv/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +
