# SPDX-License-Identifier: Apache-2.0
# The front door. CMake does the work: `cmake --workflow --preset dev` is all that a contributor needs.
JOBS ?= $(shell nproc)
PROGRAM = build/release/shatterproof

.DEFAULT_GOAL := help
.PHONY: help demo build test bench evidence python site format install clean

help:
	@echo "make demo     install what is missing, build, and check three networks (a few minutes, then seconds)"
	@echo "make build    the program, at $(PROGRAM)"
	@echo "make test     install what is missing, build, run every test"
	@echo "make python   the package for PyTorch, in build/venv, and a first check of a module"
	@echo "make bench    build, and time ours beside PyTorch's (two minutes after the build)"
	@echo "make evidence DATA=folder  judge and train a population of networks on mnist and cifar10 (a night on two cores)"
	@echo "make site     the documents as a site to search, in build/site/html"
	@echo "make format   format the C++ sources"
	@echo "make install  install program, library and headers (PREFIX=/usr/local)"
	@echo "make clean    remove build/"

demo: build
	@examples/demo $(PROGRAM) build/release/examples/convolutional_model build/demo

build:
	@tools/install_dependencies build
	cmake --preset release -DSHATTERPROOF_BUILD_BENCHMARKS=OFF
	cmake --build build/release -j $(JOBS) --target shatterproof_cli convolutional_model

test:
	@tools/install_dependencies test
	cmake --preset dev -DSHATTERPROOF_JOIN_SOURCES=ON
	cmake --build build/dev -j $(JOBS)
	ctest --preset dev -j $(JOBS)

bench:
	@tools/install_dependencies test
	cmake --preset release -DSHATTERPROOF_BUILD_BENCHMARKS=ON
	cmake --build build/release -j $(JOBS)
	@bench/compare.py build/release

# DATA holds the folders mnist and cifar10, as `shatterproof data fetch` makes them.
MEMBERS ?= 320
evidence:
	@test -d "$(DATA)/mnist" -a -d "$(DATA)/cifar10" || { echo "make evidence: DATA must name a folder with mnist and cifar10"; exit 2; }
	@tools/install_dependencies test
	cmake --preset release -DSHATTERPROOF_BUILD_EVIDENCE=ON
	cmake --build build/release -j $(JOBS) --target evidence_population
	@mkdir -p build/evidence
	for shard in $$(seq 0 $$(($(JOBS) - 1))); do build/release/evidence/evidence_population $(DATA) \
	  build/evidence/population_$$shard.jsonl --members $(MEMBERS) --shard $$shard/$(JOBS) & jobs="$$jobs $$!"; done; \
	  for job in $$jobs; do wait $$job || exit 2; done
	evidence/figures.py docs/evidence.md docs/results/population.jsonl build/evidence/population_*.jsonl

site:
	@test -x build/site_venv/bin/mkdocs || { python3 -m venv build/site_venv && build/site_venv/bin/pip install 'mkdocs-material==9.*'; }
	tools/make_site build/site build/site_venv/bin/mkdocs

# PIP_TORCH names the PyTorch that is installed where VENV has none.
VENV ?= build/venv
PIP_TORCH ?= torch==2.13.0
python:
	@tools/install_dependencies python
	test -d $(VENV) || python3 -m venv $(VENV)
	$(VENV)/bin/python -c "import torch" 2>/dev/null || $(VENV)/bin/pip install $(PIP_TORCH) numpy
	$(VENV)/bin/pip install .
	$(VENV)/bin/python examples/check_module.py

format:
	find include src cli tests examples bench evidence -name '*.h' -o -name '*.cpp' | xargs clang-format -i

PREFIX ?= /usr/local
install: build
	cmake --build build/release -j $(JOBS) --target shatterproof shatterproof_onnx shatterproof_words
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
