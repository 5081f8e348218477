"""``penstock check-config``: explain the settings a broker would start with, or everything that is wrong with them at once."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from broker.cli.failure import USAGE
from broker.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from broker.config.load import Loaded, SettingsInvalid
    from broker.config.settings import Settings

SAME_SETTING: Final = {"node_id": "broker_id", "broker_id": "node_id"}
"""Two names that Kafka has for one setting; whichever is given, both have its value."""

REMARKS: Final = 1
"""Exit code with ``--strict`` when the settings can be used but something in them was ignored."""


def command(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; penstock.toml here if there is one.")] = None,
    properties: Annotated[
        Path | None, typer.Option("--properties", metavar="FILE", help="A Kafka broker's server.properties, read as it is.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="As given to serve.")] = None,
    listener: Annotated[
        list[str] | None, typer.Option("--listener", metavar="NAME://HOST:PORT", help="As given to serve; repeatable.")
    ] = None,
    http: Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="As given to serve.")] = None,
    catalog: Annotated[str | None, typer.Option("--catalog", metavar="URL", help="As given to serve.")] = None,
    objects: Annotated[str | None, typer.Option("--objects", metavar="URL", help="As given to serve.")] = None,
    allow_insecure: Annotated[bool | None, typer.Option("--allow-insecure", help="As given to serve.")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only what was given or differs from the defaults.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything given is ignored.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Show the settings a broker would start with and where each comes from; or every error at once (exit code 2)."""
    flags: dict[str, Any] = {
        "data_dir": data_dir,
        "listeners": listener or None,
        "http": http,
        "catalog": catalog,
        "objects": objects,
        "allow_insecure": allow_insecure,
    }
    sys.exit(check_config(flags, config=config, properties=properties, only_changed=changed, strict=strict, as_json=as_json))


def check_config(
    flags: Mapping[str, Any],
    *,
    config: Path | None = None,
    properties: Path | None = None,
    environ: Mapping[str, str] | None = None,
    only_changed: bool = False,
    strict: bool = False,
    as_json: bool = False,
) -> int:
    """Print the settings or what is wrong with them; the exit code: 0 usable, 1 something was ignored (strict), 2 wrong."""
    from broker.config.load import SettingsInvalid, load

    try:
        loaded = load(flags, config=config, properties=properties, environ=environ)
    except SettingsInvalid as error:
        _print_problems(error, as_json)
        return USAGE
    _print_settings(loaded, only_changed, as_json)
    return REMARKS if strict and loaded.notes else 0


def _print_problems(error: "SettingsInvalid", as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "valid": False,
                "problems": [
                    {
                        "setting": problem.setting,
                        "value": problem.value,
                        "source": problem.source,
                        "why": problem.why,
                        "fix": problem.fix,
                    }
                    for problem in error.problems
                ],
                "notes": [{"setting": remark.setting, "text": remark.text} for remark in error.notes],
            }
        )
        return
    for remark in error.notes:
        note(f"note: {remark}")
    count = len(error.problems)
    note(f"penstock: the settings cannot be used, {count} problem{'s' if count > 1 else ''}:")
    for problem in error.problems:
        note(f"  - {problem}")


def _source_of(settings: "Settings", name: str) -> str:
    """Where the value came from; when it was given by the setting's other name, where that came from."""
    source = settings.source_of(name)
    return settings.source_of(SAME_SETTING[name]) if source == "given" and name in SAME_SETTING else source


def _print_settings(loaded: "Loaded", only_changed: bool, as_json: bool) -> None:
    from broker.config.problems import HIDDEN
    from broker.config.settings import SETTINGS

    settings = loaded.settings
    rows = []
    for name, setting in sorted(SETTINGS.items()):
        value = getattr(settings, name)
        source = _source_of(settings, name)
        if only_changed and value == setting.default and source == "default":
            continue
        shown = HIDDEN if setting.sensitive and value is not None else setting.show(value)
        rows.append((setting, shown, source))
    if as_json:
        print_json(
            {
                "valid": True,
                "settings": {
                    setting.name: {
                        "value": shown,
                        "source": source,
                        "kafka_name": setting.kafka_name if setting.kafka else None,
                        "unit": setting.unit or None,
                        "dynamic": setting.mode,
                        "without_effect": setting.without_effect or None,
                    }
                    for setting, shown, source in rows
                },
                "notes": [{"setting": remark.setting, "text": remark.text} for remark in loaded.notes],
            }
        )
        return
    print_table(
        ("setting", "value", "unit", "from"),
        [(setting.name, "not set" if shown is None else shown, setting.unit, source) for setting, shown, source in rows],
    )
    for remark in loaded.notes:
        note(f"note: {remark}")
