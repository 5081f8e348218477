"""Driver programs of the Python clients; they run in the pinned environment of `tests.toolchain`."""
