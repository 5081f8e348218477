"""Share groups in ``penstock groups``."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.cli import share_groups
from broker.cli.failure import CommandFailed
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from tests.broker.cli.conftest import Run
from tests.differential.raw_client import RawClient
from tests.support.penstock import Penstock


def heartbeat(broker: Penstock, group: str, epoch: int = 0, member: str = "m", **fields: Any) -> Any:
    client = RawClient(broker.bootstrap)
    request = ShareGroupHeartbeatRequest(group_id=group, member_id=member, member_epoch=epoch, **fields)
    answer = client.call(76, 1, request)
    client.close()
    assert answer.error_code == 0, answer.error_message
    return answer


def test_a_share_groups_life(penstock: Run, command_broker: Penstock) -> None:
    """Listed beside the others, described with members, start offsets and lag, moved, deleted."""
    penstock("topics", "create", "shared", "--partitions", "2")
    penstock("produce", "shared", stdin=b"".join(b"%d\n" % n for n in range(10)))
    for member in ("m", "n", "o"):
        heartbeat(command_broker, "sharers", member=member, subscribed_topic_names=["shared"])
    assert {"group": "sharers", "state": "Stable", "type": "share"} in penstock("groups", "list", "--json").json
    described = penstock("groups", "describe", "sharers", "--json").json
    assert (described["type"], described["state"], described["assignor"], len(described["members"])) == ("share", "Stable", "simple", 3)
    assert [(row["topic"], row["partition"], row["start"], row["lag"]) for row in described["partitions"]] == [
        ("shared", 0, None, None),
        ("shared", 1, None, None),
    ]
    shown = penstock("groups", "describe", "sharers").out
    assert "members 3" in shown
    assert "shared" in shown
    refused = penstock("groups", "reset-offsets", "sharers", "--to-earliest", "--execute")
    assert (refused.code, "NON_EMPTY_GROUP" in refused.err) == (1, True), refused.err
    for member in ("m", "n", "o"):
        heartbeat(command_broker, "sharers", -1, member)
    moved = penstock("groups", "reset-offsets", "sharers", "--to-earliest", "--execute", "--json")
    assert [row["new_position"] for row in moved.json["partitions"]] == [0, 0]
    rows = penstock("groups", "describe", "sharers", "--json").json["partitions"]
    assert [row["start"] for row in rows] == [0, 0]
    assert sum(row["lag"] for row in rows) == 10
    assert penstock("groups", "delete", "sharers", "--yes").code == 0
    gone = penstock("groups", "describe", "sharers")

    assert (gone.code, "does not exist" in gone.err) == (1, True)
    assert "sharers" not in json.dumps(penstock("groups", "list", "--json").json)


def test_what_cannot_be_asked_is_no_share_group(command_broker: Penstock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over an encrypted connection, of an older broker: the other kinds of groups are shown all the same."""
    file = tmp_path / "client.properties"
    file.write_text("security.protocol=SSL\n")
    assert share_groups.find("any", command_broker.bootstrap, file) is None
    assert share_groups.listed(command_broker.bootstrap, file) == []
    asked = share_groups.ask

    def older(address: Any, api_key: int, version: int, request: Any) -> Any:
        if api_key in (share_groups.LIST_GROUPS, share_groups.SHARE_GROUP_DESCRIBE):
            raise CommandFailed("too old")
        return asked(address, api_key, version, request)

    monkeypatch.setattr(share_groups, "ask", older)
    assert share_groups.find("any", command_broker.bootstrap, None) is None
    assert share_groups.listed(command_broker.bootstrap, None) == []
