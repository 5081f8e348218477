"""What settings must be together: listeners that fit each other, no open door by mistake, limits in the right order."""

from typing import TYPE_CHECKING, Final

from broker.config.listeners import Listener
from broker.config.problems import Problem

if TYPE_CHECKING:
    from broker.config.settings import Settings

SERVED_PROTOCOLS: Final = ("PLAINTEXT",)
_OPEN: Final = "anyone who reaches it could read, write and delete everything: there is no encryption and no authentication"


def cross_check(settings: "Settings") -> list[Problem]:
    """Everything that is wrong with a combination of settings, each of which may be right by itself."""
    return [
        *_identity(settings),
        *_listeners(settings),
        *_advertised(settings),
        *_open_doors(settings),
        *_groups(settings),
        *_group_protocols(settings),
        *_times(settings),
        *_storage(settings),
    ]


def _identity(settings: "Settings") -> list[Problem]:
    if settings.broker_id not in (-1, settings.node_id):
        return [
            Problem(
                setting="broker_id",
                value=str(settings.broker_id),
                why=f"differs from node_id, which is {settings.node_id}",
                fix="set only node_id",
            )
        ]
    return []


def _listeners(settings: "Settings") -> list[Problem]:
    problems = []
    names: set[str] = set()
    places: set[tuple[str, int]] = set()
    if not settings.listeners:
        problems.append(
            Problem(setting="listeners", value="", why="there is nothing to listen on", fix="set for example PLAINTEXT://127.0.0.1:9092")
        )
    for listener in settings.listeners:
        if listener.name in names:
            problems.append(_listener_problem(listener, "another listener has the same name", "give each its own name"))
        if listener.port and (listener.host, listener.port) in places:
            problems.append(_listener_problem(listener, "another listener has the same address", "give each its own port"))
        names.add(listener.name)
        places.add((listener.host, listener.port))
        protocol = settings.listener_security_protocol_map.get(listener.name)
        if protocol is None:
            problems.append(
                _listener_problem(
                    listener,
                    f"it is not said what {listener.name} speaks",
                    f"add {listener.name}:PLAINTEXT to listener_security_protocol_map",
                )
            )
        elif protocol not in SERVED_PROTOCOLS:
            problems.append(
                _listener_problem(
                    listener,
                    f"it speaks {protocol}, and only {', '.join(SERVED_PROTOCOLS)} can be served so far",
                    "use a PLAINTEXT listener, on 127.0.0.1 or behind something that encrypts",
                )
            )
    return problems


def _listener_problem(listener: Listener, why: str, fix: str) -> Problem:
    return Problem(setting="listeners", value=str(listener), why=why, fix=fix)


def _advertised(settings: "Settings") -> list[Problem]:
    problems = []
    names = {listener.name for listener in settings.listeners}
    seen: set[str] = set()
    for listener in settings.advertised_listeners:
        why = fix = ""
        if listener.name not in names:
            why, fix = f"no listener is named {listener.name}", "use the names of listeners"
        elif listener.name in seen:
            why, fix = "it is advertised twice", "give one address for each listener"
        elif listener.is_wildcard or not listener.port:
            why, fix = "clients cannot connect to it", "give a host name or address, and a port, that clients reach"
        seen.add(listener.name)
        if why:
            problems.append(Problem(setting="advertised_listeners", value=str(listener), why=why, fix=fix))
    return problems


def _open_doors(settings: "Settings") -> list[Problem]:
    if settings.allow_insecure:
        return []
    fix = "listen on 127.0.0.1 (an empty host means every interface), or set allow_insecure (--allow-insecure) where the network is trusted"
    problems = [
        Problem(setting="listeners", value=str(listener), why=_OPEN, fix=fix)
        for listener in settings.listeners
        if not listener.is_loopback and settings.listener_security_protocol_map.get(listener.name) == "PLAINTEXT"
    ]
    if not settings.http.is_loopback:
        problems.append(
            Problem(
                setting="http",
                value=str(settings.http),
                why="it would be open to other machines without encryption and authentication",
                fix=fix,
            )
        )
    return problems


def _groups(settings: "Settings") -> list[Problem]:
    if settings.group_min_session_timeout_ms > settings.group_max_session_timeout_ms:
        return [
            Problem(
                setting="group_min_session_timeout_ms",
                value=str(settings.group_min_session_timeout_ms),
                why=f"it is above group_max_session_timeout_ms, which is {settings.group_max_session_timeout_ms}",
                fix="lower it or raise the other",
            )
        ]
    return []


