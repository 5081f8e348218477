"""The index of all APIs."""

from dataclasses import replace
from typing import Any

import pytest

from broker.wire.generator.index_source import index_module
from broker.wire.schema import Versions
from tests.broker.wire.generator.widget import WIDGET


def test_the_index_says_what_must_be_known_before_loading() -> None:
    """Name and module, versions, and the first flexible one."""
    namespace: dict[str, Any] = {}
    exec(index_module([WIDGET]), namespace)

    assert namespace["MODULES"] == {99: ("Widget", "widget")}
    assert namespace["VERSIONS"] == {99: range(3)}
    assert namespace["FLEXIBLE_FROM"] == {99: 2}


@pytest.mark.parametrize("change", [{"versions": Versions(0, 1)}, {"flexible": Versions(1, 2)}])
def test_request_and_response_must_agree(change: dict[str, Versions]) -> None:
    """One version number governs both, so both must have it and agree on its form."""
    with pytest.raises(ValueError, match="request and response"):
        index_module([replace(WIDGET, response=replace(WIDGET.response, **change))])
