"""What the benchmark of a cluster makes of what it sees."""

from benchmarks.cluster import Turn, middle
from benchmarks.cluster_costs import Load, Prices, Writing, month
from benchmarks.scraping import Scrape

SERIES = Scrape(
    {
        ("groups_total", frozenset({("to", "store")})): 7.0,
        ("groups_total", frozenset({("to", "inline")})): 5.0,
        **{("s_bucket", frozenset({("le", end)})): value for end, value in (("0.01", 90.0), ("0.1", 98.0), ("+Inf", 100.0))},
    }
)


def test_series_are_summed_and_compared() -> None:
    """By the labels that are asked for; what was there before does not count."""
    assert SERIES.total("groups_total") == 12
    assert SERIES.total("groups_total", to="store") == 7
    assert SERIES.since(Scrape({("groups_total", frozenset({("to", "store")})): 3.0})).total("groups_total") == 9


def test_a_quantile_is_the_end_of_its_bucket() -> None:
    """Nothing finer is known; beyond the last bucket it has no end."""
    assert SERIES.quantile("s", 0.5) == 0.01
    assert SERIES.quantile("s", 0.95) == 0.1
    assert SERIES.quantile("s", 0.999) == float("inf")
    assert SERIES.quantile("other", 0.5) == 0


def test_the_middle_of_turns_is_that_of_each_figure() -> None:
    """Not that of one turn."""
    turns = [Turn(1, 9, 1, 1, 1, 1), Turn(2, 8, 1, 1, 1, 1), Turn(3, 7, 1, 1, 1, 1)]
    assert middle(turns) == Turn(2, 8, 1, 1, 1, 1)


def test_a_month_costs_what_its_requests_and_bytes_do() -> None:
    """Few objects by the budget while that holds the load, by their size beyond."""
    prices = Prices(put_per_1000=1, get_per_1000=0, storage_per_gib_month=1, database_month=100, broker_month=10)
    writing = Writing(flush_bytes=4_000_000, puts_per_second=2, merged_bytes=1 << 60)
    small, large = month(Load(4, 3), writing, prices), month(Load(80, 3), writing, prices)
    assert round(small.puts_per_s) == 6
    assert round(large.puts_per_s) == 20
    assert round(small.puts) == 6 * 30 * 24 * 3600 // 1000
    assert round(large.stored_gib / small.stored_gib) == 20
    assert small.machines == 130
    assert small.total == small.puts + small.storage + small.machines
