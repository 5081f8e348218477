"""Writes docs/configuration.md from the settings themselves: ``python -m broker.config.document [--check]``.

With ``--check`` nothing is written; the exit code is 1 when the page is not what it should be.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from broker.config.access_settings import AccessSettings
from broker.config.audit_settings import AuditSettings
from broker.config.broker_entries import described
from broker.config.cluster_settings import ClusterSettings
from broker.config.group_table import GROUP_SETTINGS, GroupSetting
from broker.config.kafka_names import PREFIXES_WITHOUT_MEANING, WITHOUT_MEANING
from broker.config.kafka_settings import KafkaSettings
from broker.config.kafka_values import DOUBLE_MAX, INT_MAX, LONG_MAX, Kind, show
from broker.config.life_cycle_settings import LifeCycleSettings
from broker.config.penstock_settings import PenstockSettings
from broker.config.quota_settings import QuotaSettings
from broker.config.sasl_settings import SaslSettings
from broker.config.setting import Setting
from broker.config.settings import SETTINGS
from broker.config.share_settings import ShareSettings
from broker.config.tls_settings import TlsSettings
from broker.config.topic_defaults import TopicDefaults
from broker.config.topic_table import TOPIC_SETTINGS, TopicSetting

PAGE: Final = Path("docs/configuration.md")

_HEAD: Final = """\
# Configuration

<!-- Written by `python -m broker.config.document`; change the settings' own descriptions instead. -->

Everything can be left out: `penstock serve` works without any setting. A value is taken from the first of these that gives one:

1. a flag of `penstock serve` (`--data-dir`, `--listener`, `--http`, `--allow-insecure`),
2. an environment variable: `PENSTOCK_` and the name in capitals, as in `PENSTOCK_NUM_PARTITIONS=3`; two underscores count as one,
3. a Kafka broker's own file, named by `--properties server.properties`,
4. `penstock.toml` in the working directory, or the file named by `--config`,
5. the default.

`penstock check-config` shows the settings a broker would start with and where each comes from, or everything that is wrong with
them at once. In `penstock.toml` a name may be written with underscores, with dots, or in tables:

```toml
data_dir = "/var/lib/penstock"
num_partitions = 3
listeners = ["PLAINTEXT://127.0.0.1:9092"]

[log]
retention_hours = 24
```

Settings that Kafka has too carry Kafka's name with underscores for dots, and Kafka's meaning, default and range: `num_partitions`
is `num.partitions`. Kafka's tools read and change them by Kafka's names. Those whose column *Change* says *while running* can be
changed by `kafka-configs.sh` or any admin client, for one broker or, by the empty broker name, for all. A change applies at once,
is kept across restarts, and comes before what the broker was started with; what is set for one broker comes before what is set for all.

A setting of which it is said that a listener may have its own is set for one by `listener.name.NAME.KEY`, as in Kafka; in
`penstock.toml` also in a table `[listener.name.NAME]`, in the environment as `PENSTOCK_LISTENER_NAME_NAME_KEY`.

Listening on an address that other machines can reach is refused unless there are encryption and authentication (SASL_SSL, or SSL with
`ssl_client_auth` required; for the HTTP surface `http_tls` and `http_authentication`), or `allow_insecure` is set.

