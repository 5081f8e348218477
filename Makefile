# Every target works from a bare clone: the environment is built from the pinned locks in requirements/.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV_VERSION := 0.13.9
FUZZ_SECONDS ?= 120
CHECKER_SECONDS ?= 600
SIMULATION_SECONDS ?= 600
CHURN_SPANS ?= 3000000
CHAOS_SECONDS ?= 1200
# kafkajs drops records by itself when a leader moves amid one send to several brokers (docs/compatibility.md).
BY_CLIENT_ITSELF := --deselect "tests/clients/test_matrix.py::test_restart[kafkajs]"
# What is tried against three brokers in every build, besides the matrix; all of tests/clients is in clients-on-cluster.
SHORT_ON_CLUSTER := $(addprefix tests/clients/test_,late_requests.py \
	kafka_tools.py::test_broker_facts kafka_tools.py::test_transactions_that_hang \
	transactions.py::test_what_is_committed_is_read_and_what_is_aborted_is_not transactions.py::test_a_transaction_outlives_a_restart \
	consumer_protocol.py::test_members_outlive_the_broker share_groups.py::test_members_outlive_the_broker \
	streams.py::test_two_instances_share_the_work compaction.py::test_the_newest_of_every_key_is_read)

.PHONY: run test test-fast lint toolchain bench fuzz durability exactly-once simulation churn chaos clients-on-cluster bench-cluster lock clean setup setup-dev

run: $(VENV)/.runtime  ## start the broker on its embedded default
	$(BIN)/penstock serve $(ARGS)

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml | $(VENV)/bin/uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements/runtime.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	$(BIN)/python -m compileall -q src  # where the environment forbids writing bytecode, every start would compile anew
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.lock
	touch $@

lock:  ## resolve the locks anew
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements/runtime.lock --quiet --upgrade
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev pyproject.toml -o requirements/dev.lock --quiet --upgrade

clean:
	rm -rf $(VENV) .cache build dist

lint: $(VENV)/.dev  ## ruff, mypy, layers, bandit, known vulnerabilities, generated code and documents are fresh
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r src --severity-level medium --confidence-level high -x src/broker/wire/messages,src/broker/wire/codecs,src/broker/wire/client_codecs
	$(BIN)/python -m tests.support.vulnerabilities
	$(BIN)/python -m broker.wire.generate --check
	$(BIN)/python -m broker.config.document --check
	$(BIN)/python -m broker.handlers.authorization_document --check
	$(BIN)/python -m tests.differential.document --check

toolchain: $(VENV)/.dev  ## what the tests need besides Python: Apache Kafka, a JDK, Node, Go, and clients for each
	$(BIN)/python -m tests.toolchain

test: lint toolchain  ## everything: shape of the code, real clients against a cluster, then units, real clients, Apache Kafka beside us, kill -9, short fuzzing
	PENSTOCK_TEST_TARGET=cluster $(BIN)/python -m pytest -n 2 tests/clients/test_matrix.py $(BY_CLIENT_ITSELF)
	PENSTOCK_TEST_TARGET=cluster $(BIN)/python -m pytest -n 2 --dist loadfile $(SHORT_ON_CLUSTER)
	$(BIN)/python -m pytest tests/chaos  # alone: it measures pauses
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/chaos $(TESTS)

test-fast: $(VENV)/.dev  ## units only
	$(BIN)/python -m pytest -n 2 tests/broker tests/security tests/observability tests/test_tidy.py $(TESTS)

fuzz: $(VENV)/.dev  ## the long form of fuzzing: FUZZ_SECONDS for each target
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

simulation: $(VENV)/.dev  ## random worlds in virtual time for SIMULATION_SECONDS, then every planted bug
	$(BIN)/python -m tests.simulation --seconds $(SIMULATION_SECONDS)
	$(BIN)/python -m tests.simulation --shared --seconds $(SIMULATION_SECONDS)
	$(BIN)/python -m tests.simulation --plants 100 --busy 60

durability: $(VENV)/.dev  ## the long form of kill -9: a hundred rounds under full load
	PENSTOCK_KILL_ROUNDS=100 PENSTOCK_STORE_SECONDS=300 $(BIN)/python -m pytest tests/durability tests/broker/storage tests/clients/test_streams.py -m durability -rP

exactly-once: $(VENV)/.dev toolchain  ## the long form of the exactly-once checker: CHECKER_SECONDS of transformers of four clients
	PENSTOCK_CHECKER_SECONDS=$(CHECKER_SECONDS) $(BIN)/python -m pytest tests/durability/test_exactly_once_clients.py -rP

churn: $(VENV)/.dev toolchain  ## a week's worth of churn in short: CHURN_SPANS spans written, merged and expired on PostgreSQL
	$(BIN)/python -m tests.churn --spans $(CHURN_SPANS)

bench: $(VENV)/.dev toolchain  ## Penstock beside Apache Kafka on this machine
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.micro
	$(BIN)/python -m benchmarks.compaction
	$(BIN)/python -m benchmarks.backlog
	$(BIN)/python -m benchmarks.rebalances
	$(BIN)/python -m benchmarks.tls
	$(BIN)/python -m benchmarks.hostile

bench-cluster: $(VENV)/.dev toolchain  ## a cluster beside the embedded broker and Apache Kafka, and what it costs
	$(BIN)/python -m benchmarks.cluster
	$(BIN)/python -m benchmarks.cluster_partitions
	$(BIN)/python -m benchmarks.backlog --cluster 2

clients-on-cluster: $(VENV)/.dev toolchain  ## everything that real clients are driven through, against three brokers
	PENSTOCK_TEST_TARGET=cluster $(BIN)/python -m pytest -n 2 --dist loadfile tests/clients $(BY_CLIENT_ITSELF)

chaos: $(VENV)/.dev toolchain  ## three brokers under load for CHAOS_SECONDS while everything that can break does
	PENSTOCK_CHAOS_SECONDS=$(CHAOS_SECONDS) PENSTOCK_SCALING_SECONDS=20 $(BIN)/python -m pytest tests/chaos -rP
