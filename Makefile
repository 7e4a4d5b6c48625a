# Two commands set everything up: `make demo` and `make test`. Each works first, on a fresh machine with Python 3.11.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-quick test-sweeps test-numerics mutants docs docs-test examples test-tflite-runtime test-arm64 lint bench peers bench-export clean

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not there; hint: make $(MAKECMDGOALS) PYTHON=python3" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[litert,onnxruntime,openvino,train,jax,heif,report,lint,clients,dev]"
	touch $(STAMP)

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh demo

# On two cores, a file of tests to a process at a time, in the order of tests/conftest.py.
test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not sweep"

# Long sweeps: faults, damaged files, random inputs.
test-sweeps: $(STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist load -m sweep

# What must not hang on one CPU's arithmetic, or on the order: without oneDNN's kernels, with other seeds for all that is trained, shuffled.
NUMERICS = $(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not sweep" -p randomly
test-numerics: $(STAMP)
	TF_ENABLE_ONEDNN_OPTS=0 $(NUMERICS) --training-seed 1
	$(NUMERICS) --training-seed 2

test-quick: $(STAMP)
	$(BIN)/python -m pytest -m "not slow and not sweep"

# The documentation as a site in build/docs; a link that leads nowhere is an error.
# Its pages are cached beside what takes hours to make again, all of which zensical's own --clean would remove.
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	rm -f .cache/[0-9]* .cache/*.json
	$(BIN)/zensical build --strict

# Every command and every block of Python in the README and the guide, on little data.
docs-test: $(STAMP)
	$(BIN)/python scripts/run_docs.py README.md docs/guide.md

# Every app in examples/, built and run on small bundles that are trained first; needs Node.js, a C compiler and Chromium.
examples: $(STAMP)
	$(BIN)/python -m pytest -v tests/examples

# tflite-runtime needs NumPy 1, so it has an environment of its own, which cannot train: its tests take the small bundle from .venv.
DEVICE_VENV := .venv-tflite-runtime
DEVICE_STAMP := $(DEVICE_VENV)/.installed
DEVICE_BUNDLE := .cache/tests/bundle
DEVICE_TESTS := tests/runtimes tests/benchmarking tests/store tests/host

$(DEVICE_BUNDLE): | $(STAMP)
	$(BIN)/python -m pytest -q tests/contract/test_exports.py -k parity_figures --bundle $@

$(DEVICE_STAMP): pyproject.toml constraints-tflite-runtime.txt
	test -x $(DEVICE_VENV)/bin/python || $(PYTHON) -m venv $(DEVICE_VENV)
	$(DEVICE_VENV)/bin/python -m pip install --quiet --constraint constraints-tflite-runtime.txt --editable ".[tflite-runtime]" pytest hypothesis
	touch $(DEVICE_STAMP)

test-tflite-runtime: $(DEVICE_STAMP) $(DEVICE_BUNDLE)
	$(DEVICE_VENV)/bin/python -m pytest $(DEVICE_TESTS) -m "not sweep" --bundle $(DEVICE_BUNDLE)
	$(DEVICE_VENV)/bin/python -m pytest tests/contract/test_clients.py -k documented_reason --bundle $(DEVICE_BUNDLE)

# A bundle (BUNDLE=…) on emulated 64-bit Arm CPUs. The first time it fetches Python, runtimes and emulator into .cache/arm64.
BUNDLE ?= $(DEVICE_BUNDLE)
test-arm64: $(STAMP) $(BUNDLE)
	$(BIN)/python scripts/arm64.py $(BUNDLE)

# Small changes of the source, each of which some test should notice; see CONTRIBUTING. A run that was stopped goes on.
mutants: $(STAMP) $(DEVICE_BUNDLE)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[mutants]"
	$(BIN)/python scripts/mutants $(MUTANTS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What pytest-benchmark follows from change to change, then the figures to cite.
bench: $(STAMP)
	$(BIN)/python -m pytest benchmarks --benchmark-only
	$(BIN)/edgekit bench

# benchmarks/RESULTS.md: the exports of trained runs beside what one gets without edgekit. RUNS="runs/a runs/b" chooses.
RUNS ?= $(wildcard runs/*)
peers: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[peers]"
	PYTHONPATH=benchmarks $(BIN)/python -m peers benchmarks/RESULTS.md $(RUNS)

# benchmarks/EXPORTS.md: what the rewrites bring, on full-size networks at 224 px, which are trained first (hours on a CPU, once).
NETWORKS ?= mobilenet googlenet densenet121 alexnet resnet50 vgg16
TRAINED = $(NETWORKS:%=.cache/bench-export/runs/%)
bench-export: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[peers]"
	$(BIN)/python benchmarks/trained.py $(NETWORKS)
	PYTHONPATH=benchmarks $(BIN)/python -m exports prepare $(TRAINED)
	PYTHONPATH=benchmarks $(BIN)/python -m exports measure benchmarks/EXPORTS.md $(TRAINED)

clean:
	rm -rf $(VENV) $(DEVICE_VENV) build dist demo
