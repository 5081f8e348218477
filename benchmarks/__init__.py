"""Measures Penstock beside Apache Kafka on one machine, and Penstock alone against its own budgets.

`python -m benchmarks` compares the two brokers with Kafka's own performance tools; `python -m benchmarks.micro` checks the
budgets of single requests in process. What the numbers mean is in README.md.
"""
