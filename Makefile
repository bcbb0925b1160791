# Every target works from a fresh clone with nothing but python3 and make.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
TESTS ?=
# Those that measure speed on made-up records, some five minutes together, more where others work; docs/benchmarks.md has all and their commands.
BENCHMARKS ?= line detectors families formats early start text_stream grafana_panels
# Test files are shared out over this many processes: one more than there are cores, as many a test waits for a broker or
# a demo; more than a few brokers at once help nobody.
PARALLEL ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); [ $$n -ge 4 ] && echo 4 || echo $$((n + 1)))

.DEFAULT_GOAL := help
.PHONY: help demo install lint types contracts test integration stories bench bench-line soak fuzz constraints clean

help:  ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1|/' | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

# `--no-deps`: the list is complete, and what is on it is all that may come.
# The stamp is newer than both lists exactly when what is installed is what they say.
.venv/stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Mirqab needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "making .venv ..." >&2; $(PYTHON) -m venv .venv; }
	@echo "installing the pinned packages into .venv (some 600 MB the first time, a minute or two) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: .venv/stamp  ## make .venv with everything pinned in constraints.txt

demo: .venv/stamp  ## everything on this machine: models, attacks on them, drift, and the console (ARGS="--json" ...)
	@$(BIN)/mirqab demo $(ARGS)

lint: .venv/stamp  ## ruff
	$(BIN)/ruff check .

types: .venv/stamp  ## mypy, strict
	$(BIN)/mypy

contracts: .venv/stamp  ## who may import whom, in sentences
	$(BIN)/lint-imports --no-cache

test: .venv/stamp  ## all tests but soak; what this machine lacks is named at the end (TESTS=tests/unit ...)
	$(BIN)/pytest -n $(PARALLEL) --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

integration: .venv/stamp  ## only the tests of one part against the real component beside it: Kafka, ClickHouse, Alertmanager
	$(BIN)/pytest tests/integration $(ARGS)

stories: .venv/stamp  ## only the stories: the whole of it as users meet it
	$(BIN)/pytest tests/stories $(ARGS)

bench: .venv/stamp  ## speed, each beside another way to do it, one after the other (BENCHMARKS="line start" for some)
	@for name in $(BENCHMARKS); do printf '\n== %s ==\n' $$name; $(BIN)/python tests/benchmarks/$$name.py || exit 1; done

bench-line: .venv/stamp  ## only the whole line: Kafka to store, against the floor and a plain Faust service
	$(BIN)/python tests/benchmarks/line.py $(ARGS)

soak: .venv/stamp  ## long runs with kills and outages (MIRQAB_SOAK_MINUTES, default 10)
	$(BIN)/pytest -m soak --timeout 0 -s $(ARGS)

fuzz: .venv/stamp  ## hypothesis, many more examples than in `make test`
	MIRQAB_TEST_HOSTILE=$${MIRQAB_TEST_HOSTILE:-1000000} $(BIN)/pytest --hypothesis-profile fuzz --timeout 0 \
		tests/conformance tests/unit tests/stories/test_hostile_input.py $(ARGS)

constraints: ## pin the newest versions that pyproject.toml allows, with hashes, for .venv and for the image
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv; $(BIN)/python -m pip install --quiet uv; }
	@env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra dev --generate-hashes --no-header --no-annotate --no-strip-extras pyproject.toml --output-file constraints.txt
	@$(BIN)/python docker/needed.py run | env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --constraint constraints.txt --generate-hashes --no-header --no-annotate --no-strip-extras - --output-file docker/requirements.txt
	@$(BIN)/python docker/needed.py build | env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --constraint constraints.txt --generate-hashes --no-header --no-annotate --no-strip-extras - --output-file docker/build-requirements.txt

clean:  ## remove .venv, caches and build leftovers (never your data)
	rm -rf .venv .cache dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
