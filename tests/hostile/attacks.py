"""Every attack by name: what a hostile client does, over and over, until it is told to stop, and what it got for it.

Strangers know nothing but the address; members have logged in as a user that the broker knows.
"""

import contextlib
import select
import socket
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.messages.metadata import MetadataRequest
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.messages.push_telemetry import PushTelemetryRequest
from tests.hostile import bombs, forged_tokens
from tests.hostile.raw_client import (
    CLOSED,
    SOURCE,
    RawClient,
    Target,
    connected,
    framed,
    header,
    request,
    tagged_fields,
    told,
    uvarint,
)
from tests.security.sasl.scram_client import ScramClient

MIB: Final = 1 << 20
TLS_ALERT: Final = b"\x15"
HALF_OPEN: Final = 10_000
AT_ONCE: Final = 40
DRIPPING: Final = 150
SLOW_READERS: Final = 40
BULKY: Final = 20
HONEST_TOPIC: Final = "honest"
COMPACTED_TOPIC: Final = "compacted"
STORED_TOPIC: Final = "stored"

API_VERSIONS, METADATA, PRODUCE, FETCH, LIST_OFFSETS, PUSH_TELEMETRY = 18, 3, 0, 1, 2, 72

Over = Callable[[], bool]
Got = Counter[str]


class Attack(NamedTuple):
    """``reasons``: what the broker's log says of it, each at least once. ``prepare`` takes long, and is better done before."""

    name: str
    run: Callable[[Target, Got, Over], None]
    reasons: tuple[str, ...] = ()
    prepare: Callable[[], object] = lambda: None
    forbids_success: bool = True
    """Nothing of it may be done as was asked."""


# --- strangers --------------------------------------------------------------------------------------------------------


def first_message(target: Target) -> bytes:
    """How a TLS handshake begins."""
    hello = ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=target.authorities)
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
    return hello.read()


def half_open_handshakes(target: Target, got: Got, over: Over) -> None:
    """Ten thousand that begin and never go on, every other one in the middle of its first message; then anew for those that were closed."""
    hello = first_message(target)
    host, _, port = target.tls.rpartition(":")
    address = (host, int(port))
    held: deque[socket.socket] = deque()
    fresh: deque[socket.socket] = deque()
    try:
        while not over():
            for _ in range(AT_ONCE - len(fresh)):
                each = socket.socket()
                each.setblocking(False)
                each.bind(SOURCE)
                each.connect_ex(address)
                fresh.append(each)
            # No more than wait to be accepted: what comes beyond would be dropped, and tried again after a second.
            time.sleep(0.01)
            poll = select.poll()
            by_number = {each.fileno(): each for each in fresh}
            for number in by_number:
                poll.register(number, select.POLLOUT)
            ready = [by_number[number] for number, _ in poll.poll(50)]
            for each in ready:
                fresh.remove(each)
                with contextlib.suppress(OSError):
                    each.send(hello if len(held) % 2 else hello[:50])
                    got["begun"] += 1
                held.append(each)
            while len(held) > HALF_OPEN - AT_ONCE:
                _count_ends(held.popleft(), got)
    finally:
        for each in (*held, *fresh):
            _count_ends(each, got)


def _count_ends(stream: socket.socket, got: Got) -> None:
    with stream:
        try:
            data = b"x"
            while data:
                data = stream.recv(1 << 16)
            got["closed by the broker"] += 1
        except BlockingIOError:
            got["left waiting by the broker"] += 1
        except OSError:
            got["closed by the broker"] += 1


def dripping(target: Target, got: Got, over: Over) -> None:
    """Many connections with a byte now and then: of a handshake, or of a login after it."""
    drops: list[tuple[socket.socket, Iterator[int]]] = []

    def begin(number: int) -> None:
        if number % 3:
            drops.append((connected(target.tls), iter(b"\x16\x03\x01\x10\x00" + bytes(100_000))))
        else:
            drops.append((RawClient(target).stream, iter(framed(header(17, 1) + bytes(60_000)))))
        drops[-1][0].setblocking(False)

    patient_until = time.monotonic() + 5
    try:
        while not over() or (not got[CLOSED] and time.monotonic() < patient_until):
            for _ in range(min(10, DRIPPING - len(drops))):
                with contextlib.suppress(OSError):
                    begin(len(drops))
            time.sleep(0.02)
            for place in range(len(drops) - 1, -1, -1):
                stream, data = drops[place]
                try:
                    stream.send(bytes([next(data)]))
                    got["drops"] += 1
                    ended = not stream.recv(100)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    ended = False
                except OSError:
                    ended = True
                if ended:
                    got[CLOSED] += 1
                    stream.close()
                    del drops[place]
    finally:
        for stream, _ in drops:
            stream.close()


