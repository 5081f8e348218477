"""Quotas as they are now, and what clients have used of them."""

import pytest

from broker.admin.access_register import AccessRegister
from broker.admin.quota_keeper import QuotaChange, QuotaKeeper, change_of, user_of
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.errors import BrokerError
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from security.identity import NOBODY, Identity
from security.quotas.entity import QuotaEntity
from security.quotas.kinds import QuotaKind
from security.quotas.quota_filter import QuotaFilter

ALICE = Identity("User:alice")
PRODUCE, FETCH, REQUEST = QuotaKind.PRODUCER_BYTE_RATE, QuotaKind.CONSUMER_BYTE_RATE, QuotaKind.REQUEST_PERCENTAGE
MUTATIONS, CONNECTIONS = QuotaKind.CONTROLLER_MUTATION_RATE, QuotaKind.CONNECTION_CREATION_RATE


class World:
    def __init__(self, catalog: MemoryCatalog | None = None, **settings: int) -> None:
        self.catalog = catalog or MemoryCatalog()
        self.register = AccessRegister(self.catalog)
        self.now_ms = 1_000_000
        live = LiveSettings(Settings(**settings), self.catalog)  # type: ignore[arg-type]
        self.keeper = QuotaKeeper(self.register, live, lambda: self.now_ms)

    async def set(self, kind: QuotaKind, value: float | None, **parts: str | None) -> None:
        entity = QuotaEntity.of({name.replace("_", "-"): each for name, each in parts.items()})
        await self.keeper.change([QuotaChange(entity, kind, value)])


async def test_quotas_outlive_the_broker() -> None:
    """What was changed is there after a start, and what was taken away is not."""
    world = World()
    await world.set(PRODUCE, 10, user="alice")
    await world.set(REQUEST, 12.5, user=None, client_id="ü \"app\"")
    await world.set(FETCH, 10, user="alice")
    await world.set(FETCH, None, user="alice")

    again = World(world.catalog)
    await again.register.load()

    everything = QuotaFilter.of([], is_strict=False)
    assert again.keeper.select(everything) == [
        (QuotaEntity.of({"user": "alice"}), {"producer_byte_rate": 10}),
        (QuotaEntity.of({"user": None, "client-id": "ü \"app\""}), {"request_percentage": 12.5}),
    ]
    assert again.keeper.select(everything) == world.keeper.select(everything)
    assert again.keeper.count == 2


async def test_nothing_is_measured_without_a_quota() -> None:
    """And no more once the last is gone, nor remembered."""
    world = World()
    assert not world.keeper.is_active
    await world.set(CONNECTIONS, 1, ip="10.0.0.1")
    assert not world.keeper.is_active
    await world.set(REQUEST, 1, user="alice")
    assert (world.keeper.is_active, world.keeper.measures_time) == (True, True)
    assert world.keeper.worked(ALICE, None, 1.0) > 0
    assert world.keeper.produced(ALICE, None, 1 << 40) == 0
    await world.set(REQUEST, None, user="alice")
    assert (world.keeper.is_active, world.keeper.measures_time) == (False, False)
    await world.set(REQUEST, 1, user="alice")

    assert world.keeper.worked(ALICE, None, 0.0) == 0


async def test_a_users_clients_share_what_the_user_has() -> None:
    """Others have nothing to do with it."""
    world = World()
    await world.set(PRODUCE, 1000, user="alice")

    assert world.keeper.produced(ALICE, "a", 10_000) == 0
    assert world.keeper.produced(ALICE, "b", 1_000) == 1000
    assert world.keeper.produced(Identity("User:bob"), "a", 1 << 30) == 0
    assert world.keeper.produced(NOBODY, "a", 1 << 30) == 0


async def test_who_did_not_log_in_has_a_name_for_quotas() -> None:
    """Kafka's; the type of a principal is left out."""
    world = World()
    await world.set(FETCH, 1, user="ANONYMOUS")

    assert world.keeper.fetched(NOBODY, None, 1000) > 0
    assert user_of(Identity("User:CN=a,O=b:c")) == "CN=a,O=b:c"


