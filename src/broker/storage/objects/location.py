"""Rule: what a URL says about where objects lie.

    s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=R     Amazon S3 and what speaks its protocol
    gs://BUCKET/PREFIX                                         Google Cloud Storage
    az://CONTAINER/PREFIX?account=NAME                         Azure Blob Storage
    memory://NAME/PREFIX                                       in this process only, for tests

Credentials never stand in it: they come from the environment, from files that it names, or from the machine (instance, web identity).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

SCHEMES: Final = ("s3", "gs", "az", "memory")

_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "s3": frozenset({"endpoint", "region", "virtual_hosted_style", "checksum", "conditional_put"}),
    "gs": frozenset({"endpoint"}),
    "az": frozenset({"endpoint", "account"}),
    "memory": frozenset(),
}
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "virtual_hosted_style": ("true", "false"),
    "checksum": ("sha256", "crc64nvme", "none"),
    "conditional_put": ("true", "false"),
}


class BadLocation(ValueError):
    """The URL cannot be used; the message shows nothing secret of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where objects lie. ``prefix`` has no slash at either end. ``url`` is what it was read from and can be shown."""

    scheme: str
    bucket: str
    prefix: str
    options: Mapping[str, str]
    url: str


def read_location(url: str) -> Location:
    """Raises BadLocation."""
    shown = redacted(url)
    try:
        split = urlsplit(url)
        options = dict(parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query)))
    except ValueError:
        raise BadLocation(f"{shown} is not a URL") from None
    if split.scheme not in SCHEMES:
        raise BadLocation(f"{shown}: objects lie in {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if "@" in split.netloc:
        raise BadLocation(
            f"{shown}: credentials do not belong into the URL; they come from the environment or the machine"
        )
    if not split.netloc or split.fragment:
        raise BadLocation(f"{shown}: name a bucket, like {split.scheme}://bucket/prefix")
    known = _OPTIONS[split.scheme]
    for name, text in options.items():
        if name not in known:
            raise BadLocation(
                f"{shown}: {split.scheme}:// takes {', '.join(sorted(known)) or 'no options'}; what it does not know is not passed on"
            )
        if not text or text not in _VALUES.get(name, (text,)):
            raise BadLocation(f"{shown}: {name} is one of {', '.join(_VALUES.get(name, ('a text',)))}")
    if "endpoint" in options:
        _check_endpoint(options["endpoint"], shown)
    return Location(scheme=split.scheme, bucket=split.netloc, prefix=split.path.strip("/"), options=options, url=url)


def redacted(url: str) -> str:
    """The URL without anything that may be secret: user and password, and options that nobody knows."""
    try:
        split = urlsplit(url)
        host = split.netloc.rsplit("@", 1)
        netloc = host[0] if len(host) == 1 else f"***@{host[1]}"
        known = _OPTIONS.get(split.scheme, frozenset())
        shown = "&".join(
            f"{name}={'***' if '@' in text or '?' in text else text}" if name in known else "***"
            for name, text in parse_qsl(split.query, keep_blank_values=True)
        )
        return urlunsplit((split.scheme, netloc, split.path, shown, ""))
    except ValueError:
        return "***"


def _check_endpoint(endpoint: str, shown: str) -> None:
    split = urlsplit(endpoint)
    if split.scheme not in ("http", "https") or not split.hostname or "@" in split.netloc or split.query:
        raise BadLocation(f"{shown}: endpoint is http:// or https:// and a host, nothing secret")
