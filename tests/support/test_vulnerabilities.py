"""What the report about dependencies means."""

from typing import Any

import pytest

from tests.support.vulnerabilities import verdict

GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "code", "words"),
    [
        ([GOOD], 0, "nothing is known against 1"),
        ([GOOD, BAD], 1, "b 2: PYSEC-1, fixed in 3"),
        ([UNKNOWN, BAD], 1, "PYSEC-1"),
        ([GOOD, UNKNOWN], 1, "could not be asked about: c"),
        ([UNKNOWN, UNKNOWN], 0, "SKIPPED"),
        ([], 0, "SKIPPED"),
    ],
)
def test_a_report_is_judged(dependencies: list[dict[str, Any]], code: int, words: str) -> None:
    """What could not be looked at is never called good: a part of it is a failure, all of it is said loudly."""
    found, lines = verdict(dependencies)

    assert found == code
    assert words in lines[0]
