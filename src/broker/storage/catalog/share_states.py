"""What the catalog keeps of a partition for each share group (KIP-932), and how changes of it are laid over each other. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from broker.errors import BrokerError
from broker.model import value
from broker.wire.error_codes import ErrorCode

ShareKey = tuple[str, bytes, int]
"""(group id, topic id, partition index)."""

ShareRun = tuple[int, int, int, int]
"""(first offset, last offset, state, deliveries). What a state means is the coordinator's."""


@value
class ShareState:
    """``runs`` are laid over each other in the order in which they come: of a record, the last one counts. ``start_offset`` is -1 until
    somebody has found out where to begin."""

    state_epoch: int
    start_offset: int
    leader_epoch: int
    runs: Sequence[ShareRun] = ()


@value
class ShareChange:
    """What is to be saved: ``runs`` come behind those that are there, or in their place when it ``replaces`` them. One that ``creates``
    is for what is not stored yet; in a catalog that brokers share, what is stored meanwhile stays as it is."""

    key: ShareKey
    state_epoch: int
    start_offset: int
    leader_epoch: int
    runs: Sequence[ShareRun]
    replaces: bool
    creates: bool = False


def changed(before: ShareState | None, change: ShareChange) -> ShareState:
    """The state once ``change`` was saved."""
    kept = () if before is None or change.replaces else before.runs
    return ShareState(change.state_epoch, change.start_offset, change.leader_epoch, (*kept, *change.runs))


def is_fenced(before: ShareState | None, change: ShareChange) -> bool:
    """Whether, in a catalog that brokers share, the change comes from somebody who has not the state any more, or never had it."""
    if change.creates:
        return False
    return before is None or before.state_epoch != change.state_epoch


def claimed(state: ShareState) -> ShareState:
    """The state as its next owner has it."""
    return ShareState(state.state_epoch + 1, state.start_offset, state.leader_epoch, state.runs)


class StateEpochFenced(BrokerError):
    """Somebody replaced these states after whoever saves had read them. Nothing was saved, of others neither."""

    def __init__(self, keys: Sequence[ShareKey]) -> None:
        super().__init__(ErrorCode.FENCED_STATE_EPOCH, "the group's state was replaced meanwhile")
        self.keys = tuple(keys)


def check_epochs(changes: Iterable[ShareChange], stored: Mapping[ShareKey, int]) -> None:
    """A change of an epoch before the one that is stored comes from somebody who does not know of the latter. Raises StateEpochFenced."""
    epochs = dict(stored)
    fenced = []
    for change in changes:
        if change.state_epoch < epochs.get(change.key, change.state_epoch):
            fenced.append(change.key)
        epochs[change.key] = max(change.state_epoch, epochs.get(change.key, change.state_epoch))
    if fenced:
        raise StateEpochFenced(fenced)


def joined(changes: Iterable[ShareChange]) -> list[ShareChange]:
    """Changes as one of each state: what they come to when they are saved one behind the other."""
    by_key: dict[ShareKey, ShareChange] = {}
    for change in changes:
        before = by_key.get(change.key)
        if before is not None and not change.replaces:
            change = ShareChange(
                change.key,
                change.state_epoch,
                change.start_offset,
                change.leader_epoch,
                (*before.runs, *change.runs),
                before.replaces,
                before.creates,
            )
        by_key[change.key] = change
    return list(by_key.values())
