"""Coordinators: what several clients must agree on through the broker.

- ``group_coordinator`` the agent that owns every consumer group in memory and answers for them
- ``group_writer``      the agent that brings what groups decide into the catalog, in order
- ``group_registry``    rule: which groups there are, and what they take together
- ``transaction_coordinator`` the agent that owns transactions: one call at a time for each id, timeouts, expiry
- ``wake_ups``          rule: what is to be looked at when
- ``groups/``           the rules of the classic group protocol and of committed and pending offsets
"""
