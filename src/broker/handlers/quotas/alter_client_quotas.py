"""
AlterClientQuotas (key 49), versions 0-1.

Behaviour:
- Each entity is changed as a whole or, when anything about it is wrong, not at all; entities that are good are changed although others are refused.
- To take away what is not there is no error, whatever its name.
- An entity that is named twice, or a quota twice for one entity, is refused.
- Needs ALTER_CONFIGS on the cluster. ``validate_only`` checks everything and changes nothing.
- Quotas hold when the answer is sent, on other brokers a moment later. Clients that are waiting wait as long as they were told.

Versions:
- v1: flexible.
"""

from collections.abc import Sequence

from broker.admin.quota_keeper import QuotaChange
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_client_quotas import (
    AlterClientQuotasRequest,
    AlterClientQuotasRequestEntryData,
    AlterClientQuotasResponse,
    AlterClientQuotasResponseEntityData,
    AlterClientQuotasResponseEntryData,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from security.quotas.entity import EntityProblem, QuotaEntity
from security.quotas.kinds import QuotaProblem, check_value, kind_of

Parts = tuple[tuple[str, str | None], ...]


async def handle(request: AlterClientQuotasRequest, context: RequestContext) -> AlterClientQuotasResponse:
    if not context.allows(Operation.ALTER_CONFIGS, ResourceType.CLUSTER, CLUSTER_NAME):
        return refuse(request, context, ErrorCode.CLUSTER_AUTHORIZATION_FAILED, None)
    problems: dict[Parts, str | None] = {}
    changes: dict[QuotaEntity, list[QuotaChange]] = {}
    asked: dict[QuotaEntity, Parts] = {}
    for entry in request.entries:
        parts = _parts(entry)
        try:
            entity = _entity(parts)
            if entity in asked:
                problems[parts] = problems[asked[entity]] = f"the entity ({entity}) is there more than once"
                changes.pop(entity, None)
                continue
            asked[entity] = parts
            problems[parts] = None
            changes[entity] = _changes(entity, entry, context)
        except (EntityProblem, QuotaProblem) as problem:
            problems[parts] = str(problem)
    if not request.validate_only:
        await _carry_out(changes, context)
    return AlterClientQuotasResponse(
        entries=[
            _result(parts, ErrorCode.NONE if problem is None else ErrorCode.INVALID_REQUEST, problem)
            for parts, problem in problems.items()
        ]
    )


def _parts(entry: AlterClientQuotasRequestEntryData) -> Parts:
    return tuple((part.entity_type, part.entity_name) for part in entry.entity)


def _entity(parts: Parts) -> QuotaEntity:
    named = dict(parts)
    if len(named) < len(parts):
        raise EntityProblem("an entity has a part of each type once")
    return QuotaEntity.of(named)


def _changes(
    entity: QuotaEntity, entry: AlterClientQuotasRequestEntryData, context: RequestContext
) -> list[QuotaChange]:
    """What is really changed of an entity. Raises QuotaProblem."""
    there = context.services.quotas.get(entity)
    seen: set[str] = set()
    changes: list[QuotaChange] = []
    for op in entry.ops:
        if op.key in seen:
            raise QuotaProblem(f"{op.key} is there more than once for {entity}")
        seen.add(op.key)
        if op.remove:
            if op.key in there:
                changes.append(QuotaChange(entity, kind_of(entity, op.key), None))
            continue
        kind = kind_of(entity, op.key)
        check_value(kind, op.value)
        if there.get(op.key) != op.value:
            changes.append(QuotaChange(entity, kind, op.value))
    return changes


async def _carry_out(changes: dict[QuotaEntity, list[QuotaChange]], context: RequestContext) -> None:
    quotas = context.services.quotas
    before = {entity: quotas.get(entity) for entity, each in changes.items() if each}
    await quotas.change([change for each in changes.values() for change in each])
    for entity, was in before.items():
        context.changed(f"quota:{entity}", was or None, quotas.get(entity) or None)


def _result(parts: Sequence[tuple[str, str | None]], code: int, message: str | None) -> AlterClientQuotasResponseEntryData:
    return AlterClientQuotasResponseEntryData(
        error_code=code,
        error_message=message,
        entity=[AlterClientQuotasResponseEntityData(entity_type=kind, entity_name=name) for kind, name in parts],
    )


def refuse(
    request: AlterClientQuotasRequest, context: RequestContext, code: int, message: str | None
) -> AlterClientQuotasResponse:
    return AlterClientQuotasResponse(entries=[_result(_parts(entry), code, message) for entry in request.entries])


HANDLER = Handler(
    key=ApiKey.ALTER_CLIENT_QUOTAS, name="alter_client_quotas", versions=range(2), handle=handle, refuse=refuse
)
