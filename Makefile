# Everything a person needs: `make demo` to see the portal, `make test` to check a change.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
JOBS ?= 2
# Own databases, so that a run here disturbs nobody's `pytest --reuse-db`.
TEST_DB_SUFFIX ?= make
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PYTEST := TEST_DB_SUFFIX=$(TEST_DB_SUFFIX) $(BIN)/python -m pytest -n $(JOBS)

.PHONY: demo install test test-long test-postgres lint bench messages requirements

demo: .venv/runtime.stamp
	@PORT=$(PORT) .ci/demo

install: .venv/dev.stamp

# Hashes are checked: a package that was changed after compiling is refused.
.venv/runtime.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

test: .venv/dev.stamp
	$(PYTEST) $(ARGS)

# The kills alone take half of the time: nothing else must wait behind them in one process.
test-long: .venv/dev.stamp
	TEST_LONG=1 $(PYTEST) --dist worksteal $(ARGS)

test-postgres: .venv/dev.stamp
	DATABASE_URL=$(TEST_POSTGRES_URL) $(PYTEST) $(ARGS)

lint: .venv/dev.stamp
	.ci/lint

bench: .venv/runtime.stamp
	$(MANAGE) bench $(ARGS)

# Collect the texts of templates and code, then compile; both kinds of file are committed.
messages: .venv/runtime.stamp
	$(MANAGE) makemessages --locale vi --no-obsolete --no-wrap --add-location file \
		--ignore .venv --ignore var --ignore tests
	$(MANAGE) compilemessages --ignore .venv

requirements: .venv/dev.stamp
	for name in requirements requirements-dev; do \
		UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet \
			--generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 \
			$$name.in -o $$name.txt || exit 1; \
	done
