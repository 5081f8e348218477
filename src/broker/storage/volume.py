"""How much room there is on the volume that a directory lies on."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread


@dataclass(frozen=True, slots=True)
class VolumeSpace:
    """Bytes in all, and bytes that this process may still use."""

    total: int
    usable: int


async def volume_space(directory: Path) -> VolumeSpace:
    """Ask the operating system, off the event loop: a network volume may take its time. Raises OSError."""
    usage = await to_thread.run_sync(shutil.disk_usage, directory)
    return VolumeSpace(usage.total, usage.free)
