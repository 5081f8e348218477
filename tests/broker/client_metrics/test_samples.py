"""What a push holds."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Histogram, Metric, NumberDataPoint

from broker.client_metrics.samples import LABELS_MAX, PARTS_MAX, TEXT_MAX, Sample, read, read_or_refuse
from broker.wire.errors import DecodeError
from broker.wire.records.compression import Codec, OutputLimitError, compress
from tests.broker.client_metrics.pushes import gauge, push_of, total

MOST = 1 << 20


def samples_of(data: bytes, samples_max: int = 100) -> list[Sample]:
    return read(Codec.NONE, data, MOST, samples_max)[0]


@pytest.mark.parametrize("codec", list(Codec))
def test_samples_come_out_of_every_compression(codec: Codec) -> None:
    """Gauges and sums, with the labels of the point and of its resource."""
    data = push_of([gauge("a.b", 1.5, topic="t", partition=3), total("c", 7, delta=True)], group_id="g")
    found, left_out = read(codec, compress(codec, data), MOST, 100)

    assert found == [
        Sample("a.b", (("group_id", "g"), ("partition", "3"), ("topic", "t")), 1.5, False),
        Sample("c", (("group_id", "g"),), 7.0, True),
    ]
    assert left_out == 0


def test_what_is_no_number_is_left_out() -> None:
    """Not-a-number, points without a value, metrics without a name, histograms."""
    metrics = [
        gauge("nan", float("nan")),
        gauge("", 1.0),
        Metric(name="empty"),
        Metric(name="no_value", gauge=Gauge(data_points=[NumberDataPoint()])),
        Metric(name="histogram", histogram=Histogram()),
        total("kept", 1),
    ]

    assert samples_of(push_of(metrics)) == [Sample("kept", (), 1.0, False)]


def test_labels_are_such_as_prometheus_takes() -> None:
    """Names, numbers of them, and lengths; the broker's own are not overridden."""
    odd = {"a-b": "x", "1st": True, "metric": "no", "client_id": "no", "__name__": 1.5, "ä": "gone", "none": None}
    (found,) = samples_of(push_of([gauge("m" * 500, 1.0, **odd)]))
    assert found.labels == (("_1st", "true"), ("a_b", "x"), ("name", "1.5"), ("none", ""))
    assert found.name == "m" * TEXT_MAX
    (many,) = samples_of(push_of([gauge("m", 1.0, **{f"l{number}": "v" * 999 for number in range(50)})]))
    assert len(many.labels) == LABELS_MAX
    assert {len(text) for _, text in many.labels} == {TEXT_MAX}


def test_a_push_is_bounded() -> None:
    """In samples, and in what it unpacks to."""
    data = push_of([gauge(f"m{number}", 1.0) for number in range(10)])
    found, left_out = read(Codec.NONE, data, MOST, 4)
    assert (len(found), left_out) == (4, 6)
    with pytest.raises(OutputLimitError):
        read(Codec.ZSTD, compress(Codec.ZSTD, bytes(MOST + 1)), MOST, 4)
    with pytest.raises(DecodeError):
        read(Codec.ZSTD, b"no zstd", MOST, 4)


@pytest.mark.timeout(20)
def test_no_push_is_slow() -> None:
    """Many values times many attributes of what they share; and very many parts that are next to nothing."""
    points = Metric(name="m", gauge=Gauge(data_points=[NumberDataPoint(as_int=1)] * 40_000))
    found, left_out = read(Codec.NONE, push_of([points], **{"ä" * n: "" for n in range(1, 300)}), MOST, 100)
    assert (len(found), left_out) == (100, 39_900)
    with pytest.raises(OutputLimitError):
        read(Codec.NONE, b"\x0a\x00" * (PARTS_MAX + 1), MOST, 100)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing else is raised."""
    try:
        samples_of(data)
    except DecodeError:
        pass


def test_the_protobuf_library_is_not_loaded_before_it_is_needed() -> None:
    """A broker that nobody pushes to has neither its memory nor the time it takes to load."""
    code = "import sys, broker.app; sys.exit('google.protobuf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_refusal_keeps_nothing_of_what_was_unpacked() -> None:
    """It goes from a worker thread to the loop, and where it comes from has megabytes."""
    for data, kind in ((compress(Codec.LZ4, bytes(3 << 20)), OutputLimitError), (b"\xff\xff", DecodeError)):
        codec = Codec.LZ4 if kind is OutputLimitError else Codec.NONE
        refusal = read_or_refuse(codec, data, 1 << 20, 10)
        assert isinstance(refusal, kind)
        assert (refusal.__traceback__, refusal.__context__, refusal.__cause__) == (None, None, None)
