"""The settings of the life of record data."""

import pytest
from pydantic import ValidationError

from broker.config.settings import Settings


def test_defaults() -> None:
    """Minutes for merging and for the grace, a day between sweeps."""
    settings = Settings(data_dir="unused")
    assert (settings.merge_age_ms, settings.object_delete_grace_ms) == (60_000, 600_000)
    assert settings.orphan_sweep_interval_ms == 86_400_000


@pytest.mark.parametrize("setting", ["object_delete_grace_ms", "merge_object_bytes", "reclaim_interval_ms"])
def test_none_may_be_nothing(setting: str) -> None:
    """A grace of nothing would delete what readers are about to read."""
    with pytest.raises(ValidationError):
        Settings(data_dir="unused", **{setting: 0})
