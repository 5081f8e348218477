"""What is said of records in ShareFetch and ShareAcknowledge alike: read, checked as Kafka checks it, and carried out."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from broker.cluster.directory import TopicDirectory
from broker.coordinators.share_partition_keeper import SharePartitionKeeper
from broker.coordinators.shares.share_partition import RENEW, Acknowledgement
from broker.coordinators.shares.share_sessions import PartitionKey, ShareSession
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import Operation, ResourceType

MEMBER_ID_CHARACTERS: Final = 36
_FEW: Final = 8

Said = dict[PartitionKey, list[Acknowledgement]]


_REASONS: Final = {
    ErrorCode.INVALID_RECORD_STATE: "The member does not have all of these records, or has said something of them already.",
    ErrorCode.INVALID_REQUEST: "Not all of these records were ever given to anybody.",
    ErrorCode.FENCED_STATE_EPOCH: "The group's offset was changed meanwhile.",
    ErrorCode.NOT_LEADER_OR_FOLLOWER: "Another broker leads the partition: there the records can be had again.",
    ErrorCode.KAFKA_STORAGE_ERROR: "What was said could not be stored; it may be said again.",
}
_MAY_NOT_RENEW: Final = "The group does not allow its members to keep records for longer."


class Outcome(NamedTuple):
    """What came of what was said of a partition's records. There is no message where Kafka has none either."""

    error_code: ErrorCode = ErrorCode.NONE
    message: str | None = None


def are_ids(group_id: str | None, member_id: str | None) -> bool:
    """Whether there is a group id, which may be empty, and a member id, which may not."""
    return group_id is not None and bool(member_id) and len(member_id or "") <= MEMBER_ID_CHARACTERS


def resolve(directory: TopicDirectory, key: PartitionKey) -> int | ErrorCode:
    """The partition's pid, or why there is none."""
    state = directory.by_id(key[0])
    if state is None:
        return ErrorCode.UNKNOWN_TOPIC_ID
    if not 0 <= key[1] < len(state.pids):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return state.pids[key[1]]


def resolve_readable(key: PartitionKey, context: RequestContext) -> int | ErrorCode:
    """The same for a client that reads: a topic that it must not read is denied before it is said whether it has the partition."""
    directory = context.services.directory
    state = directory.by_id(key[0])
    if state is not None and not context.allows(Operation.READ, ResourceType.TOPIC, state.name):
        return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    return resolve(directory, key)


def said_in(topics: Iterable[Any]) -> Said:
    """The acknowledgements in a request's ``topics``, by partition; of a partition that is named twice, all of them."""
    said: Said = {}
    for topic in topics:
        for partition in topic.partitions:
            batches = partition.acknowledgement_batches
            if batches:
                said.setdefault((topic.topic_id, partition.partition_index), []).extend(
                    Acknowledgement(each.first_offset, each.last_offset, each.acknowledge_types) for each in batches
                )
    return said


def are_sound(batches: Sequence[Acknowledgement], kind_max: int, may_renew: bool) -> bool:
    """Whether batches come in order, do not run backwards, and say one thing of all records or one of each."""
    before = -1
    for first, last, kinds in batches:
        if first > last or first < before or not kinds:
            return False
        if len(kinds) > 1 and last - first != len(kinds) - 1:
            return False
        for kind in kinds if len(kinds) < _FEW else set(kinds):
            if not 0 <= kind <= kind_max or (kind == RENEW and not may_renew):
                return False
        before = last
    return True


async def carry_out(
    said: Said, context: RequestContext, group_id: str, member_id: str, *, knows_renewal: bool, is_renewal: bool
) -> dict[PartitionKey, Outcome]:
    """Acknowledge what is sound; what came of it, a partition each."""
    services = context.services
    keeper = services.share_partitions
    kind_max = RENEW if knows_renewal else RENEW - 1
    results: dict[PartitionKey, Outcome] = {}
    sound: Said = {}
    for key, batches in said.items():
        place = resolve_readable(key, context)
        if isinstance(place, ErrorCode):
            results[key] = Outcome(place)
        elif not are_sound(batches, kind_max, is_renewal):
            results[key] = Outcome(ErrorCode.INVALID_REQUEST)
        elif is_renewal and not keeper.limits(group_id).may_renew and any(RENEW in each.kinds for each in batches):
            results[key] = Outcome(ErrorCode.INVALID_RECORD_STATE, _MAY_NOT_RENEW)
        else:
            sound[key] = batches
    if sound:
        for key, code in (await keeper.acknowledge(group_id, member_id, sound)).items():
            results[key] = Outcome(code, _REASONS.get(code))
    return results


def end_with_connection(context: RequestContext, keeper: SharePartitionKeeper, session: ShareSession) -> None:
    """Have the session end when the connection does that has used it last."""
    key = (session.group_id, session.member_id)
    before, session.connection = session.connection, context.connection
    if before is not None and before is not context.connection:
        before.at_end.pop(key, None)
    context.connection.at_end[key] = lambda: keeper.end_session(session)


def forget_connection(session: ShareSession) -> None:
    """The session has ended; its connection goes on without it."""
    if session.connection is not None:
        session.connection.at_end.pop((session.group_id, session.member_id), None)
