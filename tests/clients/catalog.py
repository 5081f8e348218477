"""The clients of the matrix: how each is started, what it cannot do, and who reads what it wrote."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.toolchain import go_runner, java_runner, node_runner, python_runner


@dataclass(frozen=True)
class ClientSpec:
    """One client library in one version.

    `lacks` names what the library itself has no call for; every other operation is expected to work. `reader` is the
    client that reads what this one compressed, chosen so that each pair has two implementations of the codecs.
    """

    name: str
    runner: Callable[[], list[str]]
    reader: str
    lacks: frozenset[str] = field(default_factory=frozenset)


_AIOKAFKA_LACKS = frozenset({"group_delete", "max_timestamp", "incremental_configs"})

CLIENTS = (
    ClientSpec("confluent-kafka", lambda: python_runner("tests.clients.python.confluent_driver"), reader="java-4"),
    ClientSpec("java-4", lambda: java_runner("4.x"), reader="kafkajs"),
    ClientSpec(
        "kafkajs",
        node_runner,
        reader="franz-go",
        lacks=frozenset({"max_timestamp", "incremental_configs", "end"}),
    ),
    ClientSpec("franz-go", go_runner, reader="kafka-python"),
    ClientSpec("kafka-python", lambda: python_runner("tests.clients.python.kafka_python_driver"), reader="java-3"),
    ClientSpec("java-3", lambda: java_runner("3.x"), reader="aiokafka"),
    ClientSpec(
        "aiokafka",
        lambda: python_runner("tests.clients.python.aiokafka_driver"),
        reader="confluent-kafka",
        lacks=_AIOKAFKA_LACKS,
    ),
    # No older one: before 2.10.1 librdkafka may crash when no broker can be reached (its 5066), as when the one there is is restarted.
    # librdkafka before 2.11.1 gives up compression unless the oldest versions of Produce are offered.
    ClientSpec(
        "confluent-kafka-2.10",
        lambda: python_runner("tests.clients.python.confluent_driver", "older_clients"),
        reader="java-3",
    ),
    # Before 0.13 it asks for versions by a release of Kafka that it guesses, and starts with Metadata 0.
    ClientSpec(
        "aiokafka-0.12",
        lambda: python_runner("tests.clients.python.aiokafka_driver", "older_clients"),
        reader="franz-go",
        lacks=_AIOKAFKA_LACKS | {"end"},  # it asks for offsets by ListOffsets 1, which knows no isolation level
    ),
)

BY_NAME = {spec.name: spec for spec in CLIENTS}
