"""Keys and certificates are read again when they change, and taken only when they can be used."""

import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
import structlog

from broker.config.settings import Settings
from broker.errors import BrokerError
from broker.server.tls_keeper import TlsKeeper, TlsUnusable
from broker.wire.error_codes import ErrorCode
from observability.metrics import REGISTRY
from security.identity import NOBODY
from security.tls.principal_mapping import NoRuleApplies
from tests.support.certificates import HOSTS, Authority, Files


def settings(files: Files, **more: object) -> Settings:
    given = {"listeners": "SSL://127.0.0.1:0", **files.settings("requested"), "ssl_reload_poll_ms": 100_000, **more}
    return Settings(**given)  # type: ignore[arg-type]


@asynccontextmanager
async def running(keeper: TlsKeeper) -> AsyncIterator[TlsKeeper]:
    await keeper.load()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeper.run)
        try:
            yield keeper
        finally:
            tasks.cancel_scope.cancel()
            keeper.close()


async def until(condition: Callable[[], bool], again: Callable[[], None] = lambda: None) -> None:
    """Look until it is so; nobody tells when the watch of a directory has begun, so ``again`` does once more what it is to notice."""
    with anyio.fail_after(10):
        while not condition():
            again()
            for _ in range(50):
                await anyio.sleep(0.01)
                if condition():
                    return


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"listener": "SSL", **labels}) or 0.0


async def test_a_new_certificate_is_taken_when_the_file_is_written(tmp_path: Path) -> None:
    """Within moments, and who has a context of before keeps it."""
    files = Files.make(tmp_path)
    async with running(TlsKeeper(lambda: settings(files), ["SSL"])) as keeper:
        door = keeper.door("SSL")
        before, context, loaded = door.fingerprint, door.context, metric("penstock_tls_reloads_total", outcome="success")
        issued = files.authority.issue("broker", hosts=HOSTS)

        await until(lambda: door.fingerprint != before, lambda: files.write_broker(issued))

        assert door.context is not context
        await until(lambda: metric("penstock_tls_reloads_total", outcome="success") == loaded + 1)


async def test_a_directory_that_is_swapped_by_a_link_is_noticed(tmp_path: Path) -> None:
    """As Kubernetes changes what it mounts: the files themselves never change."""
    real = [tmp_path / name for name in ("one", "two")]
    for directory in real:
        directory.mkdir()
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    authority = Authority()
    for directory in real:
        files = Files(directory, authority)
        files.write_authority(authority)
        files.write_broker(authority.issue("broker", hosts=HOSTS))
    (mounted / "..data").symlink_to(real[0])
    for name in ("broker.pem", "ca.pem"):
        (mounted / name).symlink_to(f"..data/{name}")
    async with running(TlsKeeper(lambda: settings(Files(mounted, authority)), ["SSL"])) as keeper:
        before = keeper.door("SSL").fingerprint

        def swap() -> None:
            (mounted / "..next").symlink_to(real[1])
            os.replace(mounted / "..next", mounted / "..data")

        await until(lambda: keeper.door("SSL").fingerprint != before, swap)


