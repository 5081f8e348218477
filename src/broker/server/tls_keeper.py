"""Keeps what TLS listeners show and trust: read at the start, and again whenever files or settings have changed.

Only a set that proves valid takes the place of another: its key fits, its chain holds now, it is for the same names. Until then the one before
stays, and a metric says that the files cannot be used. Connections that are open keep what they have; every new handshake gets the newest set.
"""

import contextlib
import hashlib
import os
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import anyio.to_thread

from broker.config.settings import Settings
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import TLS_NOT_AFTER, TLS_RELOADS, TLS_UNUSABLE
from security.identity import MUTUAL_TLS, NOBODY, Identity
from security.tls.distinguished_names import NotACertificate, java_name, subject_of, values_of
from security.tls.principal_mapping import NoRuleApplies, Rule, map_name, parse_rules
from security.tls.sources import STORE_BYTES_MAX, StoreUnusable, TlsSources

if TYPE_CHECKING:
    from security.tls.contexts import TlsSet

HANDSHAKE_THREADS: Final = 1
"""A thousand handshakes a second or so. A flood of them takes no more than this one thread from those who are in."""
HANDSHAKE_NICE: Final = 10
"""And where processors are scarce, those who are in come first."""
DEBOUNCE_MS: Final = 200
LOOK_S: Final = 1.0
_SECRET_BYTES_MAX: Final = 64 * 1024

T = TypeVar("T")

_log = logs.get("tls")


