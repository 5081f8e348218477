"""The Kafka listener: sockets in, answers out.

- ``transport``: the one file that speaks asyncio; bytes become frames, frames memory bounded by what was received.
- ``connection``: one client: requests take effect in order, answers leave in order.
- ``dispatcher``: header -> handler, version check, errors to answers, metrics.
- ``budget``: bytes of requests in flight and on their way in, of the process: who may read when they are scarce.
- ``listener``: binds, limits connections, closes idle ones, drains.
"""
