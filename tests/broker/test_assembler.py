"""The agents of a broker over a catalog and a store in memory: what they take over, and who is told of what."""

import anyio

from broker.assembler import Agents, assemble
from broker.config.settings import Settings
from broker.coordinators.groups.commands import JoinCommand
from broker.model import CommittedOffset
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import TwoStepCommitter
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.error_codes import ErrorCode

NOW_MS = 1_700_000_000_000


async def agents_over(catalog: MemoryCatalog, **settings: str) -> Agents:
    store = MemoryObjectStore()
    return await assemble(
        Settings(**settings),  # type: ignore[arg-type]
        store,
        catalog,
        TwoStepCommitter(store, catalog),
        now_ms=lambda: NOW_MS,
        monotonic_ms=lambda: 0,
        on_fatal=lambda error: None,
    )


async def test_the_cluster_id_is_made_once() -> None:
    """A broker that is started again over the same catalog is of the same cluster; another catalog is another cluster."""
    catalog = MemoryCatalog()
    first, again = await agents_over(catalog), await agents_over(catalog)
    other = await agents_over(MemoryCatalog())

    assert first.services.identity.cluster_id == again.services.identity.cluster_id
    assert first.services.identity.cluster_id != other.services.identity.cluster_id


async def test_what_the_catalog_holds_is_taken_over() -> None:
    """Topics and groups are known as soon as the agents are there; offsets of a topic that is gone are not."""
    catalog = MemoryCatalog()
    topic = await catalog.create_topic("t", b"1" * 16, 2, 1, {}, NOW_MS)
    for name, topic_id in (("t", topic.topic_id), ("gone", b"2" * 16)):
        offset = CommittedOffset(offset=7, leader_epoch=0, metadata="", commit_ms=NOW_MS, topic_id=topic_id)
        await catalog.commit_offsets({("g", name, 0): offset})
    services = (await agents_over(catalog)).services

    assert services.directory.by_name("t") is not None
    assert (len(services.groups), services.groups.offset_count) == (1, 1)


async def test_a_deleted_topic_wakes_who_waits_for_it() -> None:
    """A fetch that waits for records of a topic is told when the topic goes."""
    catalog = MemoryCatalog()
    topic = await catalog.create_topic("t", b"1" * 16, 1, 1, {}, NOW_MS)
    agents = await agents_over(catalog)
    waiter = agents.waiting.enter(list(topic.partitions), 1)
    agents.services.directory.remove(topic.topic_id)

    with anyio.fail_after(5):
        await waiter.wait()


async def test_members_can_join_at_once() -> None:
    """Nothing is still loading when the agents are handed over."""
    services = (await agents_over(MemoryCatalog())).services
    command = JoinCommand(
        member_id="",
        fresh_member_id="c-1",
        group_instance_id=None,
        client_id="c",
        client_host="/127.0.0.1",
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        protocol_type="consumer",
        protocols=(("range", b""),),
        requires_known_member_id=True,
    )
    answers: list[ErrorCode] = []
    services.groups.join("g", command, lambda answer: answers.append(answer.error))

    assert answers == [ErrorCode.MEMBER_ID_REQUIRED]
