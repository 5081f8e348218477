"""What settings must be together: listeners that fit each other, no open door by mistake, limits in the right order."""

from typing import TYPE_CHECKING, Final

from broker.config.listener_overrides import full_name, of_nobody
from broker.config.listeners import Listener
from broker.config.problems import Problem
from security.tls.suites import speaks_tls_1_3

if TYPE_CHECKING:
    from broker.config.settings import Settings

SERVED_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
TLS_PROTOCOLS: Final = ("SSL", "SASL_SSL")
HTTP: Final = "http"
PEER: Final = "peer"
"""What the HTTP surface and the connections between brokers are called where listeners have settings of their own."""
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI")
_OPEN: Final = "anyone who reaches it could read, write and delete everything: there is no encryption and no authentication"
_READABLE: Final = "passwords and data could be read on the way: there is no encryption"
_UNNAMED: Final = "anyone who reaches it could read, write and delete everything: clients need not show who they are"


def cross_check(settings: "Settings") -> list[Problem]:
    """Everything that is wrong with a combination of settings, each of which may be right by itself."""
    return [
        *_identity(settings),
        *_listeners(settings),
        *_advertised(settings),
        *_open_doors(settings),
        *_overrides(settings),
        *_certificates(settings),
        *_http_doors(settings),
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
                    f"it speaks {protocol}, which nobody knows",
                    f"use one of {', '.join(SERVED_PROTOCOLS)}",
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
    problems = []
    for listener in settings.listeners:
        why = None if listener.is_loopback else _open_door(settings, listener)
        if why is not None:
            how = "let it speak SASL_SSL, or SSL with ssl_client_auth required; else "
            problems.append(Problem(setting="listeners", value=str(listener), why=why, fix=how + fix))
    if not settings.http.is_loopback and not (settings.http_tls and settings.http_authentication):
        problems.append(
            Problem(
                setting="http",
                value=str(settings.http),
                why="it would be open to other machines without encryption and authentication",
                fix="set http_tls and http_authentication; else " + fix,
            )
        )
    return problems


def _open_door(settings: "Settings", listener: Listener) -> str | None:
    """Why nobody but this machine's own should reach a listener."""
    match settings.listener_security_protocol_map.get(listener.name):
        case "PLAINTEXT":
            return _OPEN
        case "SASL_PLAINTEXT":
            return _READABLE
        case "SSL" if settings.on_listener(listener.name, "ssl_client_auth") != "required":
            return _UNNAMED
        case _:
            return None


def _overrides(settings: "Settings") -> list[Problem]:
    names = [listener.name for listener in settings.listeners] + [HTTP, PEER]
    return [
        Problem(
            setting=full_name(key),
            value="(hidden)",
            why="no listener has this name",
            fix="use the names of listeners, in lower case (http and peer for the HTTP surface and for other brokers)",
        )
        for key in of_nobody(settings.listener_overrides, names, _MECHANISMS)
    ]


def _certificates(settings: "Settings") -> list[Problem]:
    """Whoever speaks TLS needs a certificate, and whoever checks those of clients needs to know by which authority."""
    speakers = [
        ("listeners", listener.name, settings.on_listener(listener.name, "ssl_client_auth") != "none")
        for listener in settings.listeners
        if settings.listener_security_protocol_map.get(listener.name) in TLS_PROTOCOLS
    ]
    if settings.http_tls:
        speakers.append(("http_tls", HTTP, settings.on_listener(HTTP, "ssl_client_auth") != "none"))
    if settings.cluster_peer_tls:
        speakers.append(("cluster_peer_tls", PEER, True))
    problems = []
    for setting, name, checks_clients in speakers:
        own, others = ("ssl_keystore_location", "ssl_keystore_key"), ("ssl_truststore_location", "ssl_truststore_certificates")
        if not any(settings.on_listener(name, field) for field in own):
            fix = f"set ssl_keystore_location, or listener.name.{name.lower()}.ssl.keystore.location (penstock certs dev makes certificates to try with)"
            problems.append(Problem(setting=setting, value=name, why="TLS needs a key and a certificate", fix=fix))
        if checks_clients and not any(settings.on_listener(name, field) for field in others):
            fix = f"set ssl_truststore_location, or listener.name.{name.lower()}.ssl.truststore.location"
            problems.append(Problem(setting=setting, value=name, why="nobody's certificate could be checked without an authority", fix=fix))
        protocols = settings.on_listener(name, "ssl_enabled_protocols")
        if protocols == ("TLSv1.3",) and not speaks_tls_1_3(settings.on_listener(name, "ssl_cipher_suites")):
            why = "only TLS 1.3 is enabled, and no suite of ssl_cipher_suites is one of it"
            problems.append(Problem(setting="ssl_cipher_suites", value=name, why=why, fix="add one, or enable TLSv1.2"))
    return problems


def _http_doors(settings: "Settings") -> list[Problem]:
    ways = settings.http_authentication
    problems = []
    if "token" in ways and settings.http_token_file is None:
        why = "tokens are taken, and it is not said which"
        problems.append(Problem(setting="http_authentication", value="token", why=why, fix="set http_token_file"))
    if "certificate" in ways and not (settings.http_tls and settings.on_listener(HTTP, "ssl_client_auth") != "none"):
        why = "certificates are taken, and nobody is asked for one"
        fix = "set http_tls, and ssl_client_auth or listener.name.http.ssl.client.auth"
        problems.append(Problem(setting="http_authentication", value="certificate", why=why, fix=fix))
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
