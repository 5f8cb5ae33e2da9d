# Paper Digest. `make run` and `make test` are all that a new machine needs; see README.md.

PYTHON ?= python3

# A renewed lock file makes its stamp old, and so installs; otherwise that takes no time.
BASE := .venv/base
DEV := .venv/dev
VENV := .venv/bin/python
MANAGE := $(VENV) manage.py
PIP := $(VENV) -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all:
LOCK := .venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# One at a time installs: a second one waits, and finds it done. Where there is no flock, two at once
# are one too many.
ALONE := mkdir -p -m 700 var && $(if $(shell command -v flock),flock var/install.lock,)

# The tests start a hundred processes: what Python compiles for the first is there for the others,
# wherever else a person has it leave nothing behind.
unexport PYTHONDONTWRITEBYTECODE

# How many at once: tests/conftest.py.
PYTEST := $(VENV) -m pytest --numprocesses auto --dist worksteal

# On SQLite and on PostgreSQL at the same time: each often waits, for a process or for a page. What
# the second one says is shown at the end.
BOTH = mkdir -p -m 700 var; $(VENV) tests/postgres.py $(PYTEST) $(1) >var/postgresql.txt 2>&1 & other=$$!; \
	DATABASE_URL= $(PYTEST) $(1); status=$$?; \
	wait $$other || status=1; cat var/postgresql.txt; exit $$status

# What OPERATING.md tells operators to set: `check --deploy` has nothing to say about it.
DEPLOYED := SITE_URL=https://digest.example.org TRUSTED_PROXIES=1 \
	SIGNUP=invitation EMAIL_VERIFICATION=mandatory EMAIL_URL=smtp+tls://mail.example.org \
	DATABASE_URL=postgres://digest@localhost/digest CACHE_URL=redis://localhost/0

.PHONY: help run install installed test test-fast test-all dev faults bench chromium lint audit format schema lock clean

help:
	@echo "make run        install and serve on http://localhost:8000/ (PORT=9000 to change)"
	@echo "make install    the same, without serving"
	@echo "make test       run the tests, on SQLite and on PostgreSQL"
	@echo "make test-fast  run the quick ones: no browser, no PostgreSQL, no admin"
	@echo "make test-all   run every test at its largest, and break what the site stands on"
	@echo "make faults     break what the site stands on, and see that nothing is lost (ONLY=disk)"
	@echo "make bench      run every benchmark at a small size, and write OPERATING.md's table"
	@echo "make lint       check style, types, templates, migrations and settings"
	@echo "make audit      ask what is known against the locked versions"
	@echo "make format     put code and templates into shape"
	@echo "make schema     renew the API's schema after a change in it"
	@echo "make lock       renew requirements/ from pyproject.toml"
	@echo "make clean      remove what can be made again; var/, with the data, stays"

# Commands that are typed meanwhile, such as invite, find the port in var/port (digest/settings.py).
run: install
	@echo "$(PORT)" > var/port
	@echo
	@echo "To load digests of your own: .venv/bin/python manage.py load_digest PATH..."
	@echo "To stop: Ctrl-C"
	@exec $(VENV) -m gunicorn --log-level warning

install:
	@$(ALONE) $(MAKE) --no-print-directory installed

installed: $(BASE)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_digest fixtures/*.md --if-new
	@$(MANAGE) collectstatic --no-input --verbosity 0

# What the tests need, installed alone as well.
dev:
	@$(ALONE) $(MAKE) --no-print-directory $(DEV)

test: dev chromium
	@$(BOTH)

test-fast: dev
	DATABASE_URL= $(PYTEST) --ignore tests/browser --ignore-glob '*/admin' -m "not slow"

test-all: dev chromium
	@$(call BOTH,--thorough)
	$(MAKE) --no-print-directory faults

# By hand, since it takes minutes: kills, a full disk, a locked database, servers that are gone.
# Some of it wants root, redis-server or faketime, and is skipped with the reason otherwise.
faults: dev
	@{ command -v faketime && command -v redis-server; } >/dev/null || { \
		[ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq --no-install-recommends faketime redis-server >/dev/null; \
	} || true
	DATABASE_URL= $(VENV) -m tests.faults $(ONLY)
	$(VENV) tests/postgres.py $(VENV) -m tests.faults $(ONLY)

# By hand, since it takes minutes: every benchmark in one run, on real digests of any archive.
ARCHIVE ?= ../shared/archive
bench: dev
	DATABASE_URL= $(VENV) tests/benchmarks/bench.py $(ARCHIVE)

# The browser tests drive Chromium, the API's recipes use curl, and some tests start a Redis of
# their own: only root can install them. Chromium without windows takes half the processor; Debian
# has it as a package of its own.
PROGRAMS = { command -v chromium-headless-shell $(1) && command -v curl && command -v redis-server; } >/dev/null
APT := DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends curl redis-server

chromium:
	@$(PROGRAMS) || [ "$$(id -u)" != 0 ] || { apt-get update -qq && \
		{ $(APT) chromium-headless-shell || $(APT) chromium; } >/dev/null; } || true
	@$(call PROGRAMS,|| command -v chromium) || \
		echo "Without Chromium, curl and redis-server, the tests that need them will be skipped"

lint: dev
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy
	$(VENV) -m djlint --quiet --check --lint templates
	$(MANAGE) makemigrations --check --dry-run
	$(DEPLOYED) $(MANAGE) check --deploy --fail-level WARNING

# Asks OSV, by names and versions alone, what is known against what is locked.
audit: dev
	$(VENV) .ci/audit

format: dev
	$(VENV) -m ruff check --fix
	$(VENV) -m ruff format
	$(VENV) -m djlint --quiet --reformat templates

schema: dev
	$(MANAGE) spectacular --validate --fail-on-warn --file digest/api/openapi.yml

lock: dev
	$(LOCK) --output-file requirements/base.txt
	$(LOCK) --output-file requirements/dev.txt --group dev --constraint requirements/base.txt

clean:
	rm -rf .venv var/static .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BASE): requirements/base.txt
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, as $(PYTHON); or say make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "Python's venv is needed: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv"
	@$(PYTHON) -m venv .venv
	@$(PIP) --requirement requirements/base.txt
	@touch $@

$(DEV): requirements/dev.txt $(BASE)
	@echo "Installing what the tests need"
	@$(PIP) --requirement requirements/dev.txt
	@touch $@
