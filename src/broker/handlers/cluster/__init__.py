"""What clients ask about the cluster: brokers, topics, where partitions are led and kept, and moving them (which is not needed here)."""
