"""A process that produces as fast as it can and says what was acknowledged, until it is killed.

``python -m tests.broker.storage.killed_workload DIRECTORY``: one line for each acknowledged batch, with its number.
"""

import os
import sys
from pathlib import Path

import anyio

from broker.storage.embedded import open_embedded
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.log_on_disk import RECORDS, check, produce


async def main(directory: Path) -> None:
    """Go on where the log ends."""
    storage = open_embedded(directory, segment_bytes=20_000)
    topics = await storage.catalog.load_topics()
    (pid,) = topics[0].partitions if topics else await topic(storage.catalog)
    bounds = storage.catalog.peek_bounds(pid)
    assert bounds is not None
    number = bounds.high_watermark // RECORDS
    await check(storage, pid, number)
    os.write(1, b"ready\n")
    while True:
        await produce(storage, pid, number)
        os.write(1, b"%d\n" % number)
        number += 1
        if number % 100 == 0:
            await storage.catalog.advance_log_start(pid, max(0, number - 150) * RECORDS)
            dead = await storage.catalog.take_dead_objects(10)
            await storage.store.delete(dead)
            await storage.catalog.forget_objects(dead)


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), backend_options={"use_uvloop": True})