def cheating_logins(target: Target, got: Got, over: Over) -> None:
    """A nonce of another exchange, another's name, another mechanism or user at the second login, a proof that is none and no giving up."""
    password, user = target.password, target.user
    attempts = (_replayed_nonce, _other_name_by_scram, _other_name_by_plain, _other_mechanism, _other_user, _goes_on_without_proof, _guess)
    while not over():
        for attempt in attempts:
            with RawClient(target) as client:
                got[f"{attempt.__name__[1:].replace('_', ' ')}: {attempt(client, user, password)}"] += 1


def _replayed_nonce(client: RawClient, user: str, password: str) -> str:
    scram = ScramClient("SCRAM-SHA-256", user, password)
    client.choose("SCRAM-SHA-256")
    first = client.token(scram.first())
    assert first is not None
    scram.nonce = "clientnonce" + "of another exchange".replace(" ", "")
    return told(client.token(scram.final(first.auth_bytes)))


def _other_name_by_scram(client: RawClient, user: str, password: str) -> str:
    scram = ScramClient("SCRAM-SHA-256", user, password)
    scram.gs2 = "n,a=admin,"
    client.choose("SCRAM-SHA-256")
    return told(client.token(scram.first()))


def _other_name_by_plain(client: RawClient, user: str, password: str) -> str:
    client.choose("PLAIN")
    return told(client.token(f"admin\0{user}\0{password}".encode()))


def _other_mechanism(client: RawClient, user: str, password: str) -> str:
    client.log_in()
    client.choose("SCRAM-SHA-256")
    return told(client.token(ScramClient("SCRAM-SHA-256", user, password).first()))


def _other_user(client: RawClient, user: str, password: str) -> str:
    client.log_in()
    client.choose("PLAIN")
    return told(client.token(b"\0honest\0wonder"))


def _goes_on_without_proof(client: RawClient, user: str, password: str) -> str:
    """Whoever asks on after its proof was refused is not in."""
    scram = ScramClient("SCRAM-SHA-256", user, "wrong")
    client.choose("SCRAM-SHA-256")
    first = client.token(scram.first())
    assert first is not None
    client.send(request(36, 2, _authenticate(scram.final(first.auth_bytes))) + request(METADATA, 12, MetadataRequest()))
    refused = told(client.answer(36, 2))
    return f"{refused}, then {client.heard()}"


def _authenticate(token: bytes) -> object:
    from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest

    return SaslAuthenticateRequest(auth_bytes=token)


def _guess(client: RawClient, user: str, password: str) -> str:
    client.choose("PLAIN")
    return told(client.token(f"\0{user}\0guess".encode()))


def forged(target: Target, got: Got, over: Over) -> None:
    """Tokens that nobody signed, that the public key signed, of keys that do not exist, too deep and too long."""
    with open(target.public_key, "rb") as file:
        tokens = forged_tokens.all_of(file.read())
    while not over():
        for name, make in tokens.items():
            with RawClient(target) as client:
                client.choose("OAUTHBEARER")
                answer = client.token(b"n,,\x01auth=Bearer " + make().encode() + b"\x01\x01")
                said = told(answer)
                if answer is not None and not answer.error_code:
                    heard = b"\x01"
                    said = f"{answer.auth_bytes.decode()}, then {told(client.token(heard))}" if answer.auth_bytes else "IN"
                got[f"{name}: {said}"] += 1


