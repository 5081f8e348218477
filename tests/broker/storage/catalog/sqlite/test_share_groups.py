"""Share groups in the database; the contract tests say what they do."""

from pathlib import Path

from broker.storage.catalog.base import StoredShareGroup
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty
from tests.broker.storage.catalog.test_contract_share_groups import MEMBER


async def test_a_member_s_step_writes_that_member_only(tmp_path: Path) -> None:
    """So that a large group costs no more than a small one."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    group = StoredShareGroup(
        group_id="g", group_epoch=1, assignment_epoch=1, topics_digest="", state_ms=0, members=[MEMBER]
    )
    await catalog.save_share_group(group, ())
    connection.statements.clear()
    await catalog.save_share_group(group, ())

    written = [sql for sql in connection.statements if sql.startswith("INSERT")]
    assert len(written) == 2
    await catalog.aclose()
