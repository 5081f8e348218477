"""Coordinators: what several clients must agree on through the broker.

- ``group_coordinator`` the agent that owns every consumer group in memory and answers for them
- ``consumer_group_coordinator`` the agent for those of them that speak the consumer protocol
- ``share_group_coordinator`` the agent for share groups
- ``shard_taker``       the agent that has shards coordinated here, and no longer: what the keeper of shards calls
- ``held_shards``       rule: which shards this broker coordinates, and what it answers for the others
- ``group_taker``       the agent that takes the groups of shards over from the catalog, and gives them up
- ``offset_reader``     the agent that reads what groups have committed, where others commit too
- ``offset_deleter``    the agent that has committed offsets deleted
- ``group_sweeper``     the agent that looks for groups and offsets that have expired
- ``classic_group_coordinator`` the agent that carries out what those of the classic protocol decide
- ``classic_member_coordinator`` the agent for members of the classic protocol in groups of the consumer protocol
- ``group_writer``      the agent that brings what groups decide into the catalog, in order
- ``group_registry``    rule: which groups there are, and what they take together
- ``transactional_offsets`` offsets that open transactions carry, and what becomes of them
- ``transaction_coordinator`` the agent that owns transactions: one call at a time for each id
- ``transaction_expirer`` the agent that ends those that outlive their timeouts, and forgets ids
- ``known_producers``   rule: what is remembered of producers whose ids others coordinate
- ``wake_ups``          rule: what is to be looked at when
- ``groups/``           the rules of all kinds of groups and of committed and pending offsets
"""
