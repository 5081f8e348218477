"""Series that come and go with their owners."""

from prometheus_client import CollectorRegistry, generate_latest

from observability.series_table import SeriesTable

A, B, C = ((("k", "a"),), (("k", "b"), ("l", "x")), (("k", "c"),))


def test_series_are_shown_until_their_owner_is_gone() -> None:
    """Labels may differ from series to series; what an owner had before is replaced."""
    registry = CollectorRegistry()
    table = SeriesTable("some_metric", "What it is.", registry=registry)
    assert table.put("one", {A: 1.0, B: 2.5}, 10) == 0
    assert table.put("two", {C: 3.0}, 10) == 0
    assert len(table) == 3
    text = generate_latest(registry).decode()
    assert 'some_metric{k="b",l="x"} 2.5' in text
    assert 'some_metric{k="c"} 3.0' in text
    table.put("one", {A: 4.0}, 10)
    table.drop("two")
    table.drop("nobody")

    assert (len(table), table.of("one"), table.of("two")) == (1, {A: 4.0}, {})
    text = generate_latest(registry).decode()
    assert 'some_metric{k="a"} 4.0' in text
    assert '"c"' not in text


def test_all_owners_together_are_bounded() -> None:
    """What an owner had makes room for what it has now; the rest is left out."""
    table = SeriesTable("some_metric", "What it is.", registry=CollectorRegistry())
    assert table.put("one", {A: 1.0, B: 1.0}, 2) == 0
    assert table.put("two", {C: 1.0}, 2) == 1
    assert table.put("one", {A: 1.0, B: 2.0}, 2) == 0
    assert table.put("one", {A: 1.0}, 2) == 0
    assert table.put("two", {B: 1.0, C: 1.0}, 2) == 1
    assert len(table) == 2
    assert table.put("one", {}, 2) == 0
    assert len(table) == 1
