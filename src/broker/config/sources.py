"""Where settings come from: flags, environment, a Kafka broker's properties file, penstock.toml.

Each source becomes a :class:`Layer`: plain values by field name, not yet validated. What cannot be read is a problem, a name
that nobody knows is a problem in our own file and a note elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from broker.config.kafka_names import translate
from broker.config.listener_overrides import FIELD as OVERRIDES
from broker.config.listener_overrides import override_key
from broker.config.problems import Note, Problem
from broker.config.properties import PropertiesError, parse_properties
from broker.config.setting import Setting

ENVIRONMENT_PREFIX: Final = "PENSTOCK_"
DEFAULT_FILE: Final = Path("penstock.toml")
_FILE_MAX_BYTES: Final = 1 << 20
_OTHER_VARIABLES: Final = frozenset({"BOOTSTRAP", "CLIENT_CONFIG", "CONFIG", "PROPERTIES", "HYPOTHESIS"})
"""Variables with our prefix that are no settings of the broker."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source gave. ``sources`` says it more exactly for single fields."""

    name: str
    values: dict[str, Any]
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    known: Mapping[str, Setting]
    layers: list[Layer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read_layers(
    settings: Iterable[Setting],
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    config_file: Path | None,
    properties_file: Path | None,
) -> tuple[list[Layer], list[Problem], list[Note]]:
    """All sources, strongest first, with what was wrong and what is worth knowing."""
    reading = _Reading({setting.name: setting for setting in settings})
    reading.layers.append(Layer("flag", {name: value for name, value in flags.items() if value is not None}))
    _read_environment(reading, environ)
    properties_file = properties_file or _path(environ, "PROPERTIES")
    config_file = config_file or _path(environ, "CONFIG")
    if properties_file is not None:
        _read_properties(reading, properties_file)
    if config_file is not None:
        _read_toml(reading, config_file)
    elif DEFAULT_FILE.is_file():
        _read_toml(reading, DEFAULT_FILE)
    return reading.layers, reading.problems, reading.notes


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(ENVIRONMENT_PREFIX + name)
    return Path(text) if text else None


def _read_environment(reading: _Reading, environ: Mapping[str, str]) -> None:
    values: dict[str, Any] = {}
    sources = {}
    for variable, value in sorted(environ.items()):
        if not variable.upper().startswith(ENVIRONMENT_PREFIX):
            continue
        rest = variable.upper().removeprefix(ENVIRONMENT_PREFIX)
        name = rest.replace("__", "_").lower()
        if name in reading.known:
            values[name] = value
            sources[name] = f"environment variable {variable}"
        elif (key := override_key(name, reading.known)) is not None:
            values.setdefault(OVERRIDES, {})[key] = value
        elif rest not in _OTHER_VARIABLES:
            reading.notes.append(Note(variable, f"no setting has this name{_suggest(name, reading.known)}"))
    reading.layers.append(Layer("environment", values, sources))


def _read_properties(reading: _Reading, path: Path) -> None:
    content = _read_file(reading, path, "properties")
    if content is None:
        return
    try:
        properties = parse_properties(content)
    except PropertiesError as error:
        reading.problems.append(Problem(setting="properties", value=str(path), why=str(error), fix="mend that line"))
        return
    translation = translate(properties, reading.known)
    reading.notes += translation.notes
    reading.problems += [
        Problem(setting=p.setting, value=p.value, why=p.why, fix=p.fix, source=str(path)) for p in translation.problems
    ]
    reading.layers.append(Layer(str(path), translation.values))
    directory = translation.values.get("data_dir")
    stronger = any("data_dir" in layer.values for layer in reading.layers[:-1])
    if directory and not stronger and (Path(directory) / "meta.properties").is_file():
        reading.problems.append(
            Problem(
                setting="data_dir",
                value=str(directory),
                source=f"log.dirs in {path}",
                why="this directory holds the data of a Kafka broker, whose files cannot be read here",
                fix="name another with --data-dir",
            )
        )


def _read_toml(reading: _Reading, path: Path) -> None:
    content = _read_file(reading, path, "config")
    if content is None:
        return
    import tomllib  # not everyone has such a file, and starting is to be quick

    try:
        flat = _flattened(tomllib.loads(content.decode("utf-8")), reading.known)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reading.problems.append(Problem(setting="config", value=str(path), why=f"not valid TOML: {error}", fix="mend that line"))
        return
    values: dict[str, Any] = {}
    for name, value in flat.items():
        if name in reading.known:
            values[name] = value
        elif (key := override_key(name, reading.known)) is not None:
            values.setdefault(OVERRIDES, {})[key] = value
        else:
            reading.problems.append(
                Problem(
                    setting=name,
                    value=str(value),
                    source=str(path),
                    why="no setting has this name",
                    fix=_suggest(name, reading.known).removeprefix("; ") or "leave it out",
                )
            )
    reading.layers.append(Layer(str(path), values))


def _flattened(tables: Mapping[str, Any], known: Mapping[str, Setting], prefix: str = "") -> dict[str, Any]:
    """Tables and dotted keys by their parts joined: ``[log] retention_ms``, ``log.retention.ms``, ``log_retention_ms`` are one."""
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        name = prefix + key.replace(".", "_").replace("-", "_")
        if isinstance(value, dict) and name not in known:
            flat |= _flattened(value, known, name + "_")
        else:
            flat[name] = value
    return flat


def _read_file(reading: _Reading, path: Path, what: str) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_MAX_BYTES + 1)
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
    else:
        if len(content) <= _FILE_MAX_BYTES:
            return content
        why = f"is larger than {_FILE_MAX_BYTES} bytes"
    reading.problems.append(Problem(setting=what, value=str(path), why=why, fix="name a file of settings"))
    return None


def _suggest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # rarely needed, and starting is to be quick

    close = get_close_matches(name, list(known), n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""
