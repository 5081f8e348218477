"""Prepares every toolchain ahead of the tests: `python -m tests.toolchain`."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.toolchain.cache import ToolchainUnavailable, progress
from tests.toolchain.go import go_runner, s3_server
from tests.toolchain.java import (
    java_runner,
    kafka_broker_classpath,
    kafka_connect_runner,
    kafka_streams_runner,
    kafka_tools_runner,
)
from tests.toolchain.node import node_runner
from tests.toolchain.postgres import postgres_programs
from tests.toolchain.python_tools import python_runner

PARTS: tuple[tuple[str, Callable[[], object]], ...] = (
    ("franz-go client driver", go_runner),
    ("S3 server", s3_server),
    ("Apache Kafka broker", kafka_broker_classpath),
    ("Apache Kafka tools", kafka_tools_runner),
    ("Kafka Streams application", kafka_streams_runner),
    ("Kafka Connect", kafka_connect_runner),
    ("Java client driver, kafka-clients 3.x", lambda: java_runner("3.x")),
    ("Java client driver, kafka-clients 4.x", lambda: java_runner("4.x")),
    ("Python clients", lambda: python_runner("")),
    ("older Python clients", lambda: python_runner("", "older_clients")),
    ("PostgreSQL", postgres_programs),
    ("kafkajs client driver", node_runner),
)


def ready(part: tuple[str, Callable[[], object]]) -> bool:
    """Prepare one part and say how it went."""
    name, prepare = part
    started = time.monotonic()
    try:
        prepare()
    except ToolchainUnavailable as error:
        progress(f"{name}: UNAVAILABLE: {error}")
        return False
    progress(f"{name}: ready ({time.monotonic() - started:.1f} s)")
    return True


def main() -> int:
    """Prepare every part, two at a time; the exit code is 1 when one is missing."""
    with ThreadPoolExecutor(2) as pool:
        return 0 if all(list(pool.map(ready, PARTS))) else 1


if __name__ == "__main__":
    sys.exit(main())
