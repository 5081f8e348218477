"""What has to be done, and how it is shown."""

from pathlib import Path

from broker.cli.acl_requests import acl_of
from broker.cli.apply_file import Wanted, WantedTopic, WantedUser
from broker.cli.apply_plan import Plan, There, ThereTopic, plan
from broker.cli.user_requests import Credential

READ, WRITE = acl_of("User:a", "read", "topic:t"), acl_of("User:a", "write", "topic:t")
ALICE = Credential("alice", "SCRAM-SHA-512", 4096)
ALICE_WANTED = WantedUser(ALICE, Path("f"), False)
ENTITY = (("user", "alice"),)


def test_everything_is_new() -> None:
    """In an empty cluster."""
    wanted = Wanted(
        topics=[WantedTopic("t", 3, {"retention.ms": "5"}, False), WantedTopic("gone", None, {}, True)],
        users=[ALICE_WANTED, WantedUser(Credential("bob", "SCRAM-SHA-256", 4096), None, True)],
        acls={READ: True, WRITE: False},
        quotas={ENTITY: {"producer_byte_rate": 10.0}, (("ip", None),): None},
    )
    made = plan(wanted, There())

    assert made.lines == [
        "+ topic t, 3 partitions, retention.ms = 5",
        "+ user alice (SCRAM-SHA-512, 4096 iterations)",
        "+ acl allow User:a read on topic:t",
        "+ quota of user alice: producer_byte_rate = 10",
    ]
    assert (made.topics_created, made.users_set, made.acls_added) == ([wanted.topics[0]], [ALICE_WANTED], [READ])
    assert made.quotas_changed == {ENTITY: {"producer_byte_rate": 10.0}}
    assert not (made.topics_deleted)
    assert not (made.users_removed)
    assert not (made.acls_removed)
    assert not (made.problems)


def test_what_is_as_it_should_be_is_left_alone() -> None:
    """To apply a file twice changes nothing."""
    wanted = Wanted(
        topics=[WantedTopic("t", 3, {"retention.ms": "5"}, False), WantedTopic("any", None, {}, False)],
        users=[ALICE_WANTED],
        acls={READ: True},
        quotas={ENTITY: {"producer_byte_rate": 10.0}},
    )
    there = There(
        {"t": ThereTopic(3, {"retention.ms": "5", "other": "1"}), "any": ThereTopic(9, {})},
        frozenset({ALICE}),
        frozenset({READ, WRITE}),
        {ENTITY: {"producer_byte_rate": 10.0, "consumer_byte_rate": 1.0}},
    )

    assert plan(wanted, there) == Plan()
    assert plan(wanted, there, set_passwords=True).lines == ["~ user alice (SCRAM-SHA-512): password set anew"]


def test_what_differs_is_changed() -> None:
    """And only that."""
    wanted = Wanted(
        topics=[WantedTopic("t", 5, {"a": "1", "b": "2"}, False)],
        users=[ALICE_WANTED],
        quotas={ENTITY: {"producer_byte_rate": 10.0}},
    )
    there = There(
        {"t": ThereTopic(3, {"a": "1"})},
        frozenset({Credential("alice", "SCRAM-SHA-512", 8192), Credential("alice", "SCRAM-SHA-256", 4096)}),
        frozenset(),
        {ENTITY: {"producer_byte_rate": 12.5}},
    )
    made = plan(wanted, there)

    assert made.lines == [
        "~ topic t: 3 -> 5 partitions",
        "~ topic t: b = (default) -> 2",
        "~ user alice (SCRAM-SHA-512): 8192 -> 4096 iterations",
        "~ quota of user alice: producer_byte_rate = 12.5 -> 10",
    ]
    assert (made.topics_grown, made.topics_configured) == ({"t": 5}, {"t": {"b": "2"}})


def test_what_is_to_be_gone_goes() -> None:
    """If it is there."""
    wanted = Wanted(
        topics=[WantedTopic("t", None, {}, True)],
        users=[WantedUser(ALICE, None, True)],
        acls={READ: False},
        quotas={ENTITY: None},
    )
    there = There({"t": ThereTopic(3, {})}, frozenset({ALICE}), frozenset({READ}), {ENTITY: {"producer_byte_rate": 10.0}})
    made = plan(wanted, there)

    assert made.lines == [
        "- topic t with all its records",
        "- user alice (SCRAM-SHA-512)",
        "- acl allow User:a read on topic:t",
        "- quota of user alice: producer_byte_rate = 10",
    ]
    assert (made.topics_deleted, made.users_removed, made.acls_removed) == (["t"], [ALICE], [READ])
    assert made.quotas_changed == {ENTITY: {"producer_byte_rate": None}}


def test_a_topic_never_gets_fewer_partitions() -> None:
    """That is no plan."""
    made = plan(Wanted(topics=[WantedTopic("t", 2, {}, False)]), There({"t": ThereTopic(3, {})}))

    assert made.problems == ["topic t has 3 partitions and cannot have 2: it never gets fewer"]
