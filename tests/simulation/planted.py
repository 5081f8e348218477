"""Bugs that are planted to see that the simulation finds them. Each is a patch of the broker that a review could miss."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest import mock

from broker.coordinators.group_writer import GroupWriter
from broker.coordinators.groups import reconciliation
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import BrokerError
from broker.storage.catalog import marker_rules, producer_rules, transaction_rules
from broker.storage.catalog.commit_rules import decide
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import TwoStepCommitter
from broker.wire.error_codes import ErrorCode

Patch = Any
"""What :func:`unittest.mock.patch` returns."""


def _acknowledges_before_the_commit() -> Iterator[Patch]:
    async def commit(self: TwoStepCommitter, group: Any) -> Any:
        extent = await self._store.append(group.parts, group.toc)
        told = group.stored_at(extent)
        answers = decide(told, LogChanges(self._catalog._inside._state)).answers  # type: ignore[attr-defined]
        try:
            return await self._catalog.commit_spans(told)
        except BrokerError:
            return answers

    yield mock.patch.object(TwoStepCommitter, "commit", commit)


def _skips_the_epoch_check() -> Iterator[Patch]:
    for name in ("end", "add", "add_offsets"):
        rule = getattr(transaction_rules, name)

        def without_epoch(state: Any, producer_id: int, epoch: int, *rest: Any, rule: Any = rule) -> Any:
            current = epoch if state is None or state.producer_id != producer_id else state.epoch
            return rule(state, producer_id, current, *rest)

        yield mock.patch.object(transaction_rules, name, without_epoch)


def _forgets_an_aborted_transaction() -> Iterator[Patch]:
    def peek_aborted(self: MemoryCatalog, pid: int, first_offset: int, upper_offset: int) -> Any:
        found = self._state.aborted(pid, first_offset, upper_offset)
        return found[:1] if found else found

    yield mock.patch.object(MemoryCatalog, "peek_aborted", peek_aborted)


def _loses_a_group_offset() -> Iterator[Patch]:
    """Those of a transaction are in the group's memory, and not in the catalog."""

    async def end_transaction(self: MemoryCatalog, *arguments: Any) -> Any:
        before = dict(self._offsets)
        answer = await original(self, *arguments)
        self._offsets = before
        return answer

    original = MemoryCatalog.end_transaction
    yield mock.patch.object(MemoryCatalog, "end_transaction", end_transaction)


def _forgets_what_a_producer_sent() -> Iterator[Patch]:
    def after_append(state: Any, batch: Any, base_offset: int, now_ms: int) -> Any:
        return replace(original(state, batch, base_offset, now_ms), window=())

    original = producer_rules.after_append
    yield mock.patch.object(producer_rules, "find_duplicate", return_value=None)
    yield mock.patch.object(producer_rules, "refusal", return_value=None)
    yield mock.patch.object(producer_rules, "after_append", after_append)


def _shows_open_transactions() -> Iterator[Patch]:
    yield mock.patch("broker.log.reader.upper_bound", lambda bounds, isolation: bounds.high_watermark)


def _does_not_wait_for_partitions_to_be_given_up() -> Iterator[Patch]:
    yield mock.patch.object(reconciliation, "_holds_any", return_value=False)


def _takes_commits_of_former_generations() -> Iterator[Patch]:
    yield mock.patch.object(ClassicGroup, "commit_error", return_value=ErrorCode.NONE)


def _takes_offsets_of_former_members_in_transactions() -> Iterator[Patch]:
    yield mock.patch.object(ClassicGroup, "transactional_commit_error", return_value=ErrorCode.NONE)


def _acknowledges_offsets_that_were_refused() -> Iterator[Patch]:
    yield mock.patch.object(GroupWriter, "_as_group_error", return_value=ErrorCode.NONE)


def _leaves_a_marker_out() -> Iterator[Patch]:
    def end(transaction: Any, *rest: Any) -> Any:
        some = frozenset(sorted(transaction.partitions)[:1])
        return original(replace(transaction, partitions=some), *rest)

    original = marker_rules.end
    yield mock.patch.object(marker_rules, "end", end)


def _takes_late_requests_of_former_transactions() -> Iterator[Patch]:
    """Of producers from before KIP-890 (KAFKA-17754)."""
    yield mock.patch.object(TransactionCoordinator, "is_superseded", return_value=False)


PLANTED: Final[Mapping[str, Callable[[], Iterator[Patch]]]] = {
    "acknowledges before the commit": _acknowledges_before_the_commit,
    "skips the epoch check": _skips_the_epoch_check,
    "forgets an aborted transaction": _forgets_an_aborted_transaction,
    "loses a group offset": _loses_a_group_offset,
    "forgets what a producer sent": _forgets_what_a_producer_sent,
    "shows open transactions": _shows_open_transactions,
    "leaves a marker out": _leaves_a_marker_out,
    "does not wait for partitions to be given up": _does_not_wait_for_partitions_to_be_given_up,
    "takes commits of former generations": _takes_commits_of_former_generations,
    "takes late requests of former transactions": _takes_late_requests_of_former_transactions,
    "takes offsets of former members in transactions": _takes_offsets_of_former_members_in_transactions,
    "acknowledges offsets that were refused": _acknowledges_offsets_that_were_refused,
}


RARE: Final = frozenset(
    {
        "takes commits of former generations",
        "takes late requests of former transactions",
        "takes offsets of former members in transactions",
        "acknowledges offsets that were refused",
    }
)
"""Those that need a coincidence, and so more worlds than a short run has time for."""


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """The broker with this bug in it."""
    with ExitStack() as patches:
        if name is not None:
            for patch in PLANTED[name]():
                patches.enter_context(patch)
        yield
