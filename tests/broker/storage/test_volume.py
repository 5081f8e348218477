"""Room on a volume."""

from pathlib import Path

import pytest

from broker.storage.volume import volume_space


async def test_room_of_a_directory(tmp_path: Path) -> None:
    """What is usable is part of what there is."""
    space = await volume_space(tmp_path)

    assert space.total >= space.usable > 0


async def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """Nobody mistakes it for an empty volume."""
    with pytest.raises(OSError):
        await volume_space(tmp_path / "gone")
