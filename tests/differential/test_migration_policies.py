"""Each policy that holds groups back from passing to the other protocol, beside Apache Kafka with the same policy.

The default, ``bidirectional``, is what the scripts of :mod:`tests.differential.scripts_migration` run with.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.differential.compare import compare
from tests.differential.running import side_by_side
from tests.differential.script import Script, Stage
from tests.differential.scripts_consumer_groups import Member, create_known, seen
from tests.differential.scripts_migration import Classic, Watch, assignment, given, told
from tests.differential.test_differential import PROPERTIES
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential")]


@pytest.fixture(scope="module", params=["upgrade", "downgrade", "disabled"])
def brokers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Both brokers with one policy."""
    folder = tmp_path_factory.mktemp(f"policy-{request.param}")
    properties = {**PROPERTIES, "group.consumer.migration.policy": request.param}
    own = folder / "server.properties"
    own.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
    with ExitStack() as stack:
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", properties, low_heap=True))
        penstock = stack.enter_context(Penstock(folder / "penstock", "--properties", str(own)))
        yield kafka.bootstrap, penstock.bootstrap


def up(stage: Stage) -> None:
    """A consumer comes to a classic group, and goes."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 4)
    one = Classic(stage, watch.group, topic)
    one.join()
    one.sync({one.id: assignment({topic: [0, 1, 2, 3]})})
    two = Member(stage.client(), stage.version, watch.group, "member-two")
    answer = two.join(topic)
    stage.record("joins", seen(answer, counts_only=True))
    watch.look("joined")
    stage.record("beat", one.beat())
    if answer.error_code:
        return
    stage.record("rejoins", told(one.join()))
    stage.record("syncs", given(one.sync()))
    stage.record("gets", seen(two.beat(), counts_only=True))
    stage.record("goes", seen(two.ask(member_epoch=-1)))
    watch.look("gone")
    # Not compared: with nobody left whose heartbeats assign, Apache Kafka leaves unread what the consumer had until a member joins.
    one.beat()
    stage.record("joins_after", told(one.join()))


def down(stage: Stage) -> None:
    """A classic member comes to a group of consumers; the consumer goes, or a static one is replaced."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 4)
    one = Member(stage.client(), stage.version, watch.group, "member-one", instance_id="i")
    one.join(topic)
    two = Classic(stage, watch.group, topic)
    two.ask()
    answer = two.joined()
    stage.record("asks", (answer.error_code, bool(answer.member_id)))
    two.id = answer.member_id
    stage.record("joins", told(two.join()))
    watch.look("joined")
    if two.generation < 0:
        return
    stage.record("syncs", given(two.sync()))
    one.beat()
    one.beat()
    stage.record("hears", two.beat())
    # Not replaced before: with something still to be moved Penstock has the classic group rebalance, Apache Kafka leaves it unread.
    stage.record("rejoins", told(two.join()))
    stage.record("has", given(two.sync()))
    three = Classic(stage, watch.group, topic, instance="i")
    stage.record("replaces", told(three.join()))
    stage.record("replaced_syncs", given(three.sync()))
    watch.look("replaced")


@pytest.mark.parametrize("walk", [up, down], ids=lambda walk: walk.__name__)
def test_same_answers(brokers: tuple[str, str], walk: object) -> None:
    """Who is refused, who is let in, and which kind of group it is afterwards."""
    script = Script(f"policy_{walk.__name__}", 68, range(1, 2), walk)  # type: ignore[arg-type, attr-defined]
    found = compare(*side_by_side(script, 1, *brokers))

    assert not found, "\n".join(f"{each.path}\n    kafka:    {each.kafka}\n    penstock: {each.penstock}" for each in found)