def _come_last() -> None:
    """For this thread only, where the system knows such a thing."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + HANDSHAKE_NICE)


class TlsUnusable(Exception):
    """A listener cannot speak TLS with what it was given; the text says why."""


class TlsDoor:
    """What one listener shows and trusts now."""

    def __init__(self, name: str, keeper: "TlsKeeper", *, dials: bool) -> None:
        self.name = name
        self._keeper = keeper
        self.dials = dials
        self._set: TlsSet | None = None
        self._client: TlsSet | None = None
        self._digest = b""
        self._told = ""
        self._rules: tuple[Rule, ...] = ()
        self._groups: tuple[str, ...] = ()

    @property
    def context(self) -> ssl.SSLContext:
        """For a handshake that begins now."""
        assert self._set is not None, "loaded before it is used"
        return self._set.context

    @property
    def client_context(self) -> ssl.SSLContext:
        """For connections that this process begins, where it begins some."""
        assert self._client is not None, "loaded before it is used"
        return self._client.context

    @property
    def threads(self) -> ThreadPoolExecutor:
        return self._keeper.threads

    def lasting_context(self) -> ssl.SSLContext:
        """One for servers that keep theirs for ever: it hands each handshake to the one that counts then."""
        from security.tls.contexts import server_set

        assert self._set is not None, "loaded before it is used"
        lasting = server_set(self._keeper.sources(self.name), self._keeper.now()).context

        def hand_over(connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self.context

        lasting.sni_callback = hand_over
        return lasting

    def identify(self, certificate: bytes | None) -> Identity:
        """Who shows this certificate. Raises NoRuleApplies, NotACertificate."""
        if certificate is None:
            return NOBODY
        subject = subject_of(certificate)
        groups = tuple(dict.fromkeys(f"Group:{value}" for kind in self._groups for value in values_of(subject, kind) if value))
        return Identity(
            principal=f"User:{map_name(self._rules, java_name(subject))}",
            groups=groups,
            mechanism=MUTUAL_TLS,
            credential=f"cert:{hashlib.sha256(certificate).hexdigest()}",
        )

    def known(self, certificate: bytes) -> Identity | None:
        """The same, None for a certificate that makes nobody of its owner."""
        try:
            return self.identify(certificate)
        except (NoRuleApplies, NotACertificate):
            return None

    def take(self, sources: TlsSources, settings: Settings) -> bool:
        """Serve these from now on, if they differ from what is served; whether they do. Raises StoreUnusable."""
        digest = sources.digest()
        if digest == self._digest:
            return False
        new, client = self.build(sources, settings)
        self._rules = parse_rules(settings.on_listener(self.name, "ssl_principal_mapping_rules"))
        self._groups = settings.on_listener(self.name, "ssl_group_attributes")
        self._set, self._client, self._digest = new, client, digest
        TLS_NOT_AFTER.labels(self.name, "certificate").set(new.facts.not_after)
        if new.facts.authorities_not_after is not None:
            TLS_NOT_AFTER.labels(self.name, "authority").set(new.facts.authorities_not_after)
        return True

    def build(self, sources: TlsSources, settings: Settings) -> "tuple[TlsSet, TlsSet | None]":
        """What would be served with these. Raises StoreUnusable when that cannot be, or may not come after what is served now."""
        from security.tls.contexts import client_set, server_set  # a fifth of a second, which only who speaks TLS needs
        from security.tls.facts import may_replace

        now = self._keeper.now()
        new = server_set(sources, now)
        client = client_set(sources, now, check_hostname=False) if self.dials else None
        if self._set is not None:
            may_replace(
                self._set.facts,
                new.facts,
                other_name=settings.on_listener(self.name, "ssl_allow_dn_changes"),
                fewer_names=settings.on_listener(self.name, "ssl_allow_san_changes"),
            )
        return new, client

    def is_new_trouble(self, why: str) -> bool:
        """Whether this was not said the last time; "" is no trouble."""
        known, self._told = self._told, why
        return known != why

    @property
    def fingerprint(self) -> str:
        return self._set.facts.fingerprint if self._set is not None else ""


class TlsKeeper:
    """Owns the doors of all listeners that speak TLS. ``settings`` gives those that count now."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        names: Sequence[str],
        *,
        dialling: Sequence[str] = (),
        now: Callable[[], datetime] = lambda: datetime.fromtimestamp(time.time(), UTC),
    ) -> None:
        self._settings = settings
        self.now = now
        self.threads = ThreadPoolExecutor(HANDSHAKE_THREADS, thread_name_prefix="tls", initializer=_come_last)
        self._doors = {name: TlsDoor(name, self, dials=name in dialling) for name in names}
        self._wake = anyio.Event()
        self._seen: list[tuple[int, int, int] | None] = []
        self._complaints = logs.LineLimiter(per_second=1 / 600, burst=1)

    def door(self, name: str) -> TlsDoor:
        """What a listener shows and trusts."""
        return self._doors[name]

    async def load(self) -> None:
        """Read everything for the first time. Raises TlsUnusable."""
        self._seen = await anyio.to_thread.run_sync(self._stamp)
        for door in self._doors.values():
            try:
                await self._look(door)
            except StoreUnusable as problem:
                raise TlsUnusable(f"TLS of {door.name}: {problem}") from None
            TLS_UNUSABLE.labels(door.name).set(0)
            TLS_RELOADS.labels(door.name, "success").inc(0)
            TLS_RELOADS.labels(door.name, "failure").inc(0)

    def settings_changed(self) -> None:
        """Look again at once."""
        self._wake.set()

    async def run(self) -> None:
        """Look again whenever something changes, and now and then. Runs until cancelled."""
        if not self._doors:
            return
        while True:
            with anyio.move_on_after(self._settings().ssl_reload_poll_ms / 1000):
                await self._until_something_changes()
            # What changes from now on is looked at in the next round.
            self._wake = anyio.Event()
            await self.reload()

    async def reload(self) -> None:
        """Take what files and settings say by now, where it can be used."""
        self._seen = await anyio.to_thread.run_sync(self._stamp)
        for door in self._doors.values():
            try:
                changed = await self._look(door)
            except StoreUnusable as problem:
                self._trouble(door, str(problem))
                continue
            door.is_new_trouble("")
            TLS_UNUSABLE.labels(door.name).set(0)
            if changed:
                TLS_RELOADS.labels(door.name, "success").inc()
                _log.info("keys and certificates were read again and are shown from now on", listener=door.name, certificate=door.fingerprint)

    async def try_settings(self, settings: Settings) -> None:
        """Whether all listeners could go on with these, where they concern them. Raises BrokerError."""
        current = self._settings()
        for door in self._doors.values():
            if all(settings.on_listener(door.name, field) == current.on_listener(door.name, field) for field in _CONCERNED):
                continue

            def build(door: TlsDoor = door) -> None:
                door.build(self.sources(door.name, settings), settings)

            try:
                await _in_thread(build)
            except StoreUnusable as problem:
                raise BrokerError(ErrorCode.INVALID_REQUEST, f"TLS of {door.name} cannot be served with this: {problem}") from problem

    async def _look(self, door: TlsDoor) -> bool:
        """Whether something else is served from now on. Raises StoreUnusable."""
        return await _in_thread(lambda: door.take(self.sources(door.name), self._settings()))

    def _trouble(self, door: TlsDoor, why: str) -> None:
        TLS_UNUSABLE.labels(door.name).set(1)
        if door.is_new_trouble(why):
            TLS_RELOADS.labels(door.name, "failure").inc()
            _log.error("keys or certificates cannot be used, those before stay", listener=door.name, reason=why)

    async def _until_something_changes(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_files_change, tasks.cancel_scope)
            await self._wake.wait()
            tasks.cancel_scope.cancel()

    async def _until_files_change(self, scope: anyio.CancelScope) -> None:
        """Directories are watched, not files: what is mounted into a container changes by a link beside it. What a watch misses, because it began too late or the
        file system tells nothing, is seen by looking."""
        from watchfiles import awatch  # only who speaks TLS needs it

        places = await anyio.to_thread.run_sync(self._directories)
        try:
            watched = awatch(
                *places, watch_filter=None, debounce=DEBOUNCE_MS, step=50, recursive=False, rust_timeout=int(LOOK_S * 1000), yield_on_timeout=True
            )
            if places:
                async for changes in watched:
                    if changes or await self._differs():
                        scope.cancel()
                        return
        except Exception as error:  # noqa: BLE001 - a directory that is gone, no room for more watches, a name that is no text: the library has no word of its own
            held_back = self._complaints.take(anyio.current_time())
            if held_back is not None:
                _log.warning("files of keys and certificates cannot be watched, they are looked at", reason=str(error), lines_held_back=held_back)
        while not await self._differs():  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(LOOK_S)
        scope.cancel()

    async def _differs(self) -> bool:
        return await anyio.to_thread.run_sync(self._stamp) != self._seen

    def _stamp(self) -> list[tuple[int, int, int] | None]:
        """Changes when a file does."""
        settings = self._settings()
        stamps: list[tuple[int, int, int] | None] = []
        for name in self._doors:
            for field in _FILES:
                value = settings.on_listener(name, field)
                try:
                    facts = None if value is None else Path(value).stat()
                except (OSError, ValueError):
                    facts = None
                stamps.append(None if facts is None else (facts.st_mtime_ns, facts.st_ino, facts.st_size))
        return stamps

    def _directories(self) -> list[Path]:
        settings = self._settings()
        found: dict[Path, None] = {}
        for name in self._doors:
            for field in _FILES:
                value = settings.on_listener(name, field)
                if value is not None:
                    path = Path(value)
                    with contextlib.suppress(OSError, ValueError):
                        found |= {path.parent.absolute(): None, path.resolve().parent: None}
        return [path for path in found if path.is_dir()]

    def sources(self, name: str, settings: Settings | None = None) -> TlsSources:
        """Read the files of a listener. Waits for disks. Raises StoreUnusable."""
        settings = settings or self._settings()

        def value(field: str) -> Any:
            return settings.on_listener(name, field)

        def secret(field: str) -> str | None:
            path = value(f"{field}_file")
            if path is None:
                text: str | None = value(field)
                return text
            return _read(path, f"{field}_file", _SECRET_BYTES_MAX).decode("utf-8", "replace").rstrip("\r\n")

        key_pem, trust_pem = value("ssl_keystore_key"), value("ssl_truststore_certificates")
        return TlsSources(
            key_store=None if key_pem is not None else _read_if(value("ssl_keystore_location"), "ssl_keystore_location"),
            key_store_type=value("ssl_keystore_type"),
            key_store_password=secret("ssl_keystore_password"),
            key_password=secret("ssl_key_password"),
            key_pem=key_pem,
            chain_pem=value("ssl_keystore_certificate_chain"),
            trust_store=None if trust_pem is not None else _read_if(value("ssl_truststore_location"), "ssl_truststore_location"),
            trust_store_type=value("ssl_truststore_type"),
            trust_store_password=secret("ssl_truststore_password"),
            trust_pem=trust_pem,
            client_auth="required" if self._doors[name].dials else value("ssl_client_auth"),
            protocols=value("ssl_enabled_protocols"),
            suites=value("ssl_cipher_suites"),
        )

    def close(self) -> None:
        """No handshakes from now on."""
        self.threads.shutdown(wait=False, cancel_futures=True)


