"""What a list of operations makes of what is set, and what may be set on a broker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.admin.config_rules import (
    Operation,
    OperationType,
    broker_operations,
    broker_refusal,
    check_broker_name,
    check_broker_names,
    check_operations,
    topic_operations,
)
from broker.config.problems import Problem, SettingsInvalid
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

SET, DELETE, APPEND, SUBTRACT = OperationType
POLICY = "cleanup.policy"


def refusal(operations: list[Operation]) -> tuple[int, str | None]:
    with pytest.raises(BrokerError) as caught:
        check_operations(operations)
    return caught.value.code, caught.value.message


def test_a_setting_is_changed_once_and_with_a_value() -> None:
    """Kafka's codes and words."""
    assert refusal([Operation("a", SET, "1"), Operation("a", SET, "2")]) == (
        ErrorCode.INVALID_REQUEST,
        "Error due to duplicate config keys",
    )
    assert refusal([Operation("a", SET, None), Operation("b", APPEND, None), Operation("c", DELETE, None)]) == (
        ErrorCode.INVALID_REQUEST,
        "Null value not supported for : a, b",
    )
    assert refusal([Operation("a", 9, "1")]) == (ErrorCode.INVALID_REQUEST, "Unknown operations type 9")
    check_operations([])


@pytest.mark.parametrize(
    ("current", "operation", "expected"),
    [
        ({}, Operation("retention.ms", SET, "5"), {"retention.ms": "5"}),
        ({"retention.ms": "5"}, Operation("retention.ms", SET, "6"), {"retention.ms": "6"}),
        ({"retention.ms": "5"}, Operation("retention.ms", DELETE, None), {}),
        ({}, Operation("nope", DELETE, None), {}),
        ({}, Operation(POLICY, APPEND, "compact"), {POLICY: "delete,compact"}),
        ({POLICY: "compact"}, Operation(POLICY, APPEND, "compact,delete"), {POLICY: "compact,delete"}),
        ({POLICY: ""}, Operation(POLICY, APPEND, "compact"), {POLICY: "compact"}),
        ({}, Operation(POLICY, SUBTRACT, "delete"), {POLICY: ""}),
        ({POLICY: "compact,delete"}, Operation(POLICY, SUBTRACT, "delete"), {POLICY: "compact"}),
        ({POLICY: "compact"}, Operation(POLICY, SUBTRACT, "zzz"), {POLICY: "compact"}),
    ],
)
def test_operations_on_a_topic(current: dict[str, str], operation: Operation, expected: dict[str, str]) -> None:
    """A list that is not set is added to as its default gives it."""
    assert topic_operations(current, [operation], {POLICY: "delete"}.get) == expected


@pytest.mark.parametrize("name", ["retention.ms", "nope"])
def test_only_lists_are_added_to(name: str) -> None:
    """Of topics and of brokers, each in Kafka's words."""
    with pytest.raises(BrokerError, match=f"Can't APPEND to key {name} because its type is not LIST.") as caught:
        topic_operations({}, [Operation(name, APPEND, "1")], lambda _: None)
    assert caught.value.code == ErrorCode.INVALID_CONFIG
    with pytest.raises(BrokerError, match=f"Config value subtract is not allowed for config key: {name}"):
        broker_operations({}, [Operation(name, SUBTRACT, "1")], lambda _: None)
    assert broker_operations({}, [Operation("log.cleanup.policy", APPEND, "compact")], lambda _: "delete") == {
        "log.cleanup.policy": "delete,compact"
    }


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given(WORDS, WORDS.filter(bool))
def test_what_was_appended_can_be_subtracted(before: list[str], more: list[str]) -> None:
    """Afterwards the list holds what it held without the words that were taken out, in its order, none twice."""
    added = topic_operations({POLICY: ",".join(before)}, [Operation(POLICY, APPEND, ",".join(more))], lambda _: None)
    assert added[POLICY].split(",") == [*before, *[word for word in more if word not in before]]

    taken = topic_operations(added, [Operation(POLICY, SUBTRACT, ",".join(more))], lambda _: None)
    assert [word for word in taken[POLICY].split(",") if word] == [word for word in before if word not in more]


OPERATIONS = st.lists(
    st.builds(Operation, st.sampled_from(["retention.ms", POLICY, "nope"]), st.integers(-1, 4), st.none() | st.text(max_size=5))
)


@given(st.dictionaries(st.sampled_from(["retention.ms", POLICY]), st.text(max_size=9)), OPERATIONS)
def test_any_operations_are_carried_out_or_refused(current: dict[str, str], operations: list[Operation]) -> None:
    """What is set now is never touched."""
    before = dict(current)
    try:
        check_operations(operations)
        topic_operations(current, operations, lambda _: "delete")
    except BrokerError:
        pass
    assert current == before


@pytest.mark.parametrize(
    ("names", "one", "code", "words"),
    [
        (["num.partitions"], True, ErrorCode.INVALID_REQUEST, "Cannot update these configs dynamically: [num.partitions]"),
        (["listeners"], False, ErrorCode.INVALID_REQUEST, "Cannot update these configs dynamically: [listeners]"),
        (["my.own"], True, ErrorCode.INVALID_CONFIG, "Unknown broker config name: my.own"),
        (["log_level"], True, ErrorCode.INVALID_CONFIG, "Unknown broker config name: log_level"),
        (["num.io.threads"], True, ErrorCode.INVALID_CONFIG, "num.io.threads has no meaning for this broker: one event loop"),
        (["leader.replication.throttled.rate"], True, ErrorCode.INVALID_CONFIG, "has no meaning for this broker: data is kept"),
    ],
)
def test_what_cannot_change_while_running_is_refused(names: list[str], one: bool, code: ErrorCode, words: str) -> None:
    """With the reason; unknown names are not taken silently."""
    with pytest.raises(BrokerError) as caught:
        check_broker_names(names, one_broker=one)
    assert caught.value.code == code
    assert words in str(caught.value)


def test_what_can_change_while_running_is_taken() -> None:
    """For one broker or all."""
    for one in (True, False):
        check_broker_names(["log.retention.ms", "message.max.bytes"], one_broker=one)


def test_a_refusal_speaks_of_settings_by_kafkas_names() -> None:
    """Clients know no others; our own keep theirs."""
    error = SettingsInvalid([Problem(setting="log_retention_ms", value="0", why="above log_roll_ms and process_max_bytes, not a_b")])

    refused = broker_refusal(error)

    assert refused.code == ErrorCode.INVALID_REQUEST
    assert refused.message == (
        "Invalid value 0 for configuration log.retention.ms: above log.roll.ms and process_max_bytes, not a_b"
    )


@pytest.mark.parametrize("name", ["x", "", "1_0", "٣", "9" * 5000, "1.0"])
def test_a_broker_is_named_by_its_number(name: str) -> None:
    """And the answer does not repeat a long name."""
    with pytest.raises(BrokerError, match="Node id must be an integer, but it is: ") as caught:
        check_broker_name(name, 7, what="Node id", other="")
    assert len(str(caught.value)) < 200


def test_only_the_broker_itself_is_asked() -> None:
    """Kafka's words differ from request to request."""
    check_broker_name("7", 7, what="Node id", other="")
    with pytest.raises(BrokerError, match="expected 7 but got 8"):
        check_broker_name("8", 7, what="Node id", other="expected {own} but got {asked}")
