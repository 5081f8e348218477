"""Where share groups begin to read."""

import pytest

from broker.config.kafka_values import ValueProblem
from broker.config.offset_reset import OffsetReset, OffsetResetCheck, read_offset_reset


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("earliest", OffsetReset("earliest")),
        ("latest", OffsetReset("latest")),
        ("by_duration:P1D", OffsetReset("by_duration", 86_400_000)),
        ("by_duration:PT1H2M3.5S", OffsetReset("by_duration", 3_723_500)),
        ("by_duration:pt0s", OffsetReset("by_duration", 0)),
        ("by_duration:P1DT-1H", OffsetReset("by_duration", 82_800_000)),
        ("by_duration:-PT-1S", OffsetReset("by_duration", 1_000)),
        ("by_duration:PT1,25S", OffsetReset("by_duration", 1_250)),
        ("by_duration:PT-0.5S", None),
        ("by_duration:-PT1H", None),
        ("by_duration:", None),
        ("by_duration:P", None),
        ("by_duration:PT", None),
        ("by_duration:P1DT", None),
        ("by_duration:1h", None),
        ("by_duration:P99999999999999999999D", None),
        ("by_duration:P9999999999999999999D", None),
        ("by_duration", None),
        ("Latest", None),
        ("none", None),
        ("", None),
    ],
)
def test_values_are_read_as_java_reads_them(text: str, found: OffsetReset | None) -> None:
    """Signs and cases included; what is negative as a whole or no time is refused."""
    if found is None:
        with pytest.raises(ValueProblem, match="must be either"):
            OffsetResetCheck()(text)
    else:
        assert read_offset_reset(text) == found
