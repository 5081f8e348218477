"""What the parts of the PostgreSQL catalog have in common: the connections, and as whom they commit."""

from typing import Final

from broker.storage.catalog.cluster import Fenced, Member
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.incarnations import Incarnations

_STANDING: Final = "SELECT 1 FROM broker WHERE node_id = $1 AND epoch = $2 FOR SHARE"


class CatalogPart:
    """One contract's worth of methods; :class:`broker.storage.catalog.postgres.catalog.PostgresCatalog` joins the parts.

    ``member`` is whom the catalog commits as, None before a broker has registered (tools): then nothing is checked. ``shard_tokens`` are those of the
    shards that this broker holds; what is saved of a shard's keys is checked against them while ``checks_shards``.
    """

    shared: Final = True

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._incarnations = Incarnations()
        self.member: Member | None = None
        self.shard_tokens: dict[int, int] = {}
        self.checks_shards = False

    def _standing(self) -> tuple[int | None, int | None]:
        """As whom a function of the database is to commit: its first two arguments."""
        member = self.member
        return (None, None) if member is None else (member.node_id, member.epoch)

    async def _stand(self, connection: Connection) -> None:
        """Lock this broker's own row, first of all in a transaction that changes something. Raises Fenced."""
        member = self.member
        if member is not None and await connection.fetchval(_STANDING, member.node_id, member.epoch) is None:
            raise fenced(member)

    async def _topic_deleted(self, connection: Connection, topic_id: bytes, name: str) -> None:
        """Hook of the parts that keep something of topics: within the transaction in which one is deleted, behind its partitions."""


def fenced(member: Member) -> Fenced:
    """The refusal of what a broker does under an epoch that is gone."""
    return Fenced(f"broker {member.node_id} was fenced: its epoch {member.epoch} is no longer the one in the catalog")
