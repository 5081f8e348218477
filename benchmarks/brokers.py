"""The two brokers that are compared, each started on a directory of its own, as their users start them."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.process import ServerProcess
from tests.toolchain.cache import CACHE


@dataclass(frozen=True, slots=True)
class Contestant:
    """A broker to be measured. `prepared(folder)` returns it not started, with everything done that is done only once."""

    name: str
    prepared: Callable[[Path], ServerProcess]


def _kafka(folder: Path) -> ServerProcess:
    kafka = ApacheKafka(folder)
    kafka.format()
    return kafka


def _penstock(folder: Path) -> ServerProcess:
    folder.mkdir(parents=True, exist_ok=True)
    # As installed: with compiled bytecode, whatever the environment of a developer says about writing it.
    env = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(CACHE.parent / "bytecode")}
    subprocess.run([sys.executable, "-c", "import broker.app, broker.cli.serve"], env={**os.environ, **env}, check=True)
    return Penstock(folder / "data", env=env)


KAFKA: Final = Contestant("Apache Kafka", _kafka)
PENSTOCK: Final = Contestant("Penstock", _penstock)
CONTESTANTS: Final = (KAFKA, PENSTOCK)
