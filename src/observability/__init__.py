"""Seeing inside: metrics, logs, health. Knows nothing of the broker.

- ``metrics``: every metric, declared once.
- ``logs``: the structured log, and limiting of lines that a client could cause without end.
- ``health``: named checks behind ``/livez`` and ``/readyz``.
"""
