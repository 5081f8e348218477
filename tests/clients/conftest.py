"""Fixtures of the client tests: a broker of its own for each module, and drivers that live as long as the worker."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.clients.brokers import target_broker, target_is_kafka
from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.driver import Driver
from tests.support.process import ServerProcess
from tests.toolchain import (
    ToolchainUnavailable,
    kafka_broker_classpath,
    kafka_connect_runner,
    kafka_streams_runner,
    kafka_tools_runner,
    required,
)

DriverOf = Callable[[str], Driver]

_PARTS_OF_MODULES: Mapping[str, set[Callable[[], object]]] = {
    "test_kafka_tools": {kafka_tools_runner},
    "test_tls": {kafka_tools_runner},
    "test_streams": {kafka_streams_runner, kafka_tools_runner},
    "test_connect": {kafka_connect_runner},
    "test_mirror": {kafka_connect_runner},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, so that `-m clients` and `-m "not clients"` find them."""
    for item in items:
        if "tests/clients/" in item.path.as_posix():
            item.add_marker(pytest.mark.clients)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Prepare the toolchains of the chosen tests now: on a new machine that takes longer than a test may."""
    if session.config.option.collectonly:
        return
    mine = [item for item in session.items if "tests/clients/" in item.path.as_posix()]
    parts: set[Callable[[], object]] = set()
    if mine and target_is_kafka():
        parts.add(kafka_broker_classpath)
    for item in mine:
        spec = getattr(item, "callspec", None) and item.callspec.params.get("spec")  # type: ignore[attr-defined]
        if isinstance(spec, ClientSpec):
            parts |= {spec.runner, BY_NAME[spec.reader].runner}
        parts |= _PARTS_OF_MODULES.get(item.path.stem, set())
    for prepare in parts:
        with contextlib.suppress(ToolchainUnavailable):  # the test that needs it will say so
            prepare()


@pytest.fixture(scope="module")
def broker_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The broker that the tests of one module share."""
    with required(lambda: target_broker(tmp_path_factory.mktemp("broker"))) as running:
        yield running


@pytest.fixture
def broker(broker_of_module: ServerProcess) -> ServerProcess:
    """A running broker; `PENSTOCK_TEST_TARGET=kafka` makes it Apache Kafka.

    A test that failed between stopping and starting it must not take the rest of its module along.
    """
    if not broker_of_module.running:
        broker_of_module.kill()
        broker_of_module.start()
    return broker_of_module


@pytest.fixture(scope="session")
def driver_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverOf]:
    """The driver of a client by name, started when first asked for and kept: a JVM takes a second to start."""
    folder = tmp_path_factory.mktemp("drivers")
    running: dict[str, Driver] = {}

    def driver(name: str) -> Driver:
        if name not in running:
            command = required(BY_NAME[name].runner)
            running[name] = Driver(name, command, folder / f"{name}.log")
        return running[name]

    yield driver
    for started in running.values():
        started.close()
