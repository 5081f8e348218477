"""Tests of the wire protocol: against the facts, against other implementations, and against hostile bytes."""
