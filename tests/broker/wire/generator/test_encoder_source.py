"""The encoders' source; that they are right is tested through the registry."""

from broker.wire.generator.encoder_source import EncoderSource, default_instance, packer
from tests.broker.wire.generator.widget import WIDGET


def test_a_length_joins_the_run_before_it() -> None:
    """One call packs the integers and the first byte of what follows."""
    source = EncoderSource(WIDGET.request)
    source.build()

    assert "_pack_ihB(m.count, m.size, n)" in "".join(source.functions.values())
    assert packer("ihB") == "_pack_ihB"


def test_defaults_of_tagged_structs_are_kept_to_compare_with() -> None:
    """A struct that equals its default is not written."""
    source = EncoderSource(WIDGET.response)
    source.build()

    assert source.defaults == {"WidgetResponseOrigin"}
    assert default_instance("A") == "_DEFAULT_A"
