# What there is to run. Each command is the text beside it: nothing here needs make.
.DEFAULT_GOAL := help
.PHONY: help check unit test long bench docs lock

help:  ## list these commands
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1|\2/p; s/^\(help\):  ## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

check: | .venv  ## format, lint, types, contracts, the sources of Lua and SQL: under a minute
	.ci/check

unit: | .venv  ## domain, app, the memory store, the worker: no server, hardly a process; about a minute
	.venv/bin/pytest -q -n 4 tests/domain tests/app tests/conformance/test_memory.py tests/worker -k "not postgres and not redis and not process and not fleet and not forking and not bounded_exit"

test: | .venv  ## all tests, on every store
	.venv/bin/pytest -q -n 4 --dist worksteal

long: | .venv  ## all tests, with every simulation, random walk and siege at its full size
	.venv/bin/pytest -q -n 4 --dist worksteal --long

bench: | .venv  ## the benchmarks, quickly: `python -m benchmarks --help` says how to measure in earnest
	.venv/bin/python -m benchmarks --quick

docs: | .venv  ## the documentation as a site: open site/index.html
	.venv/bin/sphinx-build -W -c docs . site

lock:  ## write the versions that a new environment gets today into constraints-dev.txt
	.ci/lock

.venv:
	python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' -c constraints-dev.txt
