"""Generated: how a client writes requests and reads responses, one module for each API.

The broker never loads these; tests and command line tools do, through `broker.wire.registry`.
"""
