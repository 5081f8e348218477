"""The settings of logging in: mechanisms, PLAIN's users, the tokens of OAUTHBEARER, the first administrator."""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, Range, SomeOf, ValueProblem
from broker.config.setting import kafka, own
from security.sasl.algorithms import ALGORITHMS

MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_HOUR_MS: Final = 3_600_000


def _as_file(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueProblem("expected the path of a file")
    return Path(value)


class SaslSettings(BaseModel):
    """Those whose names are Kafka's mean what they mean there."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- logging in ---------------------------------------------------------------------------------------------------

    sasl_enabled_mechanisms: tuple[str, ...] = kafka(
        Kind.LIST, ("SCRAM-SHA-256", "SCRAM-SHA-512"), "The mechanisms that clients of SASL listeners may log in by.",
        check=SomeOf(MECHANISMS), per_listener=True,
    )
    connections_max_reauth_ms: int = kafka(
        Kind.LONG, 0,
        "How long a client may go on before it has to log in again (KIP-368), 0 for ever. A token's own end counts in any case.",
        check=Range(0), unit="ms", per_listener=True,
    )
    connection_failed_authentication_delay_ms: int = kafka(
        Kind.INT, 100, "How much later a client is told that it could not log in, and its connection closed.", check=Range(0, 10_000), unit="ms",
    )
    sasl_server_max_receive_size: int = kafka(
        Kind.INT, 65_536, "The largest request before a client has logged in, and while it does so again.", check=Range(1024, 524_288), unit="bytes",
        per_listener=True,
    )
    sasl_plain_users_file: Path | None = own(
        Kind.STRING, None,
        "The users of PLAIN, a line NAME:PASSWORD for each. It is read anew when it changes, and who was taken out of it, or has another password, "
        "is logged out.",
        convert=_as_file, shown_by=str, unit="path",
    )

    # --- tokens of an identity provider -------------------------------------------------------------------------------

    sasl_oauthbearer_jwks_endpoint_url: str | None = kafka(
        Kind.STRING, None, "Where the provider lists the keys that it signs tokens with: https://..., or file:///PATH. Needed for OAUTHBEARER.", unit="URL", per_listener=True,
    )
    sasl_oauthbearer_jwks_ca_file: Path | None = own(
        Kind.STRING, None, "Certificates (PEM) of the authorities by which the provider is known; when not set, the system's.", convert=_as_file,
        shown_by=str, unit="path", per_listener=True,
    )
    sasl_oauthbearer_jwks_allow_http: bool = own(
        Kind.BOOLEAN, False, "Allows http:// for it: whoever is between can then make tokens for anybody. For tests.", per_listener=True,
    )
    sasl_oauthbearer_jwks_endpoint_refresh_ms: int = kafka(
        Kind.LONG, _HOUR_MS, "How often the keys are asked for. A token with an unknown key has them asked for too, every ten seconds at most.",
        check=Range(1000), unit="ms", per_listener=True,
    )
    sasl_oauthbearer_jwks_endpoint_retry_backoff_ms: int = kafka(
        Kind.LONG, 100, "When they are asked for again after a failure; each time twice as much later.", check=Range(10), unit="ms", per_listener=True,
    )
    sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms: int = kafka(
        Kind.LONG, 10_000, "At most so much later.", check=Range(10), unit="ms", per_listener=True,
    )
    sasl_oauthbearer_expected_issuer: str | None = kafka(
        Kind.STRING, None, "The provider that tokens must be of (iss). Needed for OAUTHBEARER.", per_listener=True,
    )
    sasl_oauthbearer_expected_audience: tuple[str, ...] = kafka(
        Kind.LIST, (), "For whom tokens must be (aud): one of these. Needed for OAUTHBEARER.", per_listener=True,
    )
    sasl_oauthbearer_algorithms: tuple[str, ...] = own(
        Kind.LIST, (), "The algorithms that tokens may be signed with. Needed for OAUTHBEARER.", check=SomeOf(ALGORITHMS), per_listener=True,
    )
    sasl_oauthbearer_clock_skew_seconds: int = kafka(
        Kind.INT, 30, "By how much the provider's clock may differ.", check=Range(0, 600), unit="s", per_listener=True,
    )
    sasl_oauthbearer_sub_claim_name: str = kafka(Kind.STRING, "sub", "What of a token names the user.", per_listener=True)
    sasl_oauthbearer_scope_claim_name: str = kafka(Kind.STRING, "scope", "What of a token lists its scopes.", per_listener=True)
    sasl_oauthbearer_required_scopes: tuple[str, ...] = own(Kind.LIST, (), "Scopes that a token must have, all of them.", per_listener=True)
    sasl_oauthbearer_groups_claim_name: str | None = own(
        Kind.STRING, None, "What of a token lists the groups of the user; rules name them as Group:NAME. When not set, there are none.", per_listener=True,
    )

    # --- the first administrator --------------------------------------------------------------------------------------

    initial_admin: str | None = own(
        Kind.STRING, None,
        "The name of a user who may do everything, made when the broker starts for the first time. It logs in by SCRAM.",
    )
    initial_admin_password_file: Path | None = own(
        Kind.STRING, None,
        "A file with its password, which may be deleted after the first start. When not set, a password is made and written to "
        "initial-admin-password in data_dir, readable by nobody else.",
        convert=_as_file, shown_by=str, unit="path",
    )
