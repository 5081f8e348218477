"""Every target by name."""

from tests.fuzz import (
    certificates,
    decoding,
    logins,
    pushed_metrics,
    record_batches,
    sessions,
    share_members,
    whole_broker,
)
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (certificates, decoding, logins, pushed_metrics, record_batches, sessions, share_members, whole_broker)
    for target in module.TARGETS
}
