"""``penstock catalog rebuild``: a lost catalog made anew from the objects, as far as they tell."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.catalog_places import CatalogUrl, ConfigFile, DataDir, Embedded, ObjectsUrl, Shared, places
from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed
from broker.cli.output import note, print_json

if TYPE_CHECKING:
    from broker.storage.checking.rebuilder import RebuildReport


def command(
    data_dir: DataDir = None,
    catalog: CatalogUrl = None,
    objects: ObjectsUrl = None,
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be restored and write nothing.")] = False,
    commit_undecided: Annotated[
        bool,
        typer.Option(
            "--commit-undecided",
            help="Transactions whose end no object tells count as committed; otherwise as aborted.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Restore topics, partitions, records and producers into an EMPTY catalog from what objects say of themselves, and print what they do not say.

    No broker may run meanwhile. Of a data directory, keep a copy of the segments: its next start deletes what the catalog does not know.
    """
    import anyio

    from broker.errors import StorageUnavailable
    from broker.storage.catalog.postgres.migrating import SchemaUnusable
    from broker.storage.checking.restore import NotEmpty
    from broker.storage.objects.location import BadLocation
    from broker.storage.ownership import DirectoryInUse

    where = places(data_dir, catalog, objects, config)
    try:
        report = anyio.run(
            rebuild, where, dry_run, commit_undecided, backend_options={"use_uvloop": sys.platform != "win32"}
        )
    except StorageUnavailable as error:
        raise CommandFailed(str(error), UNREACHABLE) from error
    except NotEmpty as error:
        raise CommandFailed(f"{error}: a catalog is rebuilt only where there is none", USAGE) from error
    except (BadLocation, ValueError) as error:
        raise CommandFailed(str(error), USAGE) from error
    except (SchemaUnusable, DirectoryInUse) as error:
        raise CommandFailed(str(error)) from error
    if as_json:
        from broker.storage.checking.rebuilder import NOT_IN_OBJECTS

        print_json({**asdict(report), "dry_run": dry_run, "not_in_objects": list(NOT_IN_OBJECTS)})
    else:
        _print(report, dry_run)


async def rebuild(where: Embedded | Shared, dry_run: bool, commit_undecided: bool) -> "RebuildReport":
    """Rebuild the catalog there."""
    from broker.storage.checking.object_contents import FileContents, RemoteContents, owner_of_segments
    from broker.storage.checking.postgres_restore import PostgresRestore
    from broker.storage.checking.rebuilder import Rebuilder
    from broker.storage.checking.sqlite_restore import SqliteRestore
    from broker.storage.objects.opening import open_to_read
    from broker.storage.ownership import Ownership

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    if isinstance(where, Embedded):
        if not where.segments.is_dir():
            raise CommandFailed(f"there is no directory {where.segments}", USAGE)
        ownership = Ownership.take(where.data_dir)
        try:
            owner = owner_of_segments(where.segments)
            files = FileContents(where.segments, owner.directory_id)
            rebuilder = Rebuilder(files, commit_undecided=commit_undecided, is_appended=True, now_ms=now_ms, tell=note)
            embedded = (
                None if dry_run else await SqliteRestore.open(where.catalog_file, owner.directory_id, owner.epoch)
            )
            try:
                return await rebuilder.run(embedded)
            finally:
                files.close()
                if embedded is not None:
                    await embedded.abandon()
        finally:
            ownership.release()
    store = open_to_read(where.objects)
    shared = None if dry_run else await PostgresRestore.open(where.catalog)
    try:
        rebuilder = Rebuilder(
            RemoteContents(store), commit_undecided=commit_undecided, is_appended=False, now_ms=now_ms, tell=note
        )
        return await rebuilder.run(shared)
    finally:
        await store.aclose()
        if shared is not None:
            await shared.abandon()


def _print(report: "RebuildReport", dry_run: bool) -> None:
    from broker.storage.checking.rebuilder import NOT_IN_OBJECTS

    would = "would be restored" if dry_run else "restored"
    print(
        f"{would}: {report.topics} topics with {report.partitions} partitions, {report.records} records in {report.batches} batches, {report.producers} producers"
    )
    remarks = [
        (
            report.unmerged_records,
            f"{report.unmerged_records} records were not merged yet: they have new offsets, in order of their brokers' clocks",
        ),
        (
            report.undecided,
            f"{report.undecided} transactions on partitions had no end in the objects, and have one now",
        ),
        (
            report.out_of_order,
            f"{report.out_of_order} batches do not follow their producer's last ones: something between them is lost, or brokers wrote at the same time",
        ),
        (
            report.refused,
            f"{report.refused} batches are left out: they repeat older ones or came from an epoch that had ended",
        ),
        (report.repeated, f"{report.repeated} batches were there twice, and are once"),
        (report.damaged_batches, f"{report.damaged_batches} batches are damaged"),
        (
            report.untold_objects,
            f"{report.untold_objects} files do not say what is in them: what they hold is not restored",
        ),
    ]
    lines = [text for count, text in remarks if count]
    lines += [f"damaged: {each}" for each in report.damaged_objects]
    lines += [f"missing: {each}" for each in report.gaps]
    lines += [f"renamed: {each}" for each in report.renamed]
    lines += [f"repeated: the last records of {each} may be there twice" for each in report.doubled]
    for line in lines:
        print(line)
    print("not restored, as no object tells of it:")
    for line in NOT_IN_OBJECTS:
        print(f"  - {line}")
