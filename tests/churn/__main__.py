"""The long form: ``python -m tests.churn --spans 3000000``."""

import argparse

import anyio

from tests.churn.churn import Churn
from tests.support.postgres import Postgres


async def main(spans: int, partitions: int) -> None:
    """Run it on a server of its own, and print what it came to."""
    server = Postgres({"autovacuum_naptime": "1s", "shared_buffers": "256MB", "max_wal_size": "1GB"})
    server.start()
    try:
        await server.migrate_template()
        churn = Churn(await server.new_database(), partitions=partitions, flushes=max(spans // partitions, 100))
        for line in (await churn.run()).lines():
            print(line)
    finally:
        server.remove()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=3_000_000)
    parser.add_argument("--partitions", type=int, default=500)
    arguments = parser.parse_args()
    anyio.run(main, arguments.spans, arguments.partitions)
