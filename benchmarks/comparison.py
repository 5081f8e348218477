"""Sessions in turn, and what their medians say: one line for each metric and cell, with its ratio and verdict."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.brokers import CONTESTANTS, KAFKA, PENSTOCK
from benchmarks.plan import METRICS, Cell, Metric, Plan
from benchmarks.session import Key, Measured, Say, run_session


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one cell: every sample of both, in the order measured."""

    metric: Metric
    cell: Cell | None
    kafka: Sequence[float]
    penstock: Sequence[float]

    @property
    def kafka_median(self) -> float:
        return statistics.median(self.kafka)

    @property
    def penstock_median(self) -> float:
        return statistics.median(self.penstock)

    @property
    def ratio(self) -> float:
        """Penstock's median divided by Kafka's; a value too small to be told from nothing counts as equal."""
        if self.kafka_median == 0:
            return 1.0 if self.penstock_median == 0 else float("inf")
        return self.penstock_median / self.kafka_median

    @property
    def passed(self) -> bool | None:
        return self.metric.passes(self.ratio)

    def as_json(self) -> dict[str, Any]:
        cell = self.cell
        return {
            "metric": self.metric.name,
            "unit": self.metric.unit,
            "record_size": cell.record_size if cell else None,
            "batch_size": cell.batch_size if cell else None,
            "partitions": cell.partitions if cell else None,
            "kafka": {"median": _rounded(self.kafka_median), "samples": [_rounded(value) for value in self.kafka]},
            "penstock": {
                "median": _rounded(self.penstock_median),
                "samples": [_rounded(value) for value in self.penstock],
            },
            "ratio": _rounded(self.ratio),
            "target": None if self.metric.target is None else _rounded(self.metric.target),
            "passed": self.passed,
        }


def compare(plan: Plan, folder: Path, say: Say) -> list[Line]:
    """Run the plan's rounds. Who goes first changes from round to round, so that a machine that slows down or speeds up
    over the minutes favours neither."""
    measured: dict[str, list[Measured]] = {contestant.name: [] for contestant in CONTESTANTS}
    started = time.monotonic()
    for number in range(plan.rounds):
        elapsed = time.monotonic() - started
        if number and elapsed + elapsed / number > plan.budget_s:
            say(f"{number} rounds took {elapsed:.0f} s: another would go over {plan.budget_s:.0f} s")
            break
        order = CONTESTANTS if number % 2 == 0 else tuple(reversed(CONTESTANTS))
        for contestant in order:
            say(f"round {number + 1} of {plan.rounds}: {contestant.name}")
            measured[contestant.name].append(run_session(contestant, plan, folder / "broker", say))
    return lines(plan, measured[KAFKA.name], measured[PENSTOCK.name])


def lines(plan: Plan, kafka: Sequence[Measured], penstock: Sequence[Measured]) -> list[Line]:
    """Everything measured, in the order of METRICS and the plan's cells."""
    keys: list[Key] = [(metric, cell) for metric in METRICS for cell in (*plan.cells, None)]
    return [
        Line(metric, cell, [of[metric, cell] for of in kafka], [of[metric, cell] for of in penstock])
        for metric, cell in keys
        if all((metric, cell) in of for of in (*kafka, *penstock))
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
