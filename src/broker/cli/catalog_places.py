"""Where the catalog and the objects lie that a command is to look at: from its options, or from a broker's settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from broker.cli.failure import USAGE, CommandFailed

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="The data directory of a broker of its own.")
]
CatalogUrl = Annotated[
    str | None,
    typer.Option(
        "--catalog", metavar="URL", help="sqlite:///PATH or postgresql://...; from the settings when not given."
    ),
]
ObjectsUrl = Annotated[
    str | None,
    typer.Option(
        "--objects", metavar="URL", help="file:///PATH or s3://BUCKET/PREFIX; from the settings when not given."
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings; penstock.toml here if there is one.")
]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A catalog in a file, objects in a directory."""

    data_dir: Path
    catalog_file: Path
    segments: Path


@dataclass(frozen=True, slots=True)
class Shared:
    """A catalog in PostgreSQL, objects in a remote store."""

    catalog: str
    objects: str


def places(data_dir: Path | None, catalog: str | None, objects: str | None, config: Path | None) -> Embedded | Shared:
    """Raises CommandFailed."""
    from broker.config.load import SettingsInvalid, load
    from broker.storage.ownership import CATALOG_FILE, SEGMENTS_DIRECTORY

    given: dict[str, Any] = {"data_dir": data_dir, "catalog": catalog, "objects": objects}
    try:
        settings = load(given, config=config).settings
    except SettingsInvalid as error:
        raise CommandFailed(f"the settings cannot be used: {error}", USAGE) from error
    if settings.clustered:
        if settings.objects is None:
            raise CommandFailed("give --objects URL: the objects of a shared catalog lie in a remote store", USAGE)
        return Shared(str(settings.catalog), settings.objects)
    return Embedded(
        settings.data_dir,
        _path(settings.catalog, settings.data_dir / CATALOG_FILE),
        _path(settings.objects, settings.data_dir / SEGMENTS_DIRECTORY),
    )


def _path(url: str | None, default: Path) -> Path:
    return default if url is None else Path("/" + url.partition(":///")[2].lstrip("/"))
