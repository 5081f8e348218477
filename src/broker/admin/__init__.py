"""Changing what the catalog holds on behalf of admin requests: topics and configuration.

- ``topic_administrator``   creates, deletes and widens topics; ``topic_names`` and ``partitions`` are its rules
- ``config_administrator``  describes and alters the configuration of topics and brokers
"""
