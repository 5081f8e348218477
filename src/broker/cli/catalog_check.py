"""``penstock catalog check``: does the catalog agree with itself and with the objects?"""

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.catalog_places import CatalogUrl, ConfigFile, DataDir, Embedded, ObjectsUrl, Shared, places
from broker.cli.failure import FAILED, UNREACHABLE, USAGE, CommandFailed
from broker.cli.output import note, print_json

if TYPE_CHECKING:
    from broker.storage.checking.checker import Totals
    from broker.storage.checking.log_rules import Finding


def command(
    data_dir: DataDir = None,
    catalog: CatalogUrl = None,
    objects: ObjectsUrl = None,
    config: ConfigFile = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every byte: checksums of objects, CRCs and offsets of batches.")
    ] = False,
    most: Annotated[int, typer.Option("--most", metavar="N", help="Print so many findings; all are counted.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Compare a catalog with itself and with its objects, and print what does not agree. Nothing is changed; brokers may go on working.

    Exit codes: 0 everything agrees; 1 something does not; 3 catalog or store cannot be reached.
    """
    import anyio

    from broker.errors import StorageUnavailable
    from broker.storage.catalog.postgres.migrating import SchemaUnusable
    from broker.storage.objects.location import BadLocation

    where = places(data_dir, catalog, objects, config)
    printed: list[str] = []
    left_out = 0

    def tell(finding: "Finding") -> None:
        nonlocal left_out
        if len(printed) >= most:
            left_out += 1
            return
        printed.append(str(finding))
        if not as_json:
            sys.stdout.write(f"{finding}\n")

    try:
        totals = anyio.run(check, where, tell, deep, backend_options={"use_uvloop": sys.platform != "win32"})
    except StorageUnavailable as error:
        raise CommandFailed(str(error), UNREACHABLE) from error
    except (BadLocation, ValueError) as error:
        raise CommandFailed(str(error), USAGE) from error
    except SchemaUnusable as error:
        raise CommandFailed(str(error)) from error
    if as_json:
        counts = asdict(totals)
        total = counts.pop("findings")
        print_json({"findings": printed, "findings_total": total, "left_out": left_out, **counts, "deep": deep})
    else:
        _summarise(totals, left_out)
    if totals.findings:
        raise typer.Exit(FAILED)


async def check(where: Embedded | Shared, tell: Callable[["Finding"], None], deep: bool) -> "Totals":
    """Check the catalog and the objects there."""
    from broker.storage.checking.checker import Checker
    from broker.storage.checking.object_contents import FileContents, RemoteContents
    from broker.storage.checking.postgres_dump import PostgresDump
    from broker.storage.checking.sqlite_dump import SqliteDump
    from broker.storage.objects.opening import open_to_read

    if isinstance(where, Embedded):
        embedded = await SqliteDump.open(where.catalog_file)
        files = FileContents(where.segments, embedded.directory_id)
        try:
            return await Checker(embedded, files, tell, deep=deep).run()
        finally:
            files.close()
            await embedded.aclose()
    store = open_to_read(where.objects)
    shared = await PostgresDump.open(where.catalog)
    try:
        return await Checker(shared, RemoteContents(store), tell, deep=deep).run()
    finally:
        await shared.aclose()
        await store.aclose()


def _summarise(totals: "Totals", left_out: int) -> None:
    if left_out:
        note(f"{left_out} more are not shown (--most)")
    note(
        f"{totals.logs} logs with {totals.spans} spans in {totals.objects} objects ({totals.inline} of them kept by the catalog)"
    )
    if totals.batches:
        note(f"{totals.batches} batches read and found right, but for what is named above")
    if totals.going:
        note(f"{totals.going} objects are left to be deleted")
    if totals.orphans:
        note(
            f"{totals.orphans} objects ({totals.orphan_bytes} bytes) in the store are not in the catalog: not committed yet, or left for the sweep"
        )
    if totals.without_footer:
        note(f"{totals.without_footer} files were written by a release that did not say in them what they hold")
    note(f"{totals.findings} findings" if totals.findings else "everything agrees")
