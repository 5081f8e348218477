"""The sink that writes to files."""

from pathlib import Path

from broker.admin.audit_file_writer import AuditFileWriter
from broker.storage.audit_file import CURRENT, AuditFile


async def test_lines_reach_the_file(tmp_path: Path) -> None:
    """Off the event loop; closed, the directory is free for another."""
    file = AuditFile(tmp_path, file_bytes=1 << 20, files_kept=0)
    file.open()
    sink = AuditFileWriter(file)
    await sink.write([b"one", b"two"])
    await sink.aclose()
    AuditFile(tmp_path, file_bytes=1 << 20, files_kept=0).open()

    assert sink.name == "file"
    assert (tmp_path / CURRENT).read_bytes() == b"one\ntwo\n"
