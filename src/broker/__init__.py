"""Penstock's broker: the Apache Kafka wire protocol over a durable log. The map, from the outside in:

- ``cli``           the ``penstock`` command
- ``app``           builds everything from settings, starts it in one task group, stops it in order
- ``server``        Kafka listeners: frames in, answers out, in order and within bounds
- ``http``          health and metrics
- ``handlers``      one file per API key; ``handlers.HANDLERS`` is the whole surface
- ``log``           append and read: writer, reader, cleaner, and the rules they follow
- ``coordinators``  consumer groups
- ``cluster``       who the broker is, which topics there are
- ``admin``         changes to topics and settings
- ``storage``       record data in segments, everything else in the catalog
- ``config``        every setting, once
- ``wire``          bytes to messages and back

*Agents* (named -er or -or) wait and own one piece of state; *rules* decide, are plain functions, and know no clock.
"""
