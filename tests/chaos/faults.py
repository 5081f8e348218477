"""What can break, each as something that begins and ends: a broker, its network, the database, the store, a clock."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.hosts import Side
from tests.chaos.world import World


@dataclass(frozen=True, slots=True)
class Fault:
    """``strike`` makes it happen and returns when it is over (what it did to the cluster may last longer)."""

    name: str
    strike: Callable[[World, random.Random], None]
    limit_s: float | None = None
    """The longest that any partition may stand still because of it, where that is promised."""


def _wait(world: World, seconds: float) -> None:
    """Let it last, while looking whether anything is wrong."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        world.look(min(left, 0.25))


def kill(world: World, chance: random.Random) -> None:
    broker = chance.choice(world.running())
    broker.kill()
    _wait(world, chance.uniform(4.0, 6.0))
    broker.start()


def leave(world: World, chance: random.Random) -> None:
    broker = chance.choice(world.running())
    broker.terminate()
    _wait(world, chance.uniform(1.0, 3.0))
    broker.start()


def suspend(world: World, chance: random.Random) -> None:
    broker = chance.choice(world.running())
    broker.send(signal.SIGSTOP)
    _wait(world, chance.choice((1.0, 3.0, 6.0, 9.0)))
    broker.send(signal.SIGCONT)
    _wait(world, 1.0)


def cut(*sides: Side) -> Callable[[World, random.Random], None]:
    """One broker hears nothing of those any more, for a while."""

    def strike(world: World, chance: random.Random) -> None:
        broker = chance.choice(world.running())
        world.network.cut(broker.number, sides)
        _wait(world, chance.uniform(2.0, 8.0))
        world.network.heal(broker.number)
        _wait(world, 1.0)

    return strike


def cut_from_peers(world: World, chance: random.Random) -> None:
    broker = chance.choice(world.running())
    world.network.cut(broker.number, [other.number for other in world.running() if other is not broker])
    _wait(world, chance.uniform(2.0, 6.0))
    world.network.heal(broker.number)


def lose_replies_of_database(world: World, chance: random.Random) -> None:
    """What it is told arrives; what it answers does not."""
    broker = chance.choice(world.running())
    world.network.cut(broker.number, [Side.DATABASE], outwards=False)
    _wait(world, chance.uniform(1.0, 5.0))
    world.end_database_connections()
    _wait(world, 0.5)
    world.network.heal(broker.number)
    _wait(world, 1.0)


def end_database_connections(world: World, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 5)):
        world.end_database_connections()
        _wait(world, chance.uniform(0.1, 0.8))


def restart_database(world: World, chance: random.Random) -> None:
    world.database.kill()
    _wait(world, chance.uniform(0.2, 2.0))
    world.database.start()
    _wait(world, 1.0)


def restart_store(world: World, chance: random.Random) -> None:
    world.store.kill()
    _wait(world, chance.uniform(0.2, 2.0))
    world.store.start()
    _wait(world, 1.0)


def slow_store(world: World, chance: random.Random) -> None:
    world.weather(delay_s=chance.uniform(0.1, 0.8))
    _wait(world, chance.uniform(3.0, 6.0))
    world.weather()


def storm(world: World, chance: random.Random) -> None:
    """The store refuses most of what it is asked."""
    world.weather(refused=chance.uniform(0.5, 0.95))
    _wait(world, chance.uniform(2.0, 5.0))
    world.weather()


def lose_replies_of_store(world: World, chance: random.Random) -> None:
    world.weather(lost=chance.uniform(0.1, 0.5))
    _wait(world, chance.uniform(2.0, 5.0))
    world.weather()


def jump(world: World, chance: random.Random) -> None:
    broker = chance.choice(world.running())
    broker.set_clock(chance.choice((-3600.0, -30.0, 30.0, 1800.0)))
    _wait(world, chance.uniform(2.0, 5.0))
    broker.set_clock(0)


FAULTS = (
    Fault("broker killed (kill -9)", kill, limit_s=5.0),
    Fault("broker leaves (SIGTERM)", leave, limit_s=1.0),
    Fault("broker stopped and continued", suspend),
    Fault("broker cut from clients", cut(Side.CLIENTS)),
    Fault("broker cut from the database", cut(Side.DATABASE)),
    Fault("broker cut from the store", cut(Side.STORE)),
    Fault("broker cut from its peers", cut_from_peers),
    Fault("broker cut from everything", cut(*Side)),
    Fault("database's replies lost", lose_replies_of_database),
    Fault("database connections killed", end_database_connections),
    Fault("database killed and restarted", restart_database),
    Fault("store killed and restarted", restart_store),
    Fault("store slow", slow_store),
    Fault("store answers 503", storm),
    Fault("store's replies lost", lose_replies_of_store),
    Fault("clock jumps", jump),
)
