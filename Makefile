# What a person types. Everything below needs only Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup run dev test check bench soak pictures messages pins clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## make the environment alone
	@$(PYTHON) app/cli/bootstrap.py

run: setup ## everything and the demo, then web and worker; prints the address
	@$(BIN)/python -m app.cli.run

dev: ## the environment with the tools of development
	@$(PYTHON) app/cli/bootstrap.py --dev

test: dev ## the whole suite, on SQLite and on a real PostgreSQL, with a real browser
	@$(BIN)/python -m pytest -n 3 --dist worksteal

check: dev ## what CI runs: lint, types, floors, templates, translations, migrations, tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m app.cli.messages check
	@$(MAKE) --no-print-directory test

bench: dev ## the figures, as a table and as bench.json
	@$(BIN)/python -m bench

soak: dev ## the larger tiers of the races and faults
	@KERMESSE_SOAK=1 $(BIN)/python -m pytest tests/races -n 0 -v

pictures: dev ## the screenshots of docs/pictures
	@$(BIN)/python -m tests.journeys.pictures

messages: dev ## collect new texts into the catalogues
	@$(BIN)/python -m app.cli.messages update

pins: ## compile requirements*.in into pinned, hashed requirements*.txt (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt

clean: ## remove what set-up made; the data in instance/ stays
	rm -rf .venv static/fonts app/translations/*/LC_MESSAGES/*.mo
