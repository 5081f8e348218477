"""Who may ask the HTTP surface for anything but health: tokens from a file, users by their password, certificates.

One gate stands before all paths; a request without credentials, or with any that are not right, is refused there, and which of them was wrong is not said.
Whoever serves a path finds out who asks by :func:`identity_of`.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from observability.metrics import HTTP_REFUSED
from security.audit.event import AuditEvent, EventKind, Recorder
from security.identity import NOBODY, Identity

OPEN_PATHS: Final = frozenset({"/livez", "/readyz"})
"""Whether a broker lives and serves is for everyone to ask."""

IDENTITY: Final = "penstock.identity"
CERTIFICATE: Final = "penstock.certificate"
"""Keys of a request's scope: who asks, and the certificate that was shown."""

REFUSAL_DELAY_S: Final = 0.1
"""Guessing is slow for one who tries one after the other."""
_TOKENS_BYTES_MAX: Final = 1 << 20
_LOOK_AGAIN_S: Final = 1.0
_HEADER_MAX: Final = 8_192

TOKEN: Final = "TOKEN"  # noqa: S105 - a mechanism's name
BASIC: Final = "BASIC"

PasswordCheck = Callable[[str, str], Awaitable[Identity | None]]
CertificateCheck = Callable[[bytes], Identity | None]


class TokenReader:
    """The tokens in a file, one a line, with the name of whose it is before it: ``NAME TOKEN``, or only a token. Read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: list[tuple[str, bytes]] = []
        self._seen: tuple[int, int] | None = None
        self._looked = -_LOOK_AGAIN_S

    async def owner(self, token: str) -> str | None:
        """Whose token it is, None when nobody's. Every token is compared, whichever is right."""
        now = anyio.current_time()
        if now - self._looked >= _LOOK_AGAIN_S:
            self._looked = now
            await anyio.to_thread.run_sync(self._read)
        given = token.encode()
        found = None
        for owner, known in self._known:
            if hmac.compare_digest(known, given):
                found = owner
        return found

    def _read(self) -> None:
        try:
            facts = self._path.stat()
            seen = (facts.st_mtime_ns, facts.st_ino)
            if seen == self._seen:
                return
            with self._path.open("rb") as file:
                content = file.read(_TOKENS_BYTES_MAX)
        except OSError:
            # A file that is gone lets nobody in.
            self._known, self._seen = [], None
            return
        known = []
        for line in content.decode("utf-8", "replace").splitlines():
            words = line.split()
            if words and not words[0].startswith("#"):
                known.append((words[0] if len(words) > 1 else "http-token", words[-1].encode()))
        self._known, self._seen = known, seen


class Gate:
    """An application that lets through to another one who may. ``ways`` are those of ``http_authentication``; with none everybody may."""

    def __init__(
        self,
        app: ASGIApp,
        ways: Sequence[str],
        audit: Recorder,
        *,
        tokens: TokenReader | None = None,
        check_certificate: CertificateCheck | None = None,
    ) -> None:
        self._app = app
        self._ways = frozenset(ways)
        self._audit = audit
        self._tokens = tokens
        self._check_certificate = check_certificate
        self.check_password: PasswordCheck | None = None
        """Who a user with this password is: given by whoever keeps credentials. Until then nobody has one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        identity = await self._who(scope) if self._ways else NOBODY
        if identity is None:
            await self._refuse(scope, send)
            return
        scope[IDENTITY] = identity
        await self._app(scope, receive, send)

    async def _who(self, scope: Scope) -> Identity | None:
        certificate = scope.get(CERTIFICATE)
        if "certificate" in self._ways and certificate is not None and self._check_certificate is not None:
            identity = self._check_certificate(certificate)
            if identity is not None:
                return identity
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1 or len(given[0]) > _HEADER_MAX:
            return None
        scheme, _, credentials = given[0].decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and "token" in self._ways and self._tokens is not None:
            owner = await self._tokens.owner(credentials.strip())
            return None if owner is None else Identity(f"User:{owner}", mechanism=TOKEN, credential=f"http-token:{owner}")
        if scheme.lower() == "basic" and "basic" in self._ways and self.check_password is not None:
            try:
                user, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return await self.check_password(user, password) if colon else None
        return None

    async def _refuse(self, scope: Scope, send: Send) -> None:
        HTTP_REFUSED.inc()
        client = scope.get("client") or ("unknown", 0)
        if self._audit.wants(EventKind.AUTHENTICATION, NOBODY.principal):
            self._audit.record(
                AuditEvent(
                    kind=EventKind.AUTHENTICATION,
                    action="login",
                    outcome="failure",
                    principal=NOBODY.principal,
                    peer=f"{client[0]}:{client[1]}",
                    listener="http",
                    details={"path": scope["path"][:200]},
                )
            )
        await anyio.sleep(REFUSAL_DELAY_S)
        challenges = [b'Bearer realm="penstock"'] * ("token" in self._ways) + [b'Basic realm="penstock", charset="UTF-8"'] * ("basic" in self._ways)
        body = b"who you are was not shown, or is not known here\n"
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"content-length", str(len(body)).encode())]
        headers += [(b"www-authenticate", each) for each in challenges]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def identity_of(scope: Any) -> Identity:
    """Who asks; nobody in particular where the surface has no authentication."""
    identity: Identity = scope.get(IDENTITY, NOBODY)
    return identity
