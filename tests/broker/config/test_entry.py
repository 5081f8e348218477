"""The numbers and names that DescribeConfigs speaks in."""

from broker.config.entry import SYNONYMS, Source
from broker.config.settings import BY_KAFKA_NAME


def test_sources_have_the_numbers_of_the_protocol() -> None:
    """Clients compare them."""
    assert [int(source) for source in Source] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_synonyms_are_settings() -> None:
    """Each stands in its own group."""
    assert all(name in BY_KAFKA_NAME for group in SYNONYMS.values() for name in group)
    assert all(name in group for name, group in SYNONYMS.items())
    assert "log.flush.scheduler.interval.ms" not in SYNONYMS
