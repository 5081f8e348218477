"""AuditFileWriter: the sink that writes to files, in a worker thread."""

from collections.abc import Sequence

import anyio

from broker.storage.audit_file import AuditFile


class AuditFileWriter:
    """One write at a time."""

    name = "file"

    def __init__(self, file: AuditFile) -> None:
        self._file = file

    async def write(self, lines: Sequence[bytes]) -> None:
        """Raises StorageUnavailable."""
        await anyio.to_thread.run_sync(self._file.write, lines)

    async def aclose(self) -> None:
        self._file.close()
