# Two commands do everything:   make book   and   make test.   `make help` lists the rest.
# Needs make and Python 3.11, 3.12 or 3.13 (a certain one: make book PYTHON=/path/to/python3.12).
# Works with GNU Make 3.81. The recipes run one after another, also under `make -j`.

SHELL := /bin/sh
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup book html pdf archive run notebooks test lint types unit check nbval committed browser faults bench lighthouse repeat lab binder tools lock audit fonts links fuzz clean

# Without byte code every start of Python takes half as long again; PYTHONPATH and PYTHONHOME would let other packages in.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
CANDIDATES := python3.12 python3.13 python3.11 python3 python
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
HEADING = @printf '\n== %s ==\n'

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The environment is made again from nothing when the locked requirements, the version of Python or the folder changed;
# the package alone is installed again when only pyproject.toml or the settings of JupyterLab changed. Each stamp is
# written last, so that a set-up that was interrupted is done again.
setup: ## create .venv from the locked requirements (does nothing when nothing changed)
	@set -eu; \
	suitable() { command -v "$$1" >/dev/null 2>&1 && "$$1" -c '$(SUITABLE)' 2>/dev/null; }; \
	python='$(PYTHON)'; \
	if [ -n "$$python" ]; then \
	  suitable "$$python" || { echo "make: PYTHON=$$python is not a working Python 3.11, 3.12 or 3.13" >&2; exit 1; }; \
	elif suitable $(BIN)/python; then python=$(BIN)/python; \
	else \
	  for candidate in $(CANDIDATES); do \
	    if suitable "$$candidate"; then \
	      [ -n "$$python" ] || python=$$candidate; \
	      if "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then python=$$candidate; break; fi; \
	    fi; \
	  done; \
	  [ -n "$$python" ] || { echo "make: no Python 3.11, 3.12 or 3.13 found (tried $(CANDIDATES))." \
	    "Install one from https://www.python.org/downloads/, or name yours: make book PYTHON=/path/to/python" >&2; exit 1; }; \
	fi; \
	python=$$("$$python" -c 'import sys; print(sys._base_executable)'); \
	version=$$("$$python" -c 'import platform; print(platform.python_version())'); \
	locked="$$version $$(pwd) $$(cksum < requirements/full.txt)"; \
	installed=$$(cat pyproject.toml jupyter/etc/jupyter/*.* jupyter/etc/jupyter/*/* | cksum); \
	if [ "$$(cat $(VENV)/.locked 2>/dev/null)" != "$$locked" ] || ! suitable $(BIN)/python; then \
	  "$$python" -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $$python ($$version) lacks the venv module." \
	    "Install it (Debian, Ubuntu: sudo apt install python3-venv), or name another Python: make book PYTHON=/path/to/python" >&2; exit 1; }; \
	  printf '\n== set-up: Python %s in $(VENV), about a minute ==\n' "$$version"; \
	  rm -rf $(VENV); \
	  "$$python" -m venv $(VENV); \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/full.txt; \
	  printf '%s\n' "$$locked" > $(VENV)/.locked; \
	fi; \
	if [ "$$(cat $(VENV)/.installed 2>/dev/null)" != "$$installed" ]; then \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	  printf '%s\n' "$$installed" > $(VENV)/.installed; \
	fi

book: setup ## run the notebooks and build the HTML and the PDF book
	$(HEADING) 'book'
	@$(BIN)/balancing-act book

html: setup ## the HTML book only (build/html/index.html)
	$(HEADING) 'HTML book'
	@$(BIN)/balancing-act book --html

pdf: setup ## the PDF book only (build/pdf/balancing-act.pdf)
	$(HEADING) 'PDF book'
	@$(BIN)/balancing-act book --pdf

archive: book ## the book, then one zip of everything, for Zenodo (build/archive)
	$(HEADING) 'archive'
	@$(BIN)/balancing-act archive

run: setup ## execute the notebooks that changed
	$(HEADING) 'run'
	@$(BIN)/balancing-act run

notebooks: setup ## execute the notebooks and refresh the committed outputs
	$(HEADING) 'refresh the committed notebooks'
	@$(BIN)/balancing-act run --update-notebooks

test: lint types unit check nbval committed browser ## every check below, in this order
	@printf '\nmake test: all checks passed\n'

lint: setup ## ruff: rules and format
	$(HEADING) 'ruff'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy, strict, over src
	$(HEADING) 'mypy'
	@$(BIN)/mypy

unit: setup ## pytest
	$(HEADING) 'pytest'
	@$(BIN)/python -m pytest -n 2 --dist loadscope --ignore tests/browser

check: setup ## validate data/ against data/datapackage.json
	$(HEADING) 'data check'
	@$(BIN)/balancing-act check

nbval: setup ## execute the committed notebooks and compare every output
	$(HEADING) 'nbval'
	@$(BIN)/python -m pytest --nbval -n 2 --dist loadfile -p no:cacheprovider notebooks

committed: setup ## build the HTML from the committed notebooks, warnings are errors
	$(HEADING) 'HTML book from the committed notebooks'
	@$(BIN)/balancing-act book --committed --html

