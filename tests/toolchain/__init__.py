"""Finds or installs what tests and benchmarks drive: Java, Node and Go client programs, Apache Kafka, PostgreSQL, and an S3 server.

Everything lands in `.cache/toolchain` of the repository at pinned versions, is prepared once (a stamp file tells), and
is safe to ask for from several test processes at once. `python -m tests.toolchain` prepares all of it ahead of time.
A part that cannot be had raises `ToolchainUnavailable`; tests turn that into a loud skip with `toolchain.requirement`.
"""

from tests.toolchain.cache import ToolchainUnavailable
from tests.toolchain.go import go_runner, s3_server
from tests.toolchain.java import (
    java_classpath,
    java_command,
    java_runner,
    kafka_broker_classpath,
    kafka_connect_runner,
    kafka_plugin_classpath,
    kafka_streams_runner,
    kafka_tools_classpath,
    kafka_tools_runner,
)
from tests.toolchain.node import node_runner
from tests.toolchain.postgres import postgres_programs
from tests.toolchain.python_tools import python_runner
from tests.toolchain.requirement import required

__all__ = (
    "ToolchainUnavailable",
    "go_runner",
    "java_classpath",
    "java_command",
    "java_runner",
    "kafka_broker_classpath",
    "kafka_connect_runner",
    "kafka_plugin_classpath",
    "kafka_streams_runner",
    "kafka_tools_classpath",
    "kafka_tools_runner",
    "node_runner",
    "postgres_programs",
    "python_runner",
    "required",
    "s3_server",
)
