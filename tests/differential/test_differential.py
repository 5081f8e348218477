"""Apache Kafka and Penstock give the same answers, or the difference is listed with its reason.

With ``PENSTOCK_DIFFERENTIAL_PEER=kafka`` a second Apache Kafka stands where Penstock would: the scripts themselves must then
find no difference at all.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.differential import (
    scripts_access,  # noqa: F401
    scripts_admin,  # noqa: F401
    scripts_batches,  # noqa: F401
    scripts_cluster,  # noqa: F401
    scripts_configs,  # noqa: F401
    scripts_consumer_groups,  # noqa: F401
    scripts_data,  # noqa: F401
    scripts_fetching,  # noqa: F401
    scripts_group_ends,  # noqa: F401
    scripts_group_walks,  # noqa: F401
    scripts_groups,  # noqa: F401
    scripts_isolation,  # noqa: F401
    scripts_migration,  # noqa: F401
    scripts_offsets,  # noqa: F401
    scripts_rebalances,  # noqa: F401
    scripts_session,  # noqa: F401
    scripts_share_fetch,  # noqa: F401
    scripts_share_groups,  # noqa: F401
    scripts_telemetry,  # noqa: F401
    scripts_transaction_timeouts,  # noqa: F401
    scripts_transactions,  # noqa: F401
    scripts_walks,  # noqa: F401
)
from tests.differential.compare import Difference, compare
from tests.differential.differences import MEANT
from tests.differential.running import side_by_side
from tests.differential.script import SCRIPTS, Script
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.toolchain import kafka_plugin_classpath, required

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential")]

PEER_IS_KAFKA = os.environ.get("PENSTOCK_DIFFERENTIAL_PEER") == "kafka"

PROPERTIES = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "100",
    "group.max.size": "3",
    "group.consumer.max.size": "3",
    "group.consumer.assignment.interval.ms": "0",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200",
    "group.share.max.size": "3",
    "group.share.assignment.interval.ms": "0",
    "node.id": "1",
}
"""What both brokers are told: short waits and small groups."""

RECEIVER = Path(__file__).parent / "java" / "MetricsReceiver.java"
"""Apache Kafka offers the requests for metrics of clients only when somebody receives them."""

_ran: set[tuple[str, int]] = set()
_seen: set[str] = set()


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Both brokers, on the settings that matter to both."""
    folder: Path = tmp_path_factory.mktemp("differential")
    own = folder / "server.properties"
    own.write_text("".join(f"{key}={value}\n" for key, value in PROPERTIES.items()))
    with ExitStack() as stack:
        plugins = required(lambda: kafka_plugin_classpath(RECEIVER))
        theirs = {**PROPERTIES, "metric.reporters": RECEIVER.stem}
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", theirs, low_heap=True, plugins=plugins))
        peer: ApacheKafka | Penstock
        if PEER_IS_KAFKA:
            peer = stack.enter_context(ApacheKafka(folder / "peer", theirs, low_heap=True, plugins=plugins))
        else:
            peer = stack.enter_context(Penstock(folder / "penstock", "--properties", str(own)))
        yield kafka.bootstrap, peer.bootstrap


CASES = [(script, version) for script in SCRIPTS for version in script.versions]


@pytest.mark.parametrize(("script", "version"), CASES, ids=[f"{script.name}-v{version}" for script, version in CASES])
def test_same_answers(brokers: tuple[str, str], script: Script, version: int) -> None:
    """One script at one version."""
    unexpected = []
    for difference in compare(*side_by_side(script, version, *brokers)):
        path = f"{script.name}:{difference.path}"
        meant = None if PEER_IS_KAFKA else next((entry for entry in MEANT if entry.covers(path)), None)
        if meant is None:
            unexpected.append(_worded(path, difference))
        else:
            _seen.add(meant.where)
    _ran.add((script.name, version))
    assert not unexpected, "differences that nobody meant:\n" + "\n".join(unexpected)


def _worded(path: str, difference: Difference) -> str:
    return f"{path}\n    kafka:    {difference.kafka}\n    penstock: {difference.penstock}"


@pytest.mark.skipif(PEER_IS_KAFKA, reason="both are Apache Kafka: nothing is meant to differ")
def test_no_listed_difference_is_stale() -> None:
    """What is mended leaves the list. Runs last, and says nothing unless every script ran before."""
    if len(_ran) < len(CASES):
        pytest.skip(f"{len(_ran)} of {len(CASES)} scripts ran before")
    assert {entry.where for entry in MEANT} == _seen, "no longer seen: remove it from differences.py"
