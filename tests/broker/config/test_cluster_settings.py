"""What a broker of a cluster is told about the cluster."""

import pytest
from pydantic import ValidationError

from broker.config.settings import Settings, problems_of


def problems(**settings: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        Settings(**settings)  # type: ignore[arg-type]
    return {problem.setting: problem.why for problem in problems_of(refused.value)}


def test_a_shared_catalog_needs_a_shared_store() -> None:
    """Brokers that read one catalog must find one another's records."""
    assert "objects" in problems(catalog="postgresql://db/penstock")
    assert Settings(catalog="postgresql://db/penstock", objects="s3://bucket/prefix").clustered


def test_an_embedded_catalog_keeps_records_in_files() -> None:
    """Its commits say nothing of what a remote store has."""
    assert "objects" in problems(objects="s3://bucket")
    assert not Settings(objects="file:///tmp/objects").clustered
    assert not Settings(catalog="sqlite:///tmp/catalog.db").clustered


def test_other_catalogs_are_refused_without_being_shown() -> None:
    """An address may carry a password."""
    assert "secret" not in str(problems(catalog="mysql://u:secret@db/x"))


@pytest.mark.parametrize(
    "given",
    [{"write_flush_bytes": 1000}, {"write_flush_age_ms": 0}, {"write_upload_slots": 0}, {"write_puts_per_second": -1}, {"write_inline_bytes": 1 << 21}],
)
def test_writing_that_could_not_work_is_refused(given: dict[str, int]) -> None:
    """Ranges are checked before anything starts."""
    with pytest.raises(ValueError, match="write_"):
        Settings(**given)
