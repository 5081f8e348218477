"""A whole cluster on hosts of its own, with everything it needs, and the load on it."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio

from tests.chaos.broker import Broker
from tests.chaos.hosts import Network, Side
from tests.chaos.workload import Workload
from tests.support.postgres import USER, Postgres
from tests.support.s3 import CLIENT_ENVIRONMENT, FaultProxy, Faults, S3Server
from tests.support.waiting import wait_until

START_S = 60.0
CATALOG = "cluster"
_PENSTOCK = (sys.executable, "-m", "broker")
FLUSHED = {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "*"}


class Database(Postgres):
    """PostgreSQL that the hosts of the network reach."""

    def __init__(self, address: str) -> None:
        super().__init__(FLUSHED)
        self._address = address

    @property
    def bootstrap(self) -> str:
        return f"{self._address}:{self.port}"

    def _initialise(self) -> None:
        super()._initialise()
        with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/8 trust\n")


class World:
    """Start it as a context manager; then :meth:`load` puts the work on it."""

    workload: Workload

    def __init__(
        self,
        folder: Path,
        brokers: int = 3,
        *,
        settings: Mapping[str, str] | None = None,
        racks: Sequence[str] = (),
        standby: bool = False,
    ) -> None:
        """``settings`` are environment variables of the brokers. With ``standby`` another database is kept in step with the one they use."""
        self._folder = folder
        self._count = brokers
        self._settings = dict(settings or {})
        self._racks = racks
        self._with_standby = standby
        self.standby: Database | None = None
        self.network = Network()
        self.brokers: list[Broker] = []

    def __enter__(self) -> Self:
        self.network.__enter__()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for broker in self.brokers:
                print(broker.log_tail(40))
        self.close()

    def _begin(self) -> None:
        self.database = Database(self.network.address(Side.DATABASE))
        self.store = S3Server(self._folder / "objects")
        self.proxy = FaultProxy(self.store, host=self.network.address(Side.STORE))
        self.database.start()
        if self._with_standby:
            self.standby = Database(self.network.address(Side.DATABASE))
            self.standby.copy_of(self.database)
            self.standby.start()
            anyio.run(self.database.keep_in_step)
        self.store.start()
        self.proxy.start()
        self._sql("CREATE DATABASE " + CATALOG, "postgres")
        self.penstock("catalog", "migrate", "--catalog", self.catalog_url)
        for _ in range(self._count):
            self.new_broker()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda broker: broker.start(), self.brokers))

    def new_broker(self) -> Broker:
        """One more broker on a new host, not started."""
        number = len(self.brokers) + 1
        self.network.add_host(number)
        arguments = ["--catalog", self.catalog_url, "--objects", self.proxy.url()]
        rack = {"PENSTOCK_BROKER_RACK": self._racks[(number - 1) % len(self._racks)]} if self._racks else {}
        broker = Broker(number, self.network, self._folder, arguments, {**CLIENT_ENVIRONMENT, **self._settings, **rack})
        self.brokers.append(broker)
        return broker

    def load(self, seed: int, *, producers: int, per_s: float, transformers: Sequence[str]) -> None:
        """Begin to use the cluster."""
        self.workload = Workload(
            self.bootstrap, self._folder, seed, producers=producers, per_s=per_s, transformers=transformers
        )

    # --- to look at ---------------------------------------------------------------------------------------------------

    @property
    def bootstrap(self) -> str:
        return ",".join(broker.bootstrap for broker in self.brokers)

    @property
    def catalog_url(self) -> str:
        servers = [self.database, *([self.standby] if self.standby is not None else [])]
        return f"postgresql://{USER}@{','.join(server.bootstrap for server in servers)}/{CATALOG}?sslmode=disable"

    def running(self) -> list[Broker]:
        """The brokers whose processes run, stopped ones included."""
        return [broker for broker in self.brokers if broker.running]

    def look(self, seconds: float) -> None:
        """Let it run, and raise what is wrong."""
        end = time.monotonic() + seconds
        while True:
            self.workload.check()
            for broker in self.brokers:
                assert broker.running or broker.was_ended, (
                    f"broker {broker.number} ended by itself\n{broker.log_tail()}"
                )
            left = end - time.monotonic()
            if left <= 0:
                return
            self.workload.wait(min(left, 0.25))

    def recover(self, deadline_s: float) -> None:
        """Wait until every partition is written and read again."""
        records, began = self.workload.records, time.monotonic()

        def standing() -> tuple[list[int], list[int]]:
            self.look(0.1)
            return records.acknowledged.standing_since(began), records.seen.standing_since(began)

        wait_until(lambda partitions: partitions == ([], []), standing, deadline_s)

    def calm(self) -> None:
        """Nothing is broken any more."""
        self.weather()
        for broker in self.brokers:
            self.network.heal(broker.number)
            if not broker.running:
                broker.start()
        self.recover(START_S)

    def check_catalog(self) -> None:
        """What the catalog says and what the store has agree."""
        self.penstock("catalog", "check", "--catalog", self.catalog_url, "--objects", self.proxy.url())

    def penstock(self, *arguments: str) -> str:
        """Run a command of the product; its output. Raises with that when it fails."""
        done = subprocess.run(
            [*_PENSTOCK, *arguments], env=self._environment(), capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, (
            f"penstock {' '.join(arguments[:2])}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    # --- to break -----------------------------------------------------------------------------------------------------

    def weather(self, *, delay_s: float = 0.0, refused: float = 0.0, lost: float = 0.0) -> None:
        """How the store behaves from now on."""
        faults = Faults(
            delay_rate=1.0 if delay_s else 0.0, delay_s=delay_s, slow_down_rate=refused, lost_reply_rate=lost
        )
        self.proxy.set(faults)

    def fail_over(self) -> None:
        """The standby takes over, and the database that was there before does not come back. That must be dead."""
        assert self.standby is not None
        assert not self.database.running
        anyio.run(self.standby.promote)

    def end_database_connections(self) -> None:
        """Every session of the catalog is ended by the database."""
        self._sql(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{CATALOG}'", "postgres"
        )

    def close(self) -> None:
        if hasattr(self, "workload"):
            self.workload.close()
        for broker in self.brokers:
            broker.kill()
        for part in ("proxy", "store"):
            if hasattr(self, part):
                getattr(self, part).kill()
        if hasattr(self, "database"):
            self.database.remove()
        if self.standby is not None:
            self.standby.remove()
        self.network.close()

    def _sql(self, statement: str, database: str) -> None:
        command = ["psql", "-X", "-q", "-d", self.database.url(database), "-c", statement]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **CLIENT_ENVIRONMENT, "PYTHONSAFEPATH": "1"}
