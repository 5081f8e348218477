"""The users of PLAIN follow their file."""

from pathlib import Path
from typing import Any

import anyio
import pytest
import trio.testing

from broker.admin.plain_user_keeper import FILE_MAX_BYTES, LOOK_S, PlainUserKeeper, UsersFileUnusable
from observability.metrics import LOGIN_SOURCE_READS

PATH = Path("/etc/users")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0.05)}


class Scene:
    def __init__(self) -> None:
        self.text: bytes | OSError = b"alice:wonder\nbob:builder\n"
        self.revoked: list[str] = []
        self.keeper = PlainUserKeeper(PATH, self.read, b"key", self.revoked.append, lambda: 5000)

    def read(self) -> bytes:
        if isinstance(self.text, OSError):
            raise self.text
        return self.text


async def test_a_file_that_changes_is_read_anew() -> None:
    """Who is gone or has another password is told; others are left alone."""
    scene = Scene()
    await scene.keeper.load()
    assert scene.keeper.check("alice", "wonder")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.keeper.run)
        scene.text = b"bob:builder\neve:apple\n"
        await anyio.sleep(LOOK_S * 3)
        tasks.cancel_scope.cancel()

    assert not scene.keeper.check("alice", "wonder")
    assert scene.keeper.check("bob", "builder")
    assert scene.keeper.check("eve", "apple")
    assert scene.revoked == ["PLAIN:alice"]


@pytest.mark.parametrize("text", [OSError(13, "Permission denied"), b"bob", b"\xff:x", b"#" * (FILE_MAX_BYTES + 1)], ids=["gone", "bad", "text", "size"])
async def test_what_cannot_be_read_changes_nothing(text: bytes | OSError) -> None:
    """Half a file must not lock everybody out; it is counted each time, and logged once."""
    scene = Scene()
    await scene.keeper.load()
    failed = LOGIN_SOURCE_READS.labels("users", "failure").value
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.keeper.run)
        scene.text = text
        await anyio.sleep(LOOK_S * 3)
        tasks.cancel_scope.cancel()

    assert scene.keeper.check("alice", "wonder")
    assert scene.revoked == []
    assert LOGIN_SOURCE_READS.labels("users", "failure").value >= failed + 2


@pytest.mark.parametrize(("text", "why"), [(OSError(2, "No such file or directory"), "No such file"), (b"alice=wonder", "line 1")])
async def test_a_broker_does_not_start_without_its_users(text: bytes | OSError, why: str) -> None:
    """And says what is wrong, by the file's name, without what stands in it."""
    scene = Scene()
    scene.text = text
    with pytest.raises(UsersFileUnusable, match=f"{PATH}: .*{why}") as problem:
        await scene.keeper.load()

    assert "wonder" not in str(problem.value)
