# Two commands: make sweep, make test. Each makes its environment first (python3.11 with venv is all that a machine needs).
PYTHON ?= python3.11
VENV   := .venv
RUN    := $(VENV)/bin/python
STAMP  := $(VENV)/.made

export RAY_USAGE_STATS_ENABLED = 0
export MLFLOW_DISABLE_TELEMETRY = true
export TF_CPP_MIN_LOG_LEVEL = 3
export GLOG_minloglevel = 2

.PHONY: help env env-preprocess env-train sweep test test-long test-page test-faults experiments-smoke lint audit docs ui benchmark mutate cluster-test clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(STAMP) ## the environment alone, in .venv

# $(call python,NEWEST,WHY): before a folder is made of a Python that cannot be used, which the next try would build on.
define python
@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed (with venv); or name yours: make $(if $(filter $(STAMP),$@),env,$@) PYTHON=python3"; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $(1)))' || { echo "Python 3.11 to 3.$(1) is needed ($(2)), and $(PYTHON) is $$($(PYTHON) -V); name one: make $(if $(filter $(STAMP),$@),env,$@) PYTHON=python3.11"; exit 1; }
endef

# opencv-contrib-python needs libGL, which a bare server lacks; its headless twin is the same library without windows. Forced, because both own
# the folder cv2: where the twin is there from an earlier time, the uninstall has just emptied it.
$(STAMP): pyproject.toml constraints.txt
	$(call python,12,MediaPipe has no other; to train alone: make env-train)
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --no-compile --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(RUN) -m pip uninstall --quiet --yes opencv-contrib-python
	$(RUN) -m pip install --no-compile --quiet --disable-pip-version-check --no-deps --force-reinstall --constraint constraints.txt opencv-contrib-python-headless
	@touch $@

# MediaPipe wants numpy 1 and Python 3.12 at most; an environment that trains on what is extracted here need not.
env-preprocess: PREPROCESS := .venv-preprocess
env-preprocess: ## an environment that extracts and no more, in .venv-preprocess (python3.11 or PYTHON=python3.12)
	$(call python,12,MediaPipe has no other)
	$(PYTHON) -m venv $(PREPROCESS)
	$(PREPROCESS)/bin/python -m pip install --no-compile --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[preprocess]'
	$(PREPROCESS)/bin/python -m pip uninstall --quiet --yes opencv-contrib-python
	$(PREPROCESS)/bin/python -m pip install --no-compile --quiet --disable-pip-version-check --no-deps --force-reinstall --constraint constraints.txt opencv-contrib-python-headless

# No constraints.txt: that is for MediaPipe's numpy 1. The newest versions that pyproject.toml takes.
env-train: TRAIN := .venv-train
env-train: ## an environment that trains on features made elsewhere, in .venv-train (Python 3.11 to 3.13: PYTHON=python3.13)
	$(call python,13,newer ones are not tried)
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --no-compile --quiet --disable-pip-version-check --editable '.[clips,train,head]'
	$(TRAIN)/bin/python -m pip uninstall --quiet --yes opencv-contrib-python
	$(TRAIN)/bin/python -m pip install --no-compile --quiet --disable-pip-version-check --no-deps --force-reinstall 'opencv-contrib-python-headless>=4.11,<4.12'

sweep: env ## the main job: synthetic corpus -> features -> LOSO sweep of STAG on local Ray -> MLflow -> leaderboard
	$(RUN) -m orchestrator.sweep stag --trials 3 --selection nested --set recipe.epochs=40

# One thread: tests are small, and two that wait for each other on a busy machine take minutes for what one does in seconds. Two or three processes
# (some tests wait for what they have started), whole files each: what a file's tests share (a Ray, a rendered corpus) is made once.
test test-long test-faults: export OMP_NUM_THREADS = 1
test: env ## all tests but those of test-long, test-faults and cluster-test
	$(RUN) -m pytest --ignore=tests/faults --numprocesses 3 --dist loadfile -m "not long"

test-long: env ## tests that take minutes: the tutorials, the recipes of CONTRIBUTING, every state of a file, graphs of every model, examples from end to end
	$(RUN) -m pytest --ignore=tests/faults --numprocesses 2 --dist loadfile -m long

test-page: env ## a sweep's HTML page in a headless Chromium (Debian: chromium); part of make test-long
	$(RUN) -m pytest -rs tests/orchestrator/results/test_page_in_browser.py tests/orchestrator/serving/test_page_in_browser.py

test-faults: env ## kill nodes, servers, disks and laptops in the middle of a sweep, and count what was lost
	$(RUN) -m pytest --numprocesses 2 --dist loadfile tests/faults

experiments-smoke: env ## every published table on tiny clips, a row a model and protocol, one epoch: all goes through, no number means anything
	$(RUN) -m orchestrator.experiment all --corpus synthetic --smoke --runner inline

lint: env ## ruff and mypy
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check --quiet .
	$(RUN) -m mypy

audit: env ## known vulnerabilities of the versions in constraints.txt, by the dated list in tests/
	$(RUN) -m tests.audit

# Not --quiet: a warning that is not shown is not counted, and strict would be strict no more.
docs: env ## the documentation site, into site/; a broken link or a missing docstring of the reference fails
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --clean

ui: env ## MLflow in a browser, on this machine only: http://127.0.0.1:5000
	$(RUN) -m mlflow ui --host 127.0.0.1 --port 5000 --backend-store-uri sqlite:///workspace/mlflow.db

benchmark: env ## orchestration, racing, packing, preprocessing, models and prediction as ratios; the last line of each is one JSON object
	$(RUN) -m benchmarks.folds
	$(RUN) -m benchmarks.overhead
	$(RUN) -m benchmarks.scheduler
	$(RUN) -m benchmarks.racing
	$(RUN) -m benchmarks.packing
	$(RUN) -m benchmarks.preprocessing
	$(RUN) -m benchmarks.models
	$(RUN) -m benchmarks.inference

mutate: env ## break one line of protocols, metrics, seeds, jobs ... at a time: the tests must notice
	$(RUN) -m tests.mutate

cluster-test: env ## ray up, a sweep, ray down on two hosts made on this machine (as root; Debian: openssh-server iproute2 rsync procps)
	tests/cluster/run.sh

clean: ## remove what runs have made (corpora, features, results, MLflow), not the environment
	rm -rf workspace
