"""The tests. ``tests/broker`` and its siblings mirror the source tree; the other folders are said in CONTRIBUTING."""
