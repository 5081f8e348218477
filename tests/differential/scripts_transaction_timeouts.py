"""Scripts about transactions that took too long: what their producers are answered when they come back."""

from collections.abc import Callable
from typing import Any

from broker.wire.messages.describe_transactions import DescribeTransactionsRequest
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import coordinator
from tests.differential.scripts_transactions import Producer
from tests.differential.topics import create
from tests.support.waiting import wait_until


def _end(version: int, *, commit: bool) -> Callable[[Producer], Any]:
    def end(one: Producer) -> Any:
        answer = one.end(version, commit=commit)
        if answer.error_code:
            return answer.error_code
        moved = answer.producer_epoch - one.epoch if version >= 5 else None
        if version >= 5:
            one.epoch = answer.producer_epoch
        return [0, moved]

    return end


@script(26, range(4, 6))
def transactions_that_took_too_long(stage: Stage) -> None:
    """Before KIP-890 and with it: ending them, going on with them, beginning the next one, and asking who one is."""
    client, topic, group, v = stage.client(), stage.name("t"), stage.name("g"), stage.version
    topic_id = create(client, topic, partitions=2)
    coordinator(client, group)
    commit, abort = _end(v, commit=True), _end(v, commit=False)
    produce_version = 12 if v >= 5 else 9

    def produce(one: Producer) -> int:
        return one.produce(produce_version, topic, topic_id, 1)

    def begin_anew(one: Producer) -> int:
        return one.produce(produce_version, topic, topic_id, 0)

    def say_who(one: Producer) -> list[int]:
        before = one.epoch
        code = one.init(5 if v >= 5 else 4, producer_id=one.producer_id, producer_epoch=before)
        return [code, one.epoch - before]

    walks: dict[str, list[Callable[[Producer], Any]]] = {
        "commit": [commit, commit, abort, commit],
        "abort": [abort, abort, commit],
        "abort_and_go_on": [abort, begin_anew, commit],
        "produce": [produce, abort],
        "offsets": [lambda one: one.commit_offset(5 if v >= 5 else 3, group, topic), abort],
        "group": [lambda one: one.add_group(3, group), commit],
        "add": [lambda one: one.add(3, topic, 1), commit],
        "init": [say_who, abort],
        "init_and_go_on": [say_who, say_who, *([] if v >= 5 else [lambda one: one.add(3, topic, 0)]), begin_anew, commit],
        "successor": [lambda one: Producer(client, one.name).init(), commit, abort],
    }
    producers = {name: Producer(client, stage.name(name)) for name in walks}
    for name, one in producers.items():
        stage.record(f"{name}: init", one.init(4, 500))
        if v < 5:
            stage.record(f"{name}: added", one.add(3, topic, 0))
        stage.record(f"{name}: produced", one.produce(produce_version, topic, topic_id))

    def states() -> list[str]:
        asked = DescribeTransactionsRequest(transactional_ids=[one.name for one in producers.values()])
        return [found.transaction_state for found in client.call(65, 0, asked).transaction_states]

    wait_until(lambda found: set(found) == {"CompleteAbort"}, states)
    for name, walk in walks.items():
        for number, step in enumerate(walk, 1):
            stage.record(f"{name}: step {number}", step(producers[name]))
