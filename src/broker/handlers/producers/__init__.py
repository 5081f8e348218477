"""Idempotent producers: their ids, and what partitions know of them."""
