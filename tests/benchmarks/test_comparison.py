"""Medians, ratios and verdicts of the comparison."""

import json
from pathlib import Path

from benchmarks.comparison import lines
from benchmarks.plan import CONSUME, FIRST_RECORD, FULL, IDLE_MEMORY, PRODUCE, SHORT, Metric
from benchmarks.report import print_table, write_json
from rich.console import Console

_CELL = SHORT.cells[0]


def test_a_ratio_is_penstocks_median_over_kafkas() -> None:
    """Outliers of single rounds do not count."""
    (line,) = lines(
        SHORT,
        [{(PRODUCE, _CELL): value} for value in (100.0, 1.0, 90.0)],
        [{(PRODUCE, _CELL): value} for value in (45.0, 5000.0, 60.0)],
    )

    assert (line.kafka_median, line.penstock_median) == (90, 60)
    assert round(line.ratio, 3) == 0.667
    assert line.passed is False


def test_a_target_bounds_from_the_side_that_is_worse() -> None:
    """Throughput has a least ratio, time and memory a greatest, and what has no target gets no verdict."""
    assert PRODUCE.passes(0.7) is True
    assert CONSUME.passes(0.69) is False
    assert FIRST_RECORD.passes(0.33) is True
    assert IDLE_MEMORY.passes(0.26) is False
    assert Metric("other", "s", higher_is_better=False).passes(100) is None


def test_only_what_every_session_measured_is_reported() -> None:
    """A metric that one session did not reach is left out, the others are in the order of the plan."""
    kafka = [{(PRODUCE, _CELL): 1.0, (FIRST_RECORD, None): 6.0, (CONSUME, _CELL): 1.0}]
    penstock = [{(PRODUCE, _CELL): 1.0, (FIRST_RECORD, None): 1.0}]

    assert [line.metric for line in lines(SHORT, kafka, penstock)] == [PRODUCE, FIRST_RECORD]


def test_results_are_written_with_every_sample(tmp_path: Path) -> None:
    """The JSON holds samples, medians, ratio and verdict; the table prints without a terminal."""
    results = lines(SHORT, [{(PRODUCE, _CELL): 10.0}], [{(PRODUCE, _CELL): 8.0}])
    write_json(tmp_path / "out" / "latest.json", results, {"cores": 2}, 12.3)
    console = Console(record=True, width=140, file=(tmp_path / "table").open("w"))
    print_table(results, {"cores": 2}, console)

    (entry,) = json.loads((tmp_path / "out" / "latest.json").read_text())["results"]
    assert entry["kafka"] == {"median": 10.0, "samples": [10.0]}
    assert (entry["ratio"], entry["passed"], entry["partitions"]) == (0.8, True, 1)
    assert "1 of 1 targets met" in console.export_text()


def test_the_full_plan_covers_what_is_promised() -> None:
    """100 B and 1 KiB records, 16 KiB and 1 MiB batches, 1 and 6 partitions, each with the other."""
    combinations = {(cell.record_size, cell.batch_size, cell.partitions) for cell in FULL.cells}
    assert combinations == {
        (size, batch, partitions) for size in (100, 1024) for batch in (16384, 1048576) for partitions in (1, 6)
    }
    assert len({cell.topic for cell in FULL.cells}) == len(FULL.cells)
