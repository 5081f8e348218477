"""Record data in a remote store: one object for each append, written once, read by range (format: :mod:`broker.storage.objects.footer`).

R1  An object is made only where there was none. That one is there already is success only when it is ours, byte for byte: the same trailer, which
    holds checksums of all the rest (O2, O3).
R2  An id whose place is taken by something else is never used: the append takes another, from another block.
R3  No more bodies are in memory than uploads may be under way, however many appends wait.
R4  Trouble with the store is StorageUnavailable and passes; nothing here can cost durability, so nothing raises StorageFailed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import anyio
import obstore
from anyio import to_thread
from anyio.abc import TaskGroup

from broker.errors import StorageUnavailable
from broker.storage.objects import footer
from broker.storage.objects.backend import Backend, open_backend
from broker.storage.objects.base import Buffer, Extent, TocEntry
from broker.storage.objects.files import wall_clock_ms
from broker.storage.objects.footer import Footer, FooterCorrupt, PartitionName
from broker.storage.objects.object_ids import ObjectIdBlocks
from broker.storage.objects.object_keys import FOLDERS, object_id_of
from broker.storage.objects.raw_remote import RawRemote
from broker.storage.objects.requester import Operation, Requester, RequestFailed, RequestSettings
from broker.storage.objects.store_errors import Trouble
from broker.storage.one_failure import one_failure
from broker.wire.records.crc import crc32c

Describe = Callable[[int], PartitionName | None]
"""By pid: what a partition is called, for footers."""

_ON_THE_SIDE_BYTES: Final = 1 << 20
_JOINED_GAP: Final = 64 << 10
_IDS_TRIED: Final = 16
_DELETED_AT_ONCE: Final = 1000
_WITHDRAW_S: Final = 5.0
_LISTED_AT_ONCE: Final = 1000


class RemoteObjectStore:
    """Implements :class:`broker.storage.objects.base.ObjectStore` and ``ListedObjects``. Appends may be called concurrently."""

    def __init__(
        self,
        backend: Backend,
        ids: ObjectIdBlocks,
        describe: Describe,
        *,
        cluster_id: str = "",
        settings: RequestSettings | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._backend = backend
        self._blocking: Backend | None = None
        self._ids = ids
        self._describe = describe
        self._cluster_id = cluster_id
        self._now_ms = now_ms
        settings = settings or RequestSettings()
        self._requester = Requester(settings)
        self._bodies = anyio.CapacityLimiter(settings.uploads)
        self._is_conditional = backend.is_conditional
        self._withdraw_s = min(_WITHDRAW_S, settings.give_up_s)
        self._closed = False

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        if self._closed:
            raise StorageUnavailable("the object store is closed")
        with one_failure():
            async with self._bodies, anyio.create_task_group() as tasks:
                return await self._append(parts, toc, tasks)
        raise AssertionError("it was stored, or refused")

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        if any(position < 0 or length < 0 for position, length in ranges):
            raise StorageUnavailable(f"object {object_id:016x} has nothing before its begin")
        views: list[memoryview] = [memoryview(b"")] * len(ranges)
        runs = _runs(ranges)
        if len(runs) == 1:
            await self._read_run(object_id, ranges, runs[0], views)
        else:
            with one_failure():
                async with anyio.create_task_group() as tasks:
                    for run in runs:
                        tasks.start_soon(self._read_run, object_id, ranges, run, views)
        return views

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """``length`` bytes at ``position``, fewer when the object ends before. Raises StorageUnavailable when there is no such object."""
        return await self._range(object_id, position, position + length, whole=False)

    async def withdraw(self, extent: Extent) -> None:
        """The catalog never will name the object; where it cannot be deleted now, the orphan sweep finds it."""
        try:
            await self._delete([self._backend.path(extent.object_id)], give_up_s=self._withdraw_s)
        except StorageUnavailable:
            pass

    def new_object_id(self) -> int:
        return self._ids.take_now()

    def raw(self) -> RawRemote:
        if self._blocking is None:
            self._blocking = open_backend(self._backend.location, retrying=True)
        return RawRemote(self._blocking, self._cluster_id)

    def raw_elsewhere(self) -> Sequence[str] | None:
        if self._backend.location.scheme == "memory":
            return None
        return RawRemote.arguments(self._backend.location, self._cluster_id)

    def stored_elsewhere(self) -> Sequence[str] | None:
        return self.raw_elsewhere()

    async def delete(self, object_ids: Sequence[int]) -> None:
        if self._ids.is_short:
            await self._ids.lease_ahead()
        for start in range(0, len(object_ids), _DELETED_AT_ONCE):
            await self._delete([self._backend.path(each) for each in object_ids[start : start + _DELETED_AT_ONCE]])

    async def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        for folder in FOLDERS:
            async for found in self._listed(folder):
                yield found

    async def footer_of(self, object_id: int, size: int | None = None) -> Footer:
        """What the object says of itself; ``size`` is checked when it is given. Raises StorageUnavailable and FooterCorrupt."""
        wanted = footer.LIKELY_BYTES
        while True:
            tail, whole = await self._tail(object_id, wanted)
            trailer = footer.read_trailer(tail, whole if size is None else size)
            if footer.footer_bytes(trailer) <= len(tail):
                found = footer.read_footer(tail, whole)
                if found.object_id != object_id:
                    raise FooterCorrupt(f"the footer is of object {found.object_id:016x}")
                return found
            wanted = footer.footer_bytes(trailer)

    async def lease_ids(self) -> None:
        """Have ids for :meth:`new_object_id`. Raises StorageUnavailable and Fenced."""
        await self._ids.lease()

    def forget_ids(self) -> None:
        """This broker registers anew: ids leased before are not used any more (D1)."""
        self._ids.forget()

    async def aclose(self) -> None:
        self._closed = True

    # Writing

    async def _append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry], tasks: TaskGroup) -> Extent:
        for _ in range(_IDS_TRIED):
            object_id = await self._ids.take()
            if self._ids.is_short:
                tasks.start_soon(self._ids.lease_ahead)
            body = await self._body(object_id, parts, toc)
            if await self._put(object_id, body):
                length = footer.read_trailer(body[-footer.TRAILER_BYTES :]).payload_length
                return Extent(object_id, 0, length)
            self._ids.forget()
        raise StorageUnavailable(f"object ids are in use already, up to {object_id:016x}: was the catalog restored?")

    async def _body(self, object_id: int, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> bytes:
        length = sum(memoryview(part).nbytes for part in parts)
        names = [self._describe(entry.pid) for entry in toc]
        # The clock is read here, in the order of ids: a rebuild goes by it.
        now_ms = self._now_ms()
        if length < _ON_THE_SIDE_BYTES:
            return self._assembled(object_id, now_ms, parts, toc, names)
        return await to_thread.run_sync(self._assembled, object_id, now_ms, parts, toc, names)

    def _assembled(
        self,
        object_id: int,
        now_ms: int,
        parts: Sequence[Buffer],
        toc: Sequence[TocEntry],
        names: Sequence[PartitionName | None],
    ) -> bytes:
        payload = b"".join(parts)
        view = memoryview(payload)
        entries = [
            footer.entry_of(entry.pid, name, view, entry.offset, entry.length)
            for entry, name in zip(toc, names, strict=True)
        ]
        end = footer.pack_footer(
            Footer(
                object_id=object_id,
                kind=footer.FLUSH,
                cluster_id=self._cluster_id,
                created_ms=now_ms,
                payload_length=len(payload),
                payload_crc=crc32c(payload),
                entries=entries,
            )
        )
        return payload + end

    async def _put(self, object_id: int, body: bytes) -> bool:
        """False when something else is there (R2)."""
        path = self._backend.path(object_id)
        what = f"object {object_id:016x} cannot be written"

        async def send() -> None:
            mode: obstore.PutMode = "create" if self._is_conditional else "overwrite"
            await obstore.put_async(self._backend.client, path, body, mode=mode, use_multipart=False)

        try:
            await self._requester.run(Operation.PUT, what, send, size=len(body), hedged=self._is_conditional)
        except RequestFailed as failed:
            if failed.trouble is Trouble.EXISTS:
                return await self._is_there(object_id, body)
            if failed.trouble is Trouble.UNSUPPORTED and self._is_conditional:
                # A store that cannot be asked so: ids are never given twice, which is what the condition guards against.
                self._is_conditional = False
                return await self._put(object_id, body)
            raise
        return True

    async def _is_there(self, object_id: int, body: bytes) -> bool:
        tail, size = await self._tail(object_id, footer.TRAILER_BYTES)
        return size == len(body) and bytes(tail) == body[-footer.TRAILER_BYTES :]

    # Reading

    async def _read_run(
        self, object_id: int, ranges: Sequence[tuple[int, int]], run: Sequence[int], views: list[memoryview]
    ) -> None:
        start = ranges[run[0]][0]
        end = max(ranges[each][0] + ranges[each][1] for each in run)
        if start == end:
            return
        data = await self._range(object_id, start, end)
        for each in run:
            position, length = ranges[each]
            at = position - start
            views[each] = memoryview(bytearray(data[at : at + length]))

    async def _range(self, object_id: int, start: int, end: int, *, whole: bool = True) -> memoryview:
        path = self._backend.path(object_id)

        async def send() -> memoryview:
            return memoryview(await obstore.get_range_async(self._backend.client, path, start=start, end=end))

        try:
            data = await self._requester.run(
                Operation.GET, f"object {object_id:016x} cannot be read", send, size=end - start, hedged=True
            )
        except RequestFailed as failed:
            if failed.trouble is Trouble.MISSING:
                raise RequestFailed(f"object {object_id:016x} is missing", Trouble.MISSING) from None
            if failed.trouble is Trouble.SHORT:
                raise RequestFailed(f"object {object_id:016x} is shorter than asked", Trouble.SHORT) from None
            raise
        if whole and len(data) != end - start:
            raise StorageUnavailable(f"object {object_id:016x} is shorter than asked")
        return data

    async def _tail(self, object_id: int, length: int) -> tuple[memoryview, int]:
        """The last bytes of an object, and its whole size."""
        path = self._backend.path(object_id)

        async def send() -> tuple[memoryview, int]:
            found = await obstore.get_async(self._backend.client, path, options={"range": {"suffix": length}})
            return memoryview(await found.bytes_async()), found.meta["size"]

        return await self._requester.run(
            Operation.GET, f"the end of object {object_id:016x} cannot be read", send, size=length
        )

    # Deleting and listing

    async def _delete(self, paths: list[str], give_up_s: float | None = None) -> None:
        async def send() -> None:
            try:
                await obstore.delete_async(self._backend.client, paths)
            except FileNotFoundError:
                # Some stores say so and leave the rest of the list; missing ones are no error here.
                for path in paths:
                    try:
                        await obstore.delete_async(self._backend.client, path)
                    except FileNotFoundError:
                        continue

        await self._requester.run(Operation.DELETE, "objects cannot be deleted", send, give_up_s=give_up_s)

    async def _listed(self, folder: str) -> AsyncIterator[tuple[int, int, float]]:
        prefix = self._backend.path_of(folder)
        last: str | None = None
        while True:
            found = await self._page(prefix, last)
            for meta in found:
                object_id = object_id_of(self._backend.key_of(meta["path"]))
                if object_id is not None:
                    yield object_id, meta["size"], meta["last_modified"].timestamp()
            if len(found) < _LISTED_AT_ONCE:
                return
            last = found[-1]["path"]

    async def _page(self, prefix: str, after: str | None) -> "Sequence[obstore.ObjectMeta]":
        async def send() -> "Sequence[obstore.ObjectMeta]":
            stream = obstore.list(self._backend.client, prefix, offset=after, chunk_size=_LISTED_AT_ONCE)
            async for page in stream:
                return page
            return []

        # Requests for reading, at the pace of those.
        return await self._requester.run(Operation.GET, "objects cannot be listed", send)


def _runs(ranges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Which ranges are read with one request: those with little between them."""
    runs: list[list[int]] = []
    end = 0
    for index in sorted(range(len(ranges)), key=lambda each: ranges[each][0]):
        position, length = ranges[index]
        if runs and position - end <= _JOINED_GAP:
            runs[-1].append(index)
            end = max(end, position + length)
        else:
            runs.append([index])
            end = position + length
    return runs
