"""The metrics that operators rely on."""

import re

from prometheus_client import generate_latest

from observability.metrics import REGISTRY


def test_every_metric_has_help_and_a_name_of_ours() -> None:
    """Nothing leaves without the product's prefix, but for what describes the interpreter."""
    text = generate_latest(REGISTRY).decode()
    names = set(re.findall(r"^# HELP (\S+) \S", text, re.M))

    assert {"penstock_requests_total", "penstock_commit_duration_seconds", "penstock_connections"} <= names
    assert all(name.startswith(("penstock_", "python_")) for name in names)
