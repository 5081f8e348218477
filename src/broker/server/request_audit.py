"""What is recorded of a request for auditors: what it asked of access control, and, when it is answered, what came of it."""

from collections import Counter
from typing import Any, Final

from broker.handlers.base import RequestContext
from broker.server.answer_errors import errors_in
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from observability.audit_metrics import AUDIT
from security.audit.decisions import Decisions
from security.audit.event import AuditEvent, EventKind, Recorder

CHANGES: Final = frozenset(
    {
        ApiKey.CREATE_TOPICS,
        ApiKey.DELETE_TOPICS,
        ApiKey.DELETE_RECORDS,
        ApiKey.WRITE_TXN_MARKERS,
        ApiKey.CREATE_ACLS,
        ApiKey.DELETE_ACLS,
        ApiKey.ALTER_CONFIGS,
        ApiKey.CREATE_PARTITIONS,
        ApiKey.CREATE_DELEGATION_TOKEN,
        ApiKey.RENEW_DELEGATION_TOKEN,
        ApiKey.EXPIRE_DELEGATION_TOKEN,
        ApiKey.DELETE_GROUPS,
        ApiKey.ELECT_LEADERS,
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        ApiKey.ALTER_PARTITION_REASSIGNMENTS,
        ApiKey.OFFSET_DELETE,
        ApiKey.ALTER_CLIENT_QUOTAS,
        ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
        ApiKey.ALTER_SHARE_GROUP_OFFSETS,
        ApiKey.DELETE_SHARE_GROUP_OFFSETS,
    }
)
"""The APIs that administer. Each of their requests is recorded; while that cannot be done they are refused, where that is the policy."""

FULL: Final = "The audit log takes no more events; nothing is changed until it does."
NO_ANSWER: Final = "closed"


def begin(context: RequestContext, recorder: Recorder, *, changes: bool) -> None:
    """Keep what the request will ask, should it be recorded even if it is allowed everything."""
    if recorder.wants(EventKind.AUTHORIZATION, context.connection.principal) and (changes or recorder.samples_allowed()):
        context.decisions = Decisions()


def must_wait(recorder: Recorder) -> bool:
    """Whether a request that changes something is to be refused now."""
    if not recorder.refuses_changes:
        return False
    AUDIT.refused_change()
    return True


def record(api: str, context: RequestContext, answer: Any, recorder: Recorder, *, changes: bool) -> None:
    """The request is answered, with nothing when ``answer`` is None. Told once."""
    decisions, context.decisions = context.decisions, None
    if decisions is None:
        return
    errors = Counter(ErrorCode(code).name for code in errors_in(answer)) if answer is not None else Counter[str]()
    details = decisions.details()
    if errors:
        details["errors"] = dict(errors)
    if changes:
        details["changes"] = True
    details["version"] = context.api_version
    connection = context.connection
    recorder.record(
        AuditEvent(
            kind=EventKind.AUTHORIZATION,
            action=api,
            outcome=NO_ANSWER if answer is None else ",".join(sorted(errors)) or "success",
            principal=connection.principal,
            peer=connection.peer,
            listener=connection.listener,
            connection_id=connection.connection_id,
            correlation_id=context.correlation_id,
            client_id=context.client_id,
            details=details,
        )
    )
