"""Clients of the simulated broker: each does what a real one of its kind does, retries included, and tells the ledger."""
