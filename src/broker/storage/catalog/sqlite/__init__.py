"""The catalog in one SQLite database, for a broker that keeps everything in one directory.

- ``schema`` and ``migrations/``: tables, how they are brought up to date, how a connection is opened
- ``writer``: the one thread that writes; ``transaction``: what it gathers for one commit
- ``reader``: read-only connections on worker threads
- ``topics``, ``configs``, ``logs``, ``groups``, ``transactions``: the contracts, one file each; ``catalog`` joins them

The states of partitions and producers are held in memory and are what the writer decides by
(:mod:`broker.storage.catalog.log_state`); the database is what makes them durable. Statements take their rows as one JSON
text: a statement is one call that runs without the interpreter lock, however many rows it writes.
"""
