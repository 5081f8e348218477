"""Opens the client of a remote store for a location. What it takes from the environment (credentials, region) is the client library's to know."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from broker.storage.objects.location import BadLocation, Location, redacted
from broker.storage.objects.object_keys import object_key
from broker.storage.objects.store_errors import shown

AnyStore = S3Store | GCSStore | AzureStore | MemoryStore

_REQUEST_S: Final = 300
_CONNECT_S: Final = 5
_IDLE_S: Final = 20
_RETRIES: Final = 12
_RETRY_S: Final = 150

_memory: dict[str, MemoryStore] = {}
"""By name: whoever opens the same one again in this process finds what was there."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A client, and where below its bucket our objects lie. ``is_conditional``: it can be asked to make an object only when there is none."""

    client: AnyStore
    location: Location
    is_conditional: bool

    def path(self, object_id: int) -> str:
        """The key of an object in the bucket."""
        return self.path_of(object_key(object_id))

    def path_of(self, key: str) -> str:
        """A key below the prefix as a key in the bucket."""
        prefix = self.location.prefix
        return f"{prefix}/{key}" if prefix else key

    def key_of(self, path: str) -> str:
        """The other way round."""
        prefix = self.location.prefix
        return path.removeprefix(f"{prefix}/") if prefix else path


def open_backend(location: Location, *, retrying: bool = False) -> Backend:
    """``retrying``: the client tries failed requests again by itself, for those who may block for long. Nothing is sent yet. Raises BadLocation."""
    try:
        client = _open(location, retrying)
    except (BaseError, ValueError, OSError) as error:
        raise BadLocation(f"{redacted(location.url)} cannot be used: {shown(error)}") from None
    return Backend(client, location, location.options.get("conditional_put", "true") == "true")


def _open(location: Location, retrying: bool) -> AnyStore:
    if location.scheme == "memory":
        return _memory.setdefault(location.bucket, MemoryStore())
    options = location.options
    endpoint = options.get("endpoint")
    common: dict[str, Any] = {
        "client_options": {
            "timeout": timedelta(seconds=_REQUEST_S),
            "connect_timeout": timedelta(seconds=_CONNECT_S),
            "pool_idle_timeout": timedelta(seconds=_IDLE_S),
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
        },
        "retry_config": {
            "max_retries": _RETRIES if retrying else 0,
            "retry_timeout": timedelta(seconds=_RETRY_S),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=10), "base": 2},
        },
    }
    match location.scheme:
        case "s3":
            return S3Store(location.bucket, config=_s3(location), **common)
        case "gs":
            return GCSStore(location.bucket, config={"base_url": endpoint} if endpoint else {}, **common)
        case _:
            config: Any = {"account_name": options["account"]} if "account" in options else {}
            if endpoint:
                config["endpoint"] = endpoint
            return AzureStore(location.bucket, config=config, **common)


def _s3(location: Location) -> Any:
    options = location.options
    config: dict[str, Any] = {name: options[name] for name in ("endpoint", "region") if name in options}
    if options.get("virtual_hosted_style") == "true":
        config["virtual_hosted_style_request"] = True
    checksum = options.get("checksum", "sha256")
    if checksum != "none":
        # The signature needs the SHA-256 of the body anyway; with this the store checks it, and keeps it with the object.
        config["checksum_algorithm"] = checksum
    return config
