"""Reading keys: what is followed, what is bounded, whom is trusted."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import anyio
import anyio.streams.tls
import pytest
from anyio.abc import SocketStream
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker.admin.key_set_keeper import KeysNotRead
from broker.http import key_fetcher
from broker.http.key_fetcher import BYTES_MAX, KeyFetcher

Answer = Callable[[bytes], bytes]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkeys"


@asynccontextmanager
async def provider(answer: bytes | Callable[[SocketStream, bytes], Awaitable[None]]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says this to everybody; its port, and what it was asked."""
    asked: list[bytes] = []

    async def serve(stream: SocketStream) -> None:
        async with stream:
            request = await stream.receive()
            asked.append(request)
            if isinstance(answer, bytes):
                await stream.send(answer)
            else:
                await answer(stream, request)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(anyio.abc.SocketAttribute.local_port), asked
        tasks.cancel_scope.cancel()
    await listener.aclose()


def fetcher(port: int, path: str = "/keys?v=1") -> KeyFetcher:
    return KeyFetcher(f"http://127.0.0.1:{port}{path}", None, allow_http=True)


async def test_what_the_provider_says() -> None:
    """Of the path that the settings name."""
    async with provider(OK) as (port, asked):
        assert await fetcher(port).fetch() == b"keys"
    assert asked[0].startswith(b"GET /keys?v=1 HTTP/1.1\r\n")


async def test_a_file(tmp_path: Path) -> None:
    """For keys that do not come from a provider."""
    path = tmp_path / "the keys"
    path.write_bytes(b"keys")
    assert await KeyFetcher(path.as_uri(), None, allow_http=False).fetch() == b"keys"
    path.write_bytes(b"k" * (BYTES_MAX + 1))
    with pytest.raises(KeysNotRead, match="larger"):
        await KeyFetcher(path.as_uri(), None, allow_http=False).fetch()
    path.unlink()
    with pytest.raises(KeysNotRead, match="FileNotFoundError"):
        await KeyFetcher(path.as_uri(), None, allow_http=False).fetch()


@pytest.mark.parametrize("url", ["http://login.example/keys", "ftp://x/keys", "keys", "data:,x"])
def test_other_places_are_not_read(url: str) -> None:
    """Unless plain HTTP was allowed, for tests."""
    with pytest.raises(ValueError, match="https"):
        KeyFetcher(url, None, allow_http=False)


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 X", b"404 Not Found", b"500 X", b"204 X"])
async def test_nothing_but_an_answer_is_taken(status: bytes) -> None:
    """A redirect would lead to where the settings do not say."""
    answer = b"HTTP/1.1 " + status + b"\r\nLocation: http://127.0.0.1:1/evil\r\nContent-Length: 0\r\n\r\n"
    async with provider(answer) as (port, asked):
        with pytest.raises(KeysNotRead, match="status"):
            await fetcher(port).fetch()
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000, b"HTTP/1.1 200 " + b"x" * 100_000])
async def test_what_is_no_http(answer: bytes) -> None:
    """Is no reason to fall."""
    async with provider(answer) as (port, _):
        with pytest.raises(KeysNotRead):
            await fetcher(port).fetch()


async def test_an_answer_without_end_is_cut() -> None:
    """In size."""

    async def endless(stream: SocketStream, request: bytes) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send(b"k" * 65_536)

    async def serve(stream: SocketStream, request: bytes) -> None:
        try:
            await endless(stream, request)
        except anyio.BrokenResourceError:
            pass

    async with provider(serve) as (port, _):
        with pytest.raises(KeysNotRead, match="larger"):
            await fetcher(port).fetch()


async def test_an_answer_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """In time, although each byte comes soon enough."""
    monkeypatch.setattr(key_fetcher, "WHOLE_S", 0.2)

    async def drip(stream: SocketStream, request: bytes) -> None:
        try:
            await stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                await stream.send(b"k")
                await anyio.sleep(0.02)
        except anyio.BrokenResourceError:
            pass

    async with provider(drip) as (port, _):
        with pytest.raises(KeysNotRead, match="took more"):
            await fetcher(port).fetch()


async def test_a_provider_that_is_not_there() -> None:
    """Is told so."""
    async with provider(OK) as (port, _):
        pass
    with pytest.raises(KeysNotRead, match="ConnectionRefused"):
        await fetcher(port).fetch()


def certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, for an address; its file, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(public)
    both = folder / f"{host}.both"
    both.write_bytes(private + public)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return path, context


@pytest.mark.parametrize(("host", "trusted", "fine"), [("127.0.0.1", True, True), ("127.0.0.2", True, False), ("127.0.0.1", False, False)])
async def test_who_the_provider_is_is_always_checked(tmp_path: Path, host: str, trusted: bool, fine: bool) -> None:
    """By the authority that was set, or the system's; and by its name."""
    path, context = certificate(tmp_path, host)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def serve(stream: SocketStream) -> None:
        try:
            async with await anyio.streams.tls.TLSStream.wrap(stream, server_side=True, ssl_context=context) as safe:
                await safe.receive()
                await safe.send(OK)
        except (OSError, anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError):
            pass

    keys = KeyFetcher(f"https://127.0.0.1:{port}/keys", path if trusted else None, allow_http=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        if fine:
            assert await keys.fetch() == b"keys"
        else:
            with pytest.raises(KeysNotRead, match="SSLCertVerificationError"):
                await keys.fetch()
        tasks.cancel_scope.cancel()
