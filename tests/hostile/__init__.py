"""What hostile clients do to a running broker: used by tests, and by the benchmark that has honest clients beside them."""
