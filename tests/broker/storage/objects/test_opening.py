"""Stores are opened by URL, here and in other processes."""

from pathlib import Path

import pytest

from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.location import BadLocation
from broker.storage.objects.opening import open_objects, open_raw
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.raw_remote import RawRemote
from tests.broker.storage.objects.remote_worlds import CountedIds, describe, memory_url, opened
from tests.support.s3 import S3Server


async def test_a_store_opened_again_has_what_was_in_it() -> None:
    """Whoever opens the same place."""
    url = memory_url()
    extent = await (await opened(url)).append([b"abc"], [])
    other = await opened(url, CountedIds(10_000))
    assert bytes((await other.read(extent.object_id, [(0, 3)]))[0]) == b"abc"


def test_a_bad_url_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(BadLocation):
        open_objects("ftp://x", CountedIds(), describe)


async def test_other_processes_are_told_where_to_look(s3_server: S3Server, tmp_path: Path) -> None:
    """In plain words, without credentials; what lives in this process's memory they cannot reach."""
    remote = await opened(s3_server.url("elsewhere"))
    told = remote.raw_elsewhere()
    assert told is not None
    assert isinstance(open_raw(told), RawRemote)
    assert "not-a-secret" not in " ".join(told)
    files = FileObjectStore(tmp_path / "segments")
    assert isinstance(open_raw(files.raw_elsewhere()), RawFiles)
    await files.aclose()
    assert (await opened(memory_url())).raw_elsewhere() is None
