# make demo       see the whole way on a made plate (under two minutes on a fresh machine)
# make test       everything that every change must pass (under ten minutes)
# make test-full  what needs real servers, a browser or patience
# make coverage   what the tests of make test reach (at least 85 %); takes a third longer than they do
# make docs       the documentation site, in site/
# make bench      the figures
# make format     format the code and mend what ruff can mend
# make clean      remove what make made, the environment too
#
# Needs python3 (3.11 or later), make and git; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin

# The environment that make makes does not depend on the one it was called from.
$(foreach name,$(filter PYTHON%,$(.VARIABLES)),$(eval unexport $(name)))
unexport VIRTUAL_ENV
export PYTHONNOUSERSITE := 1
export NO_MKDOCS_2_WARNING := 1

.PHONY: demo test test-full coverage docs bench format clean

demo: .venv/demo.stamp
	$(BIN)/cpgate demo build/demo

test: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict
	@rm -rf build/test && mkdir -p build/test
	$(BIN)/python -m pytest -m "not full" --numprocesses auto --dist loadfile --junit-xml=build/test/fast.xml
	@$(BIN)/python .ci/summary.py build/test/fast.xml

coverage: .venv/dev.stamp
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -m "not full" --numprocesses auto --dist loadfile
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-full: .venv/dev.stamp
	@sh .ci/localstack
	@mkdir -p build/test
	$(BIN)/python -m pytest -m full --junit-xml=build/test/full.xml
	@$(BIN)/python .ci/summary.py build/test/full.xml

docs: .venv/dev.stamp
	$(BIN)/mkdocs build --strict
	@echo "open site/index.html"

bench: .venv/dev.stamp
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-localstack build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*

# Stamps hold the time at which .venv was filled from pyproject.toml.
.venv/demo.stamp: pyproject.toml
	@test -e .venv/dev.stamp || sh .ci/environment $(PYTHON) demo
	@test ! -e .venv/dev.stamp || sh .ci/environment $(PYTHON) dev
	@touch $@

.venv/dev.stamp: pyproject.toml
	@sh .ci/environment $(PYTHON) dev
	@touch $@ .venv/demo.stamp
