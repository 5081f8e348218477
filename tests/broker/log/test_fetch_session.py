"""Fetch sessions against a model that remembers what each client was told, and their limits."""

from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from broker.log.fetch_plan import PartitionAnswer
from broker.log.fetch_session import (
    EVICTION_MS,
    FINAL_EPOCH,
    INITIAL_EPOCH,
    FetchSessionCache,
    OpenFetch,
    SessionPartition,
    next_epoch,
)
from broker.wire.error_codes import ErrorCode

QUIET = PartitionAnswer(0, 10, 10, 0)


def cache(slots: int = 10) -> FetchSessionCache:
    return FetchSessionCache(slots, count(1).__next__)


def partition(index: int, offset: int = 0, topic: str = "t") -> SessionPartition:
    return SessionPartition(-1, offset, 1000, topic_id=topic.encode().ljust(16), topic=topic, partition=index)


def opened(
    sessions: FetchSessionCache,
    session_id: int,
    epoch: int,
    indexes: list[int] | None = None,
    forgotten: list[int] | None = None,
    now_ms: int = 0,
    ids: bool = False,
) -> OpenFetch:
    return sessions.open(
        session_id,
        epoch,
        [partition(index) for index in indexes or []],
        [("t", index) for index in forgotten or []],
        uses_topic_ids=ids,
        now_ms=now_ms,
    )


def begun(sessions: FetchSessionCache, indexes: list[int], now_ms: int = 0, ids: bool = False) -> int:
    fetch = opened(sessions, 0, INITIAL_EPOCH, indexes, now_ms=now_ms, ids=ids)
    return fetch.answer([replace(QUIET) for _ in indexes], now_ms).session_id


def indexes_of(fetch: OpenFetch) -> list[int]:
    return [each.partition for each in fetch.partitions]


def test_a_sessionless_fetch_leaves_nothing_behind() -> None:
    """Epoch -1: all partitions, all answers, no session."""
    sessions = cache()
    fetch = opened(sessions, 0, FINAL_EPOCH, [0, 1])
    answer = fetch.answer([QUIET, QUIET], 0)
    assert answer.session_id == 0
    assert [each.partition.partition for each in answer.included] == [0, 1]
    assert len(sessions) == 0


def test_an_incremental_fetch_leaves_out_what_has_no_news() -> None:
    """Data, an error, a moved high watermark or log start are news."""
    sessions = cache()
    session_id = begun(sessions, [0, 1, 2, 3, 4])
    fetch = opened(sessions, session_id, 1)
    answers = [
        QUIET,
        replace(QUIET, high_watermark=11),
        replace(QUIET, log_start=1),
        replace(QUIET, records=[b"x"], size=1),
        PartitionAnswer(3),
    ]
    answer = fetch.answer(answers, 0)
    assert answer.session_id == session_id
    assert [each.partition.partition for each in answer.included] == [1, 2, 3, 4]


def test_after_an_error_the_next_good_answer_is_news() -> None:
    """The client must learn that the error is over, although nothing moved."""
    sessions = cache()
    session_id = begun(sessions, [0])
    opened(sessions, session_id, 1).answer([PartitionAnswer(3)], 0)
    assert opened(sessions, session_id, 2).answer([replace(QUIET)], 0).included
    assert not opened(sessions, session_id, 3).answer([replace(QUIET)], 0).included


def test_partitions_that_gave_records_go_to_the_end() -> None:
    """So that a busy partition does not starve the others."""
    sessions = cache()
    session_id = begun(sessions, [0, 1, 2])
    full = replace(QUIET, records=[b"x"], size=1)
    opened(sessions, session_id, 1).answer([full, QUIET, full], 0)
    assert indexes_of(opened(sessions, session_id, 2)) == [1, 0, 2]


def test_a_session_is_changed_by_what_a_request_says() -> None:
    """Partitions are added, given new positions and forgotten; the rest stays."""
    sessions = cache()
    session_id = begun(sessions, [0, 1])
    fetch = sessions.open(
        session_id, 1, [partition(1, offset=77), partition(2)], [("t", 0), ("t", 9)], uses_topic_ids=False, now_ms=0
    )
    assert [(each.partition, each.offset) for each in fetch.partitions] == [(1, 77), (2, 0)]


def test_a_session_without_partitions_ends() -> None:
    """Forgetting the last one closes it; the answer names no session."""
    sessions = cache()
    session_id = begun(sessions, [0])
    fetch = opened(sessions, session_id, 1, forgotten=[0])
    assert fetch.answer([], 0).session_id == 0
    assert len(sessions) == 0


def test_the_request_that_empties_a_session_is_answered_without_one() -> None:
    """A partition named and forgotten at once is looked at a last time, as by Kafka."""
    sessions = cache()
    session_id = begun(sessions, [0])
    fetch = opened(sessions, session_id, 1, [0, 1], forgotten=[0, 1])
    assert indexes_of(fetch) == [0, 1]
    assert fetch.answer([QUIET, QUIET], 0).session_id == 0
    assert len(sessions) == 0


def test_a_session_may_begin_without_partitions() -> None:
    """They may come with the next request."""
    sessions = cache()
    session_id = begun(sessions, [])
    assert session_id != 0
    assert indexes_of(opened(sessions, session_id, 1, [3])) == [3]


