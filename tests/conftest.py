"""What every test shares: the event loop backend, and hypothesis profiles."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("short", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("PENSTOCK_HYPOTHESIS", "short"))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Production runs on uvloop; so do the tests, unless one asks for trio's virtual clock."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A test may set up the log; the next one of the same process must not run with what it chose."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
