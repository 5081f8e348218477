"""``penstock groups``."""

from tests.broker.cli.conftest import Run


def test_a_groups_life(penstock: Run) -> None:
    """Listed, described with its lag, moved, deleted."""
    penstock("topics", "create", "lagging")
    penstock("produce", "lagging", stdin=b"".join(b"%d\n" % n for n in range(10)))
    penstock("consume", "lagging", "-g", "slow", "--from-beginning", "-n", "4")
    assert {"group": "slow", "state": "Empty", "type": "classic"} in penstock("groups", "list", "--json").json
    row = penstock("groups", "describe", "slow", "--json").json["partitions"][0]
    assert (row["position"], row["end"], row["lag"]) == (4, 10, 6)
    assert "lag 6" in penstock("groups", "describe", "slow").out
    shown = penstock("groups", "reset-offsets", "slow", "--to-earliest")
    assert "nothing was changed" in shown.err
    assert penstock("groups", "describe", "slow", "--json").json["partitions"][0]["position"] == 4
    for arguments, position in (
        (("--to-earliest",), 0),
        (("--to-latest",), 10),
        (("--shift-by", "-3"), 7),
        (("--to-offset", "2"), 2),
        (("--to-datetime", "2020-01-01"), 0),
        (("--to-offset", "99", "--topic", "lagging:0"), 10),
    ):
        moved = penstock("groups", "reset-offsets", "slow", *arguments, "--execute", "--json")
        assert moved.code == 0, moved.err
        assert moved.json["partitions"][0]["new_position"] == position
        assert penstock("groups", "describe", "slow", "--json").json["partitions"][0]["position"] == position
    assert penstock("groups", "delete", "slow", "--yes").code == 0
    gone = penstock("groups", "describe", "slow")

    assert gone.code == 1
    assert "does not exist" in gone.err


def test_wrong_usage_is_explained(penstock: Run) -> None:
    """Exactly one target; topics that exist."""
    assert penstock("groups", "reset-offsets", "any").code == 2
    assert penstock("groups", "reset-offsets", "any", "--to-earliest", "--to-latest").code == 2
    assert penstock("groups", "reset-offsets", "any", "--to-earliest", "--topic", "nowhere-at-all").code == 1
    assert penstock("groups", "delete", "never-was", "--yes").code == 1


def test_deleting_without_a_terminal_names_the_option(penstock: Run) -> None:
    """As for topics."""
    result = penstock("groups", "delete", "anything")

    assert result.code == 2
    assert "--yes" in result.err