browser: committed ## use the HTML book in headless Chromium, without a network (skips where there is no Chromium)
	$(HEADING) 'browser'
	@$(BIN)/python -m pytest -n 2 --dist loadscope tests/browser

faults: setup ## make hundreds of faults in data and code, one at a time, and see what notices them (half an hour; ONLY=data, code or again)
	$(HEADING) 'seeded faults'
	@$(BIN)/python tests/faults_check.py $(if $(ONLY),--only $(ONLY))

bench: setup ## time every job beside the plain ways to do it, and with size (an hour)
	$(HEADING) 'beside other ways'
	@$(BIN)/python benchmarks/peers.py
	$(HEADING) 'with size'
	@$(BIN)/python benchmarks/growth.py
	@$(BIN)/python benchmarks/report.py

lighthouse: html ## weigh and time every page of the HTML book (needs npm and Chromium; some minutes)
	$(HEADING) 'pages'
	@$(BIN)/python benchmarks/pages.py

repeat: setup ## two builds from two clean clones, compared byte by byte, and results on every Python (ten minutes)
	$(HEADING) 'repeat'
	@$(BIN)/python benchmarks/repeat.py

lab: setup ## open the notebooks in JupyterLab, at the start notebook
	@$(BIN)/jupyter lab

# Needs a package index, and a browser for the second part: no part of `make test`.
binder: setup ## install as Binder does, timed, and run all notebooks in JupyterLab in a headless browser
	$(HEADING) 'Binder: detection and installation'
	@$(BIN)/python tests/binder_check.py $(if $(PYTHON),--python $(PYTHON))
	$(HEADING) 'Binder: the notebooks in JupyterLab'
	@$(BIN)/python tests/lab_check.py --repository build/binder/repository --python build/binder/venv/bin/python

# What changes or judges the locks has an environment of its own, locked with hashes too.
tools: setup ## create build/tools, which `make lock`, `make audit` and `make fonts` use, from requirements/tools.txt
	@set -eu; \
	locked=$$(cksum < requirements/tools.txt); \
	if [ "$$(cat build/tools/.locked 2>/dev/null)" != "$$locked" ]; then \
	  rm -rf build/tools; \
	  $(BIN)/python -m venv build/tools; \
	  build/tools/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/tools.txt; \
	  printf '%s\n' "$$locked" > build/tools/.locked; \
	fi

# The bill without what would differ from one run to the next, and without addresses and hashes of files (uv.lock has them).
BILL := import json, sys; bill = json.load(sys.stdin); del bill["serialNumber"], bill["metadata"]["timestamp"]; \
  [part.pop("externalReferences") for part in bill["components"]]; print(json.dumps(bill, indent=1))

# uv resolves for Python 3.11 to 3.13 on every platform; pip alone cannot.
lock: tools ## resolve pyproject.toml into uv.lock, requirements/*.txt and the bill of materials beside them
	$(HEADING) 'lock'
	@set -eu; \
	uv="build/tools/bin/uv --quiet --no-config --no-python-downloads"; \
	$$uv lock --python $(BIN)/python $(UPGRADE); \
	for name in base full tools; do \
	  parts='--group build --no-dev'; \
	  if [ $$name = full ]; then parts="$$parts --extra book --extra fetch --extra scale --extra test"; fi; \
	  if [ $$name = tools ]; then parts='--only-group tools'; fi; \
	  { echo "# Made by 'make lock' from pyproject.toml and uv.lock. Do not edit."; \
	    $$uv export --locked --python $(BIN)/python --no-header --no-emit-project $$parts; } > build/$$name.txt; \
	  mv build/$$name.txt requirements/$$name.txt; \
	done; \
	$$uv export --locked --python $(BIN)/python --all-extras --all-groups --format cyclonedx1.5 > build/sbom.cdx.json; \
	$(BIN)/python -c '$(BILL)' < build/sbom.cdx.json > requirements/sbom.cdx.json; \
	grep -c '==' requirements/base.txt requirements/full.txt requirements/tools.txt

# Known vulnerabilities need a network: what could not be asked is said, and is no success. No part of `make test`.
audit: tools ## known vulnerabilities and licences of all packages, secrets in files and history, workflows
	$(HEADING) 'audit'
	@$(BIN)/python tests/audit_check.py --tools build/tools/bin

fonts: committed tools ## the Chinese, Japanese and Korean signs of the pages as small fonts (book/_static/fonts)
	$(HEADING) 'fonts'
	@$(BIN)/python tests/cjk_fonts.py --tools build/tools/bin

links: committed ## ask for every external link of book and data (needs a network; some minutes)
	$(HEADING) 'links'
	@$(BIN)/jupyter-book build build/source --path-output build/links --builder linkcheck

fuzz: setup ## the readers with more odd input than in `make unit` (some minutes)
	$(HEADING) 'fuzz'
	@FUZZ=2000 $(BIN)/python -m pytest -n 2 tests/test_fuzz.py

clean: ## remove what was made, but not .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
