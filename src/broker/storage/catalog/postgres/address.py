"""Where the catalog's database is and how it is reached safely: rules over the URL that is in the settings.

A URL without ``sslmode`` means ``verify-full`` as soon as the database is not on this machine: a password and every record's place must not depend on
nobody listening. Whoever wants less writes it into the URL.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES: Final = ("postgresql", "postgres")
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """``url`` is what the driver is given; ``shown`` the same without secrets, for messages and logs."""

    url: str
    shown: str


def database_address(url: str) -> DatabaseAddress:
    """Raises ValueError when ``url`` is none of PostgreSQL's; the message holds nothing of it that could be secret."""
    if "\0" in url or "#" in url:
        raise ValueError("a URL of a database holds neither NUL nor #; what a password has of those is written as %00 and %23")
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("expected postgresql://USER@HOST:PORT/DATABASE")
    try:
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError("expected name=value behind the question mark") from None
    hosts = _hosts(parts.netloc, options)
    given = url
    if "sslmode" not in options and not all(_is_here(host) for host in hosts):
        given += ("&" if parts.query else "?") + "sslmode=verify-full"
    return DatabaseAddress(given, f"postgresql://{','.join(hosts)}{parts.path}")


def _hosts(netloc: str, options: dict[str, str]) -> list[str]:
    places = netloc.rpartition("@")[2] or options.get("host", "")
    return [unquote(place) for place in places.split(",")]


def _is_here(place: str) -> bool:
    """Loopback, or a socket file."""
    if place.startswith("/"):
        return True
    if place.startswith("["):
        return place[1:].partition("]")[0] in _HERE
    return place.partition(":")[0] in _HERE
