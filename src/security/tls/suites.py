"""Cipher suites: the names that Kafka's settings use (IANA's, Java's) in OpenSSL's words."""

from collections.abc import Sequence
from typing import Final

TLS_1_3: Final = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})

TLS_1_2: Final = {
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384": "DHE-RSA-AES256-GCM-SHA384",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": "DHE-RSA-AES128-GCM-SHA256",
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "DHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384": "ECDHE-ECDSA-AES256-SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": "ECDHE-ECDSA-AES128-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384": "ECDHE-RSA-AES256-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": "ECDHE-RSA-AES128-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
}
"""The suites of TLS 1.2 that are worth anything; those that only older versions have, and weak ones, are not spoken."""


class SuitesInvalid(ValueError):
    """A suite is not one that can be spoken; the text names it."""


def openssl_names(suites: Sequence[str]) -> tuple[str, ...]:
    """The suites of TLS 1.2 among them as OpenSSL calls them, in the same order. Raises SuitesInvalid."""
    unknown = [suite for suite in suites if suite not in TLS_1_2 and suite not in TLS_1_3]
    if unknown:
        raise SuitesInvalid(f"{', '.join(unknown)} cannot be spoken: known are {', '.join(sorted(TLS_1_3))}, {', '.join(TLS_1_2)}")
    return tuple(TLS_1_2[suite] for suite in suites if suite in TLS_1_2)


def speaks_tls_1_3(suites: Sequence[str]) -> bool:
    """Whether the list lets TLS 1.3 be spoken; an empty one leaves everything to OpenSSL."""
    return not suites or any(suite in TLS_1_3 for suite in suites)
