"""Who may make requests about delegation tokens at all."""

import pytest

from broker.errors import BrokerError
from broker.handlers.access.token_requests import enabled_tokens, parts_of, principal_of, require_login
from broker.wire.error_codes import ErrorCode
from security.identity import NOBODY, Identity
from tests.broker.handlers.access.world import ANN, AccessWorld


@pytest.mark.parametrize("identity", [NOBODY, Identity("User:ann", mechanism="SCRAM-SHA-256", by_token=True)], ids=["nobody", "by a token"])
def test_who_did_not_log_in_by_itself_may_not(identity: Identity) -> None:
    """A token makes no tokens."""
    world = AccessWorld(delegation_tokens=True)
    require_login(world.context(1, ANN))
    with pytest.raises(BrokerError) as caught:
        require_login(world.context(1, identity))

    assert caught.value.code is ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED


def test_where_there_are_no_tokens_that_is_said() -> None:
    """And where there are they are given."""
    world = AccessWorld(delegation_tokens=True)
    assert enabled_tokens(world.context(1, ANN)) is world.tokens
    with pytest.raises(BrokerError) as caught:
        enabled_tokens(AccessWorld().context(1, ANN))

    assert caught.value.code is ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED


@pytest.mark.parametrize(("principal", "parts"), [("User:a:b", ("User", "a:b")), (":", ("", "")), ("User:", ("User", ""))])
def test_principals_have_two_parts(principal: str, parts: tuple[str, str]) -> None:
    """The first colon parts them."""
    assert parts_of(principal) == parts
    assert principal_of(*parts) == principal
