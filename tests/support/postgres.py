"""PostgreSQL, thrown away afterwards: one server a test process, with fsync, and a new database for every test that wants one."""

import atexit
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import anyio
import asyncpg

from broker.storage.catalog.postgres import migrating
from tests.support.process import STOP_DEADLINE_S, ServerFailed, ServerProcess, free_port
from tests.toolchain import postgres_programs, required

USER = "penstock"
TEMPLATE = "migrated"

_UNPRIVILEGED = "postgres"
_FOLDER = "penstock-postgres-"

_END_OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Everything the migrations put into tables and sequences, kept aside, and how to go back to it.
_KEEP_INITIAL = """
CREATE SCHEMA initial;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE initial.%1$I AS SELECT * FROM public.%1$I', name);
    END LOOP;
    CREATE TABLE initial."sequences of public" AS
        SELECT sequencename::text AS name, start_value AS value FROM pg_sequences WHERE schemaname = 'public';
END $$;
CREATE FUNCTION initial.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    table_name text;
BEGIN
    PERFORM setval(format('public.%I', name)::regclass, value, false) FROM initial."sequences of public";
    FOR table_name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', table_name);
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM initial.%1$I', table_name);
    END LOOP;
END $$;
"""

# Small, and it never stops writing to disk what it says is on disk.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "logging_collector": "off",
    "log_destination": "stderr",
    "lc_messages": "C",
}


