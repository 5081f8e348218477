"""What has to be set for clients to log in: nothing is left to be checked by nothing."""

from typing import TYPE_CHECKING, Final

from broker.config.listener_overrides import full_name
from broker.config.problems import HIDDEN, Problem

if TYPE_CHECKING:
    from broker.config.settings import Settings

SASL_PROTOCOLS: Final = ("SASL_PLAINTEXT", "SASL_SSL")
_URL: Final = "sasl_oauthbearer_jwks_endpoint_url"
_ALLOW_HTTP: Final = "sasl_oauthbearer_jwks_allow_http"
_NEEDED_FOR_TOKENS: Final = (
    (_URL, "tokens could not be checked without the keys they are signed with"),
    ("sasl_oauthbearer_expected_issuer", "tokens of any provider would do"),
    ("sasl_oauthbearer_expected_audience", "tokens that are meant for others would do"),
    ("sasl_oauthbearer_algorithms", "it is not said how tokens may be signed"),
)


def enabled_mechanisms(settings: "Settings") -> frozenset[str]:
    """Those that clients may log in by, on whatever listener."""
    names = [listener.name for listener in settings.listeners if settings.listener_security_protocol_map.get(listener.name) in SASL_PROTOCOLS]
    return frozenset(mechanism for name in names for mechanism in settings.on_listener(name, "sasl_enabled_mechanisms"))


def check_logins(settings: "Settings") -> list[Problem]:
    """What is missing for the mechanisms that are enabled."""
    problems = []
    for listener in settings.listeners:
        speaks = settings.listener_security_protocol_map.get(listener.name)
        if speaks in SASL_PROTOCOLS and not settings.on_listener(listener.name, "sasl_enabled_mechanisms"):
            why = f"nobody could log in on {listener.name}: no mechanism is enabled"
            problems.append(Problem(setting="sasl_enabled_mechanisms", value="", why=why, fix="name one"))
    mechanisms = enabled_mechanisms(settings)
    if "PLAIN" in mechanisms and settings.sasl_plain_users_file is None:
        why = "PLAIN is enabled, and it has no users"
        problems.append(Problem(setting="sasl_plain_users_file", why=why, fix="set it to a file with a line NAME:PASSWORD for each user"))
    problems += _check_tokens(settings)
    problems += [
        _bad_url(setting)
        for setting, url, allow_http in _key_urls(settings)
        if not url.startswith(("https://", "file:///", "http://") if allow_http else ("https://", "file:///")) or "@" in url or "\n" in url
    ]
    if settings.initial_admin is None and settings.initial_admin_password_file is not None:
        why = "it is not said whose password it is"
        problems.append(Problem(setting="initial_admin_password_file", value=HIDDEN, why=why, fix="set initial_admin as well"))
    if settings.initial_admin is not None and settings.initial_admin_password_file is None and settings.clustered:
        why = "brokers of a cluster would each make another password"
        problems.append(Problem(setting="initial_admin", value=settings.initial_admin, why=why, fix="set initial_admin_password_file"))
    return problems


def takes_tokens(settings: "Settings") -> tuple[str, ...]:
    """The listeners on which clients may log in by OAUTHBEARER."""
    names = (listener.name for listener in settings.listeners if settings.listener_security_protocol_map.get(listener.name) in SASL_PROTOCOLS)
    return tuple(name for name in names if "OAUTHBEARER" in settings.on_listener(name, "sasl_enabled_mechanisms"))


def _check_tokens(settings: "Settings") -> list[Problem]:
    """What is missing somewhere, each once."""
    problems = []
    for name, why in _NEEDED_FOR_TOKENS:
        lacking = [listener for listener in takes_tokens(settings) if not settings.on_listener(listener, name, "OAUTHBEARER")]
        if lacking:
            why = f"OAUTHBEARER is enabled on {', '.join(lacking)}, and {why}"
            problems.append(Problem(setting=name, why=why, fix="set it, for all listeners or for each"))
    return problems


def _key_urls(settings: "Settings") -> list[tuple[str, str, bool]]:
    """Every place that keys are to be read from: the setting, its value, and whether http:// is allowed for it."""
    found = []
    if (url := settings.sasl_oauthbearer_jwks_endpoint_url) is not None:
        found.append((_URL, url, settings.sasl_oauthbearer_jwks_allow_http))
    for key, url in settings.listener_overrides.items():
        owner, _, field = key.partition(".")
        if field == _URL and url is not None:
            # Whoever allows it for one mechanism of a listener names both the same way.
            allowed = (f"{owner}.{_ALLOW_HTTP}", f"{owner.removesuffix('_oauthbearer')}.{_ALLOW_HTTP}")
            here = [settings.listener_overrides[each] for each in allowed if each in settings.listener_overrides]
            found.append((full_name(key), url, bool(here[0] if here else settings.sasl_oauthbearer_jwks_allow_http)))
    return found


def _bad_url(setting: str) -> Problem:
    why = "keys are read from https://... or file:///PATH only, and without a password in the URL"
    fix = "change it (http:// needs sasl_oauthbearer_jwks_allow_http)"
    return Problem(setting=setting, value=HIDDEN, why=why, fix=fix)
