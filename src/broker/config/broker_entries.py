"""The broker's settings as DescribeConfigs shows them: by Kafka's names, each with where its value comes from.

Shown are the settings this broker has under a Kafka name, those without effect here among them, and ``log.dirs``, which is
``data_dir``. Kafka's settings that have no meaning here are not shown: there is no value to show.
"""

from collections.abc import Mapping

from broker.config.entry import SYNONYMS, Entry, Source, Synonym
from broker.config.kafka_values import Kind
from broker.config.setting import Setting
from broker.config.settings import BY_KAFKA_NAME, SETTINGS, Settings


def synonyms_of(name: str, settings: Settings) -> tuple[Synonym, ...]:
    """What gives the broker setting its value: by level, and by Kafka's order of synonyms within a level."""
    group = [BY_KAFKA_NAME[synonym] for synonym in SYNONYMS.get(name, (name,))]
    origin = settings.origin
    given = origin.static.model_fields_set
    static = {setting.kafka_name: _text(setting, origin.static) for setting in group if setting.name in given}
    defaults = {setting.kafka_name: setting.show(setting.default) for setting in group if setting.default is not None}
    levels: tuple[tuple[Source, Mapping[str, str | None]], ...] = (
        (Source.DYNAMIC_BROKER, dict(origin.own)),
        (Source.DYNAMIC_DEFAULT_BROKER, dict(origin.everywhere)),
        (Source.STATIC_BROKER, static),
        (Source.DEFAULT, defaults),
    )
    found = [
        Synonym(setting.kafka_name, None if setting.sensitive else values[setting.kafka_name], source)
        for source, values in levels
        for setting in group
        if values.get(setting.kafka_name) is not None
    ]
    # As Kafka does: nothing is said of the other names before this one itself is set somewhere.
    while found and found[0].name != name:
        del found[0]
    return tuple(found)


def _text(setting: Setting, settings: Settings) -> str | None:
    return None if setting.sensitive else setting.show(getattr(settings, setting.name))


def broker_entries(settings: Settings) -> list[Entry]:
    """Of one broker."""
    entries = [
        _entry(setting, _text(setting, settings), synonyms_of(setting.kafka_name, settings))
        for setting in BY_KAFKA_NAME.values()
        if not setting.of_plugin
    ]
    directory = str(settings.data_dir)
    given = "data_dir" in settings.origin.static.model_fields_set
    source = Source.STATIC_BROKER if given else Source.DEFAULT
    entries.append(
        Entry(
            name="log.dirs",
            value=directory,
            source=source,
            kind=Kind.LIST,
            read_only=True,
            synonyms=(Synonym("log.dirs", directory, source),),
            what=SETTINGS["data_dir"].what,
        )
    )
    return sorted(entries, key=lambda entry: entry.name)


def cluster_entries(settings: Settings) -> list[Entry]:
    """Of all brokers together: only what was set for them."""
    entries = []
    for name, text in sorted(settings.origin.everywhere.items()):
        setting = BY_KAFKA_NAME[name]
        shown = None if setting.sensitive else setting.show(setting.read(text))
        synonyms = (Synonym(name, shown, Source.DYNAMIC_DEFAULT_BROKER),)
        entries.append(_entry(setting, shown, synonyms))
    return entries


def _entry(setting: Setting, value: str | None, synonyms: tuple[Synonym, ...]) -> Entry:
    return Entry(
        name=setting.kafka_name,
        value=value,
        source=synonyms[0].source if synonyms else Source.DEFAULT,
        kind=setting.kind,
        read_only=setting.mode == "read-only",
        sensitive=setting.sensitive,
        synonyms=synonyms,
        what=described(setting.what, setting.without_effect),
    )


def described(what: str, without_effect: str) -> str:
    """The text for whoever asks what a setting means."""
    return f"{what} Without effect here: {without_effect}." if without_effect else what
