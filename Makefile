# SPDX-License-Identifier: Apache-2.0
# What a person or a machine does with Sluice. `make help` lists it.
SHELL := /bin/bash
export SLUICE_DEPS ?= $(HOME)/.cache/sluice
export JOBS ?= $(shell nproc)
PRESET ?= release
TARGET ?= all
# `make test` fails below this line coverage, in percent.
COVERAGE_MIN ?= 80
PYTHON := $(SLUICE_DEPS)/test/venv/bin/python
SOURCES = $(shell find src test/fuzz -name '*.cc' -o -name '*.h')

.PHONY: help setup run build test test-fresh test-tpch test-tpcds test-sanitize test-chaos test-soak test-random test-kairos-java reference conformance bench-sql bench-doris bench-kairos format lint fuzz clean
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install what the build needs (tools/setup.sh)
	@tools/setup.sh

run: setup  ## set up, build and run the server (MySQL on port 9030, HTTP on 8030)
	@$(MAKE) --no-print-directory build TARGET=sluice
	@build/$(PRESET)/sluice serve

build:  ## build one preset: PRESET=release|debug|asan|tsan|coverage|fuzz
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j $(JOBS) --target $(TARGET)

test:  ## set up, build with coverage, run every test; the last line is the count
	@tools/setup.sh test
	@$(MAKE) --no-print-directory build PRESET=coverage
	@$(PYTHON) test/run.py --build build/coverage --coverage-min $(COVERAGE_MIN)

test-fresh:  ## both README commands in a bare Debian 12 root (needs root and debootstrap)
	@test/fresh/run.sh

test-tpch: build  ## TPC-H's 22 queries at SLUICE_TPCH_SCALE (default 1) through two clients, against the reference answers
	@tools/setup.sh test
	@SLUICE_TPCH_SCALE=$${SLUICE_TPCH_SCALE:-1} SLUICE_BINARY=build/$(PRESET)/sluice $(PYTHON) -m pytest -c test/pytest.ini test/suites/test_tpch.py

test-tpcds: build  ## TPC-DS at scale 1 in Doris' tables of both models, against Doris' answers
	@tools/setup.sh test
	@SLUICE_BINARY=build/$(PRESET)/sluice $(PYTHON) -m pytest -c test/pytest.ini test/suites/tpcds_answers.py

test-sanitize:  ## unit and server tests under ASan+UBSan, then under TSan
	@tools/setup.sh test
	@$(MAKE) --no-print-directory build PRESET=asan
	@$(PYTHON) test/run.py --build build/asan --sanitizer address
	@$(MAKE) --no-print-directory build PRESET=tsan
	@$(PYTHON) test/run.py --build build/tsan --sanitizer thread

test-chaos: build  ## hundreds of random faults: kill -9 during loads and the like
	@tools/setup.sh test
	@SLUICE_BINARY=build/$(PRESET)/sluice $(PYTHON) -m pytest -c test/pytest.ini test/faults test/kairos test/cassandra --chaos -m chaos

test-random: build  ## SLUICE_RANDOM_STATEMENTS (default 100000) random statements on three servers: shipped, without plan cache, without optimizer
	@tools/setup.sh test
	@$(PYTHON) test/random/compare_servers.py --binary build/$(PRESET)/sluice --statements $${SLUICE_RANDOM_STATEMENTS:-100000}

test-kairos-java: build  ## SLUICE_KAIROS_QUERIES (default 5000) random requests to Java KairosDB on Cassandra and to Sluice on it and embedded: the same answers
	@tools/setup.sh test
	@$(PYTHON) test/kairos/compare_java.py --cassandra --binary build/$(PRESET)/sluice

test-soak: build  ## a mixed load for SLUICE_SOAK_SECONDS (default 1800): memory and files must not grow
	@tools/setup.sh test
	@SLUICE_BINARY=build/$(PRESET)/sluice $(PYTHON) -m pytest -c test/pytest.ini test/faults --soak -m soak

reference: build  ## write docs/functions.md
	@build/$(PRESET)/sluice reference > docs/functions.md

conformance: build  ## play the recorded suites of Doris and rewrite their part of docs/conformance.md
	@tools/setup.sh test
	@$(PYTHON) test/conformance/report.py build/$(PRESET)/sluice

bench-sql: build  ## measure the table of docs/benchmarks.md against MariaDB and DuckDB in process
	@tools/setup.sh test
	@$(PYTHON) bench/sql/run.py

bench-kairos: build  ## measure time series against Java KairosDB (H2, Cassandra) and VictoriaMetrics
	@tools/setup.sh test
	@$(PYTHON) bench/kairos/run.py

bench-doris: build  ## measure what Doris' semantics cost against the kernel's own
	@tools/setup.sh test
	@$(PYTHON) bench/doris/run.py

format:  ## clang-format over all C++ files
	@tools/setup.sh lint
	@clang-format-19 -i $(SOURCES)

lint:  ## layout rules, clang-format in check mode, clang-tidy on changed files (LINT_ALL=1: on all)
	@tools/setup.sh lint
	@for check in tools/check_*.py; do python3 $$check || exit 1; done
	@clang-format-19 --dry-run --Werror $(SOURCES)
	@tools/lint.sh

fuzz:  ## build and run every fuzz target for FUZZ_SECONDS (default 60) each
	@$(MAKE) --no-print-directory build PRESET=fuzz TARGET=fuzz_targets
	@python3 test/fuzz/seeds.py build/fuzz/corpus
	@for target in build/fuzz/fuzz/*_fuzz; do \
	   name=$$(basename $$target); echo "== $$name"; \
	   $$target -dict=test/fuzz/sql.dict -max_total_time=$${FUZZ_SECONDS:-60} -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
	     -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$name || exit 1; done

clean:  ## remove everything that was built
	@rm -rf build
