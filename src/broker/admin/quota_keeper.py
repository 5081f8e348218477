"""QuotaKeeper: the quotas as they are now, and what each client has used of its own.

Nothing is measured that no quota bounds. Use is counted by each broker for itself, as in Kafka: a client of three brokers may use three times its quota.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.admin.access_register import AccessRegister
from broker.config.kafka_values import INT_MAX
from broker.config.live import LiveSettings
from broker.errors import BrokerError
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.quota_metrics import MUTATIONS_REFUSED, THROTTLE_SECONDS
from security.identity import Identity
from security.quotas.connection_rate import AT_ONCE, ConnectionRate, Verdict
from security.quotas.entity import EntityProblem, QuotaEntity, canonical_address
from security.quotas.kinds import QuotaKind, QuotaProblem, check_value
from security.quotas.meters import Meters
from security.quotas.mutation_quota import UNLIMITED, MutationQuota, MutationsExceeded
from security.quotas.quota_filter import QuotaFilter
from security.quotas.quota_table import Limit, QuotaTable
from security.quotas.rate_window import RateWindow, WindowShape
from security.quotas.token_bucket import TokenBucket

FORM: Final = 1
"""Of the stored values."""

_log = logs.get("quotas")


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """``value`` None takes the quota away."""

    entity: QuotaEntity
    kind: QuotaKind
    value: float | None


class QuotaKeeper:
    """Asked by connections and handlers. ``monotonic_ms`` is a clock that never runs back."""

    def __init__(self, register: AccessRegister, settings: LiveSettings, monotonic_ms: Callable[[], int]) -> None:
        now = settings.current
        self._register = register
        self._settings = settings
        self._now_ms = monotonic_ms
        self._table = QuotaTable()
        self._windows = WindowShape(now.quota_window_num, now.quota_window_size_seconds * 1000)
        self._mutation_windows = WindowShape(now.controller_quota_window_num, now.controller_quota_window_size_seconds * 1000)
        self._clients_max = now.quota_clients_max
        self._meters: dict[QuotaKind, Meters[RateWindow]] = {
            kind: Meters(lambda: RateWindow(self._windows), self._clients_max)
            for kind in (QuotaKind.PRODUCER_BYTE_RATE, QuotaKind.CONSUMER_BYTE_RATE, QuotaKind.REQUEST_PERCENTAGE)
        }
        self._mutations: Meters[TokenBucket] = Meters(lambda: TokenBucket(self._mutation_windows), self._clients_max)
        self._connections = ConnectionRate(self._windows, self._clients_max)
        self.is_active = False
        """Whether there is any quota of users or client ids."""
        self.measures_time = False
        """Whether there is one of request time."""
        register.subscribe(AccessKind.QUOTA, self._hear)

    @property
    def count(self) -> int:
        """How many entities have a quota."""
        return len(self._table)

    # --- what there is ------------------------------------------------------------------------------------------------

    def get(self, entity: QuotaEntity) -> dict[str, float]:
        """What is set on this entity itself."""
        return {str(kind): value for kind, value in self._table.get(entity).items()}

    def select(self, wanted: QuotaFilter) -> list[tuple[QuotaEntity, dict[str, float]]]:
        """Entities that fit, with what is set on them."""
        return [
            (entity, {str(kind): value for kind, value in values.items()})
            for entity, values in self._table
            if wanted.fits(entity)
        ]

    async def change(self, changes: Sequence[QuotaChange]) -> None:
        """Store and apply, all or nothing. Raises StorageUnavailable."""
        if changes:
            await self._register.change([_entry(change) for change in changes])

    def _hear(self, entries: Sequence[AccessEntry]) -> None:
        before = self._table.kinds
        for entry in entries:
            try:
                change = change_of(entry)
            except ValueError as error:
                # Of a later version, most likely. The broker serves without it rather than not at all.
                _log.error("a stored quota cannot be read, it is not applied", quota=entry.name, why=str(error))
                continue
            self._table.set(change.entity, change.kind, change.value)
        kinds = self._table.kinds
        self.is_active = bool(kinds - {QuotaKind.CONNECTION_CREATION_RATE})
        self.measures_time = QuotaKind.REQUEST_PERCENTAGE in kinds
        for kind in before - kinds:
            if (meters := self._meters.get(kind)) is not None:
                meters.clear()

    # --- what is used -------------------------------------------------------------------------------------------------

    def produced(self, identity: Identity, client_id: str | None, size: int) -> int:
        """A client sent records: for how many milliseconds it is to wait."""
        return self._used(QuotaKind.PRODUCER_BYTE_RATE, identity, client_id, size)

    def fetched(self, identity: Identity, client_id: str | None, size: int) -> int:
        """A client is given records."""
        return self._used(QuotaKind.CONSUMER_BYTE_RATE, identity, client_id, size)

    def worked(self, identity: Identity, client_id: str | None, seconds: float) -> int:
        """The broker worked for a client. Nobody waits longer than a window for that, as in Kafka: requests are small, and estimates rough."""
        throttle_ms = self._used(QuotaKind.REQUEST_PERCENTAGE, identity, client_id, seconds * 100)
        return min(throttle_ms, self._windows.size_ms)

    def fetch_bytes_max(self, identity: Identity, client_id: str | None) -> int | None:
        """How much a client may be given at once so that it does not have to wait afterwards if it was given nothing before; None: as much as it likes."""
        limit = self._limit(QuotaKind.CONSUMER_BYTE_RATE, identity, client_id)
        return None if limit is None else int(min(limit.rate * self._windows.whole_s, INT_MAX))

    def mutations(self, identity: Identity, client_id: str | None, *, is_strict: bool) -> "Mutations":
        """What a request may change of topics."""
        limit = self._limit(QuotaKind.CONTROLLER_MUTATION_RATE, identity, client_id)
        if limit is None:
            return UNBOUNDED
        bucket = self._mutations.of(limit.bucket)
        return Mutations(MutationQuota(bucket, limit.rate, self._now_ms, is_strict=is_strict), limit.rule)

    def connecting(self, host: str, listener: str) -> Verdict:
        """Somebody connects from an address; the verdict is counted."""
        settings = self._settings.current
        rate = settings.max_connection_creation_rate
        of_all = [] if rate == INT_MAX else [Limit(rate, ("broker",), "broker")]
        own_rate = settings.on_listener(listener, "max_connection_creation_rate") if settings.listener_overrides else rate
        if own_rate != rate:
            of_all.append(Limit(own_rate, ("listener", listener), "listener"))
        of_address: Limit | None = None
        if QuotaKind.CONNECTION_CREATION_RATE in self._table.kinds:
            try:
                of_address = self._table.find_address(canonical_address(host))
            except EntityProblem:  # not an IP socket
                of_address = None
        if not of_all and of_address is None:
            return AT_ONCE
        verdict = self._connections.judge(of_address, of_all, self._now_ms())
        if verdict.wait_ms:
            THROTTLE_SECONDS.labels(QuotaKind.CONNECTION_CREATION_RATE, verdict.rule).observe(verdict.wait_ms / 1000)
        return verdict

    def _limit(self, kind: QuotaKind, identity: Identity, client_id: str | None) -> Limit | None:
        if kind not in self._table.kinds:
            return None
        return self._table.find(kind, user_of(identity), client_id or "")

    def _used(self, kind: QuotaKind, identity: Identity, client_id: str | None, amount: float) -> int:
        limit = self._limit(kind, identity, client_id)
        if limit is None:
            return 0
        meter, now_ms = self._meters[kind].of(limit.bucket), self._now_ms()
        meter.add(amount, now_ms)
        throttle_ms = meter.throttle_ms(limit.rate, now_ms)
        if throttle_ms:
            THROTTLE_SECONDS.labels(kind, limit.rule).observe(throttle_ms / 1000)
        return throttle_ms


class Mutations:
    """What one request may change of topics; for handlers: what is too much is refused as Kafka refuses it."""

    __slots__ = ("_quota", "_rule")

    def __init__(self, quota: MutationQuota, rule: str) -> None:
        self._quota = quota
        self._rule = rule

    def take(self, partitions: int) -> None:
        """Count a change before it is made. Raises BrokerError(THROTTLING_QUOTA_EXCEEDED)."""
        try:
            self._quota.take(partitions)
        except MutationsExceeded as error:
            MUTATIONS_REFUSED.inc()
            raise BrokerError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, str(error)) from error

    def throttle_ms(self) -> int:
        """For how long the client is to wait; asked once, when the answer is made."""
        throttle_ms = self._quota.throttle_ms
        if throttle_ms:
            THROTTLE_SECONDS.labels(QuotaKind.CONTROLLER_MUTATION_RATE, self._rule).observe(throttle_ms / 1000)
        return throttle_ms


UNBOUNDED: Final = Mutations(UNLIMITED, "")
"""Of those who have no quota."""


def user_of(identity: Identity) -> str:
    """The name that quotas know a principal by: Kafka leaves the type out."""
    return identity.principal.partition(":")[2]


def _entry(change: QuotaChange) -> AccessEntry:
    # Each quota is an entry of its own, so that two brokers that change two quotas of one user do not undo each other's.
    name = json.dumps([str(change.kind), dict(change.entity.parts)], ensure_ascii=False, separators=(",", ":"))
    value = None if change.value is None else json.dumps({"v": FORM, "value": change.value}, separators=(",", ":"))
    return AccessEntry(AccessKind.QUOTA, name, value)


def change_of(entry: AccessEntry) -> QuotaChange:
    """What an entry of the catalog says. Raises ValueError when that cannot be told."""
    try:
        kind, parts = json.loads(entry.name)
        entity = QuotaEntity(tuple(sorted(parts.items())))
        if entry.value is None:
            return QuotaChange(entity, QuotaKind(kind), None)
        stored = json.loads(entry.value)
        if stored["v"] != FORM:
            raise ValueError(f"form {stored['v']} is not known")
        change = QuotaChange(entity, QuotaKind(kind), float(stored["value"]))
        check_value(change.kind, float(stored["value"]))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not the form of a quota ({type(error).__name__})") from error
    except QuotaProblem as error:
        raise ValueError(str(error)) from error
    return change


