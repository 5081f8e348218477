"""Where authorization is off, everything is allowed and says so."""

from broker.admin.access_keeper import AccessKeeper
from security.acls.kinds import Operation, ResourceType
from security.identity import NOBODY


def test_without_authorization_everything_is_allowed() -> None:
    """The decision has no rule, and a reason."""
    keeper = AccessKeeper()
    question = (NOBODY, "127.0.0.1", Operation.WRITE, ResourceType.TOPIC, "t")

    assert not keeper.is_enabled
    assert keeper.allows(*question)
    assert keeper.allows_any(*question[:4])
    assert keeper.explain(*question).reason == "authorization is off"
