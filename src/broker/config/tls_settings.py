"""The settings of what listeners speak: TLS by Kafka's names, limits before a client has shown who it is, the HTTP surface's doors.

All that begin with ``ssl_`` may differ from listener to listener. The HTTP surface and the connections between brokers count as listeners named
``http`` and ``peer`` for that.
"""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, OneOf, Range, SomeOf, ValueProblem
from broker.config.listener_overrides import as_overrides
from broker.config.setting import kafka, own
from security.tls.principal_mapping import MappingInvalid, parse_rules
from security.tls.suites import SuitesInvalid, openssl_names

BOOLEAN, STRING, INT, LIST, PASSWORD = Kind.BOOLEAN, Kind.STRING, Kind.INT, Kind.LIST, Kind.PASSWORD

_STORE_TYPES: Final = OneOf(("JKS", "PKCS12", "PEM"))
_ALWAYS: Final = "OpenSSL does this part"


def _as_file(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueProblem("expected the path of a file")
    return Path(value)


class _MappingRules:
    """RULE:pattern/replacement/[LU] or DEFAULT, separated by commas."""

    def __call__(self, value: Any) -> None:
        try:
            parse_rules(value)
        except MappingInvalid as problem:
            raise ValueProblem(str(problem)) from None

    def __str__(self) -> str:
        return "rules"


class _Suites:
    """Names of cipher suites that can be spoken."""

    def __call__(self, value: Any) -> None:
        try:
            openssl_names(value)
        except SuitesInvalid as problem:
            raise ValueProblem(str(problem)) from None

    def __str__(self) -> str:
        return "suites of TLS 1.2 and 1.3"


def _file(what: str, **facts: Any) -> Any:
    return own(STRING, None, what, convert=_as_file, shown_by=str, per_listener=True, **facts)


def _password(what: str) -> Any:
    return kafka(PASSWORD, None, what, sensitive=True, mode="per-broker", per_listener=True)


class TlsSettings(BaseModel):
    """Certificates, client certificates, what happens before a login, HTTP."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    listener_overrides: dict[str, Any] = own(
        STRING, {},
        "What single listeners have for themselves: `listener.name.NAME.KEY`, as in Kafka, for each KEY of which this page says so. Between NAME "
        "and KEY may stand a mechanism of SASL. In penstock.toml a table `[listener.name.NAME]`.",
        convert=as_overrides, shown_by=lambda value: ",".join(sorted(value)) or None, sensitive=True,
    )

    # --- certificates -------------------------------------------------------------------------------------------------

    ssl_keystore_location: str | None = kafka(
        STRING, None, "File with the broker's key and certificate chain, PEM or PKCS12. Read again when it, or what it points to, has changed.",
        mode="per-broker", per_listener=True,
    )
    ssl_keystore_type: str = kafka(
        STRING, "JKS", "What kind of file ssl_keystore_location is. PKCS12 and PEM are told apart by what is in them; Java's own JKS cannot be read.",
        check=_STORE_TYPES, mode="per-broker", per_listener=True,
    )
    ssl_keystore_password: str | None = _password("The password of the keystore.")
    ssl_keystore_password_file: Path | None = _file("File that holds ssl_keystore_password, which then need not stand in a file of settings.")
    ssl_key_password: str | None = _password("The password of the key in the keystore, where it has one of its own.")
    ssl_key_password_file: Path | None = _file("File that holds ssl_key_password.")
    ssl_keystore_key: str | None = _password("The broker's key itself, PEM, in place of ssl_keystore_location.")
    ssl_keystore_certificate_chain: str | None = _password("The certificate chain that belongs to ssl_keystore_key, PEM.")
    ssl_truststore_location: str | None = kafka(
        STRING, None,
        "File with the certificates of the authorities (CAs) that client certificates must come from, PEM or PKCS12. Read again when it has changed.",
        mode="per-broker", per_listener=True,
    )
    ssl_truststore_type: str = kafka(
        STRING, "JKS", "What kind of file ssl_truststore_location is, as for ssl_keystore_type.",
        check=_STORE_TYPES, mode="per-broker", per_listener=True,
    )
    ssl_truststore_password: str | None = _password("The password of the truststore.")
    ssl_truststore_password_file: Path | None = _file("File that holds ssl_truststore_password.")
    ssl_truststore_certificates: str | None = _password("Certificates of authorities themselves, PEM, in place of ssl_truststore_location.")
    ssl_allow_dn_changes: bool = kafka(
        BOOLEAN, False, "Whether a certificate that replaces another while running may be for another name (DN).", per_listener=True
    )
    ssl_allow_san_changes: bool = kafka(
        BOOLEAN, False, "Whether a certificate that replaces another while running may lack some of its alternative names (SAN).",
        per_listener=True,
    )
    ssl_reload_poll_ms: int = own(
        INT, 30_000, "How often files of keys and certificates are looked at, besides being watched.", check=Range(100), unit="ms"
    )

    # --- handshake ----------------------------------------------------------------------------------------------------

    ssl_client_auth: str = kafka(
        STRING, "none",
        "Whether clients show a certificate of their own: none, requested (those that show none are User:ANONYMOUS), required.",
        check=OneOf(("none", "requested", "required")), mode="per-broker", per_listener=True,
    )
    ssl_enabled_protocols: tuple[str, ...] = kafka(
        LIST, ("TLSv1.2", "TLSv1.3"), "The versions of TLS that are spoken.", check=SomeOf(("TLSv1.2", "TLSv1.3"), 1), mode="per-broker",
        per_listener=True,
    )
    ssl_protocol: str = kafka(
        STRING, "TLSv1.3", "The newest version of TLS that a context of Java's would speak.", mode="per-broker",
        without_effect="see ssl_enabled_protocols",
    )
    ssl_cipher_suites: tuple[str, ...] = kafka(
        LIST, (),
        "Cipher suites by their IANA names, best first; empty leaves the choice to OpenSSL. Without a suite of TLS 1.3 in the list that version is not "
        "spoken; with one of them OpenSSL's other two are offered as well.",
        check=_Suites(), mode="per-broker", per_listener=True,
    )
    ssl_principal_mapping_rules: str = kafka(
        STRING, "DEFAULT",
        "How the name in a client's certificate (RFC 2253) becomes that of its principal: RULE:pattern/replacement/[LU] or DEFAULT, separated by commas. "
        "The first rule whose pattern matches the whole name counts; if none does, the client is refused.",
        check=_MappingRules(), per_listener=True,
    )
    ssl_group_attributes: tuple[str, ...] = own(
        LIST, (), "Attributes of the name in a client's certificate whose values are groups of the client: OU makes `Group:VALUE` of each unit.",
        check=SomeOf(("OU", "O", "DC")), per_listener=True,
    )
    ssl_endpoint_identification_algorithm: str = kafka(
        STRING, "https", "How clients check a server's name.", mode="per-broker",
        without_effect="a broker does not check the host names of clients; between brokers each is checked by its authority",
    )
    ssl_keymanager_algorithm: str = kafka(STRING, "SunX509", "Part of Java.", mode="per-broker", without_effect=_ALWAYS)
    ssl_trustmanager_algorithm: str = kafka(STRING, "PKIX", "Part of Java.", mode="per-broker", without_effect=_ALWAYS)

    # --- before it is known who a client is ---------------------------------------------------------------------------

    authentication_timeout_ms: int = own(
        INT, 10_000, "How long a connection may take to finish TLS and to log in; then it is closed.", check=Range(10, 600_000), unit="ms",
    )
    connections_max_unauthenticated: int = own(
        INT, 500,
        "How many connections may be in TLS handshakes and logins at once, all listeners together. When there are more the one that has been at it "
        "longest is closed; of an address that has a quarter of them, its own.",
        check=Range(8, 1_000_000), unit="connections",
    )
    connecting_time_per_ip_percent: int = own(
        INT, 5,
        "Of one core: how much of the broker's time an address may use for handshakes, logins and what makes the broker close its connections. "
        "Half a second of it may be used at once; further connections from there then wait a while before they are heard, on each listener a quarter of "
        "connections_max_unauthenticated at most. Of plaintext connections only those are counted that the broker closes for what came. 0: as much as it likes.",
        check=Range(0, 100), unit="percent",
    )
    max_connections_per_ip_overrides: dict[str, int] = kafka(
        STRING, {}, "max_connections_per_ip for single addresses: HOST:NUMBER, several separated by commas.",
        convert=lambda value: as_counts(value), shown_by=lambda value: ",".join(f"{host}:{count}" for host, count in value.items()),
        mode="cluster-wide", unit="HOST:NUMBER",
    )

    # --- the HTTP surface, other brokers ------------------------------------------------------------------------------

    http_tls: bool = own(
        BOOLEAN, False, "Whether the HTTP surface speaks TLS, with the ssl_ settings (its own are those of the listener named http)."
    )
    http_authentication: tuple[str, ...] = own(
        LIST, (),
        "How those who ask for anything but health show who they are: token (Authorization: Bearer, see http_token_file), basic (a user with a SCRAM "
        "credential), certificate (http_tls, and ssl_client_auth on the listener named http). Any one of them will do. Empty: not at all.",
        check=SomeOf(("token", "basic", "certificate")),
    )
    http_token_file: Path | None = own(
        STRING, None, "File that holds the tokens that http_authentication token takes, one a line. Read again when it has changed.",
        convert=_as_file, shown_by=str,
    )
    cluster_peer_tls: bool = own(
        BOOLEAN, False,
        "Whether brokers of a cluster talk to each other over TLS, each showing its certificate, with the ssl_ settings (their own are those of the "
        "listener named peer). All or none of a cluster.",
    )


def as_counts(value: Any) -> dict[str, int]:
    """``HOST:NUMBER,...`` or a mapping of the same; an IPv6 address may stand in brackets."""
    if isinstance(value, str):
        pairs = [part.strip().rpartition(":") for part in value.split(",") if part.strip()]
        if any(not host or not count.strip().isdecimal() for host, _, count in pairs):
            raise ValueProblem("expected HOST:NUMBER, several separated by commas")
        value = {host.strip("[] "): int(count) for host, _, count in pairs}
    if not isinstance(value, dict) or not all(isinstance(count, int) and count >= 0 for count in value.values()):
        raise ValueProblem("expected HOST:NUMBER, several separated by commas")
    return {str(host): count for host, count in value.items()}
