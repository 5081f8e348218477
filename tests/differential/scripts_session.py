"""Scripts about what comes before everything else: ApiVersions, and requests that are no requests."""

from broker.wire.messages.api_versions import ApiVersionsRequest
from broker.wire.messages.metadata import MetadataRequest
from tests.differential.raw_client import Closed
from tests.differential.script import Stage, script


@script(18, range(0, 5))
def api_versions_errors(stage: Stage) -> None:
    """What ApiVersions refuses; the list itself is compared by ``api_versions_ranges``."""
    client = stage.client()
    answer = client.call(18, stage.version, ApiVersionsRequest(client_software_name="x", client_software_version="1"))
    stage.record("good", answer.error_code)
    for name, (software, version) in {
        "empty": ("", ""),
        "spaces": ("a b", "1"),
        "dash_first": ("-a", "1"),
        "dash_last": ("a", "1-"),
        "dots": ("a.b-c", "1.2.3"),
        "long": ("a" * 300, "1"),
    }.items():
        answer = stage.client().call(
            18, stage.version, ApiVersionsRequest(client_software_name=software, client_software_version=version)
        )
        stage.record(name, answer.error_code if not isinstance(answer, Closed) else answer)


@script(18, range(6, 9))
def api_versions_too_new(stage: Stage) -> None:
    """A version from the future is answered in version 0."""
    client = stage.client()
    client.send_body(18, stage.version, b"\x02x\x021\x00")
    answer = client.receive(18, 0, answer_version=0)
    stage.record("error", answer.error_code)
    stage.record("keys", [(key.api_key, key.min_version) for key in answer.api_keys])
    stage.record(
        "usable",
        client.call(18, 3, ApiVersionsRequest(client_software_name="x", client_software_version="1")).error_code,
    )


@script(18, range(3, 4))
def api_versions_ranges(stage: Stage) -> None:
    """Of the keys this release serves, the ranges offered."""
    from broker.handlers.table import HANDLERS

    served = {handler.key for handler in HANDLERS}
    answer = stage.client().call(18, 3, ApiVersionsRequest(client_software_name="x", client_software_version="1"))
    offered = {key.api_key: f"{key.min_version}-{key.max_version}" for key in answer.api_keys}
    for key in sorted(served):
        stage.record(f"key_{key}", offered.get(key, "not offered"))


@script(3, range(0, 1))
def nonsense(stage: Stage) -> None:
    """Frames that are no requests, or requests of no version: the connection ends."""
    for step, (key, version, body) in {
        "unknown_key": (9999, 0, b""),
        "negative_key": (-5, 0, b""),
        "negative_version": (3, -1, b""),
        "old_fetch": (1, 3, b""),
        "old_produce": (0, 2, b""),
        "new_metadata": (3, 90, b"\0\0"),
        "truncated": (3, 1, b"\0\0"),
        "huge_array": (3, 1, b"\x7f\xff\xff\xff"),
        "negative_array": (3, 1, b"\xff\xff\xff\xf0"),
        "bad_utf8": (3, 1, b"\0\0\0\1\0\2\xff\xfe"),
    }.items():
        client = stage.client()
        client.send_body(key, version, body)
        frame = client.receive_frame()
        stage.record(step, "closed" if frame is None else "answered")
    client = stage.client()
    client.send_frame(b"\0")
    stage.record("one_byte", "closed" if client.receive_frame() is None else "answered")


@script(3, range(1, 2))
def frames(stage: Stage) -> None:
    """Lengths that cannot be, bytes that are left over, tags nobody knows, names that are no text."""
    header = b"\0\3\0\1\0\0\0\7"  # Metadata 1, correlation 7
    flexible = b"\0\3\0\x0c\0\0\0\7"  # Metadata 12
    none = b"\0\0\0\0"
    for step, sent in {
        "good": framed(header + b"\0\1x" + none),
        "trailing_bytes": framed(header + b"\0\1x" + none + b"more"),
        "client_id_no_text": framed(header + b"\0\2\xff\xfe" + none),
        "client_id_too_long": framed(header + b"\x7f\xffx" + none),
        "client_id_negative": framed(header + b"\xff\xf0" + none),
        "header_only": framed(header),
        "half_a_header": framed(header[:5]),
        "empty": framed(b""),
        "negative_length": b"\xff\xff\xff\xff",
        "very_negative_length": b"\x80\0\0\0",
        "too_long": b"\x7f\xff\xff\xff",
        "above_limit": (104857601).to_bytes(4, "big"),
        "http": b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n",
        "tls": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 500,
        "flexible": framed(flexible + b"\0\1x\0" + b"\1\0\0\0"),
        "unknown_header_tag": framed(flexible + b"\0\1x\1\x63\2hi" + b"\1\0\0\0"),
        "unknown_body_tag": framed(flexible + b"\0\1x\0" + b"\1\0\0\1\x63\2hi"),
        "tag_beyond_end": framed(flexible + b"\0\1x\0" + b"\1\0\0\1\x63\x7fhi"),
        "tags_out_of_order": framed(flexible + b"\0\1x\0" + b"\1\0\0\2\x64\0\x63\0"),
        "same_tag_twice": framed(flexible + b"\0\1x\0" + b"\1\0\0\2\x63\0\x63\0"),
        "many_tags": framed(flexible + b"\0\1x\0" + b"\1\0\0\xff\xff\xff\xff\x0f"),
        "long_varint": framed(flexible + b"\0\1x\0" + b"\xff\xff\xff\xff\xff\xff\xff\0\0\0"),
        "boolean_of_2": framed(flexible + b"\0\1x\0" + b"\1\2\2\0"),
        "null_in_array": framed(header + b"\0\1x" + b"\0\0\0\1\xff\xff"),
    }.items():
        client = stage.client()
        client.send_bytes(sent)
        frame = client.receive_frame()
        stage.record(step, "closed" if frame is None else frame[:4])


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


@script(3, range(1, 2))
def null_client_id(stage: Stage) -> None:
    """A client may leave its name out, or empty."""
    for step, name in {"null": None, "empty": ""}.items():
        stage.record(step, len(stage.client(name).call(3, 1, MetadataRequest(topics=[])).topics))
