"""Worlds as fixtures."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.broker.storage.checking.worlds import EmbeddedWorld, SharedWorld, World


@pytest.fixture(params=["embedded", "shared"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A filled world of either kind."""
    opened: World = EmbeddedWorld.open(tmp_path / "data") if request.param == "embedded" else await SharedWorld.open()
    await opened.fill()
    yield opened
    await opened.aclose()
