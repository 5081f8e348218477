"""Which subscriptions match a client, and what they come to."""

from broker.client_metrics.subscriptions import Subscription, java_hash, subscribed

CLIENT = {"client_id": "app-1", "client_software_name": "librdkafka", "client_source_address": "10.0.0.1"}
ID = bytes(range(15)) + b"x"


def of(**values: str) -> Subscription:
    return Subscription.of({name.replace("_ms", ".ms"): value for name, value in values.items()})


def test_a_client_gets_what_all_that_match_it_ask_for() -> None:
    """Together, at the shortest interval; all metrics stand for any others (Q1)."""
    one, two = of(metrics="b,a", interval_ms="5000"), of(metrics="c", interval_ms="60000", match="client_id=app-[0-9]")
    other = of(metrics="d", interval_ms="100", match="client_id=app")
    found = subscribed([one, two, other], CLIENT, ID)

    assert (found.metrics, found.interval_ms) == (("a", "b", "c"), 5000)
    assert subscribed([one, of(metrics="*")], CLIENT, ID).metrics == ("*",)
    nothing = subscribed([other], CLIENT, ID)
    assert (nothing.metrics, nothing.interval_ms) == ((), 300_000)


def test_every_pattern_must_match_as_a_whole() -> None:
    """What is not known of a client matches nothing (Q2)."""
    assert of(match="client_id=app.*,client_source_address=10\\..*").matches(CLIENT)
    assert not of(match="client_id=app.*,client_source_address=10").matches(CLIENT)
    assert not of(match="client_software_version=.*").matches(CLIENT)
    assert not of(match="client_id=.*").matches({"client_id": None})
    assert of().matches({})


def test_the_subscription_id_changes_with_what_is_subscribed() -> None:
    """And with the client; it is Apache Kafka's own (Q3)."""
    one = subscribed([of(metrics="a")], CLIENT, ID)

    assert one == subscribed([of(metrics="a")], CLIENT, ID)
    others = [
        subscribed([of(metrics="b")], CLIENT, ID),
        subscribed([of(metrics="a", interval_ms="100")], CLIENT, ID),
        subscribed([of(metrics="a")], CLIENT, bytes(16)),
    ]
    assert len({one.subscription_id, *(other.subscription_id for other in others)}) == 4
    assert all(-(2**31) <= each.subscription_id < 2**31 for each in (one, *others))
    assert java_hash(bytes(15) + b"\1") == 1
    assert java_hash(bytes.fromhex("00000001000000020000000400000008")) == 15