def _group_protocols(settings: "Settings") -> list[Problem]:
    """What a group may set lies between a minimum and a maximum; the broker's own setting must as well."""
    times = ("session_timeout_ms", "heartbeat_interval_ms", "assignment_interval_ms")
    counts = ("record_lock_duration_ms", "delivery_count_limit", "partition_max_record_locks")
    problems = []
    for protocol, names in (("consumer", times), ("share", times + counts)):
        for what in names:
            low, value, high = (getattr(settings, f"group_{protocol}_{place}{what}") for place in ("min_", "", "max_"))
            if not low <= value <= high:
                problems.append(
                    Problem(
                        setting=f"group_{protocol}_{what}",
                        value=str(value),
                        why=f"it is not from {low} (group_{protocol}_min_{what}) to {high} (group_{protocol}_max_{what})",
                        fix="change it or its bounds",
                    )
                )
        heartbeat, session = (getattr(settings, f"group_{protocol}_{what}") for what in ("heartbeat_interval_ms", "session_timeout_ms"))
        if heartbeat >= session:
            problems.append(
                Problem(
                    setting=f"group_{protocol}_heartbeat_interval_ms",
                    value=str(heartbeat),
                    why=f"it is not below group_{protocol}_session_timeout_ms, which is {session}",
                    fix="lower it or raise the other",
                )
            )
    if settings.group_share_max_share_sessions < settings.group_share_max_size:
        problems.append(
            Problem(
                setting="group_share_max_share_sessions",
                value=str(settings.group_share_max_share_sessions),
                why=f"it is below group_share_max_size, which is {settings.group_share_max_size}",
                fix="raise it or lower the other",
            )
        )
    return problems


def _times(settings: "Settings") -> list[Problem]:
    problems = []
    for name in ("log_retention_ms", "log_retention_minutes", "log_retention_hours"):
        value = getattr(settings, name)
        if value is not None and value != -1 and value < 1:
            problems.append(Problem(setting=name, value=str(value), why="it must be 1 or more, or -1 for ever", fix="set one of these"))
    for name, low in (("log_roll_ms", 1), ("log_roll_jitter_ms", 0), ("log_flush_interval_ms", 0)):
        value = getattr(settings, name)
        if value is not None and value < low:
            problems.append(Problem(setting=name, value=str(value), why=f"it must be {low} or more", fix="set such a value"))
    if settings.log_cleaner_min_compaction_lag_ms > settings.log_cleaner_max_compaction_lag_ms:
        problems.append(
            Problem(
                setting="log_cleaner_min_compaction_lag_ms",
                value=str(settings.log_cleaner_min_compaction_lag_ms),
                why=f"it is above log_cleaner_max_compaction_lag_ms, which is {settings.log_cleaner_max_compaction_lag_ms}",
                fix="lower it or raise the other",
            )
        )
    return problems


def _storage(settings: "Settings") -> list[Problem]:
    problems = []
    catalogs = ("sqlite:///", "postgresql://", "postgres://")
    stores = ("s3://", "gs://", "az://", "memory://") if settings.clustered else ("file:///",)
    for name, schemes in (("catalog", catalogs), ("objects", stores)):
        value = getattr(settings, name)
        if value is not None and not value.startswith(schemes):
            shown = " or ".join(f"{scheme}..." for scheme in schemes)
            why = f"only {shown} can be used" + ("" if name == "catalog" or settings.clustered else " beside an embedded catalog")
            problems.append(Problem(setting=name, value="(hidden)", why=why, fix="leave it out to use data_dir"))
    if settings.workers > 1 and not settings.clustered:
        problems.append(
            Problem(
                setting="workers",
                value=str(settings.workers),
                why="a data directory is used by one process at a time",
                fix="leave it out, or set catalog and objects to what several brokers can share (postgresql://..., s3://...)",
            )
        )
    if settings.clustered and settings.objects is None:
        problems.append(
            Problem(
                setting="objects",
                value="",
                why="brokers that share a catalog must share the record data as well",
                fix="set where it is kept, for example s3://BUCKET/PREFIX",
            )
        )
    if settings.connection_max_bytes > settings.process_max_bytes:
        problems.append(
            Problem(
                setting="connection_max_bytes",
                value=str(settings.connection_max_bytes),
                why=f"it is above process_max_bytes, which is {settings.process_max_bytes}",
                fix="lower it or raise the other",
            )
        )
    return problems
