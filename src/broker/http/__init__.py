"""The HTTP surface: health and metrics (schema registry and admin join it later).

- ``surface``: which path answers what.
- ``server``: runs it beside the Kafka listeners.
"""