class Postgres(ServerProcess):
    """A server of its own in a folder of its own, which goes when it is removed. It refuses to run as root, so then it runs as another user.

    `settings` are added to the server's configuration and win; `with_tls` (certificate, key) makes it take TLS.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, *, with_tls: tuple[Path, Path] | None = None) -> None:
        # Not below the folder of a test, which nobody else may enter.
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        super().__init__(self.folder / "server.log")
        self.port = free_port()
        self._programs = required(postgres_programs)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._with_tls = with_tls
        self._made = 0
        self._free: list[str] = []
        self._turn = threading.Lock()

    @property
    def bootstrap(self) -> str:
        """Where it listens: HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    def url(self, database: str) -> str:
        """How to reach a database of it."""
        return f"postgresql://{USER}@{self.bootstrap}/{database}"

    # --- databases ----------------------------------------------------------------------------------------------------

    async def new_database(self, *, migrated: bool = True) -> str:
        """The URL of a new database with the catalog's tables, or with none."""
        with self._turn:
            self._made += 1
            name = f"test_{self._made}"
        async with self.connected("postgres") as connection:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template0'}")
        return self.url(name)

    @contextlib.asynccontextmanager
    async def borrowed_database(self) -> AsyncIterator[str]:
        """The URL of a database as :meth:`new_database` makes it, for a while: afterwards it is emptied for the next one who asks, which takes less
        than making another. What a failed test leaves is not used again."""
        name = self._free.pop() if self._free else (await self.new_database()).rpartition("/")[2]
        yield self.url(name)
        async with self.connected(name) as connection:
            await connection.execute(_END_OTHER_SESSIONS)
            await connection.execute("SELECT initial.restore()")
        self._free.append(name)

    async def migrate_template(self) -> None:
        """Make the database of which the others are copies."""
        async with self.connected("postgres") as connection:
            await connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        await migrating.migrate(self.url(TEMPLATE))
        async with self.connected(TEMPLATE) as connection:
            await connection.execute(_KEEP_INITIAL)

    async def end_sessions(self, database: str) -> int:
        """Break every connection to a database; how many there were."""
        async with self.connected("postgres") as connection:
            return int(
                await connection.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                    database,
                )
            )

    @contextlib.asynccontextmanager
    async def connected(self, database: str) -> AsyncIterator[Any]:
        """A plain connection, not the broker's."""
        connection = await asyncpg.connect(self.url(database), ssl=False)
        try:
            yield connection
        finally:
            await connection.close()

    # --- the process --------------------------------------------------------------------------------------------------

    def start(self, deadline_s: float = 60.0) -> Self:
        """Make the data directory if there is none, start, and wait until connections are taken."""
        if not (self.folder / "data").exists():
            self._initialise()
        deadline = time.monotonic() + deadline_s
        while True:
            try:
                return super().start(deadline_s)
            except ServerFailed:
                # After a kill the old one's children may still hold the shared memory for a moment.
                if time.monotonic() > deadline or "pre-existing shared memory" not in self.log_tail(5):
                    raise
                time.sleep(0.05)

    def terminate(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop at once but in good order: connections are broken, what was committed is on disk."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
        super().terminate(deadline_s)

    def become_standby(self) -> None:
        """Start again as a server that follows another one, of which it hears nothing: it only takes reads, until it is promoted."""
        self.stop()
        signal_file = self.folder / "data" / "standby.signal"
        signal_file.touch()
        if os.geteuid() == 0:
            shutil.chown(signal_file, _UNPRIVILEGED, _UNPRIVILEGED)
        self.start()

    async def promote(self) -> None:
        """Take writes again, on a timeline of its own."""
        async with self.connected("postgres") as connection:
            assert await connection.fetchval("SELECT pg_promote()")

    def copy_of(self, primary: "Postgres") -> None:
        """Begin as a copy of a running server; from its start on it follows that one, under its own name (``standby``)."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, _UNPRIVILEGED, _UNPRIVILEGED)
        source = f"host=127.0.0.1 port={primary.port} user={USER} application_name=standby"
        options = ("-d", source, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync")
        command = [*self._as_nobody(), self._programs / "pg_basebackup", "-D", self.folder / "data", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise ServerFailed(f"pg_basebackup failed:\n{done.stdout}")

    async def keep_in_step(self, deadline_s: float = 30.0) -> None:
        """From now on nothing is committed before the standby has it on disk; returns when there is one that does."""
        async with self.connected("postgres") as connection:
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            await connection.execute("SELECT pg_reload_conf()")
            with anyio.fail_after(deadline_s):
                while await connection.fetchval("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 0:  # noqa: ASYNC110 - nobody tells
                    await anyio.sleep(0.05)

    def remove(self) -> None:
        """Kill it and delete everything it had."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, _UNPRIVILEGED, _UNPRIVILEGED)
        options = ("--no-sync", "-A", "trust", "-U", USER, "--locale=C.UTF-8", "-E", "UTF8")
        done = subprocess.run(
            [*self._as_nobody(), self._programs / "initdb", "-D", self.folder / "data", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"initdb failed:\n{done.stdout}")
        settings = dict(self._settings)
        if self._with_tls is not None:
            for source, name in zip(self._with_tls, ("server.crt", "server.key"), strict=True):
                target = self.folder / "data" / name
                shutil.copy(source, target)
                target.chmod(0o600)
                if os.geteuid() == 0:
                    shutil.chown(target, _UNPRIVILEGED, _UNPRIVILEGED)
            settings["ssl"] = "on"
        with (self.folder / "data" / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _as_nobody(self) -> Sequence[str]:
        """It must not be root's, and ends when this process does."""
        if os.geteuid() != 0:
            return ("setpriv", "--pdeathsig", "QUIT")
        identity = ("--reuid", _UNPRIVILEGED, "--regid", _UNPRIVILEGED, "--clear-groups")
        return ("setpriv", *identity, "--pdeathsig", "QUIT")

    def _command(self) -> list[str]:
        options = ("-D", self.folder / "data", "-k", self.folder, "-p", self.port)
        return [str(word) for word in (*self._as_nobody(), self._programs / "postgres", *options)]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"database system is ready to accept (read-only )?connections")

    def _started(self, ready: re.Match[str]) -> None:
        """The port was chosen before the start: there is nothing to learn from the line."""


def postgres_server() -> Postgres:
    """The server that the tests of this process share, with a migrated template; it goes when the process ends."""
    required(postgres_programs)
    return _shared()


def _remove_what_others_left() -> None:
    """Folders of test processes that were killed; their servers went with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _shared() -> Postgres:
    _remove_what_others_left()
    server = Postgres()
    atexit.register(server.remove)
    server.start()
    _run_apart(server.migrate_template())
    return server


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end whether or not this thread has an event loop."""

    async def run() -> None:
        await work

    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, run).result()
