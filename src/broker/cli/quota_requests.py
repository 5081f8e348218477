"""What the commands ask of a broker about quotas, and how people write whom a quota is for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from broker.cli.failure import USAGE, CommandFailed
from broker.cli.plain_client import ask, brokers, check
from broker.cli.rights import on_cluster

DESCRIBE_CLIENT_QUOTAS: Final = 48
ALTER_CLIENT_QUOTAS: Final = 49
EXACT: Final = 0
DEFAULT: Final = 1
ANY: Final = 2

Entity = tuple[tuple[str, str | None], ...]
"""(type, name) by type; no name is the default."""

Quotas = dict[str, float]


def described(
    bootstrap: str, client_config: Path | None, components: Sequence[tuple[str, int, str | None]] = (), *, strict: bool = False
) -> dict[Entity, Quotas]:
    """The quotas that fit."""
    from broker.wire.messages.describe_client_quotas import (
        DescribeClientQuotasRequest,
        DescribeClientQuotasRequestComponentData,
    )

    request = DescribeClientQuotasRequest(
        components=[
            DescribeClientQuotasRequestComponentData(entity_type=kind, match_type=match, match=name)
            for kind, match, name in components
        ],
        strict=strict,
    )
    answer = ask(brokers(bootstrap, client_config)[0], DESCRIBE_CLIENT_QUOTAS, 1, request)
    check(answer.error_code, "quotas were not shown", answer.error_message, on_cluster("describe-configs"))
    found = {
        tuple(sorted((part.entity_type, part.entity_name) for part in entry.entity)): {
            each.key: each.value for each in entry.values
        }
        for entry in answer.entries or ()
    }
    return dict(sorted(found.items(), key=lambda item: [(kind, name or "") for kind, name in item[0]]))


def altered(
    bootstrap: str, client_config: Path | None, changes: Mapping[Entity, Mapping[str, float | None]]
) -> list[str]:
    """Change quotas, None takes one away; what was refused, in words."""
    from broker.wire.messages.alter_client_quotas import (
        AlterClientQuotasRequest,
        AlterClientQuotasRequestEntityData,
        AlterClientQuotasRequestEntryData,
        AlterClientQuotasRequestOpData,
    )

    request = AlterClientQuotasRequest(
        entries=[
            AlterClientQuotasRequestEntryData(
                entity=[AlterClientQuotasRequestEntityData(entity_type=kind, entity_name=name) for kind, name in entity],
                ops=[
                    AlterClientQuotasRequestOpData(key=key, value=value or 0.0, remove=value is None)
                    for key, value in values.items()
                ],
            )
            for entity, values in changes.items()
        ]
    )
    answer = ask(brokers(bootstrap, client_config)[0], ALTER_CLIENT_QUOTAS, 1, request)
    failures = []
    for entry in answer.entries:
        try:
            shown = worded(tuple(sorted((part.entity_type, part.entity_name) for part in entry.entity)))
            check(entry.error_code, f"quotas of {shown} were not changed", entry.error_message, on_cluster("alter-configs"))
        except CommandFailed as failure:
            failures.append(str(failure))
    return failures


def worded(entity: Entity) -> str:
    """For people: ``user alice, default client-id``."""
    return ", ".join(f"default {kind}" if name is None else f"{kind} {name}" for kind, name in sorted(entity, reverse=True))


def number(text: Any, key: str) -> float:
    """A quota's value as it was written. Raises CommandFailed."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise CommandFailed(f"{key} is to be a number, not {text!r}", USAGE)
    try:
        return float(text)
    except ValueError:
        raise CommandFailed(f"{key} is to be a number, not {text!r}", USAGE) from None


def shown_number(value: float) -> int | float:
    """Without a fraction where there is none."""
    return int(value) if value == int(value) else value