async def test_what_cannot_be_used_changes_nothing_but_a_metric(tmp_path: Path) -> None:
    """Half-written, of another key, expired, gone, or for somebody else; and it is told once each."""
    files = Files.make(tmp_path)
    keeper = TlsKeeper(lambda: settings(files), ["SSL"])
    await keeper.load()
    door = keeper.door("SSL")
    before, context = door.fingerprint, door.context
    good = files.broker.read_bytes()
    expired = files.authority.issue("broker", hosts=HOSTS, now=datetime.now(UTC) - timedelta(days=2), lifetime=timedelta(days=1))
    other = files.authority.issue("somebody", hosts=HOSTS)
    bad = (good[: len(good) // 2], Authority().issue("x").key_pem() + files.authority.pem(), expired.key_pem() + expired.chain_pem(),
           other.key_pem() + other.chain_pem(), None)  # fmt: skip
    for content in bad:
        failures = metric("penstock_tls_reloads_total", outcome="failure")
        if content is None:
            files.broker.unlink()
        else:
            files.broker.write_bytes(content)
        await keeper.reload()
        await keeper.reload()
        assert (door.fingerprint, door.context) == (before, context)
        assert metric("penstock_tls_files_unusable") == 1
        assert metric("penstock_tls_reloads_total", outcome="failure") == failures + 1

    files.broker.write_bytes(good)
    await keeper.reload()
    assert metric("penstock_tls_files_unusable") == 0
    keeper.close()


async def test_settings_that_change_are_looked_at(tmp_path: Path) -> None:
    """Kafka's tools name another file; other names are taken where that is allowed."""
    files = Files.make(tmp_path)
    current = settings(files)
    async with running(TlsKeeper(lambda: current, ["SSL"])) as keeper:
        before = keeper.door("SSL").fingerprint
        new = files.client("new", hosts=HOSTS)
        current = settings(files, ssl_keystore_location=str(new), ssl_allow_dn_changes=True)
        keeper.settings_changed()

        await until(lambda: keeper.door("SSL").fingerprint != before)


async def test_a_broker_does_not_start_without_what_it_needs(tmp_path: Path) -> None:
    """The listener and the file are named."""
    files = Files.make(tmp_path)
    for change, why in (
        ({"ssl_keystore_location": str(tmp_path / "none.pem")}, "none.pem: No such file"),
        ({"ssl_keystore_location": str(files.authorities)}, "no private key"),
        ({"ssl_keystore_password_file": str(tmp_path / "none")}, "ssl_keystore_password_file"),
        ({"ssl_truststore_location": "/dev/zero"}, "larger than"),
    ):
        keeper = TlsKeeper(lambda change=change: settings(files, **change), ["SSL"])  # type: ignore[misc]
        with pytest.raises(TlsUnusable, match="TLS of SSL") as caught:
            await keeper.load()
        assert why in str(caught.value)
        keeper.close()


async def test_passwords_come_from_files(tmp_path: Path) -> None:
    """With the line break that editors leave."""
    files = Files.make(tmp_path)
    store, word = tmp_path / "broker.p12", tmp_path / "word"
    store.write_bytes(files.authority.issue("broker").pkcs12("word"))
    word.write_text("word\n")
    keeper = TlsKeeper(lambda: settings(files, ssl_keystore_location=str(store), ssl_keystore_password_file=str(word)), ["SSL"])
    await keeper.load()
    keeper.close()


async def test_who_a_certificate_shows(tmp_path: Path) -> None:
    """By the rules of its listener, with groups where these are wanted."""
    files = Files.make(tmp_path)
    alice = files.authority.issue("alice", units=("dev", "ops"))
    own = {"ssl.ssl_principal_mapping_rules": "RULE:CN=([a-z]+),OU=.*/$1/", "ssl.ssl_group_attributes": "OU,O"}
    keeper = TlsKeeper(lambda: settings(files, listener_overrides=own), ["SSL"])
    await keeper.load()
    door = keeper.door("SSL")

    found = door.identify(alice.der)
    assert (found.principal, found.groups, found.mechanism) == ("User:alice", ("Group:dev", "Group:ops", "Group:Example"), "TLS")
    assert found.credential == f"cert:{alice.fingerprint}"
    assert door.identify(None) is NOBODY
    with pytest.raises(NoRuleApplies):
        door.identify(files.authority.issue("bob").der)
    keeper.close()


async def test_a_lasting_context_hands_over_to_the_newest(tmp_path: Path) -> None:
    """For servers that are given one context for ever."""
    files = Files.make(tmp_path)
    keeper = TlsKeeper(lambda: settings(files), ["SSL"])
    await keeper.load()
    lasting = keeper.door("SSL").lasting_context()
    issued = files.authority.issue("broker", hosts=HOSTS)
    files.write_broker(issued)
    await keeper.reload()

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(str(files.authorities))
    here = lasting.wrap_bio(to_server, to_client, server_side=True)
    there = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    for _ in range(3):
        for end in (there, here):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass

    assert there.getpeercert(binary_form=True) == issued.der
    keeper.close()


async def test_the_broker_goes_on_where_nothing_can_be_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No instances of inotify are left on a crowded machine; changes are seen by looking then."""

    def none_left(*args: object, **options: object) -> None:
        raise RuntimeError("Too many open files (os error 24)")

    monkeypatch.setattr("watchfiles.main.RustNotify", none_left)
    monkeypatch.setattr("broker.server.tls_keeper.LOOK_S", 0.01)
    files = Files.make(tmp_path)
    async with running(TlsKeeper(lambda: settings(files), ["SSL"])) as keeper:
        before = keeper.door("SSL").fingerprint
        issued = files.authority.issue("broker", hosts=HOSTS)
        await until(lambda: keeper.door("SSL").fingerprint != before, lambda: files.write_broker(issued))


async def test_a_change_before_the_watch_began_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that tells nothing at all, as on a file system of the network: looking finds it."""

    class Silent:
        def __init__(self, *args: object, **options: object) -> None: ...

        def __aiter__(self) -> "Silent":
            return self

        async def __anext__(self) -> set[object]:
            await anyio.sleep(0.01)
            return set()

    monkeypatch.setattr("watchfiles.awatch", Silent)
    files = Files.make(tmp_path)
    async with running(TlsKeeper(lambda: settings(files), ["SSL"])) as keeper:
        before = keeper.door("SSL").fingerprint
        files.write_broker(files.authority.issue("broker", hosts=HOSTS))
        await until(lambda: keeper.door("SSL").fingerprint != before)


async def test_whatever_goes_wrong_with_a_file_is_a_file_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that read certificates raise many kinds of errors. What their texts say is not told."""
    files = Files.make(tmp_path)
    keeper = TlsKeeper(lambda: settings(files), ["SSL"])
    await keeper.load()
    context = keeper.door("SSL").context

    def broken(*args: object) -> None:
        raise ValueError("hunter2")

    monkeypatch.setattr("security.tls.contexts.server_set", broken)
    files.write_broker(files.authority.issue("broker", hosts=HOSTS))
    with structlog.testing.capture_logs() as lines:
        await keeper.reload()
    assert keeper.door("SSL").context is context
    assert [line["reason"] for line in lines] == ["it cannot be read (ValueError)"]
    keeper.close()


async def test_settings_are_tried_before_they_count(tmp_path: Path) -> None:
    """Those that concern a listener, with the files that they name; whatever else changes, files are not looked at."""
    files = Files.make(tmp_path)
    keeper = TlsKeeper(lambda: settings(files), ["SSL"])
    await keeper.load()
    other = files.client("other")
    await keeper.try_settings(settings(files, ssl_keystore_location=str(files.broker), log_retention_ms=5))
    for location, why in ((str(tmp_path / "none.pem"), "No such file"), ("/x\0", "embedded null"), (str(other), "ssl.allow.dn.changes")):
        with pytest.raises(BrokerError, match=why) as refused:
            await keeper.try_settings(settings(files, ssl_keystore_location=location))
        assert refused.value.code == ErrorCode.INVALID_REQUEST
    await keeper.try_settings(settings(files, ssl_keystore_location=str(other), ssl_allow_dn_changes=True, ssl_allow_san_changes=True))
    files.broker.write_bytes(b"nonsense")
    await keeper.try_settings(settings(files, log_retention_ms=5))
    assert keeper.door("SSL").context is not None
    keeper.close()
