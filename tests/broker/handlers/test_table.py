"""The table of handlers is what the broker can do."""

import inspect

import pytest

from broker.handlers.base import Handler
from broker.handlers.table import HANDLERS
from broker.wire.registry import VERSIONS

AT_LEAST = {
    0: (3, 13), 1: (4, 18), 2: (1, 11), 3: (0, 13), 8: (2, 10), 9: (1, 10), 10: (0, 6), 11: (0, 9), 12: (0, 4), 13: (0, 5),
    14: (0, 5), 15: (0, 6), 16: (0, 5), 18: (0, 4), 19: (2, 7), 20: (1, 6), 21: (0, 2), 22: (0, 6), 23: (2, 4),
    24: (0, 5), 25: (0, 4), 26: (0, 5), 28: (0, 5), 29: (1, 3), 30: (1, 3), 31: (1, 3), 32: (1, 4), 33: (0, 2), 35: (1, 5), 37: (0, 3), 42: (0, 2), 43: (0, 2), 44: (0, 1),
    45: (0, 1), 46: (0, 0), 47: (0, 0), 60: (0, 2), 61: (0, 0), 65: (0, 0), 66: (0, 1), 74: (0, 1), 75: (0, 0),
}  # fmt: skip
"""The versions of Kafka 4 that this release promises."""


def test_what_is_promised_is_served() -> None:
    """Every key at every version; Produce is also listed from 0 for older librdkafka."""
    served = {handler.key: handler for handler in HANDLERS}
    missing = [
        (key, version) for key, (low, high) in AT_LEAST.items() for version in range(low, high + 1) if version not in served[key].versions
    ]

    assert not missing
    assert served[0].advertised == range(14)


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.name)
def test_each_handler_can_be_decoded_and_says_what_it_does(handler: Handler) -> None:
    """The codec knows its versions; the file opens with title, versions and behaviour."""
    module = inspect.getmodule(handler.handle)
    assert module is not None
    text = module.__doc__ or ""

    assert set(handler.versions) <= set(VERSIONS[handler.key])
    assert f"key {handler.key}" in text
    assert "Behaviour" in text
