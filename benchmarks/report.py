"""The results as a table for people and as JSON for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.comparison import Line


def print_table(lines: Sequence[Line], machine: dict[str, Any], console: Console) -> None:
    """One row a metric and cell; medians, their ratio, and the verdict where there is a target."""
    rounds = max((len(line.kafka) for line in lines), default=0)
    table = Table(title=f"Penstock beside Apache Kafka, medians of {rounds}", title_justify="left")
    for heading in ("what", "traffic"):
        table.add_column(heading)
    for heading in ("Kafka", "Penstock", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("")
    previous = None
    for line in lines:
        if previous is not None and previous is not line.metric:
            table.add_section()
        name = "" if previous is line.metric else f"{line.metric.name}, {line.metric.unit}"
        previous = line.metric
        table.add_row(
            name,
            line.cell.label if line.cell else "",
            _number(line.kafka_median),
            _number(line.penstock_median),
            f"{line.ratio:.2f}",
            _target(line),
            _verdict(line),
        )
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), soft_wrap=True, highlight=False)
    missed = sum(1 for line in lines if line.passed is False)
    judged = sum(1 for line in lines if line.passed is not None)
    console.print(f"{judged - missed} of {judged} targets met")


def write_json(path: Path, lines: Sequence[Line], machine: dict[str, Any], seconds: float) -> None:
    """Everything, samples included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine, "seconds": round(seconds), "results": [line.as_json() for line in lines]}
    path.write_text(json.dumps(document, indent=2) + "\n")


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _target(line: Line) -> str:
    if line.metric.target is None:
        return ""
    return f"{'≥' if line.metric.higher_is_better else '≤'} {line.metric.target:.2f}"


def _verdict(line: Line) -> str:
    return {None: "", True: "[green]pass[/]", False: "[red]miss[/]"}[line.passed]