_FILES: Final = (
    "ssl_keystore_location",
    "ssl_truststore_location",
    "ssl_keystore_password_file",
    "ssl_key_password_file",
    "ssl_truststore_password_file",
)


_CONCERNED: Final = (
    *_FILES,
    "ssl_keystore_type",
    "ssl_keystore_password",
    "ssl_key_password",
    "ssl_keystore_key",
    "ssl_keystore_certificate_chain",
    "ssl_truststore_type",
    "ssl_truststore_password",
    "ssl_truststore_certificates",
    "ssl_client_auth",
    "ssl_enabled_protocols",
    "ssl_cipher_suites",
)


async def _in_thread(work: Callable[[], T]) -> T:
    """To open a store takes as long as its password is to be protected. Raises StoreUnusable, whatever goes wrong with it: files and settings may be anything, and
    the broker goes on with what it has."""
    try:
        return await anyio.to_thread.run_sync(work)
    except StoreUnusable:
        raise
    except Exception as problem:
        raise StoreUnusable(f"it cannot be read ({type(problem).__name__})") from problem


def _read_if(path: str | None, what: str) -> bytes | None:
    return None if path is None else _read(Path(path), what, STORE_BYTES_MAX)


def _read(path: Path, what: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise StoreUnusable(f"{what} {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > most:
        raise StoreUnusable(f"{what} {path}: it is larger than {most} bytes")
    return content

