"""The numbers are stored: every release reads what every other one wrote."""

from broker.storage.catalog import span_flags


def test_flags_are_what_they_always_were() -> None:
    """Each a bit of its own."""
    flags = {name: number for name, number in vars(span_flags).items() if name.startswith("FLAG_")}

    assert flags == {
        "FLAG_FINAL_OFFSETS": 1,
        "FLAG_COMPACTED": 2,
        "FLAG_COMMIT_MARKER": 4,
        "FLAG_ABORT_MARKER": 8,
        "FLAG_TRANSACTIONAL": 16,
        "FLAG_LOG_APPEND_TIME": 32,
    }
