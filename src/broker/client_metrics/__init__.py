"""Metrics of clients (KIP-714): who is to push which, and what becomes of what is pushed.

Rules:

- ``subscriptions``   which subscriptions match a client, and what they come to together
- ``instance``        one client instance: when it may ask and push, and which error it is told
- ``samples``         what a push holds, read from its protobuf form within bounds

The agent is ``collector``: it knows the instances, forgets those that fall silent, and keeps the series that are shown.
"""
