"""Generated: how the broker reads requests and writes responses, one module for each API.

Use them through `broker.wire.registry`, which loads a module when its API key is first seen.
"""
