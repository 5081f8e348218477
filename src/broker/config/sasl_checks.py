"""What has to be set for clients to log in: nothing is left to be checked by nothing."""

from typing import TYPE_CHECKING, Final

from broker.config.problems import HIDDEN, Problem

if TYPE_CHECKING:
    from broker.config.settings import Settings

SASL_PROTOCOLS: Final = ("SASL_PLAINTEXT", "SASL_SSL")
_NEEDED_FOR_TOKENS: Final = (
    ("sasl_oauthbearer_jwks_endpoint_url", "tokens could not be checked without the keys they are signed with"),
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
    if "OAUTHBEARER" in mechanisms:
        problems += [
            Problem(setting=name, why=f"OAUTHBEARER is enabled, and {why}", fix="set it")
            for name, why in _NEEDED_FOR_TOKENS
            if not getattr(settings, name)
        ]
    problems += _check_url(settings)
    if settings.initial_admin is None and settings.initial_admin_password_file is not None:
        why = "it is not said whose password it is"
        problems.append(Problem(setting="initial_admin_password_file", value=HIDDEN, why=why, fix="set initial_admin as well"))
    if settings.initial_admin is not None and settings.initial_admin_password_file is None and settings.clustered:
        why = "brokers of a cluster would each make another password"
        problems.append(Problem(setting="initial_admin", value=settings.initial_admin, why=why, fix="set initial_admin_password_file"))
    return problems


def _check_url(settings: "Settings") -> list[Problem]:
    url = settings.sasl_oauthbearer_jwks_endpoint_url
    if url is None:
        return []
    allowed = ("https://", "file:///", "http://") if settings.sasl_oauthbearer_jwks_allow_http else ("https://", "file:///")
    if url.startswith(allowed) and "@" not in url and "\n" not in url:
        return []
    why = "keys are read from https://... or file:///PATH only, and without a password in the URL"
    fix = "change it (http:// needs sasl_oauthbearer_jwks_allow_http)"
    return [Problem(setting="sasl_oauthbearer_jwks_endpoint_url", value=HIDDEN, why=why, fix=fix)]
