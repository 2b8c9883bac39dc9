# Two commands are all that a newcomer needs: make demo, make test. Both set up .venv themselves.
VENV := .venv
ifeq ($(OS),Windows_NT) # under Git's bash
PYTHON ?= python
BIN := $(VENV)/Scripts
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif
KERAS := .venv-keras/$(notdir $(BIN))/python
# Where the demo's run goes, with its figures.
RUNS ?= runs
NAME := demo-$(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test coverage check docs figures bench model wasm format clean

demo: $(VENV)/installed-train
	$(BIN)/python -m inkdigits summary --recipe lab
	$(BIN)/python -m inkdigits train --recipe lab --runs '$(RUNS)' --name $(NAME)
	$(BIN)/python -m inkdigits evaluate '$(RUNS)/$(NAME)'
	$(BIN)/python -m inkdigits show '$(RUNS)/$(NAME)' --index 47
	$(BIN)/python -m inkdigits show '$(RUNS)/$(NAME)' --mistakes --filters --maps 47

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

coverage: $(VENV)/installed-dev
	$(BIN)/python -m coverage run -m pytest -n 2 --dist worksteal
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --skip-covered

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The site of docs/, for any static host; a broken link ends it.
docs: $(VENV)/installed-docs
	$(BIN)/python -m zensical build --strict

# Five minutes on two cores: the pictures of docs/concepts and of the tours.
figures: $(VENV)/installed-train
	$(BIN)/python docs/figures/make.py

# An hour on two cores. TensorFlow has an environment of its own, since it is only measured beside us.
bench: $(VENV)/installed-dev .venv-keras/installed
	$(BIN)/python benchmarks/bench.py --keras-python $(KERAS)
	$(BIN)/python benchmarks/page.py

# An hour and a half on two cores: the network that reads, taught further hands, and its card.
model: $(VENV)/installed-model
	$(BIN)/python -m inkdigits model --no-card --runs '$(RUNS)'
	$(BIN)/python -m inkdigits model --hands --runs '$(RUNS)'

# The page's convolution; a test holds what is compiled to its source.
wasm: $(VENV)/installed-dev
	$(BIN)/python -c "from pathlib import Path; import wasmtime; web = Path('src/inkdigits/web'); \
	  source = (web / 'convolution.wat').read_text(); \
	  (web / 'static' / 'convolution.wasm').write_bytes(wasmtime.wat2wasm(source))"

.venv-keras/installed:
	$(PYTHON) -m venv .venv-keras
	$(KERAS) -m pip install --quiet 'tensorflow>=2.16'
	@touch $@

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
	rm -rf $(VENV) .venv-keras site .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
