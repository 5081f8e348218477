"""The classic consumer group protocol and committed offsets, as rules: no clock, no IO, no randomness.

- ``classic``            what each request does to a group
- ``rebalancing``        how a group moves from one generation to the next
- ``roster``             who is in a group, who leads it, which protocols all members have in common
- ``member``             one member and its deadlines
- ``protocol_selection`` the vote for the protocol of a generation
- ``subscription``       the topics that a member's metadata names
- ``commands``           what a group is asked, and what it answers
- ``stored``             a group as the catalog keeps it, there and back
- ``offsets``            committed offsets: who may commit, what expires
- ``limits``             how much memory clients can make groups take

Time is given as ``now_ms``, on any clock that never runs back. Deadlines are data: a group says in ``wake_ms`` when
:meth:`~broker.coordinators.groups.classic.ClassicGroup.expire` is to be called, somebody else keeps the time.
"""
