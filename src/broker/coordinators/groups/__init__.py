"""Consumer groups of both protocols, share groups, and committed offsets, as rules: no clock, no IO, no randomness.

The classic protocol:

- ``classic``            what each request does to a group
- ``rebalancing``        how a group moves from one generation to the next
- ``roster``             who is in a group, who leads it, which protocols all members have in common
- ``member``             one member and its deadlines
- ``protocol_selection`` the vote for the protocol of a generation
- ``subscription``       the topics that a member's metadata names
- ``commands``           what a group is asked, and what it answers
- ``stored``             a group as the catalog keeps it, there and back

The consumer protocol (KIP-848) and share groups (KIP-932):

- ``epoch_group``        epochs, members, targets, sessions, what is to be stored
- ``subscribed_topics``  what a group knows of the topics it subscribes to

The consumer protocol:

- ``consumer_group``     what each heartbeat does to a group
- ``assigning``          who owns what, and the way there, whichever protocol a member speaks
- ``consumer_member``    one member, and what a heartbeat says
- ``reconciliation``     the next step of one member towards its target
- ``assignors``          which member is to have which partitions
- ``stored_consumer``    a group as the catalog keeps it, there and back

Share groups:

- ``share_group``        what each heartbeat does to a group
- ``share_member``       one member, and what a heartbeat says
- ``share_assignor``     which members are to have which partitions
- ``stored_share``       a group as the catalog keeps it, there and back

All:

- ``classic_members``    members of the classic protocol in a group of the consumer protocol
- ``migration``          how a group passes from one to the other with its members
- ``embedded_protocol``  what consumers of the classic protocol say to each other
- ``offsets``            committed offsets: who may commit, what expires
- ``limits``             how much memory clients can make groups take

Time is given as ``now_ms``, on any clock that never runs back. Deadlines are data: a group says in ``wake_ms`` when
:meth:`~broker.coordinators.groups.classic.ClassicGroup.expire` is to be called, somebody else keeps the time.
"""
