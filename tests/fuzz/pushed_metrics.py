"""Target: what clients push as their metrics, compressed or not."""

from random import Random

from broker.client_metrics.samples import LABELS_MAX, OWN_LABELS, TEXT_MAX, read
from broker.wire.errors import DecodeError
from broker.wire.records.compression import Codec, compress
from tests.broker.client_metrics.pushes import gauge, push_of, total
from tests.fuzz.target import Finding, Target

MOST_OUTPUT = 1 << 16
MOST_SAMPLES = 50


def run_push(data: bytes) -> None:
    """One byte says the codec, and whether the rest is compressed with it here; the rest is what was pushed."""
    if not data:
        return
    codec, pushed = data[0] % 6, data[1:]
    if data[0] & 0x80 and codec in tuple(Codec):
        pushed = bytes(compress(codec, pushed))
    try:
        samples, left_out = read(codec, pushed, MOST_OUTPUT, MOST_SAMPLES)
    except DecodeError:
        return
    if len(samples) > MOST_SAMPLES or (left_out and len(samples) < MOST_SAMPLES):
        raise Finding(f"{len(samples)} samples, {left_out} left out")
    for sample in samples:
        names = [name for name, _ in sample.labels]
        texts = [sample.name, *(text for label in sample.labels for text in label)]
        if len(names) > LABELS_MAX or any(len(text) > TEXT_MAX + 1 for text in texts):
            raise Finding(f"a sample without bounds: {sample}")
        if len(set(names)) < len(names) or not all(name.isascii() and name.isidentifier() for name in names):
            raise Finding(f"labels that Prometheus does not take: {names}")
        if set(names) & set(OWN_LABELS) or sample.number != sample.number:
            raise Finding(f"a sample that must not be: {sample}")


def seed(rng: Random) -> bytes:
    """What a client would push, compressed before mutations hit it, or after."""
    metrics = [
        rng.choice((gauge, total))(f"org.apache.kafka.m{number}", rng.randrange(100), topic="t", partition=number)
        for number in range(rng.randrange(6))
    ]
    codec = rng.randrange(5)
    pushed = push_of(metrics, group_id="g")
    if rng.random() < 0.5:
        return bytes([next(order for order in range(0x80, 0x86) if order % 6 == codec)]) + pushed
    return bytes([codec]) + bytes(compress(codec, pushed))


TARGETS = (
    Target(
        "pushed_metrics",
        run_push,
        seed,
        ("broker.client_metrics.samples", "broker.wire.records"),
        allowance=4 << 20,
    ),
)
