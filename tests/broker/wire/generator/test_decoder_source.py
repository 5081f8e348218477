"""The decoders' source; that they are right is tested through the registry."""

from broker.wire.generator.decoder_source import DecoderSource, format_name, unpacker
from tests.broker.wire.generator.widget import WIDGET


def built() -> DecoderSource:
    source = DecoderSource(WIDGET.request)
    source.build()
    return source


def test_neighbours_of_fixed_size_are_read_at_once() -> None:
    """Integers and the length of what follows share one precompiled format."""
    assert {"ih", "ihh", "ihB"} & built().formats == {"ih", "ihh", "ihB"}


def test_every_version_has_a_decoder() -> None:
    """Versions that look the same share one."""
    source = built()

    assert source.table == {0: "decode_request_v0", 1: "decode_request_v1", 2: "decode_request_v2"}
    response = DecoderSource(WIDGET.response)
    response.build()
    assert response.table == {0: "decode_response_v0", 1: "decode_response_v0", 2: "decode_response_v2"}


def test_formats_become_identifiers() -> None:
    """Letters that cannot stand in a name are replaced."""
    assert format_name("?16sB") == "TUB"
    assert unpacker("ih") == "_unpack_ih"


def test_elements_of_requests_are_counted_and_those_of_answers_are_not() -> None:
    """Who asked has chosen whom."""
    response = DecoderSource(WIDGET.response)
    response.build()
    assert any("left -= n" in source for source in built().functions.values())
    assert not any("left" in source for source in response.functions.values())
