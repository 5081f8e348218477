"""Three brokers under load while everything that can break does: nothing acknowledged is lost, nothing is doubled, order is kept.

``PENSTOCK_CHAOS_SECONDS`` says for how long (`make chaos`: twenty minutes), ``PENSTOCK_CHAOS_SEED`` which chances are drawn.
"""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.campaign import RECOVERY_S, Campaign
from tests.chaos.faults import FAULTS
from tests.chaos.hosts import prepare
from tests.chaos.workload import DRAIN_S, TRANSFORMERS
from tests.chaos.world import World
from tests.toolchain import required

SECONDS = float(os.environ.get("PENSTOCK_CHAOS_SECONDS", "40"))
SEED = int(os.environ.get("PENSTOCK_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
LONG = SECONDS > 300
SHORT_FORM = (
    "broker killed (kill -9)",
    "broker leaves (SIGTERM)",
    "database killed and restarted",
    "store answers 503",
)


@pytest.mark.durability
@pytest.mark.timeout(SECONDS + 3 * DRAIN_S + 300)
def test_nothing_is_lost_and_nothing_stops_whatever_breaks(tmp_path: Path) -> None:
    """Every send is known to the checker; transactions are whole or not there; groups go on where they were."""
    print(f"PENSTOCK_CHAOS_SEED={SEED}")
    required(prepare)
    transformers = TRANSFORMERS if LONG else ("franz-go",)
    faults = FAULTS if LONG else [fault for fault in FAULTS if fault.name in SHORT_FORM]
    with World(tmp_path, brokers=3) as world:
        world.load(SEED, producers=3, per_s=400, transformers=transformers)
        campaign = Campaign(world, SEED, SECONDS, faults)
        try:
            campaign.run()
            world.workload.finish()
            world.check_catalog()
        finally:
            print(campaign.figures())
        assert campaign.beyond_limits() == []


def _restart_database_late(world: World, chance: random.Random) -> None:
    world.database.kill()
    world.look(chance.uniform(2.5, 4.0))
    world.database.start()


@pytest.mark.durability
@pytest.mark.timeout(300)
def test_a_refused_producer_goes_on_under_its_id(tmp_path: Path) -> None:
    """The database is away for longer than brokers try and than leases last: what became of some batches nobody can say, and those behind them must not
    make a producer begin anew with what may be in the log."""
    print(f"PENSTOCK_CHAOS_SEED={SEED}")
    required(prepare)
    with World(tmp_path, brokers=3, settings={"PENSTOCK_WRITE_RETRY_MS": "1000"}) as world:
        world.load(SEED, producers=6, per_s=400, transformers=())
        chance = random.Random(SEED)
        for _ in range(max(2, int(SECONDS / 40))):
            _restart_database_late(world, chance)
            world.recover(RECOVERY_S)
        world.workload.finish()
        print(world.workload.figures())
