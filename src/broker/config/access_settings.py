"""The settings of authorization and of delegation tokens. Those of Kafka's authorizer keep the names they have there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, OneOf, Range, ValueProblem
from broker.config.setting import kafka, own

if TYPE_CHECKING:
    from broker.config.settings import Settings

AUTO, ON, OFF = "auto", "on", "off"
AUTHORIZERS: Final = (
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "kafka.security.authorizer.AclAuthorizer",
    "kafka.security.auth.SimpleAclAuthorizer",
)
"""What Kafka's authorizers were called over the years: all of them mean the one there is here."""

_ONE_UP = Range(1)


def _as_principals(value: Any) -> tuple[str, ...]:
    """``Type:name``, separated by semicolons: names of certificates have commas in them."""
    if isinstance(value, str):
        value = value.split(";")
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueProblem("expected TYPE:NAME, several separated by semicolons")
    names = tuple(dict.fromkeys(item.strip() for item in value if item.strip()))
    for name in names:
        kind, colon, rest = name.partition(":")
        if not (kind and colon and rest):
            raise ValueProblem(f"{name!r} is not TYPE:NAME, for example User:admin")
    return names


@dataclass(frozen=True, slots=True)
class _KnownAuthorizer:
    """The name of an authorizer of Kafka's, or none."""

    def __call__(self, value: Any) -> None:
        if value and value not in AUTHORIZERS:
            raise ValueProblem(f"a class for the Java virtual machine cannot be loaded here; leave it out, or name {AUTHORIZERS[0]}")

    def __str__(self) -> str:
        return ", ".join(AUTHORIZERS)


class AccessSettings(BaseModel):
    """Whether clients may do only what rules allow, who is above the rules, and delegation tokens."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- authorization ------------------------------------------------------------------------------------------------

    authorization: str = own(
        Kind.STRING, AUTO,
        "Whether clients may do only what access rules (ACLs) allow. auto: as soon as one listener knows who its clients are (SASL, or TLS "
        "with client certificates), or authorizer.class.name names an authorizer.",
        check=OneOf((AUTO, ON, OFF)),
    )
    authorizer_class_name: str = kafka(
        Kind.STRING, "", "Kafka's way to turn authorization on: the name of its StandardAuthorizer. It is the broker's own that decides.",
        check=_KnownAuthorizer(),
    )
    super_users: tuple[str, ...] = kafka(
        Kind.LIST, (),
        "Who may do everything, whatever the rules say: TYPE:NAME, separated by semicolons. Besides users there may be groups (Group:NAME).",
        convert=_as_principals, shown_by=";".join, unit="TYPE:NAME;...", of_plugin=True,
    )
    allow_everyone_if_no_acl_found: bool = kafka(
        Kind.BOOLEAN, False,
        "Whether everybody may do everything with a resource that no rule speaks of. With it on, the first rule for a resource locks out "
        "everybody whom it does not name.",
        of_plugin=True,
    )

    # --- delegation tokens (KIP-48) -----------------------------------------------------------------------------------

    delegation_tokens: bool = own(
        Kind.BOOLEAN, False,
        "Whether clients can have delegation tokens. On as well when a secret is set. Without a secret of yours the broker makes one and keeps "
        "it in the catalog.",
    )
    delegation_token_secret_key: str | None = kafka(
        Kind.PASSWORD, None, "The secret that delegation tokens are made with, the same on all brokers. Better in a file: "
        "delegation_token_secret_file.", sensitive=True,
    )
    delegation_token_secret_file: str | None = own(
        Kind.STRING, None, "A file whose content (without the white space around it) is that secret.", unit="path",
    )
    delegation_tokens_per_owner: int = own(
        Kind.INT, 100, "How many delegation tokens one owner has at most.", check=Range(1, 100_000), unit="tokens"
    )
    delegation_token_max_lifetime_ms: int = kafka(
        Kind.LONG, 604_800_000, "A delegation token ends so long after it was made, however often it is renewed.", check=_ONE_UP, unit="ms"
    )
    delegation_token_expiry_time_ms: int = kafka(
        Kind.LONG, 86_400_000, "For how long a delegation token holds before it must be renewed.", check=_ONE_UP, unit="ms"
    )
    delegation_token_expiry_check_interval_ms: int = kafka(
        Kind.LONG, 3_600_000, "How often delegation tokens that have ended are removed.", check=_ONE_UP, unit="ms"
    )


def authorization_is_on(settings: "Settings") -> bool:
    """Whether rules decide what clients may do."""
    if settings.authorization != AUTO:
        return settings.authorization == ON
    return bool(settings.authorizer_class_name) or any(
        _knows_its_clients(settings, listener.name) for listener in settings.listeners
    )


def _knows_its_clients(settings: "Settings", listener_name: str) -> bool:
    protocol = settings.listener_security_protocol_map.get(listener_name, "")
    if protocol.startswith("SASL_"):
        return True
    return protocol == "SSL" and settings.on_listener(listener_name, "ssl_client_auth") in ("required", "requested")


def delegation_tokens_are_on(settings: "Settings") -> bool:
    """Whether clients can have delegation tokens."""
    return settings.delegation_tokens or bool(settings.delegation_token_secret_key or settings.delegation_token_secret_file)
