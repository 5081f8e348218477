"""The S3 server keeps what it was given, and the proxy before it fails as it is told."""

from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError, GenericError
from obstore.store import S3Store

from tests.support.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, FaultProxy, Faults, S3Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: S3Server) -> Iterator[FaultProxy]:
    with FaultProxy(server, seed=1) as running:
        yield running


def client(address: str) -> S3Store:
    return S3Store(
        BUCKET,
        endpoint=f"http://{address}",
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def test_objects_survive_a_kill_and_a_stop(tmp_path: Path) -> None:
    """On the same port, with the same bytes."""
    with S3Server(tmp_path / "data") as server:
        store = client(server.bootstrap)
        obstore.put(store, "a/b", b"kept", mode="create")
        server.kill()
        server.start()
        assert bytes(obstore.get(store, "a/b").bytes()) == b"kept"
        server.restart()
        assert bytes(obstore.get(store, "a/b").bytes()) == b"kept"
        with pytest.raises(AlreadyExistsError):
            obstore.put(store, "a/b", b"other", mode="create")


def test_what_goes_through_the_proxy_is_unharmed(proxy: FaultProxy) -> None:
    """Large objects, in parts too."""
    store = client(proxy.bootstrap)
    data = bytes(range(256)) * 50_000
    obstore.put(store, "large", data, use_multipart=True)

    assert bytes(obstore.get(store, "large").bytes()) == data


def test_requests_are_told_to_slow_down(proxy: FaultProxy) -> None:
    """With the status and the code that S3 uses; other methods pass."""
    store = client(proxy.bootstrap)
    proxy.set(Faults(slow_down_rate=1.0, methods=["PUT"]))
    with pytest.raises(GenericError, match=r"503 [\s\S]*<Code>SlowDown"):
        obstore.put(store, "overload", b"x")
    proxy.clear()
    with pytest.raises(FileNotFoundError):
        obstore.get(store, "overload")


def test_a_lost_reply_leaves_the_object(proxy: FaultProxy) -> None:
    """The client sees an error, and the server has done it."""
    store = client(proxy.bootstrap)
    before = proxy.counts().get("lost_reply", 0)
    proxy.set(Faults(lost_reply_rate=1.0, methods=["PUT"]))
    with pytest.raises(GenericError):
        obstore.put(store, "lost", b"there")
    proxy.clear()

    assert proxy.counts()["lost_reply"] > before
    assert bytes(obstore.get(store, "lost").bytes()) == b"there"


def test_a_cut_connection_leaves_nothing(proxy: FaultProxy) -> None:
    """The server never heard of it."""
    store = client(proxy.bootstrap)
    proxy.set(Faults(cut_rate=1.0))
    with pytest.raises(GenericError):
        obstore.put(store, "cut", b"x")
    proxy.clear()
    with pytest.raises(FileNotFoundError):
        obstore.get(store, "cut")
