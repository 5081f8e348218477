"""What the parts of the SQLite catalog have in common: who writes, who reads, and the logs' state in memory."""

from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.sqlite.reader import CatalogReader
from broker.storage.catalog.sqlite.writer import CatalogWriter


class CatalogPart:
    """One contract's worth of methods; :class:`broker.storage.catalog.sqlite.catalog.SqliteCatalog` joins the parts."""

    shared = False

    def __init__(self, writer: CatalogWriter, reader: CatalogReader, state: LogState) -> None:
        self._writer = writer
        self._reader = reader
        self._state = state
