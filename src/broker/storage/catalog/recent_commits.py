"""The answers of the latest commit groups, so that a group whose outcome its sender does not know can be sent again (I7).

An unknown outcome only arises inside one process (a cancelled wait), so a short memory is enough: positions in the
object store are never used twice, and after a restart nobody is left to ask.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from broker.model import Appended
from broker.storage.catalog.base import CommitGroup

_REMEMBERED: Final = 64


class RecentCommits:
    """The last committed groups by (object id, position)."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[int, int], list[list[Appended]]] = OrderedDict()

    def find(self, group: CommitGroup) -> list[list[Appended]] | None:
        """What this very group was answered before, if it was committed lately."""
        return self._answers.get((group.object_id, group.position))

    def add(self, answers: Mapping[tuple[int, int], list[list[Appended]]]) -> None:
        """Remember groups that are now durable, by (object id, position)."""
        self._answers.update(answers)
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