async def test_time_of_work_is_a_share_of_a_second() -> None:
    """And nobody waits longer than a window for it."""
    world = World()
    await world.set(REQUEST, 50, client_id="app")

    assert world.keeper.worked(ALICE, "app", 5.0) == 0
    assert world.keeper.worked(ALICE, "app", 0.1) == 200
    assert world.keeper.worked(ALICE, "app", 60.0) == 1000


async def test_a_fetch_is_no_larger_than_all_windows_allow() -> None:
    """So that a small quota does not become one long wait."""
    world = World()
    assert world.keeper.fetch_bytes_max(ALICE, "app") is None
    await world.set(FETCH, 500, user="alice")

    assert world.keeper.fetch_bytes_max(ALICE, "app") == 5000
    assert world.keeper.fetch_bytes_max(NOBODY, "app") is None


async def test_changes_of_topics() -> None:
    """Refused with Kafka's error, or done and waited for; the bucket is the user's."""
    world = World(controller_quota_window_num=2)
    await world.set(MUTATIONS, 1, user="alice")
    lenient = world.keeper.mutations(ALICE, None, is_strict=False)
    lenient.take(5)
    strict = world.keeper.mutations(ALICE, "other", is_strict=True)
    with pytest.raises(BrokerError) as caught:
        strict.take(1)

    assert caught.value.code == ErrorCode.THROTTLING_QUOTA_EXCEEDED
    assert (lenient.throttle_ms(), strict.throttle_ms()) == (3000, 3000)
    unbounded = world.keeper.mutations(NOBODY, None, is_strict=True)
    unbounded.take(1_000_000)
    assert unbounded.throttle_ms() == 0


async def test_connections_by_address_and_altogether() -> None:
    """The address in any form; the broker's rate is a setting."""
    world = World(quota_window_num=2, max_connection_creation_rate=2)
    await world.set(CONNECTIONS, 1, ip="10.0.0.1")

    assert not world.keeper.connecting("::ffff:10.0.0.1", "A").wait_ms
    assert not world.keeper.connecting("10.0.0.1", "A").wait_ms
    assert world.keeper.connecting("10.0.0.1", "A").refused
    assert not world.keeper.connecting("10.0.0.2", "A").wait_ms
    assert not world.keeper.connecting("10.0.0.2", "A").wait_ms
    verdict = world.keeper.connecting("not an address", "A")
    assert (verdict.wait_ms, verdict.refused, verdict.rule) == (500, False, "broker")


async def test_others_changes_hold_as_well() -> None:
    """As they come in; what cannot be read is left out, not everything else with it."""
    world = World()
    await world.set(PRODUCE, 5, user="alice")
    world.register.hear(
        [
            AccessEntry(AccessKind.QUOTA, '["producer_byte_rate",{"user":"alice"}]', '{"v":2,"value":1}'),
            AccessEntry(AccessKind.QUOTA, "nonsense", "1"),
            AccessEntry(AccessKind.QUOTA, '["producer_byte_rate",{"user":"bob"}]', '{"v":1,"value":7}'),
        ]
    )

    assert world.keeper.get(QuotaEntity.of({"user": "alice"})) == {"producer_byte_rate": 5}
    assert world.keeper.get(QuotaEntity.of({"user": "bob"})) == {"producer_byte_rate": 7}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "{}"),
        ("[]", '{"v":1,"value":1}'),
        ('["colour",{"user":"a"}]', '{"v":1,"value":1}'),
        ('["producer_byte_rate",["user"]]', '{"v":1,"value":1}'),
        ('["producer_byte_rate",{"user":"a"}]', "7"),
        ('["producer_byte_rate",{"user":"a"}]', '{"value":1}'),
        ('["producer_byte_rate",{"user":"a"}]', '{"v":1,"value":"much"}'),
        ('["producer_byte_rate",{"user":"a"}]', '{"v":1,"value":0}'),
    ],
)
def test_what_is_no_quota(name: str, value: str) -> None:
    """A damaged or newer entry is told as such, whatever it is."""
    with pytest.raises(ValueError):
        change_of(AccessEntry(AccessKind.QUOTA, name, value))
