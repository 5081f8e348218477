"""What requests about delegation tokens have in common: who may make them at all, and principals in two parts."""

from broker.admin.token_keeper import TokenKeeper
from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.identity import NO_MECHANISM


def require_login(context: RequestContext) -> None:
    """Refuse clients that did not show who they are, or did so by a token. Raises BrokerError with DELEGATION_TOKEN_REQUEST_NOT_ALLOWED."""
    identity = context.connection.identity
    if identity.mechanism == NO_MECHANISM or identity.by_token:
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED)


def enabled_tokens(context: RequestContext) -> TokenKeeper:
    """The tokens. Raises BrokerError with DELEGATION_TOKEN_AUTH_DISABLED where there are to be none."""
    tokens = context.services.tokens
    if not tokens.is_enabled:
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED)
    return tokens


def parts_of(principal: str) -> tuple[str, str]:
    """Type and name."""
    kind, _, name = principal.partition(":")
    return kind, name


def principal_of(kind: str | None, name: str | None) -> str:
    """The other way round."""
    return f"{kind or ''}:{name or ''}"
