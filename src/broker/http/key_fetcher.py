"""KeyFetcher: reads the list of keys of an identity provider, from the one place that the settings name.

No redirects are followed, no proxy is asked, what is read is bounded in size and time, and who the provider is is always checked by its certificate.
"""

import http.client
import ssl
import time
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import anyio
import anyio.to_thread

from broker.admin.key_set_keeper import KeysNotRead

BYTES_MAX: Final = 1 << 20
STEP_S: Final = 10.0
"""How long one step of the conversation may take."""
WHOLE_S: Final = 30.0
_PIECE: Final = 64 * 1024


class KeyFetcher:
    """``ca_file`` has the authorities by which the provider is known, None for the system's. Raises ValueError for a URL that is none of the kinds that are
    allowed."""

    def __init__(self, url: str, ca_file: Path | None, *, allow_http: bool) -> None:
        parts = urlsplit(url)
        if parts.scheme not in (("https", "http", "file") if allow_http else ("https", "file")):
            raise ValueError("the keys of the identity provider are read from https:// or file:// only")
        self._parts = parts
        self._ca_file = ca_file

    async def fetch(self) -> bytes:
        """What is there now. Raises KeysNotRead."""
        try:
            # A thread: the system looks names up only while one waits.
            return await anyio.to_thread.run_sync(self._read, abandon_on_cancel=True)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise KeysNotRead(f"{type(error).__name__}: {error}") from None

    def _read(self) -> bytes:
        if self._parts.scheme == "file":
            return self._read_file()
        connection = self._connection()
        try:
            return self._read_answer(connection)
        finally:
            connection.close()

    def _read_file(self) -> bytes:
        with Path(unquote(self._parts.path)).open("rb") as file:
            text = file.read(BYTES_MAX + 1)
        return _bounded(text)

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=STEP_S)
        context = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return http.client.HTTPSConnection(host, port, timeout=STEP_S, context=context)

    def _read_answer(self, connection: http.client.HTTPConnection) -> bytes:
        deadline = time.monotonic() + WHOLE_S
        path = self._parts.path or "/"
        connection.request("GET", f"{path}?{self._parts.query}" if self._parts.query else path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise KeysNotRead(f"the identity provider answered with status {answer.status}")
        text = b""
        while piece := answer.read1(_PIECE):
            text = _bounded(text + piece)
            if time.monotonic() > deadline:
                raise KeysNotRead(f"the identity provider's answer took more than {WHOLE_S:g} s")
        return text


def _bounded(text: bytes) -> bytes:
    if len(text) > BYTES_MAX:
        raise KeysNotRead(f"the list of keys is larger than {BYTES_MAX} bytes")
    return text
