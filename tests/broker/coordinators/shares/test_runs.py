"""Runs of records: cut, joined, dropped."""

from broker.coordinators.shares.runs import RecordState, Run, Runs


def runs_of(*lengths: int, start: int = 0) -> Runs:
    runs = Runs(start)
    for number, length in enumerate(lengths):
        runs.append(Run(runs.end, runs.end + length - 1, RecordState.AVAILABLE, number))
    return runs


def shown(runs: Runs) -> list[tuple[int, int, int]]:
    return [(run.first, run.last, run.deliveries) for run in runs]


def test_runs_are_found_by_offset() -> None:
    """Those that have any of a range, and no others."""
    runs = runs_of(3, 1, 4, start=10)
    assert [run.first for run in runs.within(12, 13)] == [10, 13]
    assert [run.first for run in runs.within(0, 100)] == [10, 13, 14]
    assert runs.within(18, 20) == []
    assert Runs(5).within(0, 9) == []


def test_a_part_is_cut_out() -> None:
    """At either end, in the middle, or all of it."""
    runs = runs_of(6)
    (run,) = runs
    assert runs.cut(run, 0, 5) is run
    middle = runs.cut(run, 2, 3)
    assert (middle.first, middle.last) == (2, 3)
    assert shown(runs) == [(0, 1, 0), (2, 3, 0), (4, 5, 0)]


def test_what_is_alike_becomes_one() -> None:
    """Only where it was asked for."""
    runs = runs_of(2, 2, 2, 2)
    for run in runs:
        run.deliveries = 7
    runs.join(2, 3)
    assert shown(runs) == [(0, 5, 7), (6, 7, 7)]


def test_the_start_passes_what_is_final() -> None:
    """Not what is on its way to be."""
    runs = runs_of(1, 1, 1)
    for run in runs:
        run.state = RecordState.ARCHIVED
    list(runs)[1].change = object()  # type: ignore[assignment]
    runs.drop_final()
    assert (runs.start, len(runs)) == (1, 2)


def test_the_start_is_moved() -> None:
    """Through the middle of a run, and past the end."""
    runs = runs_of(4, 4)
    gone = runs.drop_below(6)
    assert [(run.first, run.last) for run in gone] == [(0, 3), (4, 5)]
    assert shown(runs) == [(6, 7, 1)]
    runs.drop_below(20)
    assert (runs.start, runs.end, len(runs)) == (20, 20, 0)
    assert runs.drop_below(5) == []
