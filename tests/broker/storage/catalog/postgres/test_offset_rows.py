"""Committed offsets as columns."""

from broker.model import CommittedOffset
from broker.storage.catalog.postgres.offset_rows import PUT_OFFSETS, offset_columns, pending_columns
from broker.storage.catalog.shards import shard_of

LONG = "x" * 300


def test_offsets_come_in_the_order_of_their_keys() -> None:
    """So that everybody locks their rows in the same order."""
    keys = [("b", "t", 0), ("a", "u", 1), ("a", "t", 2), ("a", "t", 1)]
    columns = offset_columns({key: CommittedOffset(offset=index) for index, key in enumerate(keys)})

    assert list(zip(columns[0], columns[2], columns[3], strict=True)) == [(b"a", "t", 1), (b"a", "t", 2), (b"a", "u", 1), (b"b", "t", 0)]
    assert columns[-1] == [shard_of("a")] * 3 + [shard_of("b")]
    assert len(columns) == PUT_OFFSETS.count("{}")


def test_a_long_group_id_stands_beside_its_key() -> None:
    """A short one is its key."""
    columns = pending_columns({("g\0", "t", 0): CommittedOffset(offset=1), (LONG, "t", 0): CommittedOffset(offset=2, metadata="\0")})

    assert columns[1] == [None, LONG.encode()]
    assert columns[0][0] == b"g\0"
    assert columns[6] == [b"", b"\0"]
