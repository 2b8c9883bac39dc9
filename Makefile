# Two commands are all that a newcomer needs: make demo, make test. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where the demo's run goes, with its figures.
RUNS ?= runs
NAME := demo-$(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test check format clean

demo: $(VENV)/installed-train
	$(BIN)/python -m inkdigits summary
	$(BIN)/python -m inkdigits train --runs '$(RUNS)' --name $(NAME)
	$(BIN)/python -m inkdigits evaluate '$(RUNS)/$(NAME)'
	$(BIN)/python -m inkdigits show '$(RUNS)/$(NAME)' --index 47
	$(BIN)/python -m inkdigits show '$(RUNS)/$(NAME)' --mistakes --filters --maps 47

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A stamp a set of extras: installing again does nothing until pyproject.toml changes.
$(VENV)/installed-%: pyproject.toml | $(VENV)/python
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'inkdigits needs Python 3.11 or newer; name one with make PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
