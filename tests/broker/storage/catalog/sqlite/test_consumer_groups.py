"""Groups of the consumer protocol in the database; the contract tests say what they do."""

from pathlib import Path

import orjson

from broker.storage.catalog.base import StoredConsumerGroup
from broker.storage.catalog.group_details import consumer_values
from broker.storage.catalog.sqlite import schema
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty
from tests.broker.storage.catalog.test_contract_consumer_groups import MEMBER


async def test_a_member_s_step_writes_that_member_only(tmp_path: Path) -> None:
    """So that a large group costs no more than a small one."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    group = StoredConsumerGroup(
        group_id="g", group_epoch=1, assignment_epoch=1, topics_digest="", state_ms=0, members=[MEMBER]
    )
    await catalog.save_consumer_group(group, ())
    connection.statements.clear()
    await catalog.save_consumer_group(group, ())

    written = [sql for sql in connection.statements if sql.startswith("INSERT")]
    assert len(written) == 2
    await catalog.aclose()


async def test_a_file_from_before_classic_members_opens(tmp_path: Path) -> None:
    """Members that were stored then are of the consumer protocol."""
    path = tmp_path / "catalog.db"
    steps = [step for step in schema.migrations() if step.name != "classic_members"]
    before = schema.open_for_writing(path)
    schema.migrate(before, steps[:3])
    details = consumer_values(MEMBER)
    before.execute("INSERT INTO consumer_protocol_groups VALUES ('\"g\"', 5, 5, 'd', 9)")
    before.execute(
        "INSERT INTO consumer_protocol_members VALUES ('\"g\"', '\"m\"', ?)", (orjson.dumps(details).decode(),)
    )
    before.close()
    catalog, _ = open_faulty(path)

    (group,) = await catalog.load_consumer_groups()
    assert group.members == [MEMBER]
    await catalog.aclose()