From a Kafka broker's file all settings are taken that exist here. `log.dirs` (or `log.dir`) becomes `data_dir`, and must not be a
directory that a Kafka broker has used. Listeners named by `controller.listener.names` are left out. Settings without meaning here
are listed once when the broker starts, with the reason; unknown names as well.
"""


def document() -> str:
    """The page."""
    parts = [
        _HEAD,
        "## Penstock's own\n",
        _settings_table(PenstockSettings),
        "## Penstock's own, of clusters\n\nEmbedded, these have no effect.\n",
        _settings_table(ClusterSettings),
        "## Penstock's own, of the life of record data\n",
        _settings_table(LifeCycleSettings),
        "## Listeners, TLS, the HTTP surface's doors\n",
        _settings_table(TlsSettings),
        "## Logging in\n",
        _settings_table(SaslSettings),
        "## Penstock's own, of the audit log\n",
        _settings_table(AuditSettings),
        "## Kafka's\n",
        _settings_table(KafkaSettings),
        "## Kafka's, of share groups\n",
        _settings_table(ShareSettings),
        "## Authorization and delegation tokens\n\nMost are Kafka's, two of them of its authorizer.\n",
        _settings_table(AccessSettings),
        "## Quotas\n\nHow use is measured. Quotas themselves are set while the broker runs: [operations/quotas.md](operations/quotas.md).\n",
        _settings_table(QuotaSettings),
        "## Defaults of topics\n\nWhat a topic gets that does not set its own.\n",
        _settings_table(TopicDefaults),
        ("## Topics\n\nBy Kafka's names, with `penstock topics create --config NAME=VALUE`, `penstock topics alter`, or any admin "
        "client. *Falls back to* names the broker setting that counts when the topic sets none.\n"),
        _table(
            ("Name", "Type", "Default", "Allowed", "Falls back to", "What it does"),
            [_topic_row(setting) for setting in TOPIC_SETTINGS.values()],
        ),
        ("## Groups\n\nBy Kafka's names, with `kafka-configs.sh --entity-type groups` or any admin client. A group need not exist to have "
        "some. *Falls back to* names the broker setting that counts when the group sets none; what a group may set lies between that "
        "setting's `min` and `max`.\n"),
        _table(
            ("Name", "Type", "Default", "Allowed", "Falls back to", "What it does"),
            [_group_row(setting) for setting in GROUP_SETTINGS.values() if not setting.is_internal],
        ),
        ("## Kafka's settings without meaning here\n\nThey may stand in a file given by `--properties`; nothing comes of them. "
        "`name.*` stands for every name that begins so and is not listed above. Asked to change one while running, the broker "
        "refuses with the reason.\n"),
        _without_meaning(),
    ]
    return "\n".join(parts)


def _settings_table(group: type[BaseModel]) -> str:
    rows = [_row(SETTINGS[name]) for name in group.model_fields]
    return _table(("Name", "Type", "Default", "Allowed", "Change", "What it does"), rows)


def _row(setting: Setting) -> tuple[str, ...]:
    kind = setting.kind.name.lower() + (f", {setting.unit}" if setting.unit else "")
    change = {"read-only": "at start", "per-broker": "while running, one broker", "cluster-wide": "while running"}[setting.mode]
    what = described(setting.what, setting.without_effect) + (" A listener may have its own." if setting.per_listener else "")
    what += " Never shown." if setting.sensitive else ""
    return (f"`{setting.name}`", kind, _default(setting), _allowed(setting), change, what)


def _topic_row(setting: TopicSetting) -> tuple[str, ...]:
    kind = setting.kind.name.lower() + (f", {setting.unit}" if setting.unit else "")
    behind = ", ".join(f"`{name}`" for name in setting.synonyms)
    return (
        f"`{setting.name}`",
        kind,
        _default(setting),
        _allowed(setting),
        behind,
        described(setting.what, setting.without_effect),
    )


def _group_row(setting: GroupSetting) -> tuple[str, ...]:
    kind = setting.kind.name.lower() + (", ms" if setting.name.endswith(".ms") else "")
    default = show(setting.kind, setting.default)
    allowed = "" if setting.is_bounded else str(setting.check or "")
    if setting.kind is Kind.BOOLEAN:
        allowed = "true, false"
    what = described(setting.what, setting.without_effect)
    return (
        f"`{setting.name}`",
        kind,
        f"`{default}`" if default else "empty",
        allowed,
        f"`{setting.synonym}`" if setting.synonym else "",
        what,
    )


def _default(setting: Setting | TopicSetting) -> str:
    if setting.default is None:
        return "not set"
    if (isinstance(setting.default, int) and setting.default in (INT_MAX, LONG_MAX)) or setting.default == DOUBLE_MAX:
        return "no limit"
    return f"`{setting.show(setting.default)}`" if setting.show(setting.default) else "empty"


def _allowed(setting: Setting | TopicSetting) -> str:
    if setting.check is not None:
        return str(setting.check)
    return "true, false" if setting.kind == Kind.BOOLEAN else ""


def _without_meaning() -> str:
    names: dict[str, list[str]] = defaultdict(list)
    for name, reason in WITHOUT_MEANING.items():
        names[reason].append(f"`{name}`")
    for prefix, reason in PREFIXES_WITHOUT_MEANING.items():
        names[reason].append(f"`{prefix}*`")
    return _table(("Why", "Names"), [(reason, ", ".join(sorted(group))) for reason, group in sorted(names.items())])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or check it; the exit code."""
    if "--check" in arguments:
        fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == document()
        if not fresh:
            sys.stderr.write(f"{PAGE} is not what the settings say: run python -m broker.config.document\n")
        return 0 if fresh else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
