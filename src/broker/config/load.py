"""Reads the settings from everywhere at once: flags, environment, a Kafka broker's properties file, penstock.toml, defaults.

A value is taken from the first of these that gives one. Everything that is wrong is found in one go.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from broker.config.problems import Note, Problem, SettingsInvalid
from broker.config.settings import SETTINGS, Settings, problems_of, reading
from broker.config.sources import Layer, read_layers

__all__ = ["Loaded", "SettingsInvalid", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and what is worth telling about them: names without meaning here, names nobody knows."""

    settings: Settings
    notes: tuple[Note, ...]


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    properties: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read and validate. Raises SettingsInvalid with every problem.

    ``flags`` are fields by name; those that are None were not given. ``environ`` is the process's own when None. Without
    ``config``, ``penstock.toml`` in the working directory is read when there is one.
    """
    layers, problems, notes = read_layers(
        SETTINGS.values(),
        flags or {},
        os.environ if environ is None else environ,
        config_file=config,
        properties_file=properties,
    )
    sources: dict[str, str] = {}
    for layer in layers:
        for name in layer.values:
            sources.setdefault(name, layer.sources.get(name, layer.name))
    settings, found = _validate(layers, sources)
    problems = [*problems, *found]
    if settings is None or problems:
        raise SettingsInvalid(problems, notes)
    settings.name_sources(sources)
    return Loaded(settings, tuple(notes))


def _validate(layers: list[Layer], sources: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """When single settings are wrong, look again without them, so that wrong combinations are found as well."""
    settings, problems = _try(layers, sources)
    wrong = {problem.setting for problem in problems}
    if settings is None and wrong <= set(SETTINGS):
        rest = [Layer(layer.name, {name: value for name, value in layer.values.items() if name not in wrong}) for layer in layers]
        _, more = _try(rest, sources)
        problems += [problem for problem in more if problem.setting not in wrong]
    return settings, problems


def _try(layers: list[Layer], sources: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    with reading(tuple(layers)):
        try:
            return Settings(), []
        except ValidationError as error:
            return None, problems_of(error, sources)
