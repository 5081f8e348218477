"""The exact form of a commit: the rules that every catalog shares decide batch by batch, over states that are locked in the database.

The fast form (:mod:`broker.storage.catalog.postgres.logs`) takes groups of which every batch is plainly right. What it sends here are groups with a batch
that is a duplicate, out of order, outside of its transaction, for a partition that is gone, and the like.
"""

from collections.abc import Sequence

from broker.model import Appended
from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.commit_rules import decide
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.postgres.changes import Besides, NewObject, write
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.locked_view import lock_logs, named_by_groups


async def commit_exactly(
    connection: Connection, groups: Sequence[CommitGroup], member: Member | None
) -> list[list[list[Appended]]]:
    """Decide on ``groups``, in order, and write what they come to, within the transaction that ``connection`` is in. Raises Fenced.

    They must be of objects that the catalog does not know: whoever repeats a commit finds out before what became of it (I7). An object of which no
    batch was taken is known from then on, as one to be deleted.
    """
    view = await lock_logs(connection, member, named_by_groups(groups))
    changes = LogChanges(view)
    answers: list[list[list[Appended]]] = []
    objects: list[NewObject] = []
    for group in groups:
        decision = decide(group, changes)
        changes.absorb(decision)
        answers.append(decision.answers)
        inline = None if group.inline is None else bytes(group.inline)
        objects.append(NewObject(group.object_id, group.position + group.length, len(decision.spans), inline))
    await write(connection, changes, Besides(objects=objects))
    return answers