def test_unknown_sessions_and_wrong_epochs_are_refused() -> None:
    """The client starts anew then; a wrong epoch changes nothing."""
    sessions = cache()
    session_id = begun(sessions, [0])
    assert opened(sessions, session_id + 1, 1).error is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert opened(sessions, session_id, 2, [5]).error is ErrorCode.INVALID_FETCH_SESSION_EPOCH
    assert opened(sessions, session_id, 1, ids=True).error is ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    assert indexes_of(opened(sessions, session_id, 1)) == [0]


def test_a_full_fetch_closes_the_session_it_names() -> None:
    """With epoch 0 a new one begins, with -1 none."""
    sessions = cache()
    first = begun(sessions, [0])
    second = opened(sessions, first, INITIAL_EPOCH, [1]).answer([QUIET], 0).session_id
    assert second not in (0, first)
    assert opened(sessions, first, 1).error is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    opened(sessions, second, FINAL_EPOCH, [1])
    assert len(sessions) == 0


def test_sessions_by_id_tell_topics_of_one_name_apart() -> None:
    """From v13 on the id is the key."""
    sessions = cache()
    old, new = partition(0), partition(0)
    new.topic_id = b"n" * 16
    session_id = sessions.open(0, 0, [old, new], [], uses_topic_ids=True, now_ms=0).answer([QUIET, QUIET], 0).session_id
    fetch = sessions.open(session_id, 1, [], [(old.topic_id, 0)], uses_topic_ids=True, now_ms=0)
    assert fetch.partitions == [new]


def test_epochs_wrap_to_one() -> None:
    """0 asks for a new session and -1 for none, so neither follows."""
    assert next_epoch(1) == 2
    assert next_epoch(2**31 - 1) == 1
    assert next_epoch(-1) == -1


def test_a_full_cache_makes_room_only_for_the_deserving() -> None:
    """Idle sessions go first; a larger one may take an older smaller one's place; otherwise there is no session."""
    sessions = cache(slots=2)
    small, large = begun(sessions, [0]), begun(sessions, [0, 1, 2])
    assert begun(sessions, [0, 1], now_ms=10) == 0
    assert opened(sessions, small, 1, now_ms=EVICTION_MS + 1).error is ErrorCode.NONE
    assert opened(sessions, large, 1, now_ms=EVICTION_MS + 1).error is ErrorCode.NONE
    assert begun(sessions, [0], now_ms=EVICTION_MS + 2) == 0
    assert begun(sessions, [0, 1], now_ms=EVICTION_MS + 2) != 0
    assert opened(sessions, small, 2, now_ms=EVICTION_MS + 2).error is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert begun(sessions, [0], now_ms=2 * EVICTION_MS + 2) != 0
    assert opened(sessions, large, 2).error is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert len(sessions) == 2


def test_without_slots_there_are_no_sessions() -> None:
    """0 turns sessions off; fetches work as without them."""
    sessions = cache(slots=0)
    assert begun(sessions, [0]) == 0


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 4), max_size=3, unique=True),
            st.lists(st.integers(0, 4), max_size=2, unique=True),
            st.lists(
                st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans()), min_size=5, max_size=5
            ),
        ),
        max_size=20,
    )
)
def test_a_client_that_keeps_what_it_was_told_knows_everything(
    rounds: list[tuple[list[int], list[int], list[tuple[int, int, bool, bool]]]],
) -> None:
    """After each incremental fetch the client's picture of every followed partition equals the broker's."""
    sessions = cache()
    followed = [0, 1]
    session_id = begun(sessions, followed)
    picture = dict.fromkeys(followed, (0, QUIET.high_watermark, QUIET.log_start))
    for epoch, (added, forgotten, states) in enumerate(rounds, start=1):
        fetch = opened(sessions, session_id, epoch, added, forgotten)
        followed = [index for index in dict.fromkeys([*followed, *added]) if index not in forgotten]
        if not followed:
            assert indexes_of(fetch) == added
            return
        assert sorted(indexes_of(fetch)) == sorted(followed)
        answers = []
        for each in fetch.partitions:
            hwm, start, data, error = states[each.partition]
            answers.append(
                PartitionAnswer(3) if error else PartitionAnswer(0, hwm, hwm, start, [b"x"] * data, int(data))
            )
        told = {each.partition.partition: each.answer for each in fetch.answer(answers, 0).included}
        for index, answer in told.items():
            picture[index] = (answer.error_code, answer.high_watermark, answer.log_start)
        for each, answer in zip(fetch.partitions, answers, strict=True):
            assert picture[each.partition] == (answer.error_code, answer.high_watermark, answer.log_start)
            assert each.partition in told or not answer.size
        with_data = [each.partition for each, answer in zip(fetch.partitions, answers, strict=True) if answer.size]
        without = [each.partition for each, answer in zip(fetch.partitions, answers, strict=True) if not answer.size]
        session = sessions._sessions[session_id]
        assert [each.partition for each in session.partitions.values()] == without + with_data


def test_all_sessions_together_follow_a_bounded_number_of_partitions() -> None:
    """However few the sessions are: their partitions are what takes memory."""
    sessions = FetchSessionCache(10, count(1).__next__, partitions_max=10)
    first = begun(sessions, list(range(6)))
    assert begun(sessions, list(range(5))) == 0
    second = begun(sessions, [0])
    assert (first, second, sessions.partition_count) == (1, 2, 7)

    fetch = opened(sessions, second, 1, list(range(1, 5)))
    assert (fetch.error, len(sessions), sessions.partition_count) == (ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 1, 6)
    opened(sessions, first, 1, forgotten=[0, 1])
    assert sessions.partition_count == 4
    opened(sessions, first, FINAL_EPOCH)
    assert (len(sessions), sessions.partition_count) == (0, 0)
