"""One connection's way to its identity (KIP-43, KIP-152), and its way back to it (KIP-368): what may be asked when, and until when.

Who owns a Login is told what is wrong, and closes the connection; a Login that has failed never becomes anything else.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from security.identity import Identity
from security.sasl.exchange import Exchange, LoginRefused, Step

SASL_HANDSHAKE: Final = 17
API_VERSIONS: Final = 18
SASL_AUTHENTICATE: Final = 36
AGAIN_AFTER_S: Final = 1.0
"""How long after one re-authentication began another may."""


class State(Enum):
    """How far it is."""

    FRESH = auto()
    VERSIONS_KNOWN = auto()
    TOKENS = auto()
    """A mechanism was chosen, its tokens come in SaslAuthenticate."""
    RAW_TOKENS = auto()
    """The same, and they come as they are (SaslHandshake v0)."""
    DONE = auto()
    FAILED = auto()


class Chosen(Enum):
    """What came of the choice of a mechanism."""

    ACCEPTED = auto()
    NOT_OFFERED = auto()
    """The connection is to be closed."""
    NOT_NOW = auto()
    """It comes at the wrong time; the connection is to be closed."""
    REFUSED = auto()
    """A client that is logged in cannot log in again, or not yet. It goes on as who it is."""


_BEFORE: Final = {
    State.FRESH: frozenset({API_VERSIONS, SASL_HANDSHAKE}),
    State.VERSIONS_KNOWN: frozenset({SASL_HANDSHAKE}),
    # The other two are answered, with an error.
    State.TOKENS: frozenset({API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE}),
    State.RAW_TOKENS: frozenset(),
    State.FAILED: frozenset(),
}


class Login:
    """``mechanisms`` begin an exchange each, ``max_session_ms`` says, by mechanism, how long a client may go on before it has to log in again, 0 for ever.
    ``monotonic_s`` and ``now_ms`` are clocks, ``on_change`` is told when the client is logged in, and when that is in question again.
    A client has ``patience_s`` for each login.
    """

    __slots__ = (
        "_again_since_s", "_began_s", "_exchange", "_expires_s", "_max_session_ms", "_mechanism", "_monotonic_s", "_now_ms", "_patience_s",
        "_wrong_mechanism", "identity", "mechanisms", "on_change", "state",
    )  # fmt: skip

    def __init__(
        self,
        mechanisms: Mapping[str, Callable[[], Exchange]],
        *,
        max_session_ms: Callable[[str], int],
        monotonic_s: Callable[[], float],
        now_ms: Callable[[], int],
        patience_s: float,
    ) -> None:
        self.mechanisms: Final = mechanisms
        self.identity: Identity | None = None
        self.state = State.FRESH
        self.on_change: Callable[[], None] | None = None
        self._max_session_ms = max_session_ms
        self._monotonic_s = monotonic_s
        self._now_ms = now_ms
        self._patience_s = patience_s
        self._began_s = monotonic_s()
        self._again_since_s: float | None = None
        self._expires_s: float | None = None
        self._mechanism = ""
        self._wrong_mechanism = ""
        self._exchange: Exchange | None = None

    @property
    def again(self) -> bool:
        """Whether the client had logged in before the login that it is at, or is over."""
        return self.identity is not None

    @property
    def mechanism(self) -> str:
        """The one that the client chose last, "" before."""
        return self._mechanism

    @property
    def takes_raw_tokens(self) -> bool:
        """What comes next is a token without a header."""
        return self.state is State.RAW_TOKENS

    @property
    def expired(self) -> bool:
        """The client was logged in, for a time that is over."""
        return self.state is State.DONE and self._expires_s is not None and self._monotonic_s() >= self._expires_s

    def objection(self, key: int) -> str | None:
        """Why a request with this API key must not even be read, None when it may be. Asked for every request."""
        state = self.state
        if state is State.DONE:
            expires_s = self._expires_s
            if expires_s is None or key == SASL_HANDSHAKE or self._monotonic_s() < expires_s:
                return None
            return "its session has expired, and it did not log in again"
        if key in _BEFORE[state]:
            return None
        return f"API key {key} was asked for before logging in"

    def overdue(self) -> str | None:
        """Why the connection must not stay open even if nothing comes, None when it may."""
        if self.state is State.DONE:
            if self._expires_s is not None and self._monotonic_s() >= self._expires_s:
                return "its session has expired, and it did not log in again"
        elif self._monotonic_s() >= self._began_s + self._patience_s:
            return f"it did not log in within {self._patience_s:g} s"
        return None

    # --- what the client does -----------------------------------------------------------------------------------------

    def versions_told(self) -> bool:
        """ApiVersions is about to be answered, without error. False when that must not be now; the connection is then to be closed."""
        if self.state is State.DONE:
            return True
        if self.state is not State.FRESH:
            self._fail()
            return False
        self.state = State.VERSIONS_KNOWN
        return True

    def choose(self, mechanism: str, *, raw: bool) -> Chosen:
        """SaslHandshake. ``raw``: its tokens will come as they are."""
        now_s = self._monotonic_s()
        if self.state is State.DONE:
            too_soon = self._again_since_s is not None and now_s - self._again_since_s < AGAIN_AFTER_S
            if self._expires_s is None or too_soon:
                return Chosen.REFUSED
            self._again_since_s = now_s
        elif self.state not in (State.FRESH, State.VERSIONS_KNOWN):
            self._fail()
            return Chosen.NOT_NOW
        if mechanism not in self.mechanisms:
            self._fail()
            return Chosen.NOT_OFFERED
        self._wrong_mechanism = mechanism if self.again and mechanism != self._mechanism else ""
        self._began_s = now_s
        self._exchange = self.mechanisms[mechanism]()
        self.state = State.RAW_TOKENS if raw else State.TOKENS
        if not self._wrong_mechanism:
            self._mechanism = mechanism
        self._tell()
        return Chosen.ACCEPTED

    def take(self, token: bytes) -> tuple[Step, int]:
        """A token: what is answered, and with the last one how long the session holds in ms, 0 for ever. Raises LoginRefused."""
        exchange = self._exchange
        if exchange is None or self.state not in (State.TOKENS, State.RAW_TOKENS):
            self._fail()
            raise OutOfPlace("a token came before a mechanism was chosen, or after it was done with")
        try:
            if self._wrong_mechanism:
                raise CannotChange(
                    f"SASL mechanism '{self._wrong_mechanism}' requested by client is not supported for re-authentication of mechanism "
                    f"'{self._mechanism}'"
                )
            step = exchange.take(token)
            if step.identity is None:
                return step, 0
            if self.identity is not None and step.identity.principal != self.identity.principal:
                raise CannotChange(
                    f"Cannot change principals during re-authentication from {self.identity.principal} to {step.identity.principal}"
                )
        except LoginRefused:
            self._fail()
            raise
        return step, self._enter(step.identity)

    def _enter(self, identity: Identity) -> int:
        self.identity, self.state, self._exchange = identity, State.DONE, None
        max_session_ms = self._max_session_ms(self._mechanism)
        bounds = [max_session_ms] if max_session_ms > 0 else []
        if identity.expires_ms is not None:
            bounds.append(identity.expires_ms - self._now_ms())
        lifetime_ms = max(0, min(bounds)) if bounds else 0
        self._expires_s = self._monotonic_s() + lifetime_ms / 1000 if bounds else None
        self._tell()
        return lifetime_ms

    def _fail(self) -> None:
        self.state, self._exchange = State.FAILED, None
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()


class CannotChange(LoginRefused):
    """A client that logs in again must stay who it is, by the same mechanism. Its text may be told: there is nothing in it that the client does not know."""


class OutOfPlace(LoginRefused):
    """The protocol of logging in was not kept."""