def wrong_door(target: Target, got: Got, over: Over) -> None:
    """Kafka without TLS, HTTP and rubbish to a TLS port; TLS and HTTP to one without."""
    hello = first_message(target)
    tries = (
        ("Kafka to TLS", target.tls, framed(header(API_VERSIONS, 0))),
        ("HTTP to TLS", target.tls, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("rubbish to TLS", target.tls, b"\x16\x03\x01\x01\x00" + bytes(256)),
        ("TLS to plain", target.plain, hello),
        ("HTTP to plain", target.plain, b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("HTTP/2 to plain", target.plain, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    )
    while not over():
        for name, address, data in tries:
            with connected(address) as stream:
                try:
                    stream.sendall(data)
                    alert = stream.recv(1 << 16)
                except ConnectionError:
                    alert = b""
                got[f"{name}: {'a TLS alert' if alert.startswith(TLS_ALERT) else 'ANSWERED' if alert else CLOSED}"] += 1


def before_login(target: Target, got: Got, over: Over) -> None:
    """What only who is known may ask: requests, unknown ones, a huge frame announced, and very many requests at once."""
    tries = (
        ("produce", framed(header(PRODUCE, 9) + b"\xff" * 1000)),
        ("metadata", framed(header(METADATA, 9) + b"\0\0\0\0")),
        ("API key 32767", framed(header(32767, 0))),
        ("100 MiB announced", (100 * MIB).to_bytes(4, "big") + bytes(1000)),
        ("frame of -1", b"\xff\xff\xff\xff"),
        ("5,000 requests at once", framed(header(API_VERSIONS, 0)) * 5_000),
    )
    while not over():
        for name, data in tries:
            with RawClient(target) as client:
                client.try_to_send(data)
                answers = 0
                while client.frame() is not None:
                    answers += 1
                got[f"{name}: {f'{answers} answers, then ' if answers else ''}{CLOSED}"] += 1


def strange_tags(target: Target, got: Got, over: Over) -> None:
    """Tagged fields without end in the first request, in its header and in its body, as many and as large as fit."""
    many, large = tagged_fields(16_000), tagged_fields(1, 64_000)
    body = b"\x02a\x02b"
    tries = (
        ("many in the header", framed(header(API_VERSIONS, 3, tags=many) + body + b"\0")),
        ("many in the body", framed(header(API_VERSIONS, 3) + body + many)),
        ("a large one", framed(header(API_VERSIONS, 3, tags=large) + body + b"\0")),
        ("a count of 2^32-1", framed(header(API_VERSIONS, 3, tags=b"\xff\xff\xff\xff\x0f") + body + b"\0")),
        ("a size of 2^32-1", framed(header(API_VERSIONS, 3, tags=b"\x01\x01\xff\xff\xff\xff\x0f") + body + b"\0")),
    )
    while not over():
        for name, data in tries:
            with RawClient(target) as client:
                client.try_to_send(data)
                got[f"{name}: {client.heard()}"] += 1


def knocking(target: Target, got: Got, over: Over) -> None:
    """Connections from one address, one after the other, each closed at once, or after its handshake."""
    while not over():
        for _ in range(10):
            connected(target.tls).close()
        RawClient(target).stream.close()
        got["connections"] += 11


def huge_chains(target: Target, got: Got, over: Over) -> None:
    """A client's certificate with hundreds of others behind it."""
    while not over():
        try:
            with RawClient(target, certificate=f"{target.authorities}.chain") as client:
                got[client.heard()] += 1
        except (ssl.SSLError, ConnectionError):
            got[CLOSED] += 1


# --- members ----------------------------------------------------------------------------------------------------------


def _each_alone(target: Target, got: Got, over: Over, tries: tuple[tuple[str, bytes], ...]) -> None:
    """Each over a connection of its own; the answer or the end."""
    while not over():
        for name, data in tries:
            if over():
                return
            with RawClient(target).log_in() as client:
                client.try_to_send(data)
                got[f"{name}: {client.heard()}"] += 1


@cache
def _tags() -> tuple[tuple[str, bytes], ...]:
    many = tagged_fields(250_000)
    topics = 90_000
    nested = uvarint(topics + 1) + (bytes(16) + b"\x02a" + tagged_fields(3)) * topics + b"\1\1\1\0"
    produce = header(PRODUCE, 9) + b"\0\xff\xff\0\0\0\1" + b"\2\2a\2" + b"\0\0\0\0\0"
    return (
        ("250,000 in the header", framed(header(METADATA, 12, tags=many) + b"\0\1\1\0")),
        ("250,000 in the header before records", framed(header(PRODUCE, 9, tags=many) + b"\0\xff\xff\0\0\0\1\1\0")),
        ("250,000 in the body", framed(header(METADATA, 12) + b"\1\1\1" + many)),
        ("250,000 behind records", framed(produce + many + b"\0\0")),
        ("three in each of 90,000 topics", framed(header(METADATA, 12) + nested)),
        ("a count of 2^32-1", framed(header(METADATA, 12, tags=b"\xff\xff\xff\xff\x0f") + b"\0\1\1\0")),
        ("one of 8 MiB", framed(header(METADATA, 12, tags=tagged_fields(1, 8 * MIB)) + b"\0\1\1\0")),
    )


def members_tags(target: Target, got: Got, over: Over) -> None:
    """Tagged fields without end from somebody who has logged in: in the header, in the body, in each part of it, behind records."""
    _each_alone(target, got, over, _tags())


@cache
def _arrays() -> tuple[tuple[str, bytes], ...]:
    nothings = 500_000
    return (
        ("2^31-1 topics", framed(header(METADATA, 1) + b"\x7f\xff\xff\xff")),
        ("2^32-1 topics", framed(header(METADATA, 12) + b"\xff\xff\xff\xff\x0f")),
        ("-2 topics", framed(header(METADATA, 1) + b"\xff\xff\xff\xfe")),
        ("500,000 nameless topics", framed(header(METADATA, 9) + uvarint(nothings + 1) + b"\1\0" * nothings + b"\1\1\1\0")),
        ("1,000,000 nameless groups", framed(header(15, 5) + uvarint(2 * nothings + 1) + b"\1" * 2 * nothings + b"\0\0")),
        ("250,000 partitions of a topic", framed(header(9, 7) + b"\2g\2\2a" + uvarint(250_001) + b"\0\0\0\1" * 250_000 + b"\0\0\0")),
        ("1,000 partitions of each of 200 topics",
         framed(header(9, 7) + b"\2g" + uvarint(201) + (b"\2a" + uvarint(1_001) + b"\0\0\0\1" * 1_000 + b"\0") * 200 + b"\0\0")),
    )  # fmt: skip


def members_arrays(target: Target, got: Got, over: Over) -> None:
    """Arrays that say they are longer than can be, and arrays of millions of nothings."""
    _each_alone(target, got, over, _arrays())


def unknown_requests(target: Target, got: Got, over: Over) -> None:
    """API keys and versions that there are not, from somebody who has logged in."""
    tries = tuple((f"API key {key} v{version}", framed(header(key, version) + bytes(100))) for key, version in ((32767, 0), (-1, 0), (METADATA, 32767), (4, 0)))
    _each_alone(target, got, over, tries)


def bombs_in_batches(target: Target, got: Got, over: Over) -> None:
    """Kilobytes that unpack to gigabytes, to a topic whose records the broker looks at."""
    batches = bombs.batches()
    while not over():
        with RawClient(target).log_in() as client:
            for name, batch in batches.items():
                if over():
                    return
                said = _produce(client, COMPACTED_TOPIC, batch)
                got[f"{name}: {said}"] += 1
                if said == CLOSED:
                    break


def stored_bombs(target: Target, got: Got, over: Over) -> None:
    """The same to a topic whose records are stored as they are; then offsets by time are asked for, by many at once, for which they are unpacked."""
    clients: list[RawClient] = []
    try:
        with RawClient(target).log_in() as client:
            for name, batch in bombs.batches().items():
                got[f"{name}: {_produce(client, STORED_TOPIC, batch)}"] += 1
        topic = ListOffsetsTopic(name=STORED_TOPIC, partitions=[ListOffsetsPartition(partition_index=0, timestamp=bombs.LATER_MS)])
        ask = ListOffsetsRequest(replica_id=-1, topics=[topic])
        clients = [RawClient(target).log_in() for _ in range(8)]
        while not over():
            for client in clients:
                client.send(request(LIST_OFFSETS, 7, ask))
            for client in clients:
                answer = client.answer(LIST_OFFSETS, 7)
                got[f"offset by time: {CLOSED if answer is None else ErrorCode(answer.topics[0].partitions[0].error_code).name}"] += 1
    finally:
        for client in clients:
            client.stream.close()


def _produce(client: RawClient, topic: str, batch: bytes) -> str:
    data = ProduceRequestPartitionProduceData(index=0, records=memoryview(batch))
    named = ProduceRequestTopicProduceData(name=topic, partition_data=[data])
    answer = client.ask(PRODUCE, 9, ProduceRequest(acks=-1, timeout_ms=10_000, topic_data=[named]))
    if answer is None:
        return CLOSED
    found = answer.responses[0].partition_responses[0]
    return f"{ErrorCode(found.error_code).name}{f': {found.error_message}' if found.error_message else ''}"


def bombs_in_metrics(target: Target, got: Got, over: Over) -> None:
    """The same, as metrics that a client pushes."""
    pushed = bombs.metrics()
    every = False
    while not (over() and every):
        for name, (codec, data) in pushed.items():
            if over() and every:
                return
            with RawClient(target).log_in() as client:
                subscription = client.ask(71, 0, _subscriptions())
                assert subscription is not None
                push = PushTelemetryRequest(
                    client_instance_id=subscription.client_instance_id, subscription_id=subscription.subscription_id, compression_type=codec, metrics=data
                )
                answer = client.ask(PUSH_TELEMETRY, 0, push)
                got[f"{name}: {CLOSED if answer is None else ErrorCode(answer.error_code).name}"] += 1
        every = True


def _subscriptions() -> object:
    from broker.wire.messages.get_telemetry_subscriptions import GetTelemetrySubscriptionsRequest

    return GetTelemetrySubscriptionsRequest()


def slow_readers(target: Target, got: Got, over: Over) -> None:
    """Many that ask for all there is, again and again, and take no answer."""
    topic = FetchTopic(topic=HONEST_TOPIC, partitions=[FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=50 * MIB)])
    fetch = request(FETCH, 12, FetchRequest(max_wait_ms=0, min_bytes=1, max_bytes=50 * MIB, topics=[topic]))
    clients: list[RawClient] = []
    try:
        while not over():
            if len(clients) < SLOW_READERS:
                client = RawClient(target).log_in()
                clients.append(client)
                client.try_to_send(fetch * 8)
                got["fetches"] += 8
            else:
                time.sleep(0.05)
    finally:
        for client in clients:
            client.stream.close()


def huge_frames(target: Target, got: Got, over: Over) -> None:
    """Requests of 100 MiB of which only so much ever comes, from many at once."""
    clients: list[RawClient] = []
    piece = bytes(MIB)
    try:
        while not over():
            if len(clients) >= BULKY:
                clients.pop(0).stream.close()
            client = RawClient(target).log_in()
            clients.append(client)
            client.stream.settimeout(0.3)
            if client.try_to_send((100 * MIB).to_bytes(4, "big") + header(PRODUCE, 9)):
                for _ in range(30):
                    if over() or not client.try_to_send(piece):
                        break
                    got["MiB taken"] += 1
    finally:
        for client in clients:
            client.stream.close()


STRANGERS: Final = (
    Attack("10,000 half-open TLS handshakes", half_open_handshakes, ("connecting takes more of the broker's time than one address has",)),
    Attack("byte drip", dripping, ("it has not shown who it is within",)),
    Attack("cheating logins", cheating_logins, (
        "the nonce is not the one of this exchange", "it asked to act as another user", "is not supported for re-authentication",
        "Cannot change principals", "no such user, or not its password", "could not log in as 'mallory' by PLAIN",
    )),
    Attack("forged tokens", forged, (
        "its algorithm is not allowed", "its key is not known", "its signature is wrong", "its header is malformed", "its key id is malformed",
    )),
    Attack("wrong door", wrong_door, (
        "what came to a TLS listener is not TLS", "TLS handshake:", "a TLS handshake reached a plaintext listener", "an HTTP request reached",
    )),
    Attack("before login", before_login, (
        "API key 0 was asked for before logging in", "API key 3 was asked for before logging in", "API key 32767 was asked for before logging in",
        "frame of 104857600 bytes announced, 65536 are allowed", "frame of -1 bytes announced", "API key 18 was asked for before logging in",
    )),
    Attack("tagged fields of strangers", strange_tags, ("tagged fields",)),
    Attack("knocking", knocking),
    Attack("huge certificate chains", huge_chains, ("TLS handshake",)),
)  # fmt: skip
MEMBERS: Final = (
    Attack("tagged fields of members", members_tags, (
        "250000 tagged fields, 64 are allowed", "tagged fields: more than 100000 elements", "4294967295 elements do not fit", "without records",
    ), _tags),
    Attack("absurd arrays", members_arrays, ("do not fit into the bytes", "negative length -2", "more than 100000 elements in one request"), _arrays),
    Attack("unknown requests", unknown_requests, (
        "API key 32767 is not served here", "API key -1 is not served here", "API key 4 is not served here", "metadata v32767 is not served here",
    )),
    Attack("bombs in batches", bombs_in_batches, (), bombs.batches),
    Attack("stored bombs", stored_bombs, (), bombs.batches, forbids_success=False),
    Attack("bombs in metrics", bombs_in_metrics, ("more than 2097152 bytes of output", "messages within a push"), bombs.metrics),
    Attack("slow readers", slow_readers),
    Attack("huge frames", huge_frames),
)  # fmt: skip
ATTACKS: Final = {attack.name: attack for attack in (*STRANGERS, *MEMBERS)}
