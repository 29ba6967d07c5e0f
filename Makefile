# Everything a developer does; each target sets up what it needs, below ~/.cache/pushstep-dev.
SHELL = bash
IN_VENV = bash .ci/venv
RUNNERS = tests/e2e/machine
SCHEMA = $(IN_VENV) check-jsonschema --builtin-schema
ZIZMOR = $(IN_VENV) zizmor --quiet --offline --no-progress --strict-collection --config .github/zizmor.yml
WORKFLOWS = $(wildcard .github/workflows/*.yml)
EXAMPLES = $(wildcard docs/examples/github/*.yml docs/examples/*/github.yml)
STAND_INS = $(wildcard tests/e2e/actions/*/action.yml)
LOCK = $(IN_VENV) uv pip compile --no-config --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command 'make lock'

.PHONY: help demo test lint bench bench-documents image generate lock clean

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

demo: ## Pushes a real image to a real registry with the built container, and shows what is there then
	@DEV_WITHOUT_DOCKER=.ci/demo-without-docker bash .ci/with-docker bash .ci/demo

test: ## Runs every suite against Docker and real registries; ARGS='-k name' goes to pytest
	@$(IN_VENV) true
	@bash .ci/with-docker bash .ci/test $(ARGS)

lint: ## Checks style, types and formats; needs no Docker
	$(IN_VENV) ruff check
	$(IN_VENV) ruff format --check
	$(IN_VENV) hadolint Dockerfile tests/e2e/machine/Dockerfile
	$(SCHEMA) vendor.github-actions action.yml $(STAND_INS)
	$(SCHEMA) vendor.github-workflows $(WORKFLOWS) $(EXAMPLES)
	$(SCHEMA) custom.github-workflows-require-timeout $(WORKFLOWS)
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.gitlab-ci .gitlab-ci.yml .gitlab-ci-template.yml $(wildcard docs/examples/gitlab/*.yml docs/examples/*/gitlab.yml)
	$(ZIZMOR) --pedantic .github action.yml $(STAND_INS)
	@# Examples stay short: what is dangerous is refused there, what only smells is not.
	$(if $(EXAMPLES),$(ZIZMOR) $(EXAMPLES))
	$(IN_VENV) mypy

bench-documents: ## Prints how long documents take: many steps, many conditions, and the start of the command
	@$(IN_VENV) python .ci/bench_documents.py

bench: ## Compares pushstep with skopeo, crane and docker push; ARGS=--list names the rows, ARGS='--only ROW' takes one
	@bash .ci/with-docker bash .ci/bench/run $(ARGS)

image: ## Builds the container image as pushstep-dev/pushstep:test
	@bash .ci/with-docker bash .ci/image

generate: ## Writes the files that are made from the table of inputs
	$(IN_VENV) python .ci/generate.py

lock: ## Pins all packages anew; ARGS=--upgrade takes newer ones
	$(LOCK) $(ARGS) --output-file requirements.txt requirements.in
	$(LOCK) $(ARGS) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) $(ARGS) --output-file $(RUNNERS)/requirements.txt $(RUNNERS)/requirements.in

clean: ## Removes the images, packages and daemon state that all of this made
	docker images --quiet 'pushstep-dev/*' 2>/dev/null | sort -u | xargs -r docker rmi --force
	docker volume rm --force pushstep-dev-machine 2>/dev/null || true
	@# A daemon that was killed leaves its data mounted.
	umount "$${XDG_CACHE_HOME:-$$HOME/.cache}/pushstep-dev/docker" 2>/dev/null || true
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/pushstep-dev" .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
