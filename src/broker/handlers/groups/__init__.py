"""Consumer groups: membership (join, sync, heartbeat, leave), committed offsets, and what administrators ask of groups.

The handlers translate between versions of the protocol and :class:`broker.coordinators.group_coordinator.GroupCoordinator`;
what a group does is decided there.
"""
