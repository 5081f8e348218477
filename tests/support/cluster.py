"""A cluster as users run it: PostgreSQL, an S3 server, and several `penstock serve`, each a process of its own with its own log."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio

from tests.support.penstock import Penstock
from tests.support.postgres import Postgres, postgres_server
from tests.support.s3 import CLIENT_ENVIRONMENT, FaultProxy, S3Server


class ClusterBroker(Penstock):
    """One broker. Further arguments go to `penstock serve` as they are; a restart listens on the same port."""

    def __init__(self, directory: Path, catalog: str, objects: str, *extra_args: str, env: Mapping[str, str] | None = None) -> None:
        arguments = ("--catalog", catalog, "--objects", objects, *extra_args)
        super().__init__(directory, *arguments, env={**CLIENT_ENVIRONMENT, **(env or {})})


class Cluster:
    """Entered, everything runs; left, everything is stopped and what was kept is gone. The brokers' logs lie in `directory`.

    With `own_postgres` the database server is this cluster's alone and can be stopped, killed and restarted; otherwise the tests of one process share
    one, and the cluster has a database of its own in it. With `faults` brokers reach the store through a proxy that makes it fail. `lease_ms`,
    and what is in `env`, are settings of every broker; `own_env` has those of each of the first ones. With `own_ids` each
    keeps its node id over restarts, otherwise it is given a free one each time.
    """

    def __init__(
        self,
        directory: Path,
        brokers: int = 3,
        *,
        own_postgres: bool = False,
        faults: bool = False,
        lease_ms: int | None = None,
        env: Mapping[str, str] | None = None,
        extra_args: Sequence[str] = (),
        own_ids: bool = False,
        own_env: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._own_ids = own_ids
        self._own_env = tuple(own_env)
        self.directory = directory
        self.env = dict(env or {})
        if lease_ms is not None:
            self.env["PENSTOCK_CLUSTER_LEASE_MS"] = str(lease_ms)
        self.extra_args = tuple(extra_args)
        self.brokers: list[ClusterBroker] = []
        self.postgres = Postgres() if own_postgres else postgres_server()
        self._owns_postgres = own_postgres
        self.s3 = S3Server(directory / "s3")
        self.proxy = FaultProxy(self.s3) if faults else None
        self.catalog = ""
        self._count = brokers
        self._stack = ExitStack()

    @property
    def bootstrap(self) -> str:
        """The addresses of all brokers that run."""
        return ",".join(broker.bootstrap for broker in self.brokers if broker.running)

    @property
    def objects(self) -> str:
        """What the brokers' setting says of the store."""
        return (self.proxy or self.s3).url()

    def __iter__(self) -> Iterator[ClusterBroker]:
        return iter(self.brokers)

    def __getitem__(self, index: int) -> ClusterBroker:
        return self.brokers[index]

    def new_broker(self, *extra_args: str, env: Mapping[str, str] | None = None) -> ClusterBroker:
        """Another broker of the cluster, not started."""
        name = self.directory / f"broker-{len(self.brokers) + 1}"
        own = {"PENSTOCK_NODE_ID": str(len(self.brokers) + 1)} if self._own_ids else {}
        own.update(*self._own_env[len(self.brokers) : len(self.brokers) + 1])
        broker = ClusterBroker(
            name, self.catalog, self.objects, *self.extra_args, *extra_args, env={**self.env, **own, **(env or {})}
        )
        self.brokers.append(broker)
        return broker

    def add_broker(self, *extra_args: str, env: Mapping[str, str] | None = None) -> ClusterBroker:
        """The same, started and serving."""
        return self.new_broker(*extra_args, env=env).start()

    def logs(self, lines: int = 40) -> str:
        """The ends of the logs of all brokers."""
        return "\n".join(broker.log_tail(lines) for broker in self.brokers)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._owns_postgres:
                stack.callback(self.postgres.remove)
                self.postgres.start()
                anyio.run(self.postgres.migrate_template)
            self.catalog = anyio.run(self.postgres.new_database)
            stack.enter_context(self.s3)
            if self.proxy is not None:
                stack.enter_context(self.proxy)
            stack.callback(self._end_brokers)
            for broker in [self.new_broker() for _ in range(self._count)]:
                broker.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.logs())
            for broker in self.brokers:
                broker.kill()
        self._stack.close()

    def _end_brokers(self) -> None:
        for broker in self.brokers:
            if broker.running:
                broker.stop()


def main(count: int) -> None:
    """`python -m tests.support.cluster [BROKERS]`: a cluster to play with, until Ctrl-C."""
    import signal
    import tempfile

    with tempfile.TemporaryDirectory() as directory, Cluster(Path(directory), count) as cluster:
        print(f"bootstrap {cluster.bootstrap}\ncatalog   {cluster.catalog}\nobjects   {cluster.objects}\nlogs      {directory}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
