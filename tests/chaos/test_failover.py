"""The database dies for good under load, and a standby that was kept in step takes its place: nothing acknowledged is lost, nothing is doubled.

``PENSTOCK_CHAOS_SEED`` says which chances are drawn.
"""

import os
import random
from pathlib import Path

import anyio
import pytest

from tests.chaos.campaign import RECOVERY_S
from tests.chaos.hosts import prepare
from tests.chaos.world import CATALOG, World
from tests.toolchain import required

SEED = int(os.environ.get("PENSTOCK_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
LIMIT_S = 30.0
"""The database is away for two seconds at most; what follows must not take longer than brokers and clients wait before they try again."""


async def _epochs(world: World) -> list[int]:
    """The leader epoch of every log, as the database that took over has it."""
    assert world.standby is not None
    async with world.standby.connected(CATALOG) as connection:
        return [row[0] for row in await connection.fetch("SELECT leader_epoch FROM part")]


@pytest.mark.durability
@pytest.mark.timeout(300)
def test_a_synchronous_standby_takes_over(tmp_path: Path) -> None:
    """Producers, transactions and groups go on by themselves; every log has a new leader epoch; catalog and store agree."""
    print(f"PENSTOCK_CHAOS_SEED={SEED}")
    required(prepare)
    chance = random.Random(SEED)
    with World(tmp_path, brokers=3, standby=True) as world:
        world.load(SEED, producers=3, per_s=400, transformers=("franz-go",))
        world.recover(RECOVERY_S)
        world.look(chance.uniform(2.0, 4.0))
        records = world.workload.records
        records.begin_measuring()
        world.database.kill()
        world.look(chance.uniform(0.0, 2.0))
        world.fail_over()
        world.recover(RECOVERY_S)
        acknowledged, seen = records.longest_pause_s()
        world.workload.finish()
        print(f"longest pause: acknowledged {acknowledged:.2f} s, seen {seen:.2f} s\n{world.workload.figures()}")
        epochs = anyio.run(_epochs, world)
        world.check_catalog()
    assert epochs
    assert set(epochs) == {1}
    assert acknowledged < LIMIT_S
