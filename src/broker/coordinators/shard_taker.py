"""The agent that acts for shards: it has groups and transactional ids coordinated here from the moment a shard is this broker's, and no longer.

It is what the keeper of shards (``cluster``) calls; the two know each other by their methods only.

- A shard that is taken is served when all of it is in memory; until then its clients hear COORDINATOR_LOAD_IN_PROGRESS.
- A shard that is given up in good order is given up when everything that was decided is in the catalog.
- When the catalog refuses a change because a shard is another broker's, the shard is given up as lost at once, whoever knows of it yet;
  ``on_lost`` is told.
"""

from collections.abc import Callable, Sequence

import anyio

from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from observability import logs

_log = logs.get("shards")


class ShardTaker:
    """Implements ``broker.cluster.shard_keeper.ShardUser``."""

    def __init__(
        self,
        groups: GroupCoordinator,
        transactions: TransactionCoordinator,
        on_lost: Callable[[int], None] = lambda shard: None,
    ) -> None:
        self._groups = groups
        self._transactions = transactions
        self.on_lost = on_lost
        groups.on_lost = transactions.on_lost = self._lost

    async def take(self, shards: Sequence[int]) -> None:
        """Load what belongs to them, then serve it. Raises BrokerError: then nothing of them is served."""
        try:
            await self._groups.take(shards)
            await self._transactions.take(shards)
        except BaseException:
            self._let_go(shards)
            raise

    async def give_up(self, shards: Sequence[int], *, lost: bool) -> None:
        """Stop serving them: who waits is told NOT_COORDINATOR, what was decided is written unless they are ``lost``, the rest is forgotten."""
        if lost:
            self._let_go(shards)
            return
        async with anyio.create_task_group() as leaving:
            leaving.start_soon(self._groups.give_up, shards)
            leaving.start_soon(self._transactions.give_up, shards)

    def _let_go(self, shards: Sequence[int]) -> None:
        self._groups.let_go(shards)
        self._transactions.let_go(shards)

    def _lost(self, shard: int) -> None:
        _log.warning("the catalog says that a shard is another broker's", shard=shard)
        self._let_go((shard,))
        self.on_lost(shard)
