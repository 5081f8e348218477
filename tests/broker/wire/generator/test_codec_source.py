"""Whole codec modules."""

from broker.wire.generator.codec_source import client_module, server_module
from tests.broker.wire.generator.widget import WIDGET


def test_the_two_sides_are_mirror_images() -> None:
    """The broker reads requests and writes responses; a client the other way round; both are valid Python."""
    server, client = server_module(WIDGET), client_module(WIDGET)

    for source, tables in (
        (server, ("DECODE_REQUEST", "ENCODE_RESPONSE")),
        (client, ("DECODE_RESPONSE", "ENCODE_REQUEST")),
    ):
        compile(source, "widget.py", "exec")
        assert all(f"\n{table}: dict[int, " in source for table in tables)


def test_only_what_is_used_is_imported() -> None:
    """A module that skips no unknown tags does not import how."""
    head = server_module(WIDGET).partition("def ")[0]

    assert "read_int32s" in head
    assert "read_int64s" not in head
