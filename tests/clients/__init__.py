"""Real Kafka clients and tools against a running broker: Penstock, or Apache Kafka as the check of the tests."""
