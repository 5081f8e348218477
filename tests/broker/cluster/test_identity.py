"""Who the cluster and its brokers are."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import ClusterIdentity, new_cluster_id
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.model import Node, Topic
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.shards import shard_of


def test_cluster_ids_have_kafkas_form() -> None:
    """A UUID in URL-safe base64 without padding, never beginning with a dash, never the same twice."""
    made = {new_cluster_id() for _ in range(500)}

    assert len(made) == 500
    assert all(len(urlsafe_b64decode(cluster_id + "==")) == 16 and len(cluster_id) == 22 for cluster_id in made)
    assert not any(cluster_id.startswith("-") for cluster_id in made)


def test_each_listener_has_its_own_address() -> None:
    """Clients are told the address that they can reach; port and host may become known after the start."""
    identity = ClusterIdentity("c", 3, "rack", {"A": Node(3, "a.test", 1)})

    assert identity.advertise("B", "b.test", 2) == Node(3, "b.test", 2, "rack")
    assert identity.nodes("A") == [Node(3, "a.test", 1, "rack")]
    assert identity.nodes("B") == [Node(3, "b.test", 2, "rack")]
    with pytest.raises(KeyError):
        identity.nodes("C")


def test_one_broker_leads_and_coordinates_everything() -> None:
    """An embedded cluster has nobody else."""
    identity = ClusterIdentity("c", 3)

    assert identity.leader_of(99) == identity.coordinator_of(0, "group") == identity.controller_id == 3
    assert identity.is_coordinator(1, "transaction")
    assert identity.node_ids == {3}


def test_a_consumer_is_best_served_in_its_rack() -> None:
    """By a live broker there that stays, unless this one is there too; where nobody is, wherever it came."""
    topics = TopicDirectory(LiveSettings(Settings(), MemoryCatalog()))
    topics.put(Topic(topic_id=bytes(16), name="t", partitions=tuple(range(20)), replication_factor=2))
    identity = ClusterIdentity("c", 1, "a", topics=topics)
    assert identity.replica_near(5, "b") is None
    members = [
        Member(node_id=node_id, epoch=1, rack=rack, listeners={"PLAINTEXT": ("h", node_id)}, leaving=leaving)
        for node_id, rack, leaving in ((1, "a", False), (2, "a", False), (3, "b", False), (4, "b", False), (5, "c", True))
    ]
    identity.follow(members, {})
    assert [identity.replica_near(5, rack) for rack in ("a", "c", "d", "")] == [None] * 4
    near = {pid: identity.replica_near(pid, "b") for pid in range(20)}
    assert set(near.values()) == {3, 4}
    assert near == {pid: identity.leader_of(pid, "b") for pid in range(20)}
    identity.follow(members[:3], {})
    assert {identity.replica_near(pid, "b") for pid in range(20)} == {3}
    topics.put(Topic(topic_id=bytes(16), name="t", partitions=tuple(range(20)), replication_factor=1))
    for pid in range(20):  # the others are named to nobody, and consumers go to those only that are named
        assert identity.replica_near(pid, "b") == (3 if identity.leader_of(pid) == 3 else None)
    assert identity.replica_near(99, "b") is None


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
def test_replicas_are_the_leader_and_the_nearest_in_each_other_rack(factor: int) -> None:
    """As many as the replication factor says; the leader again where there are no more racks."""
    topics = TopicDirectory(LiveSettings(Settings(), MemoryCatalog()))
    state = topics.put(Topic(topic_id=bytes(16), name="t", partitions=tuple(range(20)), replication_factor=factor))
    identity = ClusterIdentity("c", 1, "a", topics=topics)
    assert identity.replicas_of(state) == [[1] * factor] * 20
    racks = {1: "a", 2: "a", 3: "b", 4: "b", 5: "c"}
    identity.follow(
        [Member(node_id=node_id, epoch=1, rack=rack, listeners={"PLAINTEXT": ("h", node_id)}) for node_id, rack in racks.items()], {}
    )
    for zone in (None, "a", "b"):
        for index, replicas in enumerate(identity.replicas_of(state, zone)):
            leader = identity.leader_of(index, zone)
            others = [identity.leader_of(index, rack) for rack in ("a", "b", "c") if rack != racks[leader]]
            assert list(replicas) == ([leader, *others, leader, leader])[:factor]


# --- in a cluster ------------------------------------------------------------------------------------------------------


class Topics:
    """One topic, whose partitions are numbered from 100 on."""

    def __init__(self, count: int) -> None:
        settings = LiveSettings(Settings(), MemoryCatalog())
        self.directory = TopicDirectory(settings)
        self.state = self.directory.put(Topic(topic_id=b"t" * 16, name="t", partitions=tuple(range(100, 100 + count))))


def member(node_id: int, rack: str | None = None, *, leaving: bool = False, serving: bool = True) -> Member:
    listeners = {"A": (f"h{node_id}", 9092)} if serving else {}
    return Member(node_id=node_id, epoch=1, rack=rack, listeners=listeners, leaving=leaving)


def in_cluster(*members: Member, partitions: int = 12, shards: dict[int, int] | None = None) -> tuple[ClusterIdentity, TopicState]:
    topics = Topics(partitions)
    identity = ClusterIdentity("c", 1, topics=topics.directory)
    identity.advertise("A", "h1", 9092)
    identity.follow(members, shards or {})
    return identity, topics.state


def test_clients_are_told_of_the_brokers_that_serve() -> None:
    """Those that do not yet say where they are cannot be sent to; those that leave can still be asked."""
    identity, _ = in_cluster(member(1), member(2, "r"), member(3, leaving=True), member(4, serving=False))

    assert identity.nodes("A") == [Node(1, "h1", 9092), Node(2, "h2", 9092, "r"), Node(3, "h3", 9092)]
    assert identity.node_ids == {1, 2, 3}
    assert identity.controller_id == 1


def test_each_broker_leads_its_share() -> None:
    """All of a topic's partitions together are spread evenly; a partition's leader is the same by itself and among them."""
    identity, state = in_cluster(member(1), member(2), member(3))
    leaders = identity.leaders_of(state)

    assert sorted(leaders) == [1] * 4 + [2] * 4 + [3] * 4
    assert [identity.leader_of(pid) for pid in state.pids] == list(leaders)
    assert identity.leader_of(999) in (1, 2, 3)


def test_nothing_new_comes_to_a_broker_that_leaves() -> None:
    """Unless it is the only one."""
    identity, state = in_cluster(member(1), member(2, leaving=True))
    alone, other = in_cluster(member(2, leaving=True))

    assert set(identity.leaders_of(state)) == {1}
    assert set(alone.leaders_of(other)) == {2}


def test_clients_are_sent_to_brokers_of_their_zone() -> None:
    """If there are any; a zone without a broker is as good as none."""
    identity, state = in_cluster(member(1, "a"), member(2, "b"), member(3, "b"))

    assert identity.zone_of("app,zone=b") == "b"
    assert identity.zone_of("app,zone=c") is None
    assert set(identity.leaders_of(state, "b")) == {2, 3}
    assert set(identity.leaders_of(state, "a")) == {1}
    assert set(identity.leaders_of(state, "c")) == {1, 2, 3}


def test_the_epoch_grows_with_what_changes_for_clients() -> None:
    """What was derived from the same epoch is still good; shards may move without that."""
    identity, state = in_cluster(member(1), member(2))
    before, leaders = identity.epoch, identity.leaders_of(state)
    identity.follow([member(1), member(2)], {3: 1})
    unchanged, kept = identity.epoch, identity.leaders_of(state)
    identity.follow([member(1)], {3: 1})

    assert unchanged == before
    assert kept is leaders
    assert identity.epoch > before
    assert set(identity.leaders_of(state)) == {1}


def test_whoever_has_the_shard_coordinates() -> None:
    """-1 while nobody has it, or whoever has it is gone."""
    identity, _ = in_cluster(member(1), member(2), shards={shard_of("g"): 2, shard_of("gone"): 9})

    assert identity.coordinator_of(0, "g") == identity.coordinator_of(1, "g") == 2
    assert identity.coordinator_of(0, "nobody's") == identity.coordinator_of(0, "gone") == -1
    assert not identity.is_coordinator(0, "g")


def test_share_partitions_are_kept_by_their_leaders() -> None:
    """Their key names the topic and the partition; a key that names none has nobody."""
    identity, state = in_cluster(member(1), member(2))
    topic = urlsafe_b64encode(state.topic_id).rstrip(b"=").decode()

    assert [identity.coordinator_of(2, f"g:{topic}:{index}") for index in range(12)] == list(identity.leaders_of(state))
    for key in (f"g:{topic}:12", f"g:{topic}:-1", f"g:{topic}:x", "g:AAAAAAAAAAAAAAAAAAAAAA:0", "g:é:0", "", "g"):
        assert identity.coordinator_of(2, key) == -1
