# Everything a person does with a checkout. Needs make and Python 3.11 or newer with venv; the rest installs itself into
# .venv from the hashed locks, only when they changed.

VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
TRYTON ?= $(VENV)-tryton
UV ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
# Databases are shared by the tests of one file, so a file stays on one process; tests/order.py says which files begin.
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=

# Tests start Python hundreds of times; where nothing compiled may be kept each start compiles the whole service again:
# five seconds of work instead of one, even for whoever set this for everything else.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check format bench openapi lock clean tryton

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

run: $(VENV)/.runtime ## install, walk the whole flow on an example, then serve API and worker until Ctrl-C
	@exec $(VENV)/bin/billing run

test: ## check, then all tests; lists at the end what had to be left out (a failure when CI=true)
	@$(MAKE) --silent --no-print-directory --jobs=2 check tryton
	@BILLING_TEST_TRYTON=$(abspath $(TRYTON)) $(PY) -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev ## ruff and mypy (import-linter runs with the tests)
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check --quiet || { echo "Some files are not formatted: make format."; exit 1; }
	@$(PY) -m mypy

format: $(VENV)/.dev ## put the code into its format and repair what ruff can repair
	@$(PY) -m ruff check --fix --exit-zero --quiet
	@$(PY) -m ruff format

bench: $(VENV)/.dev ## measure speed, each row with its floor in the same run
	@$(PY) -m bench $(BENCH_ARGS)

openapi: $(VENV)/.runtime ## write openapi.json from the code
	@$(VENV)/bin/billing openapi --output openapi.json

lock: ## resolve the versions in pyproject.toml into the hashed locks (needs uv)
	@command -v $(UV) > /dev/null || { echo "make lock needs uv (pip install uv), or UV=/its/path."; exit 1; }
	@$(LOCK) $(LOCK_ARGS) --extra build --output-file requirements.lock pyproject.toml
	@$(LOCK) $(LOCK_ARGS) --extra build --extra test --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	@$(LOCK) $(LOCK_ARGS) --output-file requirements-tryton.lock requirements-tryton.in

clean: ## remove the environment and everything generated
	@rm -rf $(VENV) $(TRYTON) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------------------------------------------------

# Without compiling: Python compiles what the service really imports, which is far less, and the first start is sooner.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(PY)
	@echo "Installing what the service needs into $(VENV) …"
	@$(PIP) install --quiet --quiet --no-compile --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) install --quiet --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

# A real accounting package for the tests, a server of its own. Where it cannot be had its tests are left out; not in CI.
tryton: $(PY)
	@$(MAKE) --silent --no-print-directory $(TRYTON)/.installed || { rm -rf $(TRYTON); test "$$CI" != true; }

$(TRYTON)/.installed: requirements-tryton.lock | $(PY)
	@echo "Installing a Tryton server for the tests into $(TRYTON) …"
	@$(PY) -m venv --clear $(TRYTON)
	@$(TRYTON)/bin/python -m pip --disable-pip-version-check install --quiet --quiet --only-binary :all: --require-hashes \
		--requirement requirements-tryton.lock
	@touch $@

# A name on the path may be older, or a launcher without a Python behind it: only running it tells.
$(PY):
	@found=; for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "This needs Python 3.11 or newer; python3 here is: $$(python3 --version 2>&1). Install one, or say make PYTHON=/its/path."; \
		exit 1; \
	fi; \
	if ! "$$found" -m venv --clear $(VENV); then \
		rm -rf $(VENV); \
		echo "$$found cannot make a virtual environment; on Debian and Ubuntu that is the package python3-venv."; \
		exit 1; \
	fi
