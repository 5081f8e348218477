"""The memory catalog; what it does is tested by the contract tests."""

from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.memory import MemoryCatalog
from tests.broker.storage.catalog.groups_of_batches import Appender, batch, topic


async def test_it_always_answers_without_waiting() -> None:
    """There is nowhere else to look."""
    catalog = MemoryCatalog()
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch(10))
    answers = catalog.find_spans_now([SpanQuery(pid, 0, 1)])

    assert answers is not None
    assert [span.base for span in answers[0].spans] == [0]
