# Two commands do all the set-up: `make demo` shows the main job, `make test` runs the tests.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup model demo test bench proof chaos fuzz deb wheel-amd64 wheel-arm64 test-arm64 test-system test-homeassistant check lock format clean

PYTHON ?= python3
BIN := .venv/bin
CACHE := $(HOME)/.cache/edge
MODEL := $(CACHE)/edge-readings-Q4_0.gguf
SUITE ?= $(shell . /etc/os-release && echo $$VERSION_CODENAME)
ARCH ?= $(shell dpkg --print-architecture 2>/dev/null)
CONTAINERS := systemd-container mmdebstrap   # Debian packages that make and boot a Debian in a folder
BASE := $(CACHE)/base/SmolLM2-135M-Instruct.Q4_1.gguf

help:  ## say what can be made
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: .venv/installed  ## install Debian packages, the virtual environment and the project

model: setup  ## fetch the base weights, merge the adapter, quantize, verify
	@$(BIN)/python -m edge_convert.base --out $(dir $(BASE))
	@$(BIN)/edge-convert --base $(BASE) --adapter models/edge-adapter --out $(MODEL)

demo: model  ## run the main job on real messages: private broker, daemon, readings
	@$(BIN)/edge demo

test: model  ## run all tests, on a real mosquitto and the real model
	@$(BIN)/pytest

bench: model  ## measure speed, memory and accuracy beside llama-cpp-python and llama-server; takes an hour
	@$(BIN)/edge bench --peers --model $(MODEL) --out build

proof: model  ## replay 10,000 messages of devices that change, the model reading each as well, and soak; takes hours
	@EDGE_PROOF_MESSAGES=10000 EDGE_SOAK_MESSAGES=20000 $(BIN)/pytest -s tests/bench/test_proof.py tests/test_soak.py

chaos: model  ## kill, cut, fill and refuse under 10,000 messages a scenario, and count what is lost; takes an hour
	@EDGE_CHAOS_MESSAGES=10000 EDGE_CHAOS_DOCS=docs/reliability.md $(BIN)/pytest -s tests/chaos

fuzz: model  ## 100,000 hostile messages through the whole pipeline, and attacks on the model; takes half an hour
	@EDGE_FUZZ_PAYLOADS=100000 EDGE_FUZZ_MODEL_PAYLOADS=1000 EDGE_FUZZ_EXAMPLES=20000 \
		$(BIN)/pytest -s tests/fuzz tests/test_injection.py

deb: model  ## build a Debian package in dist/; SUITE=bookworm or trixie, ARCH=amd64 or arm64, else as here
	@ls dist/llama_cpp_python-*-linux_$(if $(filter arm64,$(ARCH)),aarch64,x86_64).whl >/dev/null 2>&1 || \
		$(MAKE) --no-print-directory wheel-$(ARCH)
	@scripts/install-debian-packages $(CONTAINERS)
	@MODEL=$(MODEL) packaging/build-deb $(SUITE) $(ARCH)

wheel-amd64:  ## compile llama-cpp-python for PCs since 2015 (x86-64-v3); about 5 minutes on two cores
	@packaging/wheel-amd64

wheel-arm64:  ## compile llama-cpp-python for a Raspberry Pi 5 (Cortex-A76) and check its machine code; about 4 minutes
	@packaging/wheel-arm64

test-arm64: model  ## let an emulated Cortex-A76 read the demo's messages, and compare; root only, about 15 minutes
	@packaging/try-arm64 $(SUITE)

test-system: model  ## live the package's whole life on a booted Debian, from install to purge; root only, 8 minutes
	@scripts/install-debian-packages $(CONTAINERS)
	@EDGE_SYSTEM=$${EDGE_SYSTEM:-yes} EDGE_SYSTEM_SUITE=$(SUITE) $(BIN)/pytest --exitfirst -m system tests/system

test-homeassistant: model  ## let a real Home Assistant find the daemon's devices; installs it, needs Python 3.13
	@EDGE_HOMEASSISTANT=$${EDGE_HOMEASSISTANT:-yes} scripts/install-homeassistant build/homeassistant
	@EDGE_HOMEASSISTANT=$${EDGE_HOMEASSISTANT:-yes} $(BIN)/pytest -m homeassistant tests/homeassistant

check: setup  ## ruff and mypy
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: setup  ## pin the run-time dependencies by their hashes, for the installer; UPGRADE=1 takes newer versions
	@$(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--quiet --no-python-downloads --custom-compile-command 'make lock' --output-file packaging/requirements.lock

format: setup  ## let ruff format the code and sort its imports
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

clean:  ## remove the virtual environment and what tools left behind; the model stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .coverage

.venv/installed: pyproject.toml scripts/install-debian-packages
	@scripts/install-debian-packages
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else \
		f"make: expected Python 3.11 to 3.13, got {v.major}.{v.minor}; name another with make PYTHON=python3.12")'
	@test -x $(BIN)/python || { echo "edge: making a virtual environment in .venv"; $(PYTHON) -m venv .venv; }
	@echo "edge: installing the project; llama.cpp is compiled once, about 7 minutes on two cores"
	@CMAKE_ARGS="-DLLAVA_BUILD=OFF" $(BIN)/pip install --disable-pip-version-check -e '.[dev]'
	@touch $@
